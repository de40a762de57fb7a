//! DER by hand: writing elements, and taking them apart.

use wire::Timestamp;

pub const SEQUENCE: u8 = 0x30;

/// One element of this tag around the parts.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    match content.len() {
        length @ ..0x80 => der.push(u8::try_from(length).unwrap()),
        length @ ..0x100 => der.extend([0x81, u8::try_from(length).unwrap()]),
        length @ ..0x1_0000 => {
            der.push(0x82);
            der.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            der.push(0x84);
            der.extend(u32::try_from(length).unwrap().to_be_bytes());
            // Minimal: three octets where the first of four is zero.
            if der[2] == 0 {
                der.remove(2);
                der[1] = 0x83;
            }
        }
    }
    der.extend(content);
    der
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(SEQUENCE, parts)
}

/// An extension; `oid` is the content of its object identifier.
pub fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    sequence(&[&element(0x06, &[oid]), critical, &element(0x04, &[value])])
}

/// A name of one attribute; `tag` is the value's string type, `oid` the content of the attribute's.
pub fn name(oid: &[u8], tag: u8, value: &[u8]) -> Vec<u8> {
    let attribute = sequence(&[&element(0x06, &[oid]), &element(tag, &[value])]);
    sequence(&[&element(0x31, &[&attribute])])
}

pub const COMMON_NAME: &[u8] = &[0x55, 4, 3];

pub fn generalized(at: Timestamp) -> Vec<u8> {
    element(0x18, &[at.basic().replace('T', "").as_bytes()])
}

pub fn utc(at: Timestamp) -> Vec<u8> {
    element(0x17, &[&at.basic().replace('T', "").as_bytes()[2..]])
}

/// The elements of a content, each whole.
pub fn elements(mut content: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !content.is_empty() {
        let (header, length) = header(content);
        let (whole, rest) = content.split_at(header + length);
        all.push(whole.to_vec());
        content = rest;
    }
    all
}

/// What is inside the first element.
pub fn content(whole: &[u8]) -> &[u8] {
    let (header, length) = header(whole);
    &whole[header..header + length]
}

fn header(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] {
        short @ ..0x80 => (2, usize::from(short)),
        long => {
            let octets = usize::from(long & 0x7f);
            let digits = &bytes[2..2 + octets];
            let length = digits
                .iter()
                .fold(0, |sum, digit| sum * 256 + usize::from(*digit));
            (2 + octets, length)
        }
    }
}
