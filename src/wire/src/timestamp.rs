//! Instants, in whole seconds of Unix time: the only clock unit of the product.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::Ascii;

/// An instant in whole seconds since 1970-01-01T00:00:00Z.
///
/// Certificates, signatures and credentials all count in seconds; nothing finer is ever compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not an instant in the form asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an instant of the form {form}")]
pub struct InvalidTimestamp {
    text: String,
    form: &'static str,
}

/// 9999-12-31T23:59:59Z, the last instant that X.509 and RFC 3339 can write (RFC 5280, 4.1.2.5).
const LAST: i64 = 253_402_300_799;
/// 0000-01-01T00:00:00Z, the first instant that RFC 3339 can write.
const FIRST: i64 = -62_167_219_200;

impl Timestamp {
    /// The instant this many seconds after the epoch, clamped to the years 0 to 9999 so that it can be written.
    pub const fn from_seconds(seconds: i64) -> Self {
        if seconds > LAST {
            Self(LAST)
        } else if seconds < FIRST {
            Self(FIRST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The instant `seconds` later (earlier when negative), never beyond the years 0 to 9999.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self::from_seconds(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this instant; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads the basic form `YYYYMMDDTHHMMSSZ` of `X-Amz-Date` (contract 1.2).
    pub fn parse_basic(text: &str) -> Result<Self, InvalidTimestamp> {
        let invalid = || InvalidTimestamp {
            text: capped(text),
            form: "YYYYMMDDTHHMMSSZ",
        };
        // The length is judged first: the parser alone would take years with a sign.
        if text.len() != 16 {
            return Err(invalid());
        }
        PrimitiveDateTime::parse(
            text,
            format_description!("[year][month][day]T[hour][minute][second]Z"),
        )
        .map(|at| Self(at.assume_utc().unix_timestamp()))
        .map_err(|_| invalid())
    }

    /// Writes the basic form `YYYYMMDDTHHMMSSZ`.
    pub fn basic(self) -> String {
        let at = self.date_time();
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        format!(
            "{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z",
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// Writes the date of the basic form, `YYYYMMDD`, as credential scopes carry it.
    pub fn date(self) -> String {
        let at = self.date_time();
        format!("{:04}{:02}{:02}", at.year(), u8::from(at.month()), at.day())
    }

    /// Reads RFC 3339, any offset; fractions of a second are dropped.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTimestamp> {
        OffsetDateTime::parse(text, &Rfc3339)
            .map(|at| Self::from_seconds(at.unix_timestamp()))
            .map_err(|_| InvalidTimestamp {
                text: capped(text),
                form: "YYYY-MM-DDTHH:MM:SSZ (RFC 3339)",
            })
    }

    /// Writes `YYYY-MM-DDTHH:MM:SSZ`: RFC 3339 in UTC, without fractions, the one form that every SDK reads.
    pub fn rfc3339(self) -> String {
        self.written().as_str().to_owned()
    }

    pub(crate) fn written(self) -> Ascii<20> {
        let at = self.date_time();
        let mut text = *b"0000-00-00T00:00:00Z";
        let [
            y1,
            y2,
            y3,
            y4,
            _,
            o1,
            o2,
            _,
            d1,
            d2,
            _,
            h1,
            h2,
            _,
            m1,
            m2,
            _,
            s1,
            s2,
            _,
        ] = &mut text;
        // The years are 0 to 9999 (`from_seconds`).
        digits([y1, y2, y3, y4], at.year().unsigned_abs());
        digits([o1, o2], u8::from(at.month()).into());
        digits([d1, d2], at.day().into());
        digits([h1, h2], at.hour().into());
        digits([m1, m2], at.minute().into());
        digits([s1, s2], at.second().into());
        Ascii::new(text)
    }

    fn date_time(self) -> OffsetDateTime {
        // The constructor keeps every value within the years that `time` can hold.
        OffsetDateTime::from_unix_timestamp(self.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

fn digits<const N: usize>(places: [&mut u8; N], mut number: u32) {
    for place in places.into_iter().rev() {
        *place = b'0' | u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.written().as_str())
    }
}

fn capped(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_basic_form_is_read_exactly() {
        let at = Timestamp::parse_basic("20261122T011419Z").unwrap();
        assert_eq!(at.seconds(), 1_795_310_059);
        assert_eq!(at.basic(), "20261122T011419Z");
        assert_eq!(at.date(), "20261122");
        assert_eq!(at.rfc3339(), "2026-11-22T01:14:19Z");
        for bad in [
            "",
            "20261122T011419",
            "20261122T011460Z",
            "20261322T011419Z",
            "2026-11-22T01:14:19Z",
            "20261122t011419z",
            "+0261122T011419Z",
            "20261122T011419Z ",
            "20261122T241419Z",
            "20260230T000000Z",
        ] {
            assert!(Timestamp::parse_basic(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rfc3339_takes_offsets_and_drops_fractions() {
        let at = Timestamp::parse_rfc3339("2026-11-22T02:14:19.999+01:00").unwrap();
        assert_eq!(at.rfc3339(), "2026-11-22T01:14:19Z");
        assert!(Timestamp::parse_rfc3339("2026-11-22").is_err());
    }

    #[test]
    fn what_is_written_is_what_the_library_writes() {
        for text in [
            "0000-01-01T00:00:00Z",
            "0001-12-31T23:59:59Z",
            "0999-02-28T09:08:07Z",
            "1969-12-31T23:59:59Z",
            "2024-02-29T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            let at = Timestamp::parse_rfc3339(text).unwrap();
            assert_eq!(at.rfc3339(), text);
            assert_eq!(at.date_time().format(&Rfc3339).unwrap(), text);
        }
        // An offset that leaves the years that can be written.
        let early = Timestamp::parse_rfc3339("0000-01-01T00:00:00+01:00").unwrap();
        assert_eq!(early.rfc3339(), "0000-01-01T00:00:00Z");
    }

    #[test]
    fn arithmetic_never_leaves_the_years_that_can_be_written() {
        let last = Timestamp::from_seconds(i64::MAX);
        assert_eq!(last.rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(last.plus(i64::MAX), last);
        assert_eq!(
            Timestamp::from_seconds(i64::MIN).plus(i64::MIN).rfc3339(),
            "0000-01-01T00:00:00Z"
        );
    }
}
