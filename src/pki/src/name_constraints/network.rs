//! IP addresses and networks.

use std::net::IpAddr;

/// Whether the address is one of the network's. Of two families neither lies in the other.
pub(super) fn lies_in(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= u32::from(prefix)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= u32::from(prefix)
        }
        _ => false,
    }
}

/// Whether the address may be one of the network's, an IPv4 address written as an IPv6 one included.
pub(super) fn touches(address: IpAddr, network: IpAddr, prefix: u8) -> bool {
    lies_in(address, network, prefix) || lies_in(address.to_canonical(), network, prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_in_networks_of_their_family() {
        for (address, network, prefix, wanted) in [
            ("10.1.2.3", "10.0.0.0", 8, true),
            ("11.1.2.3", "10.0.0.0", 8, false),
            ("10.1.2.3", "10.1.2.3", 32, true),
            ("10.1.2.2", "10.1.2.3", 32, false),
            ("10.1.2.2", "0.0.0.0", 0, true),
            ("::1", "::", 0, true),
            ("fd00::1", "fd00::", 8, true),
            ("fe00::1", "fd00::", 8, false),
            ("::ffff:10.0.0.1", "10.0.0.0", 8, false),
            ("10.0.0.1", "::", 0, false),
        ] {
            let (address, network) = (address.parse().unwrap(), network.parse().unwrap());
            assert_eq!(
                lies_in(address, network, prefix),
                wanted,
                "{address} {network}/{prefix}"
            );
        }
        let mapped = "::ffff:10.0.0.1".parse().unwrap();
        assert!(touches(mapped, "10.0.0.0".parse().unwrap(), 8));
    }
}
