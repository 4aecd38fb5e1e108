//! Work notices. The service accepts a notice first and delivers it later, so an unknown recipient is a fact about the
//! notice and not a failure of the call.

use std::time::SystemTime;

/// The task id before the first: they do not fit in 32 bits.
const TASK_ID_BASE: i64 = 256_271_667_525;

/// A work notice that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notice {
    /// The id its sender was given.
    pub task_id: i64,
    /// The recipients who are in the organisation, each once.
    pub user_ids: Vec<String>,
    /// The recipients nobody knows: `invalid_user_id_list` of the notice's result.
    pub invalid_user_ids: Vec<String>,
    /// What it says.
    pub message: Message,
    /// When it was accepted, by the tenant's clock.
    pub sent_at: SystemTime,
}

/// The content of a work notice.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The notices that were accepted.
#[derive(Default)]
pub(crate) struct Notices {
    sent: Vec<Notice>,
}

impl Notices {
    pub(crate) fn sent(&self) -> &[Notice] {
        &self.sent
    }

    /// Takes the notice in and gives its task id. `recipients` says of each userId whether somebody has it.
    pub(crate) fn accept(&mut self, recipients: Vec<(String, bool)>, message: Message, sent_at: SystemTime) -> i64 {
        let mut user_ids = Vec::new();
        let mut invalid_user_ids = Vec::new();
        for (user_id, known) in recipients {
            let list = if known { &mut user_ids } else { &mut invalid_user_ids };
            if !list.contains(&user_id) {
                list.push(user_id);
            }
        }
        let task_id = self.sent.last().map_or(TASK_ID_BASE, |notice| notice.task_id) + 1;
        self.sent.push(Notice { task_id, user_ids, invalid_user_ids, message, sent_at });
        task_id
    }
}
