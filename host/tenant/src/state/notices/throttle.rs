//! How much an application may write to people. Who is over a limit does not get the notice; the call succeeds.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Message;

const MOST_NOTICES_A_DAY: u32 = 500;
const MOST_RECIPIENTS_A_MINUTE: u32 = 5000;

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// Days begin at midnight in China.
const TIME_ZONE: u64 = 8 * 60 * MINUTE;

/// A recipient who does not get a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Forbidden {
    /// The recipient's userId.
    pub user_id: String,
    /// Why.
    pub reason: ForbiddenReason,
}

/// Why a recipient does not get a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ForbiddenReason {
    /// The person got the same content today.
    SameContent,
    /// The person got 500 notices today.
    TooManyToday,
    /// The application wrote to 5000 recipients this minute.
    TooManyThisMinute,
}

impl ForbiddenReason {
    /// The code by which the service tells it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SameContent => "143106",
            Self::TooManyToday => "143105",
            Self::TooManyThisMinute => "143103",
        }
    }

    /// How many were allowed.
    pub const fn limit(self) -> u32 {
        match self {
            Self::SameContent => 1,
            Self::TooManyToday => MOST_NOTICES_A_DAY,
            Self::TooManyThisMinute => MOST_RECIPIENTS_A_MINUTE,
        }
    }
}

/// What was written in the day and the minute that are under way.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    day: u64,
    people: HashMap<String, Today>,
    minute: u64,
    recipients: u32,
}

/// What one person was written today.
#[derive(Debug, Default)]
struct Today {
    notices: u32,
    contents: HashSet<u64>,
}

impl Throttle {
    /// Counts a recipient of the message, unless that would be too much.
    pub(super) fn admit(&mut self, user_id: &str, message: &Message, now: SystemTime) -> Result<(), ForbiddenReason> {
        self.turn_to(now);
        if self.recipients >= MOST_RECIPIENTS_A_MINUTE {
            return Err(ForbiddenReason::TooManyThisMinute);
        }
        if let Some(today) = self.people.get(user_id) {
            if today.contents.contains(&digest(message)) {
                return Err(ForbiddenReason::SameContent);
            }
            if today.notices >= MOST_NOTICES_A_DAY {
                return Err(ForbiddenReason::TooManyToday);
            }
        }
        self.count(user_id, message, now);
        Ok(())
    }

    /// Counts a recipient of the message.
    pub(super) fn count(&mut self, user_id: &str, message: &Message, now: SystemTime) {
        self.turn_to(now);
        self.recipients += 1;
        if !self.people.contains_key(user_id) {
            self.people.insert(user_id.to_owned(), Today::default());
        }
        if let Some(today) = self.people.get_mut(user_id) {
            today.notices += 1;
            today.contents.insert(digest(message));
        }
    }

    /// Forgets what is past at `now`.
    fn turn_to(&mut self, now: SystemTime) {
        let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let (day, minute) = ((seconds + TIME_ZONE) / DAY, seconds / MINUTE);
        if day != self.day {
            self.day = day;
            self.people.clear();
        }
        if minute != self.minute {
            self.minute = minute;
            self.recipients = 0;
        }
    }
}

/// A number in place of the content, so that a day's messages are not kept twice.
fn digest(message: &Message) -> u64 {
    let mut hasher = DefaultHasher::new();
    message.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn message(number: u32) -> Message {
        Message::Text { content: format!("第{number}号通知") }
    }

    /// Midnight in China.
    fn midnight() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(20_000 * DAY - TIME_ZONE)
    }

    #[test]
    fn the_same_content_is_for_one_person_and_one_day() {
        let mut throttle = Throttle::default();
        let evening = midnight() - Duration::from_secs(1);

        assert_eq!(throttle.admit("user001", &message(1), evening), Ok(()));
        assert_eq!(throttle.admit("user001", &message(1), evening), Err(ForbiddenReason::SameContent));
        assert_eq!(throttle.admit("user002", &message(1), evening), Ok(()));
        assert_eq!(throttle.admit("user001", &message(2), evening), Ok(()));
        assert_eq!(throttle.admit("user001", &message(1), midnight()), Ok(()));
    }

    #[test]
    fn a_person_gets_five_hundred_notices_a_day() {
        let mut throttle = Throttle::default();

        for number in 0..500 {
            assert_eq!(throttle.admit("user001", &message(number), midnight()), Ok(()));
        }
        assert_eq!(throttle.admit("user001", &message(500), midnight()), Err(ForbiddenReason::TooManyToday));
    }

    #[test]
    fn five_thousand_recipients_are_written_to_in_a_minute() {
        let mut throttle = Throttle::default();
        let user_ids = (0..5000).map(|number| number.to_string());

        for user_id in user_ids {
            assert_eq!(throttle.admit(&user_id, &message(1), midnight()), Ok(()));
        }
        assert_eq!(throttle.admit("late", &message(1), midnight()), Err(ForbiddenReason::TooManyThisMinute));
        let next_minute = midnight() + Duration::from_secs(60);
        assert_eq!(throttle.admit("late", &message(1), next_minute), Ok(()));
    }
}
