//! Name constraints, read and not yet applied (RFC 5280, 4.2.1.10).

use std::net::IpAddr;

use crate::der;
use crate::general_name::{GeneralName, NameKind};
use crate::name::Name;

/// Which names the certificates below a CA may bear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Of each kind that is named here, only these.
    pub permitted: Vec<Subtree>,
    /// None of these, whatever is permitted.
    pub excluded: Vec<Subtree>,
}

/// The names below one base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// A DNS name and all below it. Lower case. Empty: every name. A leading dot has no meaning here (RFC 5280,
    /// 4.2.1.10, gives it one for hosts of URIs and mailboxes only) and is refused.
    Dns(String),
    /// A mailbox, a host, or with a leading dot the hosts below a domain. Host in lower case. Empty: every name.
    Email(String),
    /// The host of a URI, or with a leading dot the hosts below a domain. Lower case. Empty: every name.
    Uri(String),
    /// The addresses of a network. The mask is contiguous.
    Ip {
        /// The network's address, with nothing set beyond the mask.
        network: IpAddr,
        /// How many bits of it count.
        prefix: u8,
    },
    /// A distinguished name and all below it.
    Directory(Name),
    /// A kind whose names are not compared here: whoever bears one below this CA is refused.
    Unsupported(NameKind),
}

impl Subtree {
    /// Which kind of names it is about.
    pub const fn kind(&self) -> NameKind {
        match self {
            Self::Dns(_) => NameKind::Dns,
            Self::Email(_) => NameKind::Email,
            Self::Uri(_) => NameKind::Uri,
            Self::Ip { .. } => NameKind::Ip,
            Self::Directory(_) => NameKind::Directory,
            Self::Unsupported(kind) => *kind,
        }
    }

    /// For people and logs.
    pub fn display(&self) -> String {
        match self {
            Self::Dns(base) => format!("DNS:{base}"),
            Self::Email(base) => format!("email:{base}"),
            Self::Uri(base) => format!("URI:{base}"),
            Self::Ip { network, prefix } => format!("IP:{network}/{prefix}"),
            Self::Directory(name) => format!("DirName:{}", name.display()),
            Self::Unsupported(kind) => format!("{}, which is not compared", kind.name()),
        }
    }
}

/// Why a text is no base that names could be compared with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotASubtree {
    /// It does not fit its kind.
    #[error("it {0}")]
    Malformed(String),
    /// More bits than an address has, or bits that are set beyond the prefix.
    #[error(
        "{network}/{prefix} is no network: write its first address and how many bits its addresses share"
    )]
    Network {
        /// The address.
        network: IpAddr,
        /// The bits.
        prefix: u8,
    },
}

/// Bases as an operator writes them, by the rules for those in certificates.
impl Subtree {
    /// A DNS name and all below it.
    pub fn dns(base: &str) -> Result<Self, NotASubtree> {
        dns(base.as_bytes())
            .map(Self::Dns)
            .map_err(NotASubtree::Malformed)
    }

    /// A mailbox, a host, or with a leading dot the hosts below a domain.
    pub fn email(base: &str) -> Result<Self, NotASubtree> {
        email(base.as_bytes())
            .map(Self::Email)
            .map_err(NotASubtree::Malformed)
    }

    /// The host of a URI, or with a leading dot the hosts below a domain.
    pub fn uri(base: &str) -> Result<Self, NotASubtree> {
        host(NameKind::Uri, base.as_bytes())
            .map(Self::Uri)
            .map_err(NotASubtree::Malformed)
    }

    /// A network, by its first address and how many bits are shared.
    pub fn ip(network: IpAddr, prefix: u8) -> Result<Self, NotASubtree> {
        let (octets, bits) = match network {
            IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
            IpAddr::V6(six) => (six.to_bits(), 128),
        };
        let beyond = octets.checked_shl(u32::from(prefix)).unwrap_or(0);
        if prefix > bits || beyond != 0 {
            return Err(NotASubtree::Network { network, prefix });
        }
        Ok(Self::Ip { network, prefix })
    }
}

impl NameConstraints {
    /// Reads the extension's content. Its bytes were checked to be DER.
    pub(crate) fn read(value: &[u8]) -> Result<Self, String> {
        let mut read = Self::default();
        let mut last = 0;
        for element in der::elements(der::only_sequence(value)?) {
            let element = element?;
            let into = match element.tag {
                0xa0 if last == 0 => &mut read.permitted,
                0xa1 if last < 0xa1 => &mut read.excluded,
                _ => return Err("is not permitted subtrees, then excluded ones".to_owned()),
            };
            last = element.tag;
            for subtree in der::elements(element.content) {
                into.push(subtree_of(&subtree?)?);
            }
            if into.is_empty() {
                return Err("has a list of subtrees with nothing in it".to_owned());
            }
        }
        if last == 0 {
            return Err("constrains nothing".to_owned());
        }
        Ok(read)
    }
}

