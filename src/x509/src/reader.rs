//! Walking through DER, element by element, with the place of whatever is wrong.
//!
//! What lives here: a cursor that checks each element as it passes, once, for structures too large to be checked
//! first and read afterwards. What does not: any structure in particular, and nesting: each level is a reader of its
//! own, so that the code, not the input, decides how deep it goes.

use crate::der::{self, Element};

/// What is wrong, and with which bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault<'a> {
    at: &'a [u8],
    reason: &'static str,
}

impl<'a> Fault<'a> {
    pub(crate) fn new(at: &'a [u8], reason: &'static str) -> Self {
        Self { at, reason }
    }

    /// The offset in the buffer that was read, and the reason.
    pub(crate) fn place(self, whole: &[u8]) -> (usize, &'static str) {
        (der::offset_of(self.at, whole), self.reason)
    }
}

/// What is still to be read of one level.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, Fault<'a>> {
        let (element, rest) = der::element(self.rest).map_err(|reason| Fault::new(self.rest, reason))?;
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which must have this tag. `otherwise` says what is missing.
    pub(crate) fn expect(&mut self, tag: u8, otherwise: &'static str) -> Result<Element<'a>, Fault<'a>> {
        match self.optional(tag)? {
            Some(element) => Ok(element),
            None => Err(Fault::new(self.rest, otherwise)),
        }
    }

    /// The next element, if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Fault<'a>> {
        if self.rest.first() == Some(&tag) {
            self.any().map(Some)
        } else {
            Ok(None)
        }
    }

    /// That nothing is left.
    pub(crate) fn end(&self, otherwise: &'static str) -> Result<(), Fault<'a>> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Fault::new(self.rest, otherwise))
        }
    }
}

/// The one element inside another, as explicit tags have it.
pub(crate) fn only<'a>(
    outer: &Element<'a>,
    tag: u8,
    otherwise: &'static str,
) -> Result<Element<'a>, Fault<'a>> {
    let mut reader = Reader::new(outer.content);
    let inner = reader.expect(tag, otherwise)?;
    reader.end(otherwise)?;
    Ok(inner)
}

/// Checks a part whole, with all that is nested in it.
pub(crate) fn check_whole(bytes: &[u8]) -> Result<(), Fault<'_>> {
    der::check(bytes).map_err(|error| {
        let (offset, reason) = error.place();
        Fault::new(bytes.get(offset..).unwrap_or(bytes), reason)
    })
}

/// A BOOLEAN that is there although its default is FALSE: DER leaves that value out (X.690, 11.5).
pub(crate) fn default_false(content: &[u8]) -> Result<(), Fault<'_>> {
    match content {
        [0xff] => Ok(()),
        [0x00] => Err(Fault::new(content, "a FALSE written out where it is the default")),
        _ => Err(Fault::new(content, "a boolean that is neither 00 nor FF")),
    }
}
