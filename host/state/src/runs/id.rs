//! Ids of runs.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use patchbay_runtime::Clock;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::{ContextV7, Uuid};

use super::filter::RunTextError;
use crate::time::Timestamp;

/// A run's id: a UUID of version 7, so that ids stand in the order in which runs began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(Uuid);

/// Puts the runs that this process begins within one millisecond in order.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

impl RunId {
    /// The id of a run that begins now. Of two ids that a process makes, the later one is the greater.
    pub fn begin(clock: &dyn Clock) -> Self {
        let now = clock.since_epoch();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(&ORDER, now.as_secs(), now.subsec_nanos())))
    }

    /// When the run began.
    pub fn began(self) -> Timestamp {
        let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
        let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Timestamp::from_millis(millis.saturating_add(i64::from(nanos / 1_000_000)))
    }

    /// An id that is not above that of any run that begins at this time or later, and not below that of an earlier one.
    pub(crate) fn floor(time: Timestamp) -> Self {
        // 48 bits of milliseconds stand in front.
        const MOST: i64 = (1 << 48) - 1;
        let millis = u128::try_from(time.as_millis().clamp(0, MOST)).unwrap_or_default();
        Self(Uuid::from_u128(millis << 80))
    }

    /// The id as it is stored.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The id that was stored as these bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for RunId {
    type Err = RunTextError;

    fn from_str(text: &str) -> Result<Self, RunTextError> {
        let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        id.map(Self).ok_or_else(|| RunTextError::Id(text.to_owned()))
    }
}

impl Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for RunId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uuid", "description": "Time-ordered id of a run." })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use patchbay_runtime::SystemClock;

    use super::*;

    #[test]
    fn ids_are_ordered_by_the_time_their_runs_began() {
        let before = Timestamp::now(&SystemClock);
        let ids: Vec<RunId> = (0..1_000).map(|_| RunId::begin(&SystemClock)).collect();
        assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(ids[0].began() >= before && RunId::floor(before) <= ids[0]);
        assert!(RunId::floor(ids[999].began().after(Duration::from_millis(1))) > ids[999]);
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = RunId::begin(&SystemClock);
        assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
        for text in ["", "x", "0198c5f01f2e7abc8def0123456789ab"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
