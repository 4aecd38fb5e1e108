//! `every-operation.yaml`: what holds of every operation, run on the base of each.

use serde_json::{Value, json};

use super::{Folder, run};

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

const SHARED: &str = r#"
texts: { retry: "Nothing was changed: run it again." }
cases:
  no answer in time:
    fault: timeout
    fails: { StatusCode: 504, ErrorMessage: no answer within 30000 ms }
    by_effect:
      read: { fails: { Hint: "${retry}", Retryable: true } }
      write: { fails: { Hint: "${outcome}" } }
  no credential:
    credential: none
    fails:
      StatusCode: 403
      ErrorMessage: "the gate refused ${request}: the node needs a credential (Internal application) and the invocation names none"
      Hint: Choose a credential of DingTalk for the node.
  only of the newer api: { only: { slot: newer }, fault: timeout, fails: { StatusCode: 504, ErrorMessage: x } }
"#;

fn folder(own: &str, shared: &str) -> Folder {
    let folder = Folder::new();
    folder.write("get-user.yaml", &format!("{USER}{own}"));
    folder.write("every-operation.yaml", shared);
    folder
}

fn names(folder: &Folder) -> Vec<Value> {
    folder.json()["cases"].as_array().unwrap().iter().map(|case| case["case"].clone()).collect()
}

#[test]
fn a_shared_case_runs_on_the_base_of_each_operation_that_it_holds_of() {
    let folder = folder("", SHARED);
    folder.test().ends_with(0);
    assert_eq!(names(&folder), ["base", "no answer in time", "no credential"]);
}

#[test]
fn its_failure_names_the_shared_file() {
    let folder = folder("", &SHARED.replace("StatusCode: 504", "StatusCode: 503"));
    let tested = folder.test();
    tested.ends_with(1);
    let place = format!("{}:4", folder.file("every-operation.yaml").display());
    tested.says(&["FAIL dingtalk/get-user: no answer in time", &place, "- expected  503"]);
}

#[test]
fn an_operation_refines_a_shared_case_or_excludes_it_with_its_reason() {
    let refined = SHARED.replace("${retry}", "something else");
    let own = "shared:\n  no answer in time: { fails: { Hint: \"Nothing was changed: run it again.\" } }\n";
    folder(own, &refined).test().ends_with(0);
    let folder = folder("shared:\n  no answer in time: { excluded: it is never late }\n", &refined);
    folder.test().ends_with(0);
    assert_eq!(names(&folder), ["base", "no credential"]);
}

#[test]
fn a_wider_folder_s_cases_hold_of_the_narrower_ones() {
    let folder = Folder::new();
    folder.write("every-operation.yaml", SHARED);
    folder.write(
        "../provider.toml",
        &std::fs::read_to_string(crate::environment::NODES.join("dingtalk/provider.toml")).unwrap(),
    );
    folder.write("../directory/fixtures/get-user.yaml", USER);
    folder.write(
        "../directory/fixtures/every-operation.yaml",
        "cases:\n  no connection: { fault: connection-refused, fails: { StatusCode: 500, ErrorMessage: { $any: string }, Hint: { $any: string }, Retryable: true } }\n",
    );
    folder.test().ends_with(0);
    assert_eq!(names(&folder), ["base", "no answer in time", "no credential", "no connection"]);
}

#[test]
fn what_is_no_shared_case_is_refused() {
    for (own, line, phrase) in [
        ("shared:\n  no anser in time: {}\n", 11, "no case `no anser in time`"),
        ("cases:\n  no credential: {}\n", 11, "say what is different in `shared`"),
        ("cases:\n  base: {}\n", 11, "`base` is the name"),
    ] {
        let folder = folder(own, SHARED);
        let tested = folder.test();
        tested.ends_with(2);
        tested.says(&[&format!("{}:{line}:", folder.file("get-user.yaml").display()), phrase]);
    }
    let folder = folder("", &SHARED.replace("${retry}", "${nothing}"));
    let tested = folder.test();
    tested.ends_with(2);
    tested.says(&["every-operation.yaml:4:", "there is no text `nothing`"]);
}

#[test]
fn under_the_status_rule_operation_a_failure_is_500() {
    let tested = run(&["--show", "--json", "delete-rows", "no answer in time"]);
    let cases: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!(cases[0]["envelope"]["StatusCode"], json!(500));
    let tested = run(&["--show", "--json", "clear-range-data", "no answer in time"]);
    let cases: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!(cases[0]["envelope"]["StatusCode"], json!(504));
}
