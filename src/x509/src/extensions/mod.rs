//! Extensions: every one in order, with what is wrong with it; and those that decisions rest on, typed.

mod key_identifiers;
mod revocation;
mod usage;

use std::ops::Range;

use x509_parser::extensions::X509Extension;

pub(crate) use key_identifiers::authority as authority_key_id;
pub(crate) use revocation::reason_flags;
pub use revocation::{DistributionPoint, PointName};
pub use usage::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use crate::der;
use crate::general_name::GeneralName;
use crate::name_constraints::NameConstraints;
use crate::object_identifier::dotted;

/// One extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its type, dotted.
    pub oid: String,
    /// Whether whoever does not know it must refuse the certificate.
    pub critical: bool,
    /// Whether it is known here: processed, or of a kind that may be critical and is judged by the path.
    pub known: bool,
    /// Why its content cannot be read, where it is known and cannot.
    pub error: Option<String>,
}

/// The extensions of a certificate, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) all: Vec<Extension>,
    /// Where the content of each lies in the certificate.
    pub(crate) values: Vec<Range<usize>>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(crate) alternative_names: Vec<GeneralName>,
    pub(crate) alternative_names_critical: bool,
    pub(crate) name_constraints: Option<NameConstraints>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) distribution_points: Vec<DistributionPoint>,
    pub(crate) ocsp_locations: Vec<String>,
    pub(crate) ocsp_no_check: bool,
}

impl Extensions {
    /// Reads them all; `der` is the certificate whose they are.
    pub(crate) fn read(extensions: &[X509Extension<'_>], der: &[u8]) -> Self {
        let mut read = Self::default();
        read.all.reserve_exact(extensions.len());
        for extension in extensions {
            let (known, error) = match read.one(extension) {
                Some(Ok(())) => (true, None),
                Some(Err(error)) => (true, Some(error)),
                None => (false, None),
            };
            let start = (extension.value.as_ptr() as usize).saturating_sub(der.as_ptr() as usize);
            read.all.push(Extension {
                oid: dotted(extension.oid.as_bytes()),
                critical: extension.critical,
                known,
                error,
            });
            read.values
                .push(start..start.saturating_add(extension.value.len()));
        }
        read
    }

    /// Reads one: none where it is not known here, so that it refuses where it is critical (RFC 5280, 4.2). Known are
    /// those that are processed. policyConstraints, policyMappings and inhibitAnyPolicy are not (threat P11).
    fn one(&mut self, extension: &X509Extension<'_>) -> Option<Result<(), String>> {
        let value = extension.value;
        // Of types outside 2.5.29 only two are known: PKIX 1 (authority information) and OCSP's no-check.
        let result = match extension.oid.as_bytes() {
            [0x55, 0x1d, kind] => match kind {
                14 => self.subject_key_identifier(value),
                15 => self.usage(value),
                17 => self.names(extension),
                19 => self.basic(value),
                30 => self.constraints(value),
                31 => self.points(value),
                // Which policies a certificate was issued under is its issuer's affair: nobody here asks for one.
                32 => Ok(()),
                35 => self.authority_key_identifier(value),
                37 => self.purposes(value),
                _ => return None,
            },
            [0x2b, 6, 1, 5, 5, 7, 1, 1] => {
                // It must not be critical (RFC 5280, 4.2.2.1): one that is asks for something that nobody does.
                if extension.critical {
                    return None;
                }
                self.access(value)
            }
            [0x2b, 6, 1, 5, 5, 7, 48, 1, 5] => {
                self.ocsp_no_check = true;
                Ok(())
            }
            _ => return None,
        };
        // The content is one DER element and nothing after it, strictly, inside as well (threat P17).
        Some(match der::check(value) {
            Ok(()) => result,
            Err(error) => Err(format!("is {error}")),
        })
    }

    fn usage(&mut self, value: &[u8]) -> Result<(), String> {
        let usage = KeyUsage::read(value)?;
        self.key_usage.get_or_insert(usage);
        Ok(())
    }

    fn basic(&mut self, value: &[u8]) -> Result<(), String> {
        let constraints = BasicConstraints::read(value)?;
        self.basic_constraints.get_or_insert(constraints);
        Ok(())
    }

    fn purposes(&mut self, value: &[u8]) -> Result<(), String> {
        let purposes = ExtendedKeyUsage::read(value)?;
        self.extended_key_usage.get_or_insert(purposes);
        Ok(())
    }

    fn names(&mut self, extension: &X509Extension<'_>) -> Result<(), String> {
        let names = GeneralName::read_all(der::only_sequence(extension.value)?)?;
        self.alternative_names.extend(names);
        self.alternative_names_critical = extension.critical;
        Ok(())
    }

    fn constraints(&mut self, value: &[u8]) -> Result<(), String> {
        let constraints = NameConstraints::read(value)?;
        self.name_constraints.get_or_insert(constraints);
        Ok(())
    }

    fn subject_key_identifier(&mut self, value: &[u8]) -> Result<(), String> {
        let id = key_identifiers::subject(value)?;
        self.subject_key_id.get_or_insert(id);
        Ok(())
    }

    fn authority_key_identifier(&mut self, value: &[u8]) -> Result<(), String> {
        let id =
            key_identifiers::authority(value).map_err(|fault| format!("has {}", fault.place(value).1))?;
        if let Some(id) = id {
            self.authority_key_id.get_or_insert(id);
        }
        Ok(())
    }

    fn points(&mut self, value: &[u8]) -> Result<(), String> {
        self.distribution_points
            .extend(DistributionPoint::read_all(value)?);
        Ok(())
    }

    fn access(&mut self, value: &[u8]) -> Result<(), String> {
        self.ocsp_locations.extend(revocation::ocsp_locations(value)?);
        Ok(())
    }
}
