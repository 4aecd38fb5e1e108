//! Work notices. The service accepts a notice first and delivers it later, so an unknown recipient or one who may not be
//! written to is a fact about the notice and not a failure of the call.
//!
//! Delivery follows the tenant's clock, counted from the call that sent the notice:
//!
//! | time | progress |
//! | --- | --- |
//! | up to 100 ms | not started, 0 % |
//! | up to 400 ms | running, from 1 % to 99 % |
//! | from 400 ms on | finished, 100 %: everybody who may be written to has it, unread |
//! | after 24 hours | the service has forgotten the task |

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize, Serializer};

use super::people::{MANAGER_USER_ID, MEMBER_USER_ID};
use crate::service::{reading, writing};

mod throttle;

use throttle::Throttle;
pub use throttle::{Forbidden, ForbiddenReason};

/// The task id of a notice that is there from the start, sent when the tenant started. Later ones count on from here;
/// they do not fit in 32 bits.
pub const WELCOME_TASK_ID: i64 = 256_271_667_525;

const QUEUED: Duration = Duration::from_millis(100);
const SENDING: Duration = Duration::from_millis(300);
/// For how long the service tells about a notice and takes it back.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

/// A work notice that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Notice {
    /// The id its sender was given.
    pub task_id: i64,
    /// The recipients who are in the organisation, each once.
    pub user_ids: Vec<String>,
    /// The recipients nobody knows: `invalid_user_id_list` of the notice's result.
    pub invalid_user_ids: Vec<String>,
    /// Those of the recipients who do not get it, and why.
    pub forbidden: Vec<Forbidden>,
    /// Those who have read it, in the order in which they did.
    pub read_user_ids: Vec<String>,
    /// What it says.
    pub message: Message,
    /// When it was accepted, by the tenant's clock.
    pub sent_at: SystemTime,
    /// When it was taken back.
    pub recalled_at: Option<SystemTime>,
}

/// The content of a work notice.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Message {
    /// Plain text.
    Text {
        /// The text.
        content: String,
    },
    /// Markdown.
    Markdown {
        /// What the conversation list shows.
        title: String,
        /// The markdown.
        text: String,
    },
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    NotStarted,
    Running { percent: u8 },
    Finished,
}

impl Notice {
    /// How far the delivery is at `now`.
    pub(crate) fn progress(&self, now: SystemTime) -> Progress {
        let age = self.age(now);
        match age.checked_sub(QUEUED) {
            None => Progress::NotStarted,
            Some(sending) if sending < SENDING => {
                let percent = 100 * sending.as_millis() / SENDING.as_millis();
                Progress::Running { percent: percent.clamp(1, 99) as u8 }
            }
            Some(_) => Progress::Finished,
        }
    }

    /// The recipients who get it.
    pub(crate) fn delivered(&self) -> impl Iterator<Item = &String> {
        let forbidden = |user_id: &String| self.forbidden.iter().any(|forbidden| forbidden.user_id == *user_id);
        self.user_ids.iter().filter(move |user_id| !forbidden(user_id))
    }

    fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.sent_at).unwrap_or_default()
    }
}

/// The notices that were accepted.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Notices {
    ledger: RwLock<Ledger>,
}

#[derive(Debug, Deserialize)]
#[serde(from = "BTreeMap<i64, Arc<Notice>>")]
struct Ledger {
    by_task_id: BTreeMap<i64, Arc<Notice>>,
    throttle: Throttle,
}

impl Serialize for Ledger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.by_task_id.serialize(serializer)
    }
}

/// Finds out again how much everybody was written today.
impl From<BTreeMap<i64, Arc<Notice>>> for Ledger {
    fn from(by_task_id: BTreeMap<i64, Arc<Notice>>) -> Self {
        let mut throttle = Throttle::default();
        for notice in by_task_id.values() {
            for user_id in notice.delivered() {
                throttle.count(user_id, &notice.message, notice.sent_at);
            }
        }
        Self { by_task_id, throttle }
    }
}

