use patchbay_tenant::{
    BUDGET_SHEET_ID, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, STAFF_SHEET_ID,
    STAFF_SHEET_TITLE, WORKBOOK_ID,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ARGUMENT_INVALID, NOT_FOUND, OPERATION_ILLEGAL, below, properties, sheet_path};
use crate::office::{Answer, Office, text};

async fn create(office: &Office, body: Value) -> Answer {
    office.newer(Method::POST, &below(WORKBOOK_ID, ""), Some(body)).await
}

async fn list(office: &Office) -> Answer {
    office.newer(Method::GET, &below(WORKBOOK_ID, ""), None).await
}

async fn delete(office: &Office, sheet: &str) -> Answer {
    office.newer(Method::DELETE, &sheet_path(sheet, ""), None).await
}

#[tokio::test]
async fn a_sheet_tells_its_size_and_where_its_data_ends() {
    let office = Office::open().await;

    let answer = properties(&office, STAFF_SHEET_ID).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "id": STAFF_SHEET_ID,
            "name": "员工奖金",
            "visibility": "visible",
            "lastNonEmptyRow": 4,
            "lastNonEmptyColumn": 2,
            "rowCount": 200,
            "columnCount": 26,
        })
    );
}

#[tokio::test]
async fn a_sheet_is_found_by_its_title_even_with_a_slash_in_it() {
    let office = Office::open().await;

    let answer = properties(&office, LEDGER_SHEET_TITLE).await;

    assert_eq!(answer.body["id"], LEDGER_SHEET_ID);
    assert_eq!(answer.body["name"], "销售台账 2026/Q4");
}

#[tokio::test]
async fn the_sheets_of_a_workbook_are_listed_in_their_order() {
    let office = Office::open().await;

    let answer = list(&office).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({ "value": [
            { "id": STAFF_SHEET_ID, "name": STAFF_SHEET_TITLE },
            { "id": LEDGER_SHEET_ID, "name": LEDGER_SHEET_TITLE },
        ] })
    );
}

#[tokio::test]
async fn a_new_sheet_is_empty_and_stands_last() {
    let office = Office::open().await;

    let answer = create(&office, json!({ "name": "一季度" })).await;

    assert_eq!(answer.status, 200);
    let id = text(&answer.body["id"]);
    assert_eq!(answer.body, json!({ "visibility": "visible", "name": "一季度", "id": id }));
    let shape: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(shape, [2, 8, 5]);
    assert_eq!(
        properties(&office, "一季度").await.body,
        json!({
            "id": id,
            "name": "一季度",
            "visibility": "visible",
            "lastNonEmptyRow": -1,
            "lastNonEmptyColumn": -1,
            "rowCount": 200,
            "columnCount": 26,
        })
    );
    assert_eq!(list(&office).await.body["value"][2], json!({ "id": id, "name": "一季度" }));
    let titles = office.tenant.sheet_titles(WORKBOOK_ID).expect("the workbook");
    assert_eq!(titles, [STAFF_SHEET_TITLE, LEDGER_SHEET_TITLE, "一季度"]);
}

#[tokio::test]
async fn a_name_that_is_taken_gets_a_number() {
    let office = Office::open().await;

    for name in ["Q3", "Q3 (1)", "Q3 (2)"] {
        assert_eq!(create(&office, json!({ "name": "Q3" })).await.body["name"], name);
    }
    assert_eq!(create(&office, json!({ "name": "Q3 (1)" })).await.body["name"], "Q3 (1) (1)");
}

#[tokio::test]
async fn a_sheet_needs_a_name() {
    let office = Office::open().await;

    for body in
        [json!({}), json!({ "name": "" }), json!({ "name": " " }), json!({ "name": 3 }), json!({ "Name": "Q3" })]
    {
        create(&office, body).await.assert_refused(400, ARGUMENT_INVALID);
    }
    let elsewhere = below("00000000000000000000000000000000", "");
    let answer = office.newer(Method::POST, &elsewhere, Some(json!({ "name": "Q3" }))).await;
    answer.assert_refused(404, NOT_FOUND);
    office.newer(Method::GET, &elsewhere, None).await.assert_refused(404, NOT_FOUND);
    assert_eq!(office.tenant.sheet_titles(WORKBOOK_ID).expect("the workbook").len(), 2);
}

#[tokio::test]
async fn a_deleted_sheet_is_gone_by_id_and_by_title() {
    let office = Office::open().await;

    let answer = delete(&office, LEDGER_SHEET_TITLE).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, json!({ "success": true }));
    properties(&office, LEDGER_SHEET_ID).await.assert_refused(404, NOT_FOUND);
    delete(&office, LEDGER_SHEET_ID).await.assert_refused(404, NOT_FOUND);
    assert_eq!(list(&office).await.body["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(create(&office, json!({ "name": LEDGER_SHEET_TITLE })).await.body["name"], LEDGER_SHEET_TITLE);
}

#[tokio::test]
async fn the_last_visible_sheet_stays() {
    let office = Office::open().await;
    delete(&office, STAFF_SHEET_ID).await;

    delete(&office, LEDGER_SHEET_ID).await.assert_refused(403, OPERATION_ILLEGAL);

    let budget = |sheet: &str| below(BUDGET_WORKBOOK_ID, &format!("/{sheet}"));
    let visible = office.newer(Method::DELETE, &budget(BUDGET_SHEET_ID), None).await;
    visible.assert_refused(403, OPERATION_ILLEGAL);
    assert_eq!(office.newer(Method::DELETE, &budget(CODES_SHEET_ID), None).await.status, 200);
}

#[tokio::test]
async fn a_hidden_sheet_is_listed_and_says_that_it_is_hidden() {
    let office = Office::open().await;

    let sheets = office.newer(Method::GET, &below(BUDGET_WORKBOOK_ID, ""), None).await;
    let hidden = office.newer(Method::GET, &below(BUDGET_WORKBOOK_ID, &format!("/{CODES_SHEET_ID}")), None).await;

    assert_eq!(sheets.body["value"][1]["id"], CODES_SHEET_ID);
    assert_eq!(hidden.body["visibility"], "hidden");
}

#[tokio::test]
async fn the_same_calls_give_new_sheets_the_same_ids() {
    let ids = async || {
        let office = Office::open().await;
        [create(&office, json!({ "name": "一" })).await.body, create(&office, json!({ "name": "二" })).await.body]
    };

    let first = ids().await;

    assert_eq!(first, ids().await);
    assert_ne!(first[0]["id"], first[1]["id"]);
}
