//! Writes whose answer is lost: the envelope says that nobody knows, its hint says where to look, and looking shows the one
//! effect that there is.

use patchbay_tenant::{MEMBER_USER_ID, SALES_DEPARTMENT_ID, STAFF_SHEET_ID, WORKBOOK_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, only, text};
use super::chats::{create_chat, groups};
use super::people::{count, create_user, people};
use super::sheet::Sheet;

/// Lets the next answer to this call be lost.
async fn lose(canvas: &Canvas, method: &str, path: &str) {
    canvas.order(json!({ "path": path, "method": method, "times": 1, "fault": "close_after" })).await;
}

/// Fails unless one run failed, and its envelope says to look before it is run again.
fn assert_looked(canvas: &Canvas, status: i64, hint: &str) {
    let failures = canvas.failures();
    let [envelope] = &failures[..] else { panic!("{failures:#?}") };
    assert_eq!((&envelope["StatusCode"], &envelope["Retryable"]), (&json!(status), &json!(false)), "{envelope:#}");
    assert!(text(&envelope["Hint"]).contains(hint), "{envelope:#}");
}

/// How many requests of this kind reached the tenant.
async fn sent(canvas: &Canvas, method: &str, path: &str) -> usize {
    let is_one = |request: &&Value| request["method"] == method && text(&request["path"]).starts_with(path);
    canvas.requests().await.iter().filter(is_one).count()
}

#[tokio::test]
async fn rows_whose_answer_was_lost_are_read_and_not_appended_again() {
    let canvas = Canvas::start().await;
    let ranges = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/ranges");
    lose(&canvas, "PUT", &ranges).await;
    let sheet = Sheet { canvas: &canvas, workbook: WORKBOOK_ID.to_owned(), id: STAFF_SHEET_ID.to_owned() };
    let rows = json!([["周婷", "市场部", "5200"], ["孙磊", "研发部", "4100"]]);
    sheet.append("A:C", rows.clone(), "A6:C7").await;
    assert_looked(&canvas, 500, "read A6:C7 with Get Range Data");
    assert_eq!(sent(&canvas, "PUT", &ranges).await, 1);
    assert_eq!((sheet.values("A6:C7").await, &sheet.properties().await["lastNonEmptyRow"]), (rows, &json!(6)));
}

#[tokio::test]
async fn rows_that_were_not_written_are_written_where_they_should_have_gone() {
    let canvas = Canvas::start().await;
    let ranges = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}/ranges");
    canvas.order(json!({ "path": ranges, "method": "PUT", "times": 1, "fault": "close" })).await;
    let sheet = Sheet { canvas: &canvas, workbook: WORKBOOK_ID.to_owned(), id: STAFF_SHEET_ID.to_owned() };
    let rows = json!([["周婷", "市场部", "5200"], ["孙磊", "研发部", "4100"]]);
    sheet.append("A:C", rows.clone(), "A6:C7").await;
    assert_looked(&canvas, 500, "if it is blank use Update Range Data on A6:C7");
    assert_eq!((sheet.values("A6:C7").await, &sheet.properties().await["lastNonEmptyRow"]), (rows, &json!(6)));
}

#[tokio::test]
async fn a_person_whose_answer_was_lost_is_found_and_not_created_again() {
    let canvas = Canvas::start().await;
    lose(&canvas, "POST", "/topapi/v2/user/create").await;
    let before = count(&canvas, false).await;
    let user = create_user(&canvas, "郭襄", "13900000001", SALES_DEPARTMENT_ID).await;
    assert_looked(&canvas, 500, "look with Get User (Mobile)");
    assert_eq!(sent(&canvas, "POST", "/topapi/v2/user/create").await, 1);
    assert_eq!(count(&canvas, false).await, before + 1);
    let people = people(&canvas, SALES_DEPARTMENT_ID, 100).await;
    assert_eq!(only(&people, "name", "郭襄").unwrap()["userid"], user["userid"]);
}

#[tokio::test]
async fn a_group_whose_answer_was_lost_is_found_and_not_created_again() {
    let canvas = Canvas::start().await;
    lose(&canvas, "POST", "/v1.0/im/group/create").await;
    let made = create_chat(&canvas, "猎鹰冲刺", &[MEMBER_USER_ID.to_owned()]).await;
    assert_looked(&canvas, 500, "Look in DingTalk whether the group is there");
    assert_eq!(sent(&canvas, "POST", "/v1.0/im/group/create").await, 1);
    let groups = groups(&canvas).await;
    assert_eq!(only(&groups, "name", "猎鹰冲刺").unwrap()["chat_id"], made["chatid"]);
}
