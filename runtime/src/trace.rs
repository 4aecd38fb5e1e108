//! Where a call stands in a distributed trace: the W3C header `traceparent`.
//!
//! | text | outcome |
//! | --- | --- |
//! | `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01` | version, trace, span, flags |
//! | the same under a later version, with more after the flags | its first four parts, as version 00 |
//! | upper-case digits, a trace or span of zeros, another length, version `ff` | refused |

use std::fmt;
use std::str::FromStr;

/// A `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    trace: u128,
    span: u64,
    flags: u8,
}

/// Why a text is not a `traceparent`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a traceparent, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
pub struct TraceParentError(String);

impl TraceParent {
    /// The header's name.
    pub const HEADER: &str = "traceparent";

    /// Of a trace and a span; none when one of them is zero, which stands for no trace at all.
    pub fn new(trace: u128, span: u64, flags: u8) -> Option<Self> {
        (trace != 0 && span != 0).then_some(Self { trace, span, flags })
    }

    /// The trace.
    pub fn trace(&self) -> u128 {
        self.trace
    }

    /// The span that called.
    pub fn span(&self) -> u64 {
        self.span
    }

    /// The flags; the lowest bit says that the trace is recorded.
    pub fn flags(&self) -> u8 {
        self.flags
    }
}

impl FromStr for TraceParent {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        let mut parts = text.split('-');
        let mut read = || {
            let version = hexadecimal(parts.next()?, 2).filter(|version| *version != "ff")?;
            let trace = u128::from_str_radix(hexadecimal(parts.next()?, 32)?, 16).ok()?;
            let span = u64::from_str_radix(hexadecimal(parts.next()?, 16)?, 16).ok()?;
            let flags = u8::from_str_radix(hexadecimal(parts.next()?, 2)?, 16).ok()?;
            let is_whole = parts.next().is_none() || version != "00";
            is_whole.then(|| Self::new(trace, span, flags)).flatten()
        };
        read().ok_or_else(|| TraceParentError(text.chars().take(80).collect()))
    }
}

/// The part, when it is so many lower-case hexadecimal digits.
fn hexadecimal(part: &str, digits: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (part.len() == digits && part.bytes().all(is_digit)).then_some(part)
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_read_is_written_again() {
        assert_eq!(SAMPLE.parse::<TraceParent>().unwrap().to_string(), SAMPLE);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = format!("cc{}-what-comes-after", &SAMPLE[2..]);
        assert_eq!(later.parse::<TraceParent>().unwrap().to_string(), SAMPLE);
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "00",
            &SAMPLE.to_uppercase(),
            &format!("{SAMPLE}-more"),
            &format!("ff{}", &SAMPLE[2..]),
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert!(text.parse::<TraceParent>().is_err(), "{text}");
        }
    }
}
