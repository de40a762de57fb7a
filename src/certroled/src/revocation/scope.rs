//! What a list speaks for: everything that numbers its lists on its own (RFC 5280, 5.2.3).

use pki::List;

use crate::primitives::sha256;

/// The scope of a list: its issuer's key, its distribution point, whether it is a delta. None for a list that nobody
/// has verified yet: a stranger's number must not stand in the way of the issuer's (threat R11).
pub(super) fn scope_of(list: &List) -> Option<Vec<u8>> {
    let key = list.verified_keys().first()?;
    let mut bytes = key.to_vec();
    bytes.push(u8::from(list.is_delta()));
    if let Some(point) = list.crl().issuing_distribution_point() {
        for name in point.full_names.iter().chain(&point.relative_name) {
            bytes.extend(name.len().to_be_bytes());
            bytes.extend(name);
        }
        bytes.extend([u8::from(point.only_user), u8::from(point.only_ca)]);
        bytes.extend(point.some_reasons.unwrap_or(u16::MAX).to_be_bytes());
    }
    Some(sha256(&bytes).to_vec())
}
