//! Account numbers.

use std::fmt;
use std::str::FromStr;

use crate::ascii::Ascii;

/// An account: exactly twelve digits, kept as a number and always printed with its leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

/// The text is not an account number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account is exactly twelve digits, such as `111122223333`")]
pub struct InvalidAccountId;

impl AccountId {
    /// The account of every lab, which no production configuration may use.
    pub const LAB: Self = Self(0);

    /// The account as a number below 10^12.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The account of a number below 10^12.
    pub const fn from_number(number: u64) -> Option<Self> {
        if number < 1_000_000_000_000 {
            Some(Self(number))
        } else {
            None
        }
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, InvalidAccountId> {
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidAccountId);
        }
        text.parse().map(Self).map_err(|_| InvalidAccountId)
    }
}

impl AccountId {
    pub(crate) fn written(self) -> Ascii<12> {
        let (mut digits, mut number) = ([b'0'; 12], self.0);
        for digit in digits.iter_mut().rev() {
            // A remainder by ten is one digit.
            *digit = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0));
            number /= 10;
        }
        Ascii::new(digits)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written().as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
