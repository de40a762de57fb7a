//! What a list speaks for: everything that numbers its lists on its own (RFC 5280, 5.2.3), for one trust anchor.

use pki::List;
use wire::TrustAnchorArn;

use crate::primitives::sha256;

/// The scope of a list: its issuer's name and key, its distribution point, whether it is a delta; and the anchor that it
/// was brought in for, so that no tenant's list stands in the way of another's (threat R11).
///
/// The key is told by the identifier that the list bears, as RFC 5280, 5.2.1 wants it; where there is none, by the key
/// that it verified under.
pub(super) fn scope_of(anchor: &TrustAnchorArn, list: &List) -> Vec<u8> {
    hashed(anchor, list, list.is_delta())
}

/// The scope of the full lists that a delta is about.
pub(super) fn base_of(anchor: &TrustAnchorArn, delta: &List) -> Vec<u8> {
    hashed(anchor, delta, false)
}

fn hashed(anchor: &TrustAnchorArn, list: &List, delta: bool) -> Vec<u8> {
    let crl = list.crl();
    let mut bytes = Vec::new();
    let mut put = |part: &[u8]| {
        bytes.extend(part.len().to_be_bytes());
        bytes.extend(part);
    };
    put(anchor.to_string().as_bytes());
    put(crl.issuer().comparable());
    match (crl.authority_key_id(), list.verified_keys().first()) {
        (Some(id), _) => put(id),
        (None, Some(key)) => put(key),
        (None, None) => put(&[]),
    }
    put(&[u8::from(delta)]);
    if let Some(point) = crl.issuing_distribution_point() {
        for name in point.full_names.iter().chain(&point.relative_name) {
            put(name);
        }
        put(&[u8::from(point.only_user), u8::from(point.only_ca)]);
        put(&point.some_reasons.unwrap_or(u16::MAX).to_be_bytes());
    }
    sha256(&bytes).to_vec()
}
