//! Extensions: every one in order, with what is wrong with it; and those that decisions rest on, typed.

use std::net::IpAddr;

use x509_parser::extensions::{GeneralName as Parsed, ParsedExtension, X509Extension};

use crate::der;
use crate::name::Name;

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

/// Basic constraints (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediates may follow.
    pub path_length: Option<u32>,
}

/// Key usage (RFC 5280, 4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u16);

impl KeyUsage {
    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    fn has(self, bit: u32) -> bool {
        self.0 & (1 << bit) != 0
    }

    /// Whether the key may sign data.
    pub fn digital_signature(self) -> bool {
        self.has(0)
    }

    /// Whether the key may sign certificates.
    pub fn key_cert_sign(self) -> bool {
        self.has(5)
    }

    /// Whether the key may sign revocation lists.
    pub fn crl_sign(self) -> bool {
        self.has(6)
    }

    /// The usages by name, for people.
    pub fn describe(self) -> String {
        let names: Vec<&str> = (0..)
            .zip(Self::NAMES)
            .filter(|(bit, _)| self.has(*bit))
            .map(|(_, name)| name)
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    }
}

/// Extended key usage (RFC 5280, 4.2.1.12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    purposes: Vec<String>,
}

impl ExtendedKeyUsage {
    /// Whether the certificate is for TLS clients. `anyExtendedKeyUsage` does not say so: whoever wants that leaves
    /// the extension out.
    pub fn client_auth(&self) -> bool {
        self.purposes.iter().any(|purpose| purpose == "clientAuth")
    }

    /// The purposes by name or dotted type.
    pub fn describe(&self) -> String {
        if self.purposes.is_empty() {
            "none".to_owned()
        } else {
            self.purposes.join(", ")
        }
    }
}

/// One alternative name of the subject (RFC 5280, 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// A DNS name.
    Dns(String),
    /// A URI.
    Uri(String),
    /// An e-mail address.
    Email(String),
    /// An IP address.
    Ip(IpAddr),
    /// A distinguished name.
    Directory(Name),
    /// Another kind, by name; never mapped.
    Other(&'static str),
}

/// The extensions of a certificate, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    pub(crate) all: Vec<Extension>,
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(crate) alternative_names: Vec<GeneralName>,
}

impl Extensions {
    pub(crate) fn read(extensions: &[X509Extension<'_>]) -> Self {
        let mut read = Self::default();
        for extension in extensions {
            let oid = extension.oid.to_id_string();
            let (known, error) = read.one(extension);
            read.all.push(Extension {
                oid,
                critical: extension.critical,
                known,
                error,
            });
        }
        read
    }

    /// Reads one; says whether it is known, and what is wrong with it.
    fn one(&mut self, extension: &X509Extension<'_>) -> (bool, Option<String>) {
        let known = match extension.parsed_extension() {
            ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::Unparsed => return (false, None),
            ParsedExtension::ParseError { error } => return (true, Some(format!("cannot be read: {error}"))),
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints.get_or_insert(BasicConstraints {
                    ca: constraints.ca,
                    path_length: constraints.path_len_constraint,
                });
                true
            }
            ParsedExtension::KeyUsage(usage) => {
                self.key_usage.get_or_insert(KeyUsage(usage.flags));
                true
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let named = [
                    (usage.any, "anyExtendedKeyUsage"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                    (usage.code_signing, "codeSigning"),
                    (usage.email_protection, "emailProtection"),
                    (usage.time_stamping, "timeStamping"),
                    (usage.ocsp_signing, "OCSPSigning"),
                ];
                let named = named
                    .into_iter()
                    .filter(|(there, _)| *there)
                    .map(|(_, name)| name.to_owned());
                let purposes: Vec<String> = named
                    .chain(usage.other.iter().map(|oid| oid.to_id_string()))
                    .collect();
                self.extended_key_usage
                    .get_or_insert(ExtendedKeyUsage { purposes });
                true
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                for name in &names.general_names {
                    match general_name(name) {
                        Ok(name) => self.alternative_names.push(name),
                        Err(error) => return (true, Some(error)),
                    }
                }
                true
            }
            // Judged along the path, where the verifier knows them or refuses them itself.
            ParsedExtension::NameConstraints(_) | ParsedExtension::CertificatePolicies(_) => true,
            ParsedExtension::AuthorityKeyIdentifier(_)
            | ParsedExtension::SubjectKeyIdentifier(_)
            | ParsedExtension::AuthorityInfoAccess(_)
            | ParsedExtension::CRLDistributionPoints(_) => true,
            // Known to the parser and processed by nobody: where critical, they refuse (RFC 5280, 4.2).
            _ => false,
        };
        // The content of what decisions rest on is one DER element and nothing after it.
        let error = if known {
            der::check(extension.value).err().map(|error| error.to_string())
        } else {
            None
        };
        (known, error)
    }
}

fn general_name(name: &Parsed<'_>) -> Result<GeneralName, String> {
    let plain = |kind: &str, text: &str| {
        if text.is_ascii() && !text.chars().any(|c| c.is_ascii_control()) && !text.is_empty() {
            Ok(text.to_owned())
        } else {
            Err(format!(
                "an alternative name of kind {kind} is empty or not printable ASCII"
            ))
        }
    };
    Ok(match name {
        Parsed::DNSName(text) => GeneralName::Dns(plain("DNS", text)?),
        Parsed::URI(text) => GeneralName::Uri(plain("URI", text)?),
        Parsed::RFC822Name(text) => GeneralName::Email(plain("e-mail", text)?),
        Parsed::IPAddress(bytes) => GeneralName::Ip(match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .map(IpAddr::from)
                .map_err(|error| error.to_string())?,
            16 => <[u8; 16]>::try_from(*bytes)
                .map(IpAddr::from)
                .map_err(|error| error.to_string())?,
            other => return Err(format!("an IP address of {other} bytes")),
        }),
        Parsed::DirectoryName(name) => GeneralName::Directory(Name::read(name)),
        Parsed::OtherName(..) => GeneralName::Other("otherName"),
        Parsed::X400Address(_) => GeneralName::Other("x400Address"),
        Parsed::EDIPartyName(_) => GeneralName::Other("ediPartyName"),
        Parsed::RegisteredID(_) => GeneralName::Other("registeredID"),
        Parsed::Invalid(tag, _) => {
            return Err(format!("an alternative name of kind [{}] is malformed", tag.0));
        }
    })
}
