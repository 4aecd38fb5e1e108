//! Get Dept Users: the people of a department, page by page.

use dingtalk::prelude::*;

node! {
    id: "get-dept-users",
    title: "Get Dept Users",
    resource: "User",
    description: "Lists the people who are directly in a department, page by page, with their details. People of the departments below it are not among them: Get Dept List gives those departments.",
    effect: Read,
    idempotent: true,
}

#[options]
struct Options {
    /// Where the page begins: 0, the default, for the first; NextCursor of the page before for any other.
    #[serde(default)]
    #[schemars(range(min = 0), example = 50)]
    cursor: i64,
    /// How many people a page has at most, 1 to 100; 50 by default.
    #[serde(default = "default_size")]
    #[schemars(range(min = 1, max = 100), example = 100)]
    size: i64,
    /// The department whose people are listed; 1, the root, by default.
    #[serde(default = "DeptId::root")]
    dept_id: DeptId,
}

fn default_size() -> i64 {
    50
}

#[outputs]
struct Outputs {
    /// The people on this page.
    users: Vec<Answer<User>>,
    /// Whether there are further pages.
    has_more: bool,
    /// Cursor of the next page; 0 when there is none.
    next_cursor: i64,
}

#[answer]
struct Page {
    has_more: bool,
    next_cursor: i64,
}

#[answer]
struct User {
    /// Id in this organisation.
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    unionid: String,
    name: String,
    /// URL of the picture.
    avatar: String,
    /// International dialling code.
    state_code: String,
    mobile: String,
    hide_mobile: bool,
    /// Extension number.
    telephone: String,
    job_number: String,
    title: String,
    email: String,
    /// E-mail address given by the organisation.
    org_email: String,
    work_place: String,
    remark: String,
    dept_id_list: Vec<i64>,
    /// The person's place in the list of the department.
    dept_order: i64,
    /// Custom fields, as JSON text.
    extension: String,
    /// Time of joining, in milliseconds since 1970.
    hired_date: i64,
    /// Whether the account is activated.
    active: bool,
    /// Whether the person administers the organisation.
    admin: bool,
    /// Whether the person owns the organisation.
    boss: bool,
    /// Whether the person leads the department.
    leader: bool,
    /// Whether the account belongs to the organisation.
    exclusive_account: bool,
}

fn run(_: NoInputs, options: Options) -> Result<Outcome<Outputs>> {
    let Options { cursor, size, dept_id } = options;
    let body = json!({ "dept_id": dept_id, "cursor": cursor, "size": size });
    let page = older::post("/topapi/v2/user/list").reading().json(body).send_for_result()?;
    outcome(page, cursor, dept_id)
}

fn outcome(mut page: Map<String, Value>, cursor: i64, dept_id: DeptId) -> Result<Outcome<Outputs>> {
    let users = Answer::list(page.remove("list"));
    let page = Answer::<Page>::new(page);
    let listed = format!("Listed {} of department {dept_id}", people(users.len()));
    // A cursor that leads nowhere new would have the reader of all pages go round for ever.
    let next = page.integer("next_cursor").filter(|next| *next > 0 && *next != cursor);
    let has_more = page.get("has_more").and_then(Value::as_bool).unwrap_or(next.is_some());
    let (next_cursor, summary) = match (has_more, next) {
        (true, Some(next)) => (next, format!("{listed}; the next page is at Cursor {next}.")),
        (false, _) => (0, format!("{listed}; there are no more.")),
        (true, None) => {
            let failure = errors::incomplete("DingTalk did not say where the next page begins");
            return Err(failure.output("Users", users).output("HasMore", true));
        }
    };
    Ok(Outcome::new(Outputs { users, has_more, next_cursor }).summary(summary))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(page: Value, cursor: i64) -> Result<Outcome<Outputs>> {
        let members: Map<String, Value> = serde_json::from_value(page).unwrap();
        outcome(members, cursor, DeptId::ROOT)
    }

    #[test]
    fn the_next_cursor_is_the_services_and_0_after_the_last_page() {
        for (page, expected) in [
            (json!({ "has_more": true, "next_cursor": 50 }), (true, 50)),
            (json!({ "has_more": "true", "next_cursor": "50" }), (true, 50)),
            (json!({ "next_cursor": 50 }), (true, 50)),
            (json!({ "has_more": false, "next_cursor": 50 }), (false, 0)),
            (json!({ "has_more": false }), (false, 0)),
            (json!({}), (false, 0)),
        ] {
            let outcome = outcome_of(page.clone(), 0).unwrap();
            let outputs = outcome.outputs();
            assert_eq!((outputs.has_more, outputs.next_cursor), expected, "{page}");
        }
    }

    #[test]
    fn more_without_a_cursor_that_leads_on_fails() {
        for next in [json!(null), json!(0), json!(50)] {
            let page = json!({ "has_more": true, "next_cursor": next, "list": [{ "userid": "a" }] });
            let failure = outcome_of(page, 50).unwrap_err();
            assert_eq!(failure.message(), "DingTalk did not say where the next page begins");
            assert!(failure.is_retryable());
        }
    }
}
