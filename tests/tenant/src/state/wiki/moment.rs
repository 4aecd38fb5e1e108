//! Times as the wiki calls write them: in UTC, to the minute.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// From 1 March of the year 0 to 1 January 1970. Years that begin in March have their leap day at the end.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_IN_400_YEARS: i64 = 146_097;

/// Milliseconds since 1970, shown as in `2023-05-15T11:29Z`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Minute(pub(crate) i64);

impl fmt::Display for Minute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0);
        let minutes = self.0.rem_euclid(DAY) / MINUTE;
        write!(formatter, "{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", minutes / 60, minutes % 60)
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
        assert_eq!(Minute(1_684_150_140_000).to_string(), "2023-05-15T11:29Z");
        assert_eq!(Minute(1_684_150_199_999).to_string(), "2023-05-15T11:29Z");
        assert_eq!(Minute(0).to_string(), "1970-01-01T00:00Z");
        assert_eq!(Minute(951_782_400_000).to_string(), "2000-02-29T00:00Z");
    }

    #[test]
    fn a_day_and_its_midnight_belong_together() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (2024, 2, 29), (2026, 11, 20), (2100, 12, 31)] {
            assert_eq!(date(midnight(year, month, day)), (year, month, day));
            assert_eq!(date(midnight(year, month, day) + DAY - 1), (year, month, day));
        }
    }
}
