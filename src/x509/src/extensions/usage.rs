//! What a key may be used for: basic constraints, key usage, extended key usage.

use crate::der;
use crate::named_bits;
use crate::object_identifier::{dotted, octets};

/// Basic constraints (RFC 5280, 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// How many intermediates may follow.
    pub path_length: Option<u32>,
}

impl BasicConstraints {
    pub(super) fn read(value: &[u8]) -> Result<Self, String> {
        let mut read = Self {
            ca: false,
            path_length: None,
        };
        let mut elements = der::elements(der::only_sequence(value)?).peekable();
        if let Some(Ok(first)) = elements.peek()
            && first.tag == der::BOOLEAN
        {
            read.ca = first.content == [0xff];
            if !read.ca {
                return Err("writes a default value".to_owned());
            }
            elements.next();
        }
        if let Some(length) = elements.next() {
            let length = length?;
            read.path_length =
                Some(small_number(&length).ok_or("has a pathLenConstraint that is no number")?);
        }
        match elements.next() {
            None => Ok(read),
            Some(_) => Err("has something after pathLenConstraint".to_owned()),
        }
    }
}

/// A number that is not negative; one beyond any path is as good as the largest.
fn small_number(element: &der::Element<'_>) -> Option<u32> {
    if element.tag != der::INTEGER || element.content.first()? & 0x80 != 0 {
        return None;
    }
    let add = |sum: u32, octet: &u8| sum.checked_mul(256)?.checked_add(u32::from(*octet));
    Some(element.content.iter().try_fold(0, add).unwrap_or(u32::MAX))
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

    /// Bit 0 of the string is the highest of its first octet.
    pub(super) fn read(value: &[u8]) -> Result<Self, String> {
        let (bits, rest) = der::split(value)?;
        if bits.tag != der::BIT_STRING || !rest.is_empty() {
            return Err("is not a bit string".to_owned());
        }
        let usages = named_bits::read(&bits).map_err(|reason| format!("has {reason}"))?;
        Ok(Self(usages))
    }

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
    /// The purposes, dotted, in order.
    purposes: Vec<String>,
}

/// The purposes with a name (RFC 5280, 4.2.1.12).
const PURPOSES: [(&str, &str); 7] = [
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
];

impl ExtendedKeyUsage {
    /// For TLS clients.
    pub const CLIENT_AUTH: &'static str = "1.3.6.1.5.5.7.3.2";
    /// For whoever answers OCSP requests (RFC 6960, 4.2.2.2).
    pub const OCSP_SIGNING: &'static str = "1.3.6.1.5.5.7.3.9";
    const ANY: &'static str = "2.5.29.37.0";

    /// A list without a purpose is malformed: it would be good for nothing (threat P2).
    pub(super) fn read(value: &[u8]) -> Result<Self, String> {
        let mut purposes = Vec::new();
        for element in der::elements(der::only_sequence(value)?) {
            let element = element?;
            if element.tag != der::OBJECT_IDENTIFIER {
                return Err("has a purpose that is not an object identifier".to_owned());
            }
            purposes.push(dotted(element.content));
        }
        if purposes.is_empty() {
            return Err("names no purpose".to_owned());
        }
        Ok(Self { purposes })
    }

    /// A purpose as an operator writes it, by name or dotted: dotted.
    pub fn purpose(text: &str) -> Option<String> {
        match PURPOSES.iter().find(|(_, name)| *name == text) {
            Some((oid, _)) => Some((*oid).to_owned()),
            None => octets(text).map(|_| text.to_owned()),
        }
    }

    /// The purposes, dotted, in order.
    pub fn purposes(&self) -> &[String] {
        &self.purposes
    }

    /// Whether this purpose, dotted, is named. `anyExtendedKeyUsage` does not name it: whoever wants that leaves the
    /// extension out.
    pub fn names(&self, purpose: &str) -> bool {
        self.purposes.iter().any(|named| named == purpose)
    }

    /// Whether the certificate is for TLS clients.
    pub fn client_auth(&self) -> bool {
        self.names(Self::CLIENT_AUTH)
    }

    /// Whether a CA with this list may issue for this purpose: it names it, or any.
    pub fn covers(&self, purpose: &str) -> bool {
        self.names(purpose) || self.names(Self::ANY)
    }

    /// The purposes by name or dotted type.
    pub fn describe(&self) -> String {
        let named = |purpose: &String| {
            let known = PURPOSES.iter().find(|(oid, _)| oid == purpose);
            known.map_or(purpose.clone(), |(_, name)| (*name).to_owned())
        };
        self.purposes.iter().map(named).collect::<Vec<_>>().join(", ")
    }
}
