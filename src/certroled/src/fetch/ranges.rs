//! What an address is for, by its range, and whether certroled may go there (threat G5).
//!
//! What lives here: the ranges that are not the public Internet, and the operator's list of those to allow all the same.
//! What does not: names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use super::cidr::Cidr;
use super::rules::RuleError;

/// May certroled go there?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Never, whatever the configuration lists.
    Never,
    /// Where the configuration lists it.
    Listed,
    /// Where the configuration lists it, and the IPv4 address inside, which begins this many bits from the right, may
    /// be gone to as well.
    Embeds(u32),
}

/// A range and what it is for.
struct Range {
    block: Cidr,
    purpose: &'static str,
    access: Access,
}

const METADATA: &str = "a cloud's metadata service";
const PRIVATE: &str = "a private range";
const LOOPBACK: &str = "this machine's loopback";
const DOCUMENTATION: &str = "a range for documentation";
const PROTOCOLS: &str = "a range for protocols";
const MULTICAST: &str = "a multicast range";
const UNASSIGNED: &str = "no range of the public Internet";

const fn never(block: Cidr, purpose: &'static str) -> Range {
    Range {
        block,
        purpose,
        access: Access::Never,
    }
}

const fn listed(block: Cidr, purpose: &'static str) -> Range {
    Range {
        block,
        purpose,
        access: Access::Listed,
    }
}

const fn embeds(block: Cidr, purpose: &'static str, shift: u32) -> Range {
    Range {
        block,
        purpose,
        access: Access::Embeds(shift),
    }
}

/// The registries of special-purpose addresses (RFC 6890 and what followed it), and the metadata services that the large
/// clouds put elsewhere. The first range that holds an address is the one that counts: the narrow ones come first.
const RANGES: &[Range] = &[
    // Azure's is a public address; Alibaba's and Oracle's lie in ranges that one may list.
    never(Cidr::v4([168, 63, 129, 16], 32), METADATA),
    never(Cidr::v4([100, 100, 100, 200], 32), METADATA),
    never(Cidr::v4([192, 0, 0, 192], 32), METADATA),
    // Linux takes 0.0.0.0 for loopback.
    never(Cidr::v4([0, 0, 0, 0], 8), "no address, but the network at hand"),
    listed(Cidr::v4([10, 0, 0, 0], 8), PRIVATE),
    listed(Cidr::v4([100, 64, 0, 0], 10), "a carrier's shared range"),
    listed(Cidr::v4([127, 0, 0, 0], 8), LOOPBACK),
    never(
        Cidr::v4([169, 254, 0, 0], 16),
        "link-local, where clouds keep their metadata service",
    ),
    listed(Cidr::v4([172, 16, 0, 0], 12), PRIVATE),
    listed(Cidr::v4([192, 0, 0, 0], 24), PROTOCOLS),
    listed(Cidr::v4([192, 0, 2, 0], 24), DOCUMENTATION),
    listed(Cidr::v4([192, 88, 99, 0], 24), "the former 6to4 relays"),
    listed(Cidr::v4([192, 168, 0, 0], 16), PRIVATE),
    listed(Cidr::v4([198, 18, 0, 0], 15), "a range for benchmarks"),
    listed(Cidr::v4([198, 51, 100, 0], 24), DOCUMENTATION),
    listed(Cidr::v4([203, 0, 113, 0], 24), DOCUMENTATION),
    never(Cidr::v4([224, 0, 0, 0], 4), MULTICAST),
    never(Cidr::v4([255, 255, 255, 255], 32), "the broadcast address"),
    listed(Cidr::v4([240, 0, 0, 0], 4), "a reserved range"),
    never(Cidr::v6(0, 128), "no address"),
    listed(Cidr::v6(1, 128), LOOPBACK),
    embeds(
        Cidr::v6(0xffff << 32, 96),
        "an IPv4 address written as an IPv6 one",
        0,
    ),
    embeds(Cidr::v6(0x0064_ff9b << 96, 96), "a NAT64 range (RFC 6052)", 0),
    // Where in it the IPv4 address lies is the network's own choice (RFC 8215).
    never(
        Cidr::v6(0x0064_ff9b_0001 << 80, 48),
        "a network's own NAT64 range",
    ),
    never(Cidr::v6(0x2001 << 112, 32), "a Teredo tunnel"),
    listed(Cidr::v6(0x2001_0db8 << 96, 32), DOCUMENTATION),
    listed(Cidr::v6(0x2001 << 112, 23), PROTOCOLS),
    embeds(Cidr::v6(0x2002 << 112, 16), "a 6to4 tunnel (RFC 3056)", 80),
    listed(Cidr::v6(0x3fff << 112, 20), DOCUMENTATION),
    never(Cidr::v6(0xfd00_0ec2 << 96, 32), METADATA),
    never(Cidr::v6((0xfd20_00ce << 96) | 0x254, 128), METADATA),
    listed(Cidr::v6(0xfc00 << 112, 7), PRIVATE),
    never(Cidr::v6(0xfe80 << 112, 10), "link-local"),
    never(Cidr::v6(0xff00 << 112, 8), MULTICAST),
    // The public Internet is 2000::/3 (RFC 4291, 2.4, and the registry).
    never(Cidr::v6(0, 3), UNASSIGNED),
    never(Cidr::v6(0x4000 << 112, 2), UNASSIGNED),
    never(Cidr::v6(0x8000 << 112, 1), UNASSIGNED),
];

