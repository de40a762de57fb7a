//! E-mail addresses: a mailbox, a host, or the hosts below a domain.

use super::host;

/// Whether the address lies in the subtree. The local part keeps its case (RFC 5280, 7.5).
pub(super) fn lies_in(address: &str, base: &str) -> bool {
    compare(address, base, |local, wanted| local == wanted).unwrap_or(false)
}

/// Whether the address may lie in the subtree: hosts that fold the local part's case exist, and what is no address may
/// be anything.
pub(super) fn touches(address: &str, base: &str) -> bool {
    compare(address, base, |local, wanted| local.eq_ignore_ascii_case(wanted)).unwrap_or(true)
}

/// None where it is no address.
fn compare(address: &str, base: &str, same: impl Fn(&str, &str) -> bool) -> Option<bool> {
    let (local, domain) = address.rsplit_once('@')?;
    // A quoted local part may hold an `@` and has a second spelling: it is not compared.
    let plain = !local.is_empty()
        && local
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"@\"\\(),:;<>[]".contains(&byte));
    if !plain || !host::is_host(domain) {
        return None;
    }
    Some(match base.rsplit_once('@') {
        Some((wanted, at)) => same(local, wanted) && domain.eq_ignore_ascii_case(at),
        None => host::host_lies_in(domain, base),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (address, base, inside, touching) in [
            ("a@example.com", "example.com", true, true),
            ("a@EXAMPLE.com", "example.COM", true, true),
            ("a@b.example.com", "example.com", false, false),
            ("a@b.example.com", ".example.com", true, true),
            ("a@example.com", ".example.com", false, false),
            ("a@example.com", "a@example.com", true, true),
            ("A@example.com", "a@example.com", false, true),
            ("b@example.com", "a@example.com", false, false),
            ("*@example.com", "*@example.com", true, true),
            ("a@example.com", "*@example.com", false, false),
            ("a@example.com", "", true, true),
            ("example.com", "example.com", false, true),
            ("@example.com", "example.com", false, true),
            ("a@b@example.com", "example.com", false, true),
            ("\"a@b\"@example.com", "example.com", false, true),
            ("a@", "example.com", false, true),
            ("a@*.example.com", ".example.com", false, true),
        ] {
            assert_eq!(
                (lies_in(address, base), touches(address, base)),
                (inside, touching),
                "{address} {base}"
            );
        }
    }
}
