//! Object identifiers, between their octets and the dotted text that people read and write.

use std::fmt::Write as _;

use crate::primitives::sha256;

/// The longest identifier, in octets, that is shown whole. No registered one comes near this.
const LONGEST: usize = 64;

/// The dotted form (X.690, 8.19). An arc beyond 128 bits is nobody's; such an identifier is shown by its octets, so
/// that a long one costs no arithmetic. One that would only fill a log is shown by its beginning and its hash: two are
/// compared in this form, and must not be taken for one because they begin alike.
pub(crate) fn dotted(content: &[u8]) -> String {
    arcs(content).unwrap_or_else(|| match content.get(..32) {
        Some(beginning) if content.len() > LONGEST => format!(
            "0x{}..sha256:{}",
            hex::encode(beginning),
            hex::encode(sha256(content))
        ),
        _ => format!("0x{}", hex::encode(content)),
    })
}

/// Writes a number in digits. Dividing 128 bits is slow, and hardly any arc needs them.
fn push(text: &mut String, arc: u128) {
    // Writing to a string cannot fail.
    let _ = match (u8::try_from(arc), u64::try_from(arc)) {
        (Ok(digit @ 0..10), _) => {
            text.push(char::from(b'0'.saturating_add(digit)));
            Ok(())
        }
        (_, Ok(small)) => write!(text, "{small}"),
        _ => write!(text, "{arc}"),
    };
}

fn arcs(content: &[u8]) -> Option<String> {
    if content.len() > LONGEST {
        return None;
    }
    // Most arcs take one octet and one or two digits. A certificate has some twenty identifiers, and none should cost
    // more than one allocation.
    let mut text = String::with_capacity(content.len().saturating_mul(3).saturating_add(4));
    let mut arc = 0u128;
    for octet in content {
        arc = arc.checked_mul(128)? | u128::from(octet & 0x7f);
        if octet & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (u64::try_from(arc).unwrap_or(u64::MAX) / 40).min(2).into();
            push(&mut text, first);
            arc = arc.saturating_sub(first.saturating_mul(40));
        }
        text.push('.');
        push(&mut text, arc);
        arc = 0;
    }
    Some(text)
}

/// The octets of a dotted identifier (X.690, 8.19); none where the text is not one, or not in its one spelling.
pub(crate) fn octets(text: &str) -> Option<Vec<u8>> {
    let mut numbers = Vec::new();
    for part in text.split('.') {
        let number: u128 = part.parse().ok()?;
        if number.to_string() != part {
            return None;
        }
        numbers.push(number);
    }
    let [first, second, rest @ ..] = numbers.as_slice() else {
        return None;
    };
    if *first > 2 || (*first < 2 && *second > 39) {
        return None;
    }
    let mut content = Vec::new();
    arc(&mut content, first.checked_mul(40)?.checked_add(*second)?);
    for number in rest {
        arc(&mut content, *number);
    }
    Some(content)
}

/// One arc, seven bits an octet, the most significant first.
fn arc(to: &mut Vec<u8>, mut number: u128) {
    let mut reversed = Vec::new();
    loop {
        let more = if reversed.is_empty() { 0 } else { 0x80 };
        reversed.push(u8::try_from(number & 0x7f).unwrap_or_default() | more);
        number >>= 7;
        if number == 0 {
            break;
        }
    }
    to.extend(reversed.into_iter().rev());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_written_as_people_know_them() {
        for (content, text) in [
            (&[0x55, 0x1d, 0x14][..], "2.5.29.20"),
            (
                &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
                "1.2.840.113549.1.1.11",
            ),
            (&[0x88, 0x37, 0x03], "2.999.3"),
            (&[0x09, 0x92, 0x26], "0.9.2342"),
            (&[0x7f], "2.47"),
        ] {
            assert_eq!(dotted(content), text);
            assert_eq!(octets(text).as_deref(), Some(content), "{text}");
        }
        // 2^133 does not fit; neither does an identifier of a thousand octets.
        let huge = [&[0x2a, 0x82][..], &[0x80; 18], &[0x00]].concat();
        assert_eq!(dotted(&huge), format!("0x{}", hex::encode(&huge)));
        let long = [0x2a; 1000];
        assert!(dotted(&long).len() < 160);
        // Two are not taken for one because they begin alike, or are as long.
        let mut other = long;
        other[999] = 0x2b;
        assert_ne!(dotted(&other), dotted(&long));
        assert_ne!(dotted(&long[..999]), dotted(&long));
        let twin = [&huge[..huge.len() - 1], &[0x01]].concat();
        let (padded, twin) = (
            [&huge[..], &[0x2a; 20]].concat(),
            [&twin[..], &[0x2a; 20]].concat(),
        );
        assert_ne!(dotted(&padded), dotted(&twin));
    }

    #[test]
    fn what_is_no_identifier_has_no_octets() {
        for text in [
            "",
            "2",
            "2.",
            ".2.5",
            "2..5",
            "3.1",
            "1.40",
            "2.5.04",
            "2.5.+4",
            "2.5.4a",
            "2.5 .4",
            "clientAuth",
        ] {
            assert_eq!(octets(text), None, "{text}");
        }
    }
}
