//! Mobile numbers.
//!
//! | text | means |
//! | --- | --- |
//! | `18500000001` | a number of mainland China: 11 digits, the first is 1 |
//! | `+86-18500000001` | the same number |
//! | `+49-15100000000` | a number of elsewhere: a country code of up to 4 digits, then 4 to 15 digits |
//! | `12345`, `+86-123`, `+86`, `0049 151...` | refused |

use std::fmt;
use std::str::FromStr;

const MAINLAND: &str = "86";
const MAINLAND_LENGTH: usize = 11;

/// A mobile number with its country code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mobile {
    pub(crate) state_code: String,
    pub(crate) number: String,
}

/// The text is no mobile number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mobile number of the form 1xxxxxxxxxx or +xx-xxxxxx")]
pub(crate) struct MalformedMobile;

impl FromStr for Mobile {
    type Err = MalformedMobile;

    fn from_str(text: &str) -> Result<Self, MalformedMobile> {
        let (state_code, number) = match text.strip_prefix('+') {
            Some(text) => text.split_once('-').ok_or(MalformedMobile)?,
            None => (MAINLAND, text),
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match state_code {
            MAINLAND => number.len() == MAINLAND_LENGTH && number.starts_with('1'),
            _ => (1..=4).contains(&state_code.len()) && (4..=15).contains(&number.len()),
        };
        if !fits || !digits(state_code) || !digits(number) {
            return Err(MalformedMobile);
        }
        Ok(Self { state_code: state_code.to_owned(), number: number.to_owned() })
    }
}

/// The form that finds the number again: without country code in mainland China, with it elsewhere.
impl fmt::Display for Mobile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state_code.as_str() {
            MAINLAND => formatter.write_str(&self.number),
            state_code => write!(formatter, "+{state_code}-{}", self.number),
        }
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_mainland_china_are_the_same_with_and_without_their_country_code() {
        let short: Mobile = "18500000001".parse().expect("a number");
        let long: Mobile = "+86-18500000001".parse().expect("a number");

        assert_eq!(short, long);
        assert_eq!(long.to_string(), "18500000001");
    }

    #[test]
    fn a_number_of_elsewhere_keeps_its_country_code() {
        let mobile: Mobile = "+49-15100000000".parse().expect("a number");

        assert_eq!((mobile.state_code.as_str(), mobile.number.as_str()), ("49", "15100000000"));
        assert_eq!(mobile.to_string(), "+49-15100000000");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "12345", "28500000001", "1850000000x", "+86", "+86-123", "+-1234", "+49 1510000", "+123456-1"]
        {
            assert_eq!(text.parse::<Mobile>(), Err(MalformedMobile), "{text}");
        }
    }
}
