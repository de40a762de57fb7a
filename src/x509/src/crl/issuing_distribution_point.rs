//! What a list covers, where that is not everything (RFC 5280, 5.2.5; threat R7).

use crate::der::{Element, SET};
use crate::extensions::reason_flags;
use crate::reader::{Fault, Reader, default_false};

const DISTRIBUTION_POINT: u8 = 0xa0;
const FULL_NAME: u8 = 0xa0;
const RELATIVE_NAME: u8 = 0xa1;
const ONLY_USER: u8 = 0x81;
const ONLY_CA: u8 = 0x82;
const SOME_REASONS: u8 = 0x83;
const INDIRECT: u8 = 0x84;
const ONLY_ATTRIBUTE: u8 = 0x85;

/// The scope of a list. Every part is told as it stands, contradictions too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// The full names of the point, each a GeneralName in DER, as a certificate's distribution point has them.
    pub full_names: Vec<Vec<u8>>,
    /// The name of the point below the issuer's, as the SET that the RDN is.
    pub relative_name: Option<Vec<u8>>,
    /// Only certificates of end entities.
    pub only_user: bool,
    /// Only certificates of CAs.
    pub only_ca: bool,
    /// Only attribute certificates, so no others.
    pub only_attribute: bool,
    /// Certificates of other issuers too.
    pub indirect: bool,
    /// Only revocations for these reasons: bit *n* of the number for bit *n* of `ReasonFlags`.
    pub some_reasons: Option<u16>,
}

impl IssuingDistributionPoint {
    /// Reads the content of the SEQUENCE.
    pub(super) fn read<'a>(sequence: &Element<'a>) -> Result<Self, Fault<'a>> {
        let mut point = Self::default();
        let mut parts = Reader::new(sequence.content);
        if parts.is_empty() {
            return Err(Fault::new(
                sequence.whole,
                "an issuing distribution point with nothing in it",
            ));
        }
        if let Some(name) = parts.optional(DISTRIBUTION_POINT)? {
            point.name(&name)?;
        }
        point.only_user = flag(&mut parts, ONLY_USER)?;
        point.only_ca = flag(&mut parts, ONLY_CA)?;
        if let Some(bits) = parts.optional(SOME_REASONS)? {
            let flags = reason_flags(&bits).map_err(|reason| Fault::new(bits.whole, reason))?;
            point.some_reasons = Some(flags);
        }
        point.indirect = flag(&mut parts, INDIRECT)?;
        point.only_attribute = flag(&mut parts, ONLY_ATTRIBUTE)?;
        parts.end("something that an issuing distribution point does not have")?;
        Ok(point)
    }

    fn name<'a>(&mut self, outer: &Element<'a>) -> Result<(), Fault<'a>> {
        let mut choice = Reader::new(outer.content);
        let name = choice.any()?;
        choice.end("bytes after the name of a distribution point")?;
        let mut parts = Reader::new(name.content);
        match name.tag {
            _ if parts.is_empty() => {
                return Err(Fault::new(name.whole, "a distribution point without a name"));
            }
            FULL_NAME => {
                while !parts.is_empty() {
                    let one = parts.any()?;
                    // otherName, x400Address, directoryName, ediPartyName; the others are primitive.
                    if !matches!(one.tag, 0xa0 | 0xa3..=0xa5 | 0x81 | 0x82 | 0x86..=0x88) {
                        return Err(Fault::new(one.whole, "a name of no kind that there is"));
                    }
                    self.full_names.push(one.whole.to_vec());
                }
            }
            RELATIVE_NAME => {
                let mut set = name.whole.to_vec();
                // The tag is implicit: the SET's own takes its place.
                if let Some(tag) = set.first_mut() {
                    *tag = SET;
                }
                self.relative_name = Some(set);
            }
            _ => {
                return Err(Fault::new(
                    name.whole,
                    "a distribution point's name of no kind that there is",
                ));
            }
        }
        Ok(())
    }
}

fn flag<'a>(parts: &mut Reader<'a>, tag: u8) -> Result<bool, Fault<'a>> {
    match parts.optional(tag)? {
        None => Ok(false),
        Some(flag) => default_false(flag.content).map(|()| true),
    }
}
