//! A block of addresses, as RFC 4632 writes it. What a block is for is told in `ranges.rs`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses: those that share their first bits with its first address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    first: IpAddr,
    /// How many bits are shared.
    prefix: u32,
}

impl Cidr {
    /// A block of IPv4 addresses, in a constant.
    pub(super) const fn v4(first: [u8; 4], prefix: u32) -> Self {
        let [a, b, c, d] = first;
        Self {
            first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
            prefix,
        }
    }

    /// A block of IPv6 addresses, in a constant.
    pub(super) const fn v6(first: u128, prefix: u32) -> Self {
        Self {
            first: IpAddr::V6(Ipv6Addr::from_bits(first)),
            prefix,
        }
    }

    /// Its first address, and how many bits are shared.
    pub(crate) fn parts(&self) -> (IpAddr, u32) {
        (self.first, self.prefix)
    }

    /// Whether an address lies in the block. An IPv4 address inside an IPv6 one is an IPv6 address here.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        // A shift by all bits gives nothing: the block of every address.
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                let shift = Ipv4Addr::BITS.saturating_sub(self.prefix);
                differing.checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                let shift = Ipv6Addr::BITS.saturating_sub(self.prefix);
                differing.checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// Whether the whole of another block lies in this one.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.prefix <= other.prefix && self.contains(other.first)
    }
}

impl FromStr for Cidr {
    type Err = String;

    /// Reads `ADDRESS/BITS`, or an address alone.
    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().map_err(|_| {
            "it is no block of addresses; write for example 10.1.0.0/16 or fd12::/48".to_owned()
        })?;
        let longest = match first {
            IpAddr::V4(_) => Ipv4Addr::BITS,
            IpAddr::V6(_) => Ipv6Addr::BITS,
        };
        let prefix = match bits {
            None => longest,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= longest)
                // One spelling: neither `+8` nor `08`.
                .filter(|value: &u32| value.to_string() == bits)
                .ok_or_else(|| format!("the number after the `/` must lie between 0 and {longest}"))?,
        };
        let block = Self { first, prefix };
        let start = block.start();
        if start != first {
            return Err(format!(
                "it has bits after the first {prefix}; write {start}/{prefix}"
            ));
        }
        Ok(block)
    }
}

impl Cidr {
    /// The first address of the block that the first address lies in.
    fn start(&self) -> IpAddr {
        match self.first {
            IpAddr::V4(first) => {
                let shift = Ipv4Addr::BITS.saturating_sub(self.prefix);
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() & mask))
            }
            IpAddr::V6(first) => {
                let shift = Ipv6Addr::BITS.saturating_sub(self.prefix);
                let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() & mask))
            }
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_what_shares_its_bits() {
        for (block, inside, outside) in [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255"][..],
                &["9.255.255.255", "11.0.0.0", "::10.0.0.0"][..],
            ),
            (
                "172.16.0.0/12",
                &["172.16.0.0", "172.31.255.255"],
                &["172.15.255.255", "172.32.0.0"],
            ),
            ("192.0.2.7", &["192.0.2.7"], &["192.0.2.6", "192.0.2.8"]),
            ("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::"]),
            (
                "fc00::/7",
                &["fc00::", "fdff:ffff::1"],
                &["fbff::", "fe00::", "10.0.0.1"],
            ),
            ("::/0", &["::", "ffff::"], &["0.0.0.0"]),
            ("fd12:3456::1/128", &["fd12:3456::1"], &["fd12:3456::"]),
        ] {
            let parsed: Cidr = block.parse().unwrap();
            for address in inside {
                assert!(parsed.contains(address.parse().unwrap()), "{address} in {block}");
            }
            for address in outside {
                assert!(
                    !parsed.contains(address.parse().unwrap()),
                    "{address} not in {block}"
                );
            }
        }
    }

    #[test]
    fn a_block_covers_smaller_ones_and_itself() {
        let block = |text: &str| text.parse::<Cidr>().unwrap();
        assert!(block("10.0.0.0/8").covers(&block("10.0.0.0/8")));
        assert!(block("10.0.0.0/8").covers(&block("10.9.0.0/16")));
        assert!(!block("10.9.0.0/16").covers(&block("10.0.0.0/8")));
        assert!(!block("10.0.0.0/8").covers(&block("11.0.0.0/16")));
        assert!(!block("::/0").covers(&block("10.0.0.0/8")));
    }

    #[test]
    fn a_block_has_one_spelling() {
        for (text, told) in [
            ("10.1.0.0/8", "write 10.0.0.0/8"),
            ("fd00::1/8", "write fd00::/8"),
            ("10.0.0.0/33", "between 0 and 32"),
            ("::/129", "between 0 and 128"),
            ("10.0.0.0/08", "between 0 and 32"),
            ("10.0.0.0/+8", "between 0 and 32"),
            ("10.0.0.0/", "between 0 and 32"),
            ("10.0.0.0/8/8", "between 0 and 32"),
            ("010.0.0.0/8", "no block"),
            ("10.0.0/8", "no block"),
            ("fe80::1%eth0", "no block"),
            ("crl.example.com", "no block"),
            ("", "no block"),
        ] {
            let problem = text.parse::<Cidr>().unwrap_err();
            assert!(problem.contains(told), "{text}: {problem}");
        }
    }
}
