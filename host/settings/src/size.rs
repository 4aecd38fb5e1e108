//! An amount of bytes.
//!
//! | text | outcome |
//! | --- | --- |
//! | `4096B`, `64KiB`, `16MiB`, `1GiB` | so many bytes; shown in the largest unit that leaves no rest |
//! | `16 MiB` | the same: one blank may stand before the unit |
//! | `16` | refused: without a unit it is not clear what it counts |
//! | `16MB`, `1.5GiB` | refused: units are powers of 1024, numbers are whole |

use std::fmt;
use std::str::FromStr;

/// So many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl ByteSize {
    /// A size of this many MiB.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// The size in bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The same as the length of something in memory.
    pub fn length(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("`{text}` is not a size; write a whole number and B, KiB, MiB or GiB, as in 16MiB");
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(expected)?;
        let (number, unit) = text.split_at(digits);
        let unit = unit.strip_prefix(' ').unwrap_or(unit);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(expected)?;
        let number: u64 = number.parse().map_err(|_| expected())?;
        number.checked_mul(*factor).map(Self).ok_or_else(|| format!("`{text}` is more than can be counted"))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, factor): &&(&str, u64)| self.0 >= *factor && self.0.is_multiple_of(*factor);
        let (unit, factor) = UNITS.iter().find(fits).unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown_in_their_largest_unit() {
        for (text, bytes, shown) in [
            ("0B", 0, "0B"),
            ("4096B", 4096, "4KiB"),
            ("1000B", 1000, "1000B"),
            ("64KiB", 64 << 10, "64KiB"),
            ("16 MiB", 16 << 20, "16MiB"),
            ("1024MiB", 1 << 30, "1GiB"),
        ] {
            let size: ByteSize = text.parse().unwrap();
            assert_eq!((size.0, &*size.to_string()), (bytes, shown), "{text}");
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "16", "MiB", "16MB", "1.5GiB", "-1B", "16  MiB", "16mib", "99999999999999GiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
