//! A base, and cases that say only what is different.

use serde_json::{Value, json};

use super::{Folder, failed, run};

const USER: &str = r#"
base:
  options: { UserId: zhangsan }
  request: POST https://oapi.dingtalk.com/topapi/v2/user/get
  slot: older
  effect: read
  body: { userid: zhangsan }
  answer: { body: { errcode: 0, result: { userid: zhangsan, name: Zhang San } } }
  gives: { UserData: { userid: zhangsan, name: Zhang San }, Summary: Found Zhang San. }
"#;

/// The base of Get User, with cases.
fn user(cases: &str) -> Folder {
    let folder = Folder::new();
    let cases = if cases.is_empty() { String::new() } else { format!("\ncases:\n{cases}") };
    folder.write("get-user.yaml", &format!("{USER}{cases}"));
    folder
}

#[track_caller]
fn passes(cases: &str) {
    user(cases).test().ends_with(0);
}

#[test]
fn the_least_that_a_case_needs() {
    passes("  another person:\n    options: { UserId: u2 }\n    body: { userid: u2 }\n    gives: {}\n");
}

#[test]
fn a_case_says_only_what_is_different() {
    passes(
        r#"
  an answer in part: # the answer's other members are the base's
    answer_with: { body: { result: { name: null, title: Engineer } } }
    gives: { UserData: { name: null, title: Engineer }, Summary: { $pattern: Found .* } }
  an expired token is renewed:
    answers: [{ body: { errcode: 42001, errmsg: expired } }, {}]
  nobody of this id:
    answer: { body: { errcode: 60121, errmsg: no such user, request_id: r1 } }
    fails:
      StatusCode: 404
      ErrorMessage: "60121: no such user (request id r1)"
      Hint: { $any: string }
  two ids:
    options: { Mobile: "18500000001" }
    fails: { StatusCode: -1, ErrorMessage: { $any: string }, Hint: Give one of the two. }
  an option that there is not:
    options: { Userid: x }
    refused: "Userid: unknown, did you mean UserId?"
"#,
    );
}

#[test]
fn a_failure_ends_with_the_last_exchange_that_it_speaks_of() {
    let tested = run(&["--show", "--json", "append-rows", "a reset connection"]);
    let cases: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!(cases[0]["sends"].as_array().unwrap().len(), 1);
    assert_eq!(cases[0]["envelope"]["OriginalStatusCode"], json!(0));
    assert_eq!(cases[0]["envelope"]["AppendResult"], json!({}));
}

#[test]
fn a_list_of_exchanges_takes_the_place_of_the_bases() {
    passes(
        r#"
  by mobile number:
    options: { UserId: null, Mobile: "18500000001" }
    sends:
      - like: request
        request: POST https://oapi.dingtalk.com/topapi/v2/user/getbymobile
        body: { userid: null, mobile: "18500000001" }
        answer: { body: { errcode: 0, result: { userid: zhangsan } } }
      - request
"#,
    );
}

#[test]
fn a_change_of_the_base_changes_its_cases() {
    let folder = user("  an expired token is renewed:\n    answers: [{ body: { errcode: 42001, errmsg: x } }, {}]\n");
    let file = folder.file("get-user.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Found Zhang San.", "Found somebody else.")).unwrap();
    assert_eq!(failed(&folder.json()), ["base", "an expired token is renewed"]);
}

#[test]
fn a_failure_names_the_case_and_the_line_of_its_name() {
    let folder = user("  a wrong one:\n    gives: { Summary: Found nobody. }\n");
    let tested = folder.test();
    tested.ends_with(1);
    let file = folder.file("get-user.yaml");
    tested.says(&["FAIL dingtalk/get-user: a wrong one", &format!("{}:12", file.display())]);
    assert_eq!(folder.json()["cases"][1]["line"], json!(12));
}

#[test]
fn a_case_is_shown_in_full() {
    let tested = run(&["--show", "create-chat", "all options"]);
    tested.ends_with(0);
    tested.says(&[
        "# dingtalk/create-chat: all options",
        "inputs:",
        "sends:",
        "request: POST https://api.dingtalk.com/v1.0/im/group/create",
        "slot: newer",
        "answer:",
        "StatusCode: 200",
        "Retryable: false",
        "OriginalStatusCode: 200",
    ]);
}

#[test]
fn a_case_in_full_is_the_same_case() {
    let folder = Folder::new();
    for case in ["base", "by mobile number", "no credential", "an expired token is renewed", "no connection"] {
        folder.copy("get-user", case, |_| ());
    }
    folder.test().ends_with(0);
}

#[test]
fn an_operation_that_goes_two_ways_has_a_file_for_each() {
    let folder = user("");
    let text = std::fs::read_to_string(folder.file("get-user.yaml")).unwrap();
    folder.write("get-user.by-user-id.yaml", &text);
    let report = folder.json();
    let names: Vec<&Value> = report["cases"].as_array().unwrap().iter().map(|case| &case["case"]).collect();
    assert_eq!(names, [&json!("by user id: base"), &json!("base")]);
    assert_eq!(report["passed"], json!(2));
}