/// Why certroled does not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{address} is {purpose}: {remedy}",
    remedy = if *.listing_helps { "certroled goes there only if `allowed_addresses` lists it" } else { "certroled never goes there" }
)]
pub(crate) struct Forbidden {
    pub(crate) address: IpAddr,
    purpose: &'static str,
    listing_helps: bool,
}

/// Whether certroled may go to an address. A public one needs no entry: its host is on the list of hosts.
pub(super) fn judge(address: IpAddr, allowed: &[AllowedRange]) -> Result<(), Forbidden> {
    let Some(range) = RANGES.iter().find(|range| range.block.contains(address)) else {
        return Ok(());
    };
    let forbidden = Forbidden {
        address,
        purpose: range.purpose,
        listing_helps: range.access != Access::Never,
    };
    let is_listed = allowed.iter().any(|entry| entry.0.contains(address));
    match range.access {
        Access::Listed if is_listed => Ok(()),
        Access::Embeds(shift) if is_listed => judge(embedded(address, shift), allowed),
        _ => Err(forbidden),
    }
}

/// The IPv4 address inside an IPv6 one.
fn embedded(address: IpAddr, shift: u32) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = address.to_bits().checked_shr(shift).unwrap_or(0) & u128::from(u32::MAX);
            IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(0)))
        }
    }
}

/// A range that the operator allows although it is not public: inside one of the ranges above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AllowedRange(Cidr);

/// What an operator should know about an entry that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warning {
    /// It is this machine's loopback.
    Loopback(AllowedRange),
}

impl AllowedRange {
    /// What the operator should know about the entry.
    pub(crate) fn warning(self) -> Option<Warning> {
        let range = RANGES.iter().find(|range| range.block.covers(&self.0))?;
        (range.purpose == LOOPBACK).then_some(Warning::Loopback(self))
    }
}

impl FromStr for AllowedRange {
    type Err = RuleError;

    /// Reads an entry of `allowed_addresses`.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refuse = |problem: String| RuleError::new("allowed_addresses", text, problem);
        let block: Cidr = text.parse().map_err(refuse)?;
        let Some(range) = RANGES.iter().find(|range| range.block.covers(&block)) else {
            return Err(refuse(
                match RANGES.iter().find(|range| block.covers(&range.block)) {
                    Some(within) => format!(
                        "it reaches into {} ({}) and beyond; name each range that is not public by itself",
                        within.purpose, within.block
                    ),
                    None => {
                        "it is public, and public addresses need no entry: whoever `allowed_hosts` names may \
                             have them"
                            .into()
                    }
                },
            ));
        };
        if range.access == Access::Never {
            return Err(refuse(format!(
                "it is {} ({}), where certroled never goes",
                range.purpose, range.block
            )));
        }
        Ok(Self(block))
    }
}

