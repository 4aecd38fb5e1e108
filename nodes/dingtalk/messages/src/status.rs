//! What DingTalk knows of a notice that was sent.

use std::collections::HashSet;

use patchbay_node::{answer, people};

/// How far the sending of a notice is.
#[answer]
pub struct Progress {
    /// From 0 to 100.
    progress_in_percent: i64,
    /// 0 = not started, 1 = running, 2 = finished.
    status: i64,
}

/// Who got a notice.
#[answer]
pub struct SendResult {
    /// userIds that are not valid.
    invalid_user_id_list: Vec<String>,
    /// userIds that were refused the notice; forbidden_list says why.
    forbidden_user_id_list: Vec<String>,
    /// userIds that sending failed for.
    failed_user_id_list: Vec<String>,
    /// userIds that have read the notice.
    read_user_id_list: Vec<String>,
    /// userIds that got the notice and have not read it.
    unread_user_id_list: Vec<String>,
    /// Ids of departments that are not valid.
    invalid_dept_id_list: Vec<i64>,
    /// Who was refused the notice, and why.
    forbidden_list: Vec<Forbidden>,
}

/// A person who was refused a notice.
#[answer]
pub struct Forbidden {
    /// 143105 = the person got as many notices as a day allows, 143106 = the person got the same text that day already.
    code: String,
    /// The limit that was reached.
    count: i64,
    userid: String,
}

/// How far the sending is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was sent so far.
    NotStarted,
    /// It goes on, with the percentage, where there is one.
    Unfinished(Option<i64>),
    /// Everybody who gets the notice has got it.
    Finished,
}

impl Stage {
    /// What the progress says: the status, and in its absence the percentage.
    pub fn of(progress: &Progress) -> Self {
        match (progress.status(), progress.progress_in_percent()) {
            (Some(2), _) | (None, Some(100)) => Self::Finished,
            (Some(0), _) => Self::NotStarted,
            (_, percent) => Self::Unfinished(percent),
        }
    }
}

impl SendResult {
    /// Whom the notice reached, in a sentence.
    pub fn reach(&self) -> String {
        let read = self.read_user_id_list().unwrap_or_default().len();
        let reached = read + self.unread_user_id_list().unwrap_or_default().len();
        // Who was refused may stand in two of the lists.
        let refused = self.forbidden_list().unwrap_or_default();
        let mut missed: HashSet<String> =
            refused.iter().filter_map(|refused| refused.userid().map(str::to_owned)).collect();
        for list in [self.invalid_user_id_list(), self.forbidden_user_id_list(), self.failed_user_id_list()] {
            missed.extend(list.unwrap_or_default().iter().map(str::to_owned));
        }
        let missed = match missed.len() {
            0 => String::new(),
            missed => format!(", and did not reach {}", people(missed)),
        };
        format!("The notice reached {}, {read} of whom read it{missed}.", people(reached))
    }
}

#[cfg(test)]
mod tests {
    use patchbay_node::Answer;
    use serde_json::{Value, json};

    use super::*;

    fn read<T: Answer>(value: Value) -> T {
        T::SHAPE.read(value).and_then(T::take).unwrap()
    }

    #[test]
    fn sending_is_finished_when_the_status_or_in_its_absence_the_percentage_says_so() {
        for (progress, expected) in [
            (json!({ "status": 2, "progress_in_percent": 100 }), Stage::Finished),
            (json!({ "status": "2" }), Stage::Finished),
            (json!({ "progress_in_percent": 100 }), Stage::Finished),
            (json!({ "status": 1, "progress_in_percent": 100 }), Stage::Unfinished(Some(100))),
            (json!({ "status": 1 }), Stage::Unfinished(None)),
            (json!({ "status": 0, "progress_in_percent": 0 }), Stage::NotStarted),
            (json!({}), Stage::Unfinished(None)),
        ] {
            assert_eq!(Stage::of(&read(progress.clone())), expected, "{progress}");
        }
    }

    #[test]
    fn a_person_who_stands_in_two_lists_is_missed_once() {
        let result: SendResult = read(json!({
            "read_user_id_list": ["a"],
            "unread_user_id_list": ["b", "c"],
            "forbidden_user_id_list": ["d"],
            "forbidden_list": [{ "userid": "d", "code": "143106" }, { "userid": "e", "code": "143105" }]
        }));
        assert_eq!(result.reach(), "The notice reached 3 people, 1 of whom read it, and did not reach 2 people.");
    }
}
