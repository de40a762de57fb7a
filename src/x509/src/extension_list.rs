//! A list of extensions as it is written (RFC 5280, 4.1 and 4.2): in CRLs, in their entries, in OCSP responses.
//!
//! What lives here: each extension's parts, in order. What does not: what any of them means.

use crate::der::{BOOLEAN, Element, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::reader::{Fault, Reader, default_false};

/// One extension, not yet understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawExtension<'a> {
    /// The content of its object identifier.
    pub(crate) oid: &'a [u8],
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// The extensions of one list, one after the other.
#[derive(Debug)]
pub(crate) struct ExtensionList<'a>(Reader<'a>);

impl<'a> ExtensionList<'a> {
    /// Of a SEQUENCE that holds at least one, as the syntax wants.
    pub(crate) fn new(sequence: &Element<'a>) -> Result<Self, Fault<'a>> {
        if sequence.content.is_empty() {
            return Err(Fault::new(sequence.whole, "a list of extensions with none in it"));
        }
        Ok(Self(Reader::new(sequence.content)))
    }

    /// The next one; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RawExtension<'a>>, Fault<'a>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let extension = self.0.expect(SEQUENCE, "an extension is not a sequence")?;
        let mut parts = Reader::new(extension.content);
        let oid = parts.expect(OBJECT_IDENTIFIER, "an extension without its type")?;
        let critical = parts.optional(BOOLEAN)?;
        if let Some(critical) = &critical {
            default_false(critical.content)?;
        }
        let value = parts.expect(OCTET_STRING, "an extension without its content")?;
        parts.end("bytes after an extension's content")?;
        Ok(Some(RawExtension {
            oid: oid.content,
            critical: critical.is_some(),
            value: value.content,
            whole: extension.whole,
        }))
    }
}
