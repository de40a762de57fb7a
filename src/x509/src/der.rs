//! The Distinguished Encoding Rules, checked whole before anything is read (X.690, section 10 and 11; threat P17).
//!
//! x509-parser accepts long forms of short lengths, booleans other than 00 and FF, and padded integers. Two
//! encodings of one certificate would be two fingerprints of one identity, so they are refused here, first.

/// Where and why bytes are not DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not DER at byte {offset}: {reason}")]
pub struct NotDer {
    offset: usize,
    reason: &'static str,
}

/// The deepest nesting of a certificate that is still read. Real ones stay below sixteen; simple_asn1 exhausted the
/// stack for want of such a number (RUSTSEC-2021-0125's neighbour).
const DEEPEST: usize = 32;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const CONSTRUCTED: u8 = 0x20;

/// One element: its tag, its content, and the whole of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

/// Splits the first element off.
pub(crate) fn split(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), &'static str> {
    let [tag, first, rest @ ..] = bytes else {
        return Err("an element is cut off");
    };
    if tag & 0x1f == 0x1f {
        return Err("a tag of more than one byte");
    }
    let (length, header) = match *first {
        short @ 0..=0x7f => (usize::from(short), 2),
        0x80 => return Err("an indefinite length"),
        long => {
            let octets = usize::from(long & 0x7f);
            let digits = rest.get(..octets).ok_or("a length is cut off")?;
            // Four octets hold every length that is not refused for its size anyway.
            if octets > 4 || digits.first() == Some(&0) {
                return Err("a length that is not written as short as it can be");
            }
            let length = digits
                .iter()
                .fold(0usize, |sum, digit| (sum << 8) | usize::from(*digit));
            if length < 0x80 {
                return Err("a length that is not written as short as it can be");
            }
            (length, octets.saturating_add(2))
        }
    };
    let end = header.checked_add(length).ok_or("an element is cut off")?;
    let (whole, rest) = bytes.split_at_checked(end).ok_or("an element is cut off")?;
    let content = whole.get(header..).unwrap_or_default();
    Ok((
        Element {
            tag: *tag,
            content,
            whole,
        },
        rest,
    ))
}

/// The elements of a content, one after the other; the first that is cut off ends them with its reason.
pub(crate) fn elements(content: &[u8]) -> impl Iterator<Item = Result<Element<'_>, &'static str>> {
    let mut rest = content;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let split = split(rest);
        rest = split.as_ref().map_or(&[], |(_, after)| after);
        Some(split.map(|(element, _)| element))
    })
}

/// The content of a sequence that is all there is.
pub(crate) fn only_sequence(bytes: &[u8]) -> Result<&[u8], &'static str> {
    match split(bytes)? {
        (element, []) if element.tag == SEQUENCE => Ok(element.content),
        _ => Err("is not one sequence"),
    }
}

/// Checks that the bytes are one DER element and nothing more.
pub(crate) fn check(bytes: &[u8]) -> Result<(), NotDer> {
    // What is still to be walked at each level of nesting. No recursion: the input does not choose the stack's depth.
    let mut levels: Vec<&[u8]> = vec![bytes];
    let mut elements_at_the_top = 0usize;
    while let Some(rest) = levels.last().copied() {
        if rest.is_empty() {
            levels.pop();
            continue;
        }
        let offset = distance(bytes, rest);
        let fail = |reason| NotDer { offset, reason };
        if levels.len() == 1 {
            elements_at_the_top = elements_at_the_top.saturating_add(1);
            if elements_at_the_top > 1 {
                return Err(fail("bytes after the end"));
            }
        }
        let (element, after) = split(rest).map_err(fail)?;
        if let Some(level) = levels.last_mut() {
            *level = after;
        }
        check_content(&element).map_err(fail)?;
        if element.tag & CONSTRUCTED != 0 {
            if levels.len() >= DEEPEST {
                return Err(fail("nested too deeply"));
            }
            levels.push(element.content);
        }
    }
    if elements_at_the_top == 0 {
        return Err(NotDer {
            offset: 0,
            reason: "nothing there",
        });
    }
    Ok(())
}

/// Splits the first element off, and checks its own content as [`check`] does; what is nested in it is not.
pub(crate) fn element(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), &'static str> {
    let (element, rest) = split(bytes)?;
    check_content(&element)?;
    Ok((element, rest))
}

