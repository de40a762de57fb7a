//! General names: what an alternative name, a name constraint or a distribution point speaks of (RFC 5280, 4.2.1.6).

use std::net::IpAddr;

use crate::der::{self, Element};
use crate::name::Name;
use crate::object_identifier::dotted;

/// One general name. Every kind is kept, whether anyone here reads it or not.
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
    /// A name of a type of its own.
    OtherName {
        /// The type, dotted.
        oid: String,
        /// The value, DER.
        value: Vec<u8>,
    },
    /// An X.400 address, as encoded.
    X400Address(Vec<u8>),
    /// An EDI party, as encoded.
    EdiPartyName(Vec<u8>),
    /// An object identifier, dotted.
    RegisteredId(String),
}

/// The kinds of general names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NameKind {
    /// A DNS name.
    Dns,
    /// A URI.
    Uri,
    /// An e-mail address.
    Email,
    /// An IP address.
    Ip,
    /// A distinguished name.
    Directory,
    /// A name of a type of its own.
    OtherName,
    /// An X.400 address.
    X400Address,
    /// An EDI party.
    EdiPartyName,
    /// An object identifier.
    RegisteredId,
}

impl NameKind {
    /// The kind of the name with this tag.
    pub(crate) const fn of_tag(tag: u8) -> Option<Self> {
        Some(match tag {
            0xa0 => Self::OtherName,
            0x81 => Self::Email,
            0x82 => Self::Dns,
            0xa3 => Self::X400Address,
            0xa4 => Self::Directory,
            0xa5 => Self::EdiPartyName,
            0x86 => Self::Uri,
            0x87 => Self::Ip,
            0x88 => Self::RegisteredId,
            _ => return None,
        })
    }

    /// What RFC 5280 calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dNSName",
            Self::Uri => "uniformResourceIdentifier",
            Self::Email => "rfc822Name",
            Self::Ip => "iPAddress",
            Self::Directory => "directoryName",
            Self::OtherName => "otherName",
            Self::X400Address => "x400Address",
            Self::EdiPartyName => "ediPartyName",
            Self::RegisteredId => "registeredID",
        }
    }
}

impl GeneralName {
    /// Of which kind it is.
    pub const fn kind(&self) -> NameKind {
        match self {
            Self::Dns(_) => NameKind::Dns,
            Self::Uri(_) => NameKind::Uri,
            Self::Email(_) => NameKind::Email,
            Self::Ip(_) => NameKind::Ip,
            Self::Directory(_) => NameKind::Directory,
            Self::OtherName { .. } => NameKind::OtherName,
            Self::X400Address(_) => NameKind::X400Address,
            Self::EdiPartyName(_) => NameKind::EdiPartyName,
            Self::RegisteredId(_) => NameKind::RegisteredId,
        }
    }

    /// For people and logs: the kind and the value, as OpenSSL writes it where it writes it.
    pub fn display(&self) -> String {
        match self {
            Self::Dns(name) => format!("DNS:{name}"),
            Self::Uri(name) => format!("URI:{name}"),
            Self::Email(name) => format!("email:{name}"),
            Self::Ip(address) => format!("IP:{address}"),
            Self::Directory(name) => format!("DirName:{}", name.display()),
            Self::OtherName { oid, value } => format!("otherName:{oid}:{}", hex::encode(value)),
            Self::X400Address(der) => format!("X400Name:{}", hex::encode(der)),
            Self::EdiPartyName(der) => format!("EdiPartyName:{}", hex::encode(der)),
            Self::RegisteredId(oid) => format!("Registered ID:{oid}"),
        }
    }

    /// Reads one. Its bytes were checked to be DER.
    pub(crate) fn read(element: &Element<'_>) -> Result<Self, String> {
        let kind = NameKind::of_tag(element.tag)
            .ok_or_else(|| format!("has a name of the unknown kind {:02x}", element.tag))?;
        let content = element.content;
        Ok(match kind {
            NameKind::Dns => Self::Dns(ascii(kind, content)?),
            NameKind::Uri => Self::Uri(ascii(kind, content)?),
            NameKind::Email => Self::Email(ascii(kind, content)?),
            NameKind::Ip => Self::Ip(address(content)?),
            NameKind::Directory => Self::Directory(directory(content)?),
            NameKind::OtherName => other_name(content)?,
            NameKind::X400Address => Self::X400Address(content.to_vec()),
            NameKind::EdiPartyName => Self::EdiPartyName(content.to_vec()),
            NameKind::RegisteredId => {
                der::check_object_identifier(content).map_err(|error| format!("has {error}"))?;
                Self::RegisteredId(dotted(content))
            }
        })
    }

    /// Reads a sequence of names that may not be empty (GeneralNames).
    pub(crate) fn read_all(content: &[u8]) -> Result<Vec<Self>, String> {
        let mut names = Vec::new();
        for element in der::elements(content) {
            names.push(Self::read(&element?)?);
        }
        if names.is_empty() {
            return Err("has no name in it".to_owned());
        }
        Ok(names)
    }
}

/// An IA5String that names something: visible ASCII, not empty (threat P24).
fn ascii(kind: NameKind, content: &[u8]) -> Result<String, String> {
    match std::str::from_utf8(content) {
        Ok(text) if !text.is_empty() && content.iter().all(|byte| matches!(byte, 0x20..=0x7e)) => {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "has a {} that is empty or not printable ASCII",
            kind.name()
        )),
    }
}

fn address(content: &[u8]) -> Result<IpAddr, String> {
    if let Ok(four) = <[u8; 4]>::try_from(content) {
        return Ok(four.into());
    }
    match <[u8; 16]>::try_from(content) {
        Ok(sixteen) => Ok(sixteen.into()),
        Err(_) => Err(format!("has an IP address of {} bytes", content.len())),
    }
}

/// A distinguished name. A choice cannot be tagged implicitly: the name is an element inside.
fn directory(content: &[u8]) -> Result<Name, String> {
    match der::split(content)? {
        (name, []) => Name::read(&name).map_err(|fault| {
            format!(
                "has a directoryName that cannot be read: {}",
                fault.place(content).1
            )
        }),
        _ => Err("has something after a directoryName".to_owned()),
    }
}

fn other_name(content: &[u8]) -> Result<GeneralName, String> {
    let malformed = || "has an otherName that is not a type and a value".to_owned();
    let (oid, rest) = der::split(content)?;
    let (value, rest) = der::split(rest)?;
    if oid.tag != der::OBJECT_IDENTIFIER || value.tag != 0xa0 || !rest.is_empty() {
        return Err(malformed());
    }
    Ok(GeneralName::OtherName {
        oid: dotted(oid.content),
        value: value.content.to_vec(),
    })
}
