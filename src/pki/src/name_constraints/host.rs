//! Host names: DNS names with their wildcards, and the hosts of URIs.

/// Whether every host that a DNS name stands for lies at or below the base.
pub(super) fn dns_lies_in(name: &str, base: &str) -> bool {
    // What a wildcard stands for lies below the rest of the name, and so where that lies.
    is_dns_name(name) && is_at_or_below(name.strip_prefix("*.").unwrap_or(name), base)
}

/// Whether any host that a DNS name stands for lies at or below the base: `*.example.com` touches `a.example.com`.
pub(super) fn dns_touches(name: &str, base: &str) -> bool {
    if !is_dns_name(name) || is_at_or_below(name, base) {
        return true;
    }
    let Some(parent) = name.strip_prefix("*.") else {
        return false;
    };
    // The wildcard stands for one label: it reaches the base itself where that is one label below its parent.
    let one_below = base
        .split_once('.')
        .is_some_and(|(_, below)| below.eq_ignore_ascii_case(parent));
    is_at_or_below(parent, base) || one_below
}

/// A base with nothing in it holds every name.
fn is_at_or_below(name: &str, base: &str) -> bool {
    base.is_empty() || name.eq_ignore_ascii_case(base) || is_below(name, base)
}

fn is_below(name: &str, base: &str) -> bool {
    let cut = name.len().checked_sub(base.len());
    cut.and_then(|cut| name.split_at_checked(cut))
        .is_some_and(|(labels, end)| labels.ends_with('.') && end.eq_ignore_ascii_case(base))
}

/// Labels of letters, digits, hyphens and underscores, of which the first may be a wildcard; no dot at the end, which
/// would make one host of two names.
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let labels = name.strip_prefix("*.").unwrap_or(name);
    labels.len() <= 253 && labels.split('.').all(label)
}

/// Whether a URI's host is the base, or below it where that begins with a dot. A URI without a host, or with an
/// address for one, is in no subtree (RFC 5280, 4.2.1.10).
pub(super) fn uri_lies_in(uri: &str, base: &str) -> bool {
    host_of(uri).is_some_and(|host| host_lies_in(host, base))
}

/// Whether a URI's host may lie in the subtree: without a host to compare, it may.
pub(super) fn uri_touches(uri: &str, base: &str) -> bool {
    host_of(uri).is_none_or(|host| host_lies_in(host, base))
}

/// The rule that URIs and e-mail addresses share: a base is one host, or with a leading dot every host below a domain.
pub(super) fn host_lies_in(host: &str, base: &str) -> bool {
    match base.strip_prefix('.') {
        _ if base.is_empty() => true,
        Some(domain) => is_below(host, domain),
        None => host.eq_ignore_ascii_case(base),
    }
}

/// Whether it is a host name and no address.
pub(super) fn is_host(host: &str) -> bool {
    let address = host
        .split('.')
        .next_back()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    is_dns_name(host) && !host.starts_with('*') && !address
}

/// The host of a URI with an authority (RFC 3986, 3.2).
fn host_of(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once("://")?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.bytes().all(good) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) => return None,
        None => host,
    };
    is_host(host).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat P7.
    #[test]
    fn dns_names_and_wildcards() {
        for (name, base, lies_in, touches) in [
            ("example.com", "example.com", true, true),
            ("a.EXAMPLE.com", "example.COM", true, true),
            ("notexample.com", "example.com", false, false),
            ("example.com.evil", "example.com", false, false),
            ("com", "example.com", false, false),
            ("anything.at.all", "", true, true),
            ("*.example.com", "example.com", true, true),
            ("*.a.example.com", "example.com", true, true),
            // What a wildcard may reach is not permitted, and is excluded.
            ("*.example.com", "a.example.com", false, true),
            ("*.EXAMPLE.com", "a.example.COM", false, true),
            ("*.example.com", "b.a.example.com", false, false),
            ("*.example.com", "other.com", false, false),
            // What is no name is in nothing that is permitted, and in all that is excluded.
            ("a..example.com", "example.com", false, true),
            ("example.com.", "example.com", false, true),
            ("f*.example.com", "example.com", false, true),
            ("*", "example.com", false, true),
            ("a b.example.com", "example.com", false, true),
            ("*.*.example.com", "other.com", false, true),
        ] {
            assert_eq!(
                (dns_lies_in(name, base), dns_touches(name, base)),
                (lies_in, touches),
                "{name} {base}"
            );
        }
    }

    #[test]
    fn hosts_of_uris() {
        for (uri, base, lies_in, touches) in [
            ("https://example.com/a", "example.com", true, true),
            ("spiffe://Example.com", "example.com", true, true),
            ("https://user@example.com:8443/?q", "example.com", true, true),
            ("https://a.example.com", "example.com", false, false),
            ("https://a.example.com", ".example.com", true, true),
            ("https://example.com", ".example.com", false, false),
            ("https://example.com@evil.com/", "example.com", false, false),
            ("https://evil.com\\@example.com/", "example.com", false, false),
            ("https://evil.com#@example.com", "example.com", false, false),
            ("https://10.0.0.1/", "example.com", false, true),
            ("https://[::1]/", "example.com", false, true),
            ("urn:example.com", "example.com", false, true),
            ("https:///path", "example.com", false, true),
            ("https://example.com:a/", "example.com", false, true),
            ("1https://example.com/", "example.com", false, true),
            ("https://example.com/", "", true, true),
        ] {
            assert_eq!(
                (uri_lies_in(uri, base), uri_touches(uri, base)),
                (lies_in, touches),
                "{uri} {base}"
            );
        }
    }
}
