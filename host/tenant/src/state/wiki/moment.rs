//! Times as the wiki calls write them: in UTC, to the minute.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Serialize, Serializer, ser};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// From 1 March of the year 0 to 1 January 1970. Years that begin in March have their leap day at the end.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;

/// Milliseconds since 1970, written as in `2023-05-15T11:29Z`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minute(pub(crate) i64);

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.text()).map_err(ser::Error::custom)?)
    }
}

impl Minute {
    /// Digit by digit: a list of nodes has two times in each entry, and formatting would be a third of its cost.
    fn text(self) -> [u8; 17] {
        let (year, month, day) = date(self.0);
        let minutes = self.0.rem_euclid(DAY) / MINUTE;
        let digit = |number: i64| b'0' + number.rem_euclid(10) as u8;
        [
            digit(year / 1_000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
            b'T',
            digit(minutes / 600),
            digit(minutes / 60),
            b':',
            digit(minutes % 60 / 10),
            digit(minutes % 60),
            b'Z',
        ]
    }
}

/// Milliseconds since 1970.
pub(crate) fn milliseconds(time: SystemTime) -> i64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

/// Year, month and day of this moment.
pub(super) const fn date(milliseconds: i64) -> (i64, i64, i64) {
    let days = milliseconds.div_euclid(DAY) + DAYS_TO_1970;
    let day_of_era = days.rem_euclid(DAYS_IN_400_YEARS);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + days.div_euclid(DAYS_IN_400_YEARS) * 400 + (month <= 2) as i64;
    (year, month, day)
}

/// Midnight of this day, in milliseconds since 1970.
pub(super) const fn midnight(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (year.div_euclid(400) * DAYS_IN_400_YEARS + day_of_era - DAYS_TO_1970) * DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_to_the_minute() {
        for (milliseconds, text) in [
            (1_684_150_140_000, "2023-05-15T11:29Z"),
            (1_684_150_199_999, "2023-05-15T11:29Z"),
            (0, "1970-01-01T00:00Z"),
            (951_782_400_000, "2000-02-29T00:00Z"),
            (1_798_761_540_000, "2026-12-31T23:59Z"),
        ] {
            assert_eq!(str::from_utf8(&Minute(milliseconds).text()), Ok(text));
        }
    }

    #[test]
    fn a_day_and_its_midnight_belong_together() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (2024, 2, 29), (2026, 11, 20), (2100, 12, 31)] {
            assert_eq!(date(midnight(year, month, day)), (year, month, day));
            assert_eq!(date(midnight(year, month, day) + DAY - 1), (year, month, day));
        }
    }
}
