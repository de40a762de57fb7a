//! SHA-256 in hexadecimal, written in place.

/// The sixty-four lower-case digits of a SHA-256.
pub(crate) struct Hexadecimal([u8; 64]);

impl Hexadecimal {
    pub(crate) fn of(hash: &[u8; 32]) -> Self {
        let mut digits = [0; 64];
        // Two digits for each byte fit.
        let _ = hex::encode_to_slice(hash, &mut digits);
        Self(digits)
    }

    pub(crate) fn as_str(&self) -> &str {
        // ASCII, by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
