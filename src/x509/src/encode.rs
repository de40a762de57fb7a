//! Writing DER: the little that is asked of others, and what tests are made of.

/// One element of this tag around the parts.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut der = vec![tag];
    let octets = length.to_be_bytes();
    let mut digits = octets.as_slice();
    while let [0, rest @ ..] = digits {
        digits = rest;
    }
    match (length, digits) {
        (0, _) => der.push(0),
        (..0x80, [short]) => der.push(*short),
        _ => {
            // A length has at most eight octets.
            der.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            der.extend_from_slice(digits);
        }
    }
    for part in parts {
        der.extend_from_slice(part);
    }
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_canonical() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let der = element(0x04, &[&content[..length / 2], &content[length / 2..]]);
            assert_eq!(crate::der::check(&der), Ok(()), "{length}");
            assert!(der.ends_with(&content) && der.len() <= length + 5);
        }
    }
}