/// `minimum` is 0 and `maximum` absent (RFC 5280, 4.2.1.10): with neither there, the base is all there is.
fn subtree_of(element: &der::Element<'_>) -> Result<Subtree, String> {
    if element.tag != der::SEQUENCE {
        return Err("has a subtree that is not a sequence".to_owned());
    }
    let (base, rest) = der::split(element.content)?;
    if !rest.is_empty() {
        return Err("has a subtree with a minimum or a maximum".to_owned());
    }
    let kind = NameKind::of_tag(base.tag)
        .ok_or_else(|| format!("has a subtree of the unknown kind {:02x}", base.tag))?;
    Ok(match kind {
        NameKind::Dns => Subtree::Dns(dns(base.content)?),
        NameKind::Email => Subtree::Email(email(base.content)?),
        NameKind::Uri => Subtree::Uri(host(kind, base.content)?),
        NameKind::Ip => network(base.content)?,
        NameKind::Directory => match GeneralName::read(&base)? {
            GeneralName::Directory(name) => Subtree::Directory(name),
            _ => return Err("has a directoryName that is none".to_owned()),
        },
        other => Subtree::Unsupported(other),
    })
}

fn text(kind: NameKind, content: &[u8]) -> Result<&str, String> {
    match std::str::from_utf8(content) {
        Ok(text) if content.iter().all(|byte| matches!(byte, 0x21..=0x7e)) => Ok(text),
        _ => Err(format!(
            "has a {} subtree that is not printable ASCII",
            kind.name()
        )),
    }
}

/// A host name, with a leading dot or none. A wildcard is no base of anything.
fn host(kind: NameKind, content: &[u8]) -> Result<String, String> {
    let text = text(kind, content)?;
    let labels = text.strip_prefix('.').unwrap_or(text);
    let good = labels.split('.').all(is_label) && labels.len() <= 253;
    if text.is_empty() || good {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!(
            "has the {} subtree `{text}`, which is not a host name",
            kind.name()
        ))
    }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=63).contains(&label.len()) && label.bytes().all(inner)
}

fn dns(content: &[u8]) -> Result<String, String> {
    if content.starts_with(b".") {
        return Err(
            "has a dNSName subtree with a leading dot, which means nothing there: leave the dot out"
                .to_owned(),
        );
    }
    host(NameKind::Dns, content)
}

/// A mailbox keeps its local part's case (RFC 5280, 7.5).
fn email(content: &[u8]) -> Result<String, String> {
    let text = text(NameKind::Email, content)?;
    match text.rsplit_once('@') {
        None => host(NameKind::Email, content),
        Some((local, domain)) => {
            let domain = domain.as_bytes();
            if local.is_empty() || local.contains('@') || domain.is_empty() || domain.starts_with(b".") {
                return Err(format!(
                    "has the rfc822Name subtree `{text}`, which is not a mailbox"
                ));
            }
            Ok(format!("{local}@{}", host(NameKind::Email, domain)?))
        }
    }
}

fn network(content: &[u8]) -> Result<Subtree, String> {
    let malformed = || "has an iPAddress subtree that is not an address and a contiguous mask".to_owned();
    let (network, mask) = content
        .split_at_checked(content.len() / 2)
        .filter(|_| matches!(content.len(), 8 | 32))
        .ok_or_else(malformed)?;
    let prefix: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    let mut left = prefix;
    let mut network = network.to_vec();
    for (octet, masked) in network.iter_mut().zip(mask) {
        let bits = left.min(8);
        left -= bits;
        let wanted = u8::try_from(0xff00_u32 >> bits & 0xff).map_err(|_| malformed())?;
        if *masked != wanted {
            return Err(malformed());
        }
        // What is set beyond the mask means nothing.
        *octet &= masked;
    }
    let network = match (<[u8; 4]>::try_from(&*network), <[u8; 16]>::try_from(&*network)) {
        (Ok(four), _) => IpAddr::from(four),
        (_, Ok(sixteen)) => IpAddr::from(sixteen),
        _ => return Err(malformed()),
    };
    let prefix = u8::try_from(prefix).map_err(|_| malformed())?;
    Ok(Subtree::Ip { network, prefix })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is written by hand is what a certificate with the same base holds, or nothing.
    #[test]
    fn bases_are_written_by_the_rules_of_certificates() {
        let ip = |text: &str| {
            let (network, prefix) = text.split_once('/').unwrap();
            Subtree::ip(network.parse().unwrap(), prefix.parse().unwrap())
        };
        for (written, wanted) in [
            (Subtree::dns("Example.com"), Ok("DNS:example.com")),
            (Subtree::dns(""), Ok("DNS:")),
            (Subtree::dns(".example.com"), Err("leave the dot out")),
            (Subtree::dns("*.example.com"), Err("not a host name")),
            (Subtree::uri(".Example.com"), Ok("URI:.example.com")),
            (Subtree::uri("https://example.com/"), Err("not a host name")),
            (Subtree::email("Me@Example.com"), Ok("email:Me@example.com")),
            (Subtree::email("@example.com"), Err("not a mailbox")),
            (ip("10.0.0.0/8"), Ok("IP:10.0.0.0/8")),
            (ip("0.0.0.0/0"), Ok("IP:0.0.0.0/0")),
            (ip("192.0.2.1/32"), Ok("IP:192.0.2.1/32")),
            (ip("2001:db8::/32"), Ok("IP:2001:db8::/32")),
            (ip("::/0"), Ok("IP:::/0")),
            (ip("10.0.0.1/8"), Err("no network")),
            (ip("10.0.0.0/33"), Err("no network")),
            (ip("2001:db8::1/127"), Err("no network")),
        ] {
            match (written, wanted) {
                (Ok(subtree), Ok(wanted)) => assert_eq!(subtree.display(), wanted),
                (Err(error), Err(told)) => {
                    assert!(error.to_string().contains(told), "{told}: {error}");
                }
                (written, wanted) => assert_eq!(format!("{written:?}"), format!("{wanted:?}")),
            }
        }
    }
}
