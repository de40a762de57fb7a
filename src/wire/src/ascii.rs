//! Short texts that are made in place, without an allocation: an exchange writes some ten instants and ids.

/// A text of this many ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ascii<const N: usize>([u8; N]);

impl<const N: usize> Ascii<N> {
    /// What is made of ASCII by construction, which is looked at in tests only.
    pub(crate) const fn new(text: [u8; N]) -> Self {
        debug_assert!(text.is_ascii());
        Self(text)
    }

    /// The text, as bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