impl Notices {
    pub(crate) fn new(now: SystemTime) -> Self {
        let welcome = Notice {
            task_id: WELCOME_TASK_ID,
            user_ids: vec![MANAGER_USER_ID.to_owned(), MEMBER_USER_ID.to_owned()],
            invalid_user_ids: Vec::new(),
            forbidden: Vec::new(),
            read_user_ids: vec![MANAGER_USER_ID.to_owned()],
            message: Message::Text { content: "本周五下午三点在杭州总部召开销售例会".to_owned() },
            sent_at: now,
            recalled_at: None,
        };
        let ledger = BTreeMap::from([(welcome.task_id, Arc::new(welcome))]);
        Self { ledger: RwLock::new(ledger.into()) }
    }

    /// The notices that were sent, oldest first, without the one that was there from the start.
    pub(crate) fn sent(&self) -> Vec<Arc<Notice>> {
        reading(&self.ledger).by_task_id.range(WELCOME_TASK_ID + 1..).map(|(_, notice)| Arc::clone(notice)).collect()
    }

    pub(crate) fn notice(&self, task_id: i64) -> Option<Arc<Notice>> {
        reading(&self.ledger).by_task_id.get(&task_id).cloned()
    }

    /// The notice, unless the service has forgotten it by `now`.
    pub(crate) fn remembered(&self, task_id: i64, now: SystemTime) -> Option<Arc<Notice>> {
        self.notice(task_id).filter(|notice| notice.age(now) <= REMEMBERED)
    }

    /// Takes the notice in and gives its task id. Recipients stand in their lists once, however often they are named.
    pub(crate) fn accept(
        &self,
        user_ids: Vec<String>,
        invalid_user_ids: Vec<String>,
        message: Message,
        sent_at: SystemTime,
    ) -> i64 {
        let Ledger { by_task_id, throttle } = &mut *writing(&self.ledger);
        let forbidden = user_ids.iter().filter_map(|user_id| {
            let reason = throttle.admit(user_id, &message, sent_at).err()?;
            Some(Forbidden { user_id: user_id.clone(), reason })
        });
        let forbidden = forbidden.collect();
        let task_id = by_task_id.last_key_value().map_or(WELCOME_TASK_ID, |(last, _)| *last) + 1;
        let notice = Notice {
            task_id,
            user_ids,
            invalid_user_ids,
            forbidden,
            read_user_ids: Vec::new(),
            message,
            sent_at,
            recalled_at: None,
        };
        by_task_id.insert(task_id, Arc::new(notice));
        task_id
    }

    /// Takes the notice back, unless the service has forgotten it by `now`. Whoever takes back twice changes nothing.
    pub(crate) fn recall(&self, task_id: i64, now: SystemTime) -> bool {
        let mut ledger = writing(&self.ledger);
        let notice = ledger.by_task_id.get_mut(&task_id).filter(|notice| notice.age(now) <= REMEMBERED);
        notice.map(|notice| Arc::make_mut(notice).recalled_at.get_or_insert(now)).is_some()
    }

    /// Lets a recipient read the notice, which has to be delivered and not taken back by `now`.
    pub(crate) fn read(&self, task_id: i64, user_id: &str, now: SystemTime) -> bool {
        let mut ledger = writing(&self.ledger);
        let Some(notice) = ledger.by_task_id.get_mut(&task_id) else {
            return false;
        };
        let readable = notice.progress(now) == Progress::Finished && notice.recalled_at.is_none();
        if !readable || !notice.delivered().any(|recipient| recipient == user_id) {
            return false;
        }
        if !notice.read_user_ids.iter().any(|reader| reader == user_id) {
            Arc::make_mut(notice).read_user_ids.push(user_id.to_owned());
        }
        true
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const START: SystemTime = SystemTime::UNIX_EPOCH;

    #[test]
    fn notices_that_were_written_out_are_read_with_what_was_sent_today() {
        let message = || Message::Text { content: "开会".to_owned() };
        let send = |notices: &Notices| notices.accept(vec!["user003".to_owned()], Vec::new(), message(), START);
        let notices = Notices::new(START);
        send(&notices);

        let text = serde_json::to_string(&notices).expect("they are written");
        let notices: Notices = serde_json::from_str(&text).expect("they are read");

        assert_eq!(notices.sent().len(), 1);
        let second = notices.notice(send(&notices)).expect("the second notice");
        assert_eq!(second.task_id, WELCOME_TASK_ID + 2);
        assert_eq!(second.forbidden.len(), 1);
    }
}
