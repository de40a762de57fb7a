//! The extensions of a list (RFC 5280, 5.2): all of them by name, and those that a judge rests on, read.

use crate::der::{Element, INTEGER, SEQUENCE};
use crate::extension_list::{ExtensionList, RawExtension};
use crate::extensions::{Extension, authority_key_id};
use crate::object_identifier::dotted;
use crate::reader::{Fault, Reader, check_whole};

use super::issuing_distribution_point::IssuingDistributionPoint;
use super::number::CrlNumber;

const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 0x1b];
const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 0x1c];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
const FRESHEST_CRL: &[u8] = &[0x55, 0x1d, 0x2e];

/// The most extensions that are read. RFC 5280 knows seven; issuers add a few of their own.
const MOST: usize = 64;
/// The largest known extension that is read: as large as the largest certificate, whose names it repeats.
const LARGEST: usize = 64 * 1024;

/// The extensions of a list, read.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions {
    pub(super) all: Vec<Extension>,
    pub(super) number: Option<CrlNumber>,
    pub(super) delta_base: Option<CrlNumber>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    pub(super) issuing_distribution_point: Option<IssuingDistributionPoint>,
    pub(super) freshest: bool,
}

impl Extensions {
    pub(super) fn read<'a>(sequence: &Element<'a>) -> Result<Self, Fault<'a>> {
        let mut read = Self::default();
        let mut list = ExtensionList::new(sequence)?;
        while let Some(extension) = list.next()? {
            let oid = dotted(extension.oid);
            if read.all.len() >= MOST {
                return Err(Fault::new(extension.whole, "more than 64 extensions"));
            }
            if read.all.iter().any(|other| other.oid == oid) {
                return Err(Fault::new(extension.whole, "an extension that stands twice"));
            }
            let known = read.one(&extension)?;
            read.all.push(Extension {
                oid,
                critical: extension.critical,
                known,
                error: None,
            });
        }
        Ok(read)
    }

    /// Reads one; says whether it is known. Known means that whoever judges the list has what it needs of it.
    fn one<'a>(&mut self, extension: &RawExtension<'a>) -> Result<bool, Fault<'a>> {
        if !matches!(
            extension.oid,
            CRL_NUMBER
                | DELTA_CRL_INDICATOR
                | ISSUING_DISTRIBUTION_POINT
                | AUTHORITY_KEY_IDENTIFIER
                | FRESHEST_CRL
        ) {
            return Ok(false);
        }
        if extension.value.len() > LARGEST {
            return Err(Fault::new(extension.whole, "an extension of more than 64 KiB"));
        }
        check_whole(extension.value)?;
        let mut value = Reader::new(extension.value);
        match extension.oid {
            CRL_NUMBER => self.number = Some(number(&mut value)?),
            DELTA_CRL_INDICATOR => self.delta_base = Some(number(&mut value)?),
            ISSUING_DISTRIBUTION_POINT => {
                let point = value.expect(SEQUENCE, "an issuing distribution point is not a sequence")?;
                self.issuing_distribution_point = Some(IssuingDistributionPoint::read(&point)?);
            }
            AUTHORITY_KEY_IDENTIFIER => self.authority_key_id = authority_key_id(extension.value)?,
            _ => {
                value.expect(SEQUENCE, "the freshest CRL's points are not a sequence")?;
                self.freshest = true;
            }
        }
        Ok(true)
    }
}

fn number<'a>(value: &mut Reader<'a>) -> Result<CrlNumber, Fault<'a>> {
    let integer = value.expect(INTEGER, "a CRL number is not an integer")?;
    CrlNumber::read(integer.content).ok_or(Fault::new(
        integer.whole,
        "a CRL number that is negative or longer than 20 octets",
    ))
}
