//! DER by hand: whatever a plan asks for is written, right or wrong.

/// One element of this tag around the parts.
pub fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = vec![tag];
    match content.len() {
        length @ ..0x80 => der.push(length as u8),
        length @ ..0x100 => der.extend([0x81, length as u8]),
        length => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend(content);
    der
}

pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

/// An extension; `oid` is the content of its object identifier.
pub fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&element(6, &[oid]), critical, &element(4, &[value])])
}

/// A bit string whose last bits that are not set are left out, as DER wants it of named bits. Bit 0 is the first.
pub fn named_bits(bits: u16) -> Vec<u8> {
    let octets = [(bits as u8).reverse_bits(), ((bits >> 8) as u8).reverse_bits()];
    let used = match octets {
        [0, 0] => 0,
        [_, 0] => 1,
        _ => 2,
    };
    let unused = octets[..used]
        .last()
        .map_or(0, |last| last.trailing_zeros() as u8);
    let mut content = vec![unused];
    content.extend(&octets[..used]);
    content
}

/// UTCTime of these seconds since 1970, a day of the years from 2000 to 2049.
pub fn utc(seconds: i64) -> Vec<u8> {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // From days to a date by counting from 1 March, so that the leap day comes last.
    let from_march = days + 719_468;
    let era = from_march.div_euclid(146_097);
    let day_of_era = from_march.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let text = format!(
        "{:02}{month:02}{day:02}{:02}{:02}{:02}Z",
        year % 100,
        second / 3600,
        second / 60 % 60,
        second % 60
    );
    element(0x17, &[text.as_bytes()])
}
