use patchbay_tenant::{
    DOCUMENT_NODE_ID, EXTERNAL_UNION_ID, FINANCE_WORKSPACE_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, MANAGER_UNION_ID,
    MEMBER_UNION_ID, STAFF_SHEET_ID, Sheet, WORKBOOK_ID, WORKSPACE_ID,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, TOKEN_HEADER, read, text};

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
async fn a_document_that_is_no_spreadsheet_is_told_apart_from_none() {
    let office = Office::open().await;

    for node in [DOCUMENT_NODE_ID, FOLDER_NODE_ID] {
        let sheets = office.newer(Method::GET, &below(node, ""), None).await;
        sheets.assert_refused(400, "invalidRequest.resource.notWorkbook");
        let sheet = office.newer(Method::DELETE, &below(node, "/Sheet1"), None).await;
        sheet.assert_refused(400, "invalidRequest.resource.notWorkbook");
    }
}

/// Makes a spreadsheet in a knowledge base and gives its id.
async fn make_workbook(office: &Office, workspace: &str, operator: &str) -> String {
    let body = json!({ "name": "考勤统计", "docType": "WORKBOOK", "operatorId": operator });
    let path = format!("/v1.0/doc/workspaces/{workspace}/docs");
    let made = office.newer(Method::POST, &path, Some(body)).await;
    text(&made.body["dentryUuid"])
}

#[tokio::test]
async fn a_spreadsheet_made_in_a_knowledge_base_has_one_empty_sheet() {
    let office = Office::open().await;

    let workbook = make_workbook(&office, WORKSPACE_ID, MANAGER_UNION_ID).await;

    let sheet = office.newer(Method::GET, &below(&workbook, "/Sheet1"), None).await.body;
    let told = ["visibility", "lastNonEmptyRow", "rowCount", "columnCount"].map(|name| &sheet[name]);
    assert_eq!(told, [&json!("visible"), &json!(-1), &json!(200), &json!(26)]);
    let appended = office
        .newer(Method::POST, &below(&workbook, "/Sheet1/appendRows"), Some(json!({ "values": [["一月"]] })))
        .await;
    assert_eq!(appended.body, json!({ "a1Notation": "A1" }));
}

#[tokio::test]
async fn what_an_operator_may_do_is_what_the_knowledge_base_allows() {
    let office = Office::open().await;
    let head_of_finance = office.tenant.user("user009").expect("the head of finance").union_id;
    let handbook = make_workbook(&office, HANDBOOK_WORKSPACE_ID, MANAGER_UNION_ID).await;
    let finance = make_workbook(&office, FINANCE_WORKSPACE_ID, &head_of_finance).await;
    let call = async |method: Method, workbook: &str, operator: &str| {
        let path = format!("/v1.0/doc/workbooks/{workbook}/sheets?operatorId={operator}");
        let body = (method == Method::POST).then(|| json!({ "name": "新" }));
        office.newer(method, &path, body).await
    };

    assert_eq!(call(Method::GET, &handbook, MEMBER_UNION_ID).await.status, 200);
    call(Method::POST, &handbook, MEMBER_UNION_ID).await.assert_refused(403, "forbidden.accessDenied");
    assert_eq!(call(Method::POST, &handbook, MANAGER_UNION_ID).await.status, 200);
    assert_eq!(call(Method::GET, &finance, MANAGER_UNION_ID).await.status, 200);
    call(Method::POST, &finance, MANAGER_UNION_ID).await.assert_refused(403, "forbidden.accessDenied");
    call(Method::GET, &finance, MEMBER_UNION_ID).await.assert_refused(403, "forbidden.accessDenied");
    for method in [Method::GET, Method::POST] {
        call(method, WORKBOOK_ID, EXTERNAL_UNION_ID).await.assert_refused(403, "forbidden.accessDenied");
    }
    call(Method::GET, WORKBOOK_ID, "nobody").await.assert_refused(403, "forbidden.accessDenied");
    let illegal = "invalidRequest.inputArgs.operatorIdIllegal";
    call(Method::POST, WORKBOOK_ID, "nobody").await.assert_refused(400, illegal);
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
