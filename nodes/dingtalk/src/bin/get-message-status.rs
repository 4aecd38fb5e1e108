//! Get Message Status: how far a work notice is, and who got it.

use std::collections::HashSet;

use dingtalk::{notice, prelude::*};

node! {
    id: "get-message-status",
    title: "Get Message Status",
    resource: "Message",
    description: "Tells how far the sending of a work notice is and, once it is finished, who got it and who has read it. DingTalk knows this for 24 hours after sending.",
    effect: Read,
    idempotent: true,
    errors: notice::CODES,
}

#[inputs]
struct Inputs {
    /// AgentId of the application that sent the notice.
    #[schemars(example = &"123456789")]
    agent_id: NumericId,
    /// Id of the sending task: task_id of Send Work Notice.
    #[schemars(example = &"256271667526")]
    task_id: NumericId,
}

#[outputs]
struct Outputs {
    /// What DingTalk knows of the notice. Without send_result, sending is not finished, or DingTalk did not tell who got
    /// the notice; Summary says which.
    message_status: Answer<MessageStatus>,
}

#[answer]
struct MessageStatus {
    /// How far the sending is.
    progress: Progress,
    /// Who got the notice.
    send_result: SendResult,
}

#[answer]
struct Progress {
    /// From 0 to 100.
    progress_in_percent: i64,
    /// 0 = not started, 1 = running, 2 = finished.
    status: i64,
}

#[answer]
struct SendResult {
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

#[answer]
struct Forbidden {
    /// 143105 = the person got as many notices as a day allows, 143106 = the person got the same text that day already.
    code: String,
    /// The limit that was reached.
    count: i64,
    userid: String,
}

/// The lists of a result; those that DingTalk leaves out are empty.
const LISTS: [&str; 7] = [
    "invalid_user_id_list",
    "forbidden_user_id_list",
    "failed_user_id_list",
    "read_user_id_list",
    "unread_user_id_list",
    "invalid_dept_id_list",
    "forbidden_list",
];

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let progress = Answer::<Progress>::new(ask(&inputs, "getsendprogress", "progress")?);
    let stage = Stage::of(&progress);
    let status = Map::from_iter([("progress".to_owned(), json!(progress))]);
    match stage {
        // That DingTalk does not tell who got a notice, as for more than 100 people, makes what it told no failure.
        Stage::Finished => Ok(finished(status, ask(&inputs, "getsendresult", "send_result"))),
        Stage::NotStarted => Ok(outcome(status, "Sending the notice has not started.")),
        Stage::Unfinished(None) => Ok(outcome(status, "Sending the notice is not finished.")),
        Stage::Unfinished(Some(percent)) => {
            Ok(outcome(status, format!("Sending the notice is not finished, {percent}% are done.")))
        }
    }
}

/// Asks about the notice; gives the member of the answer that matters.
fn ask(inputs: &Inputs, operation: &str, member: &str) -> Result<Map<String, Value>> {
    let mut answer = older::post(&format!("/topapi/message/corpconversation/{operation}"))
        .reading()
        .json(json!({ "agent_id": inputs.agent_id, "task_id": inputs.task_id }))
        .codes(notice::CODES)
        .send()?;
    match answer.remove(member) {
        Some(Value::Object(members)) => Ok(members),
        _ => Err(errors::incomplete(format!("DingTalk answered without {member}"))),
    }
}

/// How far the sending is.
#[derive(Debug, PartialEq)]
enum Stage {
    NotStarted,
    /// With the percentage, where there is one.
    Unfinished(Option<i64>),
    Finished,
}

impl Stage {
    fn of(progress: &Answer<Progress>) -> Self {
        match (progress.integer("status"), progress.integer("progress_in_percent")) {
            (Some(2), _) | (None, Some(100)) => Self::Finished,
            (Some(0), _) => Self::NotStarted,
            (_, percent) => Self::Unfinished(percent),
        }
    }
}

fn finished(mut status: Map<String, Value>, result: Result<Map<String, Value>>) -> Outcome<Outputs> {
    match result {
        Ok(result) => {
            let result = complete(result.into());
            let summary = reach(&result);
            status.insert("send_result".to_owned(), json!(result));
            outcome(status, summary)
        }
        Err(failure) => {
            log::warn(format_args!("the result of a notice that was sent is not known: {failure}"));
            outcome(status, format!("Sending the notice is finished, but DingTalk did not tell who got it: {failure}."))
        }
    }
}

/// The result with all its lists: one that DingTalk leaves out is empty.
fn complete(result: Answer<SendResult>) -> Answer<SendResult> {
    LISTS.into_iter().fold(result, |result, list| match result.get(list) {
        Some(_) => result,
        None => result.with(list, Vec::<Value>::new()),
    })
}

/// Whom the notice reached, in a sentence.
fn reach(result: &Answer<SendResult>) -> String {
    let list = |name: &str| result.get(name).and_then(Value::as_array).into_iter().flatten();
    let read = list("read_user_id_list").count();
    let reached = read + list("unread_user_id_list").count();
    let refused = list("forbidden_list").filter_map(|refused| refused.get("userid"));
    // Who was refused may stand in two of the lists.
    let missed: HashSet<&Value> = ["invalid_user_id_list", "forbidden_user_id_list", "failed_user_id_list"]
        .into_iter()
        .flat_map(list)
        .chain(refused)
        .collect();
    let missed = match missed.len() {
        0 => String::new(),
        missed => format!(", and did not reach {}", people(missed)),
    };
    format!("The notice reached {}, {read} of whom read it{missed}.", people(reached))
}

fn outcome(status: Map<String, Value>, summary: impl Into<String>) -> Outcome<Outputs> {
    Outcome::new(Outputs { message_status: status.into() }).summary(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer<T>(members: Value) -> Answer<T>
    where
        Answer<T>: From<Map<String, Value>>,
    {
        match members {
            Value::Object(members) => members.into(),
            other => panic!("{other} is not an object"),
        }
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
            assert_eq!(Stage::of(&answer(progress.clone())), expected, "{progress}");
        }
    }

    #[test]
    fn a_person_who_stands_in_two_lists_is_missed_once() {
        let result = complete(answer(json!({
            "read_user_id_list": ["a"],
            "unread_user_id_list": ["b", "c"],
            "forbidden_user_id_list": ["d"],
            "forbidden_list": [{ "userid": "d", "code": "143106" }, { "userid": "e", "code": "143105" }]
        })));
        assert_eq!(reach(&result), "The notice reached 3 people, 1 of whom read it, and did not reach 2 people.");
    }

    #[test]
    fn a_list_that_is_left_out_is_empty() {
        let result = json!(complete(answer(json!({ "failed_user_id_list": null, "invalid_dept_id_list": [7] }))));
        assert_eq!((&result["failed_user_id_list"], &result["invalid_dept_id_list"]), (&json!([]), &json!([7])));
        assert!(LISTS.iter().all(|list| result[list].is_array()), "{result}");
    }
}