impl fmt::Display for AllowedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loopback(range) => write!(
                f,
                "`allowed_addresses` lists {range}, {LOOPBACK}: a certificate can make certroled speak to services \
                 that trust whoever is on this machine; outside of a lab, take it away"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(entries: &[&str]) -> Vec<AllowedRange> {
        entries.iter().map(|entry| entry.parse().unwrap()).collect()
    }

    fn goes(address: &str, entries: &[&str]) -> bool {
        judge(address.parse().unwrap(), &ranges(entries)).is_ok()
    }

    #[test]
    fn public_addresses_need_no_entry() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00::1",
            "2001:200::1",
        ] {
            assert!(goes(address, &[]), "{address}");
        }
    }

    /// Each forbidden range at its first and last address: nothing goes there by itself, and what may be listed opens
    /// for its own entry only.
    #[test]
    fn what_is_not_public_needs_an_entry() {
        for (entry, first, last) in [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255"),
            ("100.64.0.0/10", "100.64.0.0", "100.127.255.255"),
            ("127.0.0.0/8", "127.0.0.0", "127.255.255.255"),
            ("172.16.0.0/12", "172.16.0.0", "172.31.255.255"),
            ("192.0.0.0/24", "192.0.0.0", "192.0.0.255"),
            ("192.0.2.0/24", "192.0.2.0", "192.0.2.255"),
            ("192.88.99.0/24", "192.88.99.0", "192.88.99.255"),
            ("192.168.0.0/16", "192.168.0.0", "192.168.255.255"),
            ("198.18.0.0/15", "198.18.0.0", "198.19.255.255"),
            ("198.51.100.0/24", "198.51.100.0", "198.51.100.255"),
            ("203.0.113.0/24", "203.0.113.0", "203.0.113.255"),
            ("240.0.0.0/4", "240.0.0.0", "255.255.255.254"),
            ("::1", "::1", "::1"),
            (
                "2001:db8::/32",
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
            ("2001::/23", "2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::/20", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fc00::/7", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let others: Vec<&str> = ["10.0.0.0/8", "127.0.0.0/8", "fc00::/7", "192.168.0.0/16"]
                .into_iter()
                .filter(|other| *other != entry)
                .collect();
            for address in [first, last] {
                assert!(!goes(address, &[]), "{address}");
                assert!(!goes(address, &others), "{address} by another's entry");
                assert!(goes(address, &[entry]), "{address} by {entry}");
            }
        }
        assert!(goes("10.1.2.3", &["10.1.0.0/16"]));
        assert!(!goes("10.2.2.3", &["10.1.0.0/16"]));
    }

    /// No entry opens these: neither their own, which is refused, nor one of a range around them.
    #[test]
    fn some_addresses_are_never_gone_to() {
        let everything = [
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "192.0.0.0/24",
            "240.0.0.0/4",
            "::1",
            "::ffff:0:0/96",
            "64:ff9b::/96",
            "2001::/23",
            "2002::/16",
            "fc00::/7",
        ];
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "::",
            "::2",
            "::7f00:1",
            "::169.254.169.254",
            "64:ff9b:1::a9fe:a9fe",
            "2001:0:1::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "8000::1",
            "100::1",
        ] {
            assert!(!goes(address, &everything), "{address}");
            let error = judge(address.parse().unwrap(), &[]).unwrap_err();
            assert!(error.to_string().contains("never goes there"), "{error}");
            let refused = address.parse::<AllowedRange>().unwrap_err();
            assert!(refused.to_string().contains("never goes"), "{refused}");
        }
    }

    /// An IPv4 address in other clothes passes only if both the clothes and the address do.
    #[test]
    fn an_embedded_address_is_judged_too() {
        for (entry, inside) in [
            (
                "::ffff:0:0/96",
                [
                    "::ffff:10.0.0.1",
                    "::ffff:1.1.1.1",
                    "::ffff:169.254.169.254",
                    "::ffff:127.0.0.1",
                ],
            ),
            (
                "64:ff9b::/96",
                [
                    "64:ff9b::a00:1",
                    "64:ff9b::101:101",
                    "64:ff9b::a9fe:a9fe",
                    "64:ff9b::7f00:1",
                ],
            ),
            (
                "2002::/16",
                [
                    "2002:a00:1:5::6",
                    "2002:101:101:5::6",
                    "2002:a9fe:a9fe:5::6",
                    "2002:7f00:1:5::6",
                ],
            ),
        ] {
            let [private, public, metadata, loopback] = inside;
            assert!(!goes(public, &[]), "{public}");
            assert!(!goes(private, &["10.0.0.0/8"]), "{private}");
            assert!(goes(public, &[entry]), "{public}");
            assert!(!goes(private, &[entry]), "{private}");
            assert!(goes(private, &[entry, "10.0.0.0/8"]), "{private}");
            assert!(!goes(metadata, &[entry]), "{metadata}");
            assert!(!goes(loopback, &[entry]), "{loopback}");
        }
    }

    #[test]
    fn an_entry_lies_in_one_range() {
        for (entry, told) in [
            ("0.0.0.0/0", "reaches into"),
            ("::/0", "reaches into"),
            ("10.0.0.0/7", "reaches into a private range (10.0.0.0/8)"),
            ("fc00::/6", "never goes"),
            ("1.1.1.0/24", "public addresses need no entry"),
            ("2606:4700::/32", "public addresses need no entry"),
            ("169.254.169.254/32", "never goes"),
            ("169.254.0.0/16", "never goes"),
            ("fe80::/10", "never goes"),
            ("fd00:ec2::254", "never goes"),
            ("10.0.0.1/8", "write 10.0.0.0/8"),
            ("internal", "no block"),
        ] {
            let error = entry.parse::<AllowedRange>().unwrap_err().to_string();
            assert!(
                error.contains(told)
                    && error.contains(&format!("`{entry}`"))
                    && error.contains("allowed_addresses"),
                "{error}"
            );
        }
    }

    #[test]
    fn loopback_is_accepted_with_a_warning() {
        for (entry, warns) in [
            ("127.0.0.0/8", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("10.0.0.0/8", false),
            ("fc00::/7", false),
        ] {
            let range: AllowedRange = entry.parse().unwrap();
            assert_eq!(range.warning().is_some(), warns, "{entry}");
        }
        let warning = "127.0.0.1".parse::<AllowedRange>().unwrap().warning().unwrap();
        assert!(warning.to_string().contains("127.0.0.1/32"), "{warning}");
    }
}
