//! Object identifiers, from their octets to the dotted text that people read.

use std::fmt::Write as _;

/// The dotted form (X.690, 8.19). An arc beyond 128 bits is nobody's; such an identifier is shown by its octets, so
/// that a long one costs no arithmetic.
pub(crate) fn dotted(content: &[u8]) -> String {
    arcs(content).unwrap_or_else(|| {
        let shown = content.get(..32).unwrap_or(content);
        format!("0x{}", hex::encode(shown))
    })
}

fn arcs(content: &[u8]) -> Option<String> {
    // No registered identifier comes near this; text longer than that would only fill a log.
    if content.len() > 64 {
        return None;
    }
    let mut text = String::new();
    let mut arc = 0u128;
    for octet in content {
        arc = arc.checked_mul(128)? | u128::from(octet & 0x7f);
        if octet & 0x80 != 0 {
            continue;
        }
        // Writing to a string cannot fail.
        if text.is_empty() {
            let first = (arc / 40).min(2);
            let _ = write!(text, "{first}.{}", arc.saturating_sub(first.saturating_mul(40)));
        } else {
            let _ = write!(text, ".{arc}");
        }
        arc = 0;
    }
    Some(text)
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
        }
        // 2^133 does not fit; neither does an identifier of a thousand octets.
        let huge = [&[0x2a, 0x82][..], &[0x80; 18], &[0x00]].concat();
        assert_eq!(dotted(&huge), format!("0x{}", hex::encode(&huge)));
        assert!(dotted(&[0x2a; 1000]).len() < 80);
    }
}
