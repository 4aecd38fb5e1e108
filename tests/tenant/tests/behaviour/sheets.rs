use patchbay_tenant::{MANAGER_UNION_ID, MEMBER_UNION_ID, STAFF_SHEET_ID, Sheet, WORKBOOK_ID};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, TOKEN_HEADER, read};

mod lines;
mod ranges;
mod worksheets;

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const NOT_FOUND: &str = "invalidRequest.resource.notFound";
const OPERATION_ILLEGAL: &str = "forbidden.operationIllegal";

/// The calls on one sheet.
const CALLS: [(Method, &str); 13] = [
    (Method::GET, ""),
    (Method::DELETE, ""),
    (Method::GET, "/ranges/A1"),
    (Method::PUT, "/ranges/A1"),
    (Method::POST, "/ranges/A1/clear"),
    (Method::POST, "/ranges/A1/clearData"),
    (Method::POST, "/appendRows"),
    (Method::POST, "/insertRowsBefore"),
    (Method::POST, "/insertColumnsBefore"),
    (Method::POST, "/deleteRows"),
    (Method::POST, "/deleteColumns"),
    (Method::POST, "/setRowsVisibility"),
    (Method::POST, "/setColumnsVisibility"),
];

/// A path below the workbook's sheets, with the general manager as the operator.
fn below(workbook: &str, rest: &str) -> String {
    format!("/v1.0/doc/workbooks/{workbook}/sheets{rest}?operatorId={MANAGER_UNION_ID}")
}

fn sheet_path(sheet: &str, rest: &str) -> String {
    let sheet = utf8_percent_encode(sheet, NON_ALPHANUMERIC);
    below(WORKBOOK_ID, &format!("/{sheet}{rest}"))
}

async fn properties(office: &Office, sheet: &str) -> Answer {
    office.newer(Method::GET, &sheet_path(sheet, ""), None).await
}

/// Overwrites a range of the staff sheet.
async fn update(office: &Office, range: &str, values: Value) -> Answer {
    change(office, range, json!({ "values": values })).await
}

/// Changes values and formats of a range of the staff sheet.
async fn change(office: &Office, range: &str, changes: Value) -> Answer {
    let path = sheet_path(STAFF_SHEET_ID, &format!("/ranges/{range}"));
    office.newer(Method::PUT, &path, Some(changes)).await
}

/// Reads parts of a range of the staff sheet.
async fn select(office: &Office, range: &str, names: &str) -> Answer {
    let path = sheet_path(STAFF_SHEET_ID, &format!("/ranges/{range}"));
    office.newer(Method::GET, &format!("{path}&select={names}"), None).await
}

async fn append(office: &Office, values: Value) -> Answer {
    post(office, "appendRows", json!({ "values": values })).await
}

/// A call such as `deleteRows` on the staff sheet.
async fn post(office: &Office, call: &str, body: Value) -> Answer {
    office.newer(Method::POST, &sheet_path(STAFF_SHEET_ID, &format!("/{call}")), Some(body)).await
}

/// The staff sheet as it is.
fn staff(office: &Office) -> Sheet {
    office.tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).expect("the sheet")
}

#[tokio::test]
async fn an_operator_is_known_by_the_union_id_only() {
    let office = Office::open().await;
    let path = |query: &str| format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}{query}");
    let call = async |query: &str| office.newer(Method::GET, &path(query), None).await;

    assert_eq!(call(&format!("?operatorId={MEMBER_UNION_ID}")).await.status, 200);
    for operator in ["manager001", "nobody", ""] {
        let answer = call(&format!("?operatorId={operator}")).await;
        answer.assert_refused(403, "forbidden.accessDenied");
    }
    call("").await.assert_refused(400, ARGUMENT_INVALID);
}

#[tokio::test]
async fn unknown_workbooks_and_sheets_are_not_found() {
    let office = Office::open().await;
    let query = format!("?operatorId={MANAGER_UNION_ID}");
    let get = async |path: String| office.newer(Method::GET, &(path + &query), None).await;

    let elsewhere = "/v1.0/doc/workbooks/00000000000000000000000000000000/sheets";
    get(format!("{elsewhere}/{STAFF_SHEET_ID}")).await.assert_refused(404, NOT_FOUND);
    get(format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/st-0")).await.assert_refused(404, NOT_FOUND);
    get(format!("/v1.0/doc/workbooks/short/sheets/{STAFF_SHEET_ID}"))
        .await
        .assert_refused(400, "invalidRequest.inputArgs.workbookIdIllegal");
    assert!(office.tenant.sheet(WORKBOOK_ID, "st-0").is_none());
}

#[tokio::test]
async fn spreadsheet_calls_need_a_token_and_an_operator() {
    let office = Office::open().await;

    for (method, rest) in CALLS {
        let request = office.request(method.clone(), &sheet_path(STAFF_SHEET_ID, rest));
        read(request).await.assert_refused(400, "InvalidAuthentication");
        let path = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}{rest}");
        office
            .newer(method, &path, Some(json!({ "operatorId": MANAGER_UNION_ID })))
            .await
            .assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(staff(&office).cells.len(), 5);
}

#[tokio::test]
async fn an_operator_whom_nobody_knows_is_refused_as_the_page_of_each_call_says() {
    let office = Office::open().await;
    let illegal = ["", "/insertColumnsBefore", "/deleteRows", "/deleteColumns", "/setColumnsVisibility"];

    for (method, rest) in CALLS {
        let path = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}{rest}?operatorId=manager001");
        let answer = office.newer(method.clone(), &path, Some(json!({}))).await;
        if method != Method::GET && illegal.contains(&rest) {
            answer.assert_refused(400, "invalidRequest.inputArgs.operatorIdIllegal");
        } else {
            answer.assert_refused(403, "forbidden.accessDenied");
        }
    }
}

#[tokio::test]
async fn bodies_that_are_missing_or_no_json_object_are_refused() {
    let office = Office::open().await;
    let token = office.token().await;

    for (method, rest) in CALLS {
        if method == Method::GET || method == Method::DELETE || rest.contains("clear") {
            continue;
        }
        for body in ["", "[]", "{", "{}"] {
            let request = office.request(method.clone(), &sheet_path(STAFF_SHEET_ID, rest));
            let request = request.header(TOKEN_HEADER, &token).header("content-type", "application/json");
            read(request.body(body)).await.assert_refused(400, ARGUMENT_INVALID);
        }
    }
}
