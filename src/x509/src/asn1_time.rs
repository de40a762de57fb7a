//! Times as X.509 writes them (RFC 5280, 4.1.2.5): digits to instants, by arithmetic alone.
//!
//! What lives here: the two forms, and which of them stands for which years. What does not: any clock.

use wire::Timestamp;

use crate::der::{Element, GENERALIZED_TIME, UTC_TIME};
use crate::reader::{Fault, Reader};

/// The next element as a `Time`: UTCTime for 1950 to 2049, GeneralizedTime from 2050 on and for nothing before (RFC
/// 5280, 5.1.2.4 to 5.1.2.6).
pub(crate) fn time<'a>(reader: &mut Reader<'a>) -> Result<Timestamp, Fault<'a>> {
    let start = reader.rest();
    match either(reader)? {
        (GENERALIZED_TIME, year, _) if year < 2050 => Err(Fault::new(
            start,
            "a GeneralizedTime for a year before 2050, which UTCTime writes",
        )),
        (.., at) => Ok(at),
    }
}

/// The next element as a `Time` of either form, whatever the year. RFC 5280, 4.1.2.5, asks the same of certificates as of
/// lists, but CAs do write GeneralizedTime earlier, and whoever tests verifiers wants that accepted (PKITS 4.2.4).
pub(crate) fn either_time<'a>(reader: &mut Reader<'a>) -> Result<Timestamp, Fault<'a>> {
    either(reader).map(|(.., at)| at)
}

/// The form, the year and the instant.
fn either<'a>(reader: &mut Reader<'a>) -> Result<(u8, i64, Timestamp), Fault<'a>> {
    let element = reader.any()?;
    let fail = |reason| Fault::new(element.whole, reason);
    match element.tag {
        UTC_TIME => {
            let [year, month, day, hour, minute, second] = pairs(element.content).map_err(fail)?;
            let year = if year >= 50 { 1900 } else { 2000 } + year;
            let at = instant(year, [month, day, hour, minute, second]).map_err(fail)?;
            Ok((UTC_TIME, year, at))
        }
        GENERALIZED_TIME => {
            let (year, at) = generalized(&element)?;
            Ok((GENERALIZED_TIME, year, at))
        }
        _ => Err(fail("not a time")),
    }
}

/// The next element as a GeneralizedTime of any year (RFC 6960, 4.2.2.1; RFC 5280, 5.3.2).
pub(crate) fn generalized_time<'a>(reader: &mut Reader<'a>) -> Result<Timestamp, Fault<'a>> {
    let element = reader.expect(GENERALIZED_TIME, "not a GeneralizedTime")?;
    generalized(&element).map(|(_, at)| at)
}

fn generalized<'a>(element: &Element<'a>) -> Result<(i64, Timestamp), Fault<'a>> {
    let fail = |reason| Fault::new(element.whole, reason);
    let [century, year, month, day, hour, minute, second] = pairs(element.content).map_err(fail)?;
    let year = century * 100 + year;
    let at = instant(year, [month, day, hour, minute, second]).map_err(fail)?;
    Ok((year, at))
}

/// `N` numbers of two digits, and `Z`.
fn pairs<const N: usize>(content: &[u8]) -> Result<[i64; N], &'static str> {
    let digits = content.strip_suffix(b"Z").unwrap_or_default();
    let (digits, rest) = digits.as_chunks::<2>();
    let mut numbers = [0; N];
    if digits.len() != N || !rest.is_empty() {
        return Err("a time that is not written in whole seconds and Z");
    }
    for (number, [tens, ones]) in numbers.iter_mut().zip(digits) {
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return Err("a time that is not written in whole seconds and Z");
        }
        *number = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    }
    Ok(numbers)
}

/// The instant of a date that is on the calendar. A leap second is on none: RFC 5280 has no place for it.
fn instant(year: i64, rest: [i64; 5]) -> Result<Timestamp, &'static str> {
    let [month, day, hour, minute, second] = rest;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return Err("a time in a month that does not exist"),
    };
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err("a time that is on no calendar");
    }
    // Years that begin in March put the leap day at the end, where it needs no special case.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Ok(Timestamp::from_seconds(
        ((days * 24 + hour) * 60 + minute) * 60 + second,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, text: &str) -> Vec<u8> {
        crate::encode::element(tag, &[text.as_bytes()])
    }

    #[test]
    fn each_form_stands_for_its_own_years() {
        for (tag, text, wanted) in [
            (UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (UTC_TIME, "700101000000Z", Some("1970-01-01T00:00:00Z")),
            (UTC_TIME, "000229120000Z", Some("2000-02-29T12:00:00Z")),
            (UTC_TIME, "260301000001Z", Some("2026-03-01T00:00:01Z")),
            (GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01T00:00:00Z")),
            (GENERALIZED_TIME, "99991231235959Z", Some("9999-12-31T23:59:59Z")),
            (GENERALIZED_TIME, "21000301000000Z", Some("2100-03-01T00:00:00Z")),
            (GENERALIZED_TIME, "20491231235959Z", None),
            (GENERALIZED_TIME, "19490101000000Z", None),
            (GENERALIZED_TIME, "21000229000000Z", None),
            (GENERALIZED_TIME, "20500101000000.5Z", None),
            (UTC_TIME, "260229000000Z", None),
            (UTC_TIME, "261301000000Z", None),
            (UTC_TIME, "260001000000Z", None),
            (UTC_TIME, "260100000000Z", None),
            (UTC_TIME, "260431000000Z", None),
            (UTC_TIME, "260101240000Z", None),
            (UTC_TIME, "260101006000Z", None),
            (UTC_TIME, "161231235960Z", None),
            (UTC_TIME, "2601010000Z", None),
            (UTC_TIME, "260101000000+0100", None),
            (UTC_TIME, "2601010000-1Z", None),
            (0x13, "260101000000Z", None),
        ] {
            let der = element(tag, text);
            let read = time(&mut Reader::new(&der)).ok().map(Timestamp::rfc3339);
            assert_eq!(read.as_deref(), wanted, "{tag} {text}");
        }
    }

    /// Every day of the 400 years after which the calendar repeats, against that of `wire`.
    #[test]
    fn the_calendar_is_the_right_one() {
        let mut at = Timestamp::from_seconds(0);
        for _ in 0..=146_097 {
            let der = element(GENERALIZED_TIME, &at.basic().replace('T', ""));
            let read = generalized_time(&mut Reader::new(&der)).ok();
            assert_eq!(read, Some(at));
            at = at.plus(86_400);
        }
    }
}