/// Checks the content of an element with an implicit tag by the rules of the type that the tag stands for.
pub(crate) fn check_as(tag: u8, element: &Element<'_>) -> Result<(), &'static str> {
    check_content(&Element { tag, ..*element })
}

impl NotDer {
    /// For what is wrong with the element as a whole.
    pub(crate) const fn at_the_start(reason: &'static str) -> Self {
        Self { offset: 0, reason }
    }

    /// Where, and why.
    pub(crate) fn place(&self) -> (usize, &'static str) {
        (self.offset, self.reason)
    }
}

/// How many bytes lie between the beginnings of two slices of one buffer.
pub(crate) fn offset_of(part: &[u8], whole: &[u8]) -> usize {
    distance(whole, part).min(whole.len())
}

fn distance(from: &[u8], to: &[u8]) -> usize {
    (to.as_ptr() as usize).saturating_sub(from.as_ptr() as usize)
}

fn check_content(element: &Element<'_>) -> Result<(), &'static str> {
    let content = element.content;
    match element.tag {
        SEQUENCE | SET => Ok(()),
        // Of the universal types only these two are constructed in DER.
        tag if tag & 0xc0 == 0 && tag & CONSTRUCTED != 0 => Err("a primitive type in constructed form"),
        0x10 | 0x11 => Err("a sequence in primitive form"),
        0x00 => Err("an end-of-contents mark"),
        BOOLEAN => match content {
            [0x00 | 0xff] => Ok(()),
            _ => Err("a boolean that is neither 00 nor FF"),
        },
        INTEGER | 0x0a => match content {
            [] => Err("an empty integer"),
            [0x00, next, ..] if next & 0x80 == 0 => Err("an integer with a needless leading zero"),
            [0xff, next, ..] if next & 0x80 != 0 => Err("an integer with a needless leading FF"),
            _ => Ok(()),
        },
        BIT_STRING => match content {
            [] => Err("an empty bit string"),
            [0] => Ok(()),
            [unused @ 1..=7, .., last] if last & ((1u8 << unused) - 1) == 0 => Ok(()),
            [0, ..] => Ok(()),
            _ => Err("a bit string whose unused bits are not zero"),
        },
        NULL if !content.is_empty() => Err("a null with content"),
        OBJECT_IDENTIFIER => check_object_identifier(content),
        UTC_TIME => check_time(content, 13),
        GENERALIZED_TIME => check_time(content, 15),
        _ => Ok(()),
    }
}

pub(crate) fn check_object_identifier(content: &[u8]) -> Result<(), &'static str> {
    let (mut at_start, mut arc_octets) = (true, 0);
    for byte in content {
        if at_start && *byte == 0x80 {
            return Err("an object identifier with a padded arc");
        }
        at_start = byte & 0x80 == 0;
        // No arc in use needs more than 18 digits of base 128 (a UUID); unbounded ones would be a way to be slow.
        arc_octets = if at_start { 0 } else { arc_octets + 1 };
        if arc_octets > 18 {
            return Err("an object identifier with an arc of more than 126 bits");
        }
    }
    if content.is_empty() || !at_start {
        Err("an object identifier that is cut off")
    } else {
        Ok(())
    }
}

/// RFC 5280, 4.1.2.5: seconds always, no fraction, and `Z`.
fn check_time(content: &[u8], length: usize) -> Result<(), &'static str> {
    match content.split_last() {
        Some((b'Z', digits)) if content.len() == length && digits.iter().all(u8::is_ascii_digit) => Ok(()),
        _ => Err("a time that is not written in whole seconds and Z"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn canonical_bytes_pass() {
        for good in [
            &[0x30, 0x00][..],
            &[0x30, 0x03, 0x02, 0x01, 0x00],
            &[0x01, 0x01, 0xff],
            &[0x02, 0x02, 0x00, 0x80],
            &[0x03, 0x02, 0x07, 0x80],
            &[0x06, 0x03, 0x55, 0x04, 0x03],
            &[0xa3, 0x02, 0x05, 0x00],
        ] {
            assert_eq!(check(good), Ok(()), "{good:02x?}");
        }
    }

    /// Threat P17.
    #[test]
    fn anything_but_the_one_canonical_form_is_refused() {
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 0x01],
            &[0x30, 0x00, 0x00],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x81, 0x00],
            &[0x30, 0x81, 0x03, 0x02, 0x01, 0x00],
            &[0x30, 0x82, 0x00, 0x03, 0x02, 0x01, 0x00],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x01, 0x01, 0x01],
            &[0x01, 0x02, 0xff, 0xff],
            &[0x02, 0x00],
            &[0x02, 0x02, 0x00, 0x01],
            &[0x02, 0x02, 0xff, 0x80],
            &[0x03, 0x00],
            &[0x03, 0x01, 0x01],
            &[0x03, 0x02, 0x08, 0x00],
            &[0x03, 0x02, 0x01, 0x01],
            &[0x05, 0x01, 0x00],
            &[0x06, 0x00],
            &[0x06, 0x02, 0x80, 0x01],
            &[0x06, 0x01, 0x81],
            &[0x10, 0x00],
            &[0x23, 0x00],
            &[0x1f, 0x81, 0x01, 0x00],
            &[
                0x17, 0x0b, b'2', b'6', b'0', b'1', b'0', b'1', b'0', b'0', b'0', b'0', b'Z',
            ],
            &[0x00, 0x00],
        ] {
            assert!(check(bad).is_err(), "{bad:02x?}");
        }
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| {
            let mut bytes = Vec::new();
            for _ in 0..depth {
                let length = u8::try_from(bytes.len()).unwrap();
                let mut outer = if length < 0x80 {
                    vec![0x30, length]
                } else {
                    vec![0x30, 0x81, length]
                };
                outer.append(&mut bytes);
                bytes = outer;
            }
            bytes
        };
        assert_eq!(check(&nested(31)), Ok(()));
        assert!(check(&nested(40)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = check(&bytes);
        }
    }
}
