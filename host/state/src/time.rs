//! A point in time, to the millisecond.
//!
//! | text | outcome |
//! | --- | --- |
//! | `2027-01-31T08:00:00Z`, `2027-01-31T16:00:00.250+08:00` | that time |
//! | `2027-01-31` | the beginning of that day, UTC |
//! | anything else | refused |

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat};
use patchbay_runtime::Clock;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A point in time, in milliseconds since 1970; as text in RFC 3339, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// Why a text is not a time.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a time; write 2027-01-31 or 2027-01-31T08:00:00Z")]
pub struct TimestampError(String);

impl Timestamp {
    /// The time that a clock shows.
    pub fn now(clock: &dyn Clock) -> Self {
        Self(milliseconds(clock.since_epoch()))
    }

    /// The time that is this many milliseconds after the beginning of 1970.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The milliseconds from the beginning of 1970 to this time.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The time that is this much later, or the last one that there is.
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(milliseconds(duration)))
    }

    /// The time that is this much earlier, or the first one that there is.
    pub fn before(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(milliseconds(duration)))
    }

    /// How much later this time is than another; nothing when it is earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            // Past what a calendar holds.
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_millis()));
        }
        let day = text.parse::<NaiveDate>().map_err(|_| TimestampError(text.to_owned()))?;
        Ok(Self(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimestampError;

    fn try_from(text: String) -> Result<Self, TimestampError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "description": "RFC 3339, UTC, to the millisecond." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_offset_and_shown_in_utc() {
        let time: Timestamp = "2027-01-31T16:00:00.250+08:00".parse().unwrap();
        assert_eq!(time.to_string(), "2027-01-31T08:00:00.250Z");
        assert_eq!("2027-01-31".parse::<Timestamp>().unwrap().to_string(), "2027-01-31T00:00:00.000Z");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "yesterday", "2027-13-01", "1700000000", "2027-01-31 08:00"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
