use patchbay_tenant::{
    BUDGET_SHEET_ID, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, FontWeight, LEDGER_SHEET_ID, STAFF_SHEET_ID, WordWrap,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{ARGUMENT_INVALID, NOT_FOUND, append, below, change, properties, select, sheet_path, staff, update};
use crate::office::{Answer, Office};

async fn range(office: &Office, range: &str) -> Answer {
    office.newer(Method::GET, &sheet_path(STAFF_SHEET_ID, &format!("/ranges/{range}")), None).await
}

async fn clear(office: &Office, range: &str, call: &str) -> Answer {
    office.newer(Method::POST, &sheet_path(STAFF_SHEET_ID, &format!("/ranges/{range}/{call}")), None).await
}

#[tokio::test]
async fn a_range_is_overwritten_with_its_values() {
    let office = Office::open().await;

    let answer = update(&office, "A6:C7", json!([["李军", "销售部", "5200"], ["黄婷", "财务部", "4100"]])).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, json!({ "a1Notation": "A6:C7" }));
    let sheet = staff(&office);
    assert_eq!(sheet.cell(5, 0), "李军");
    assert_eq!(sheet.cell(6, 2), "4100");
    assert_eq!(sheet.last_non_empty_row(), Some(6));
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["lastNonEmptyRow"], 6);
}

#[tokio::test]
async fn writing_in_the_middle_leaves_the_cells_around_it_alone() {
    let office = Office::open().await;

    let answer = update(&office, "B3", json!([["平台组"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "B3" }));
    let sheet = staff(&office);
    assert_eq!(sheet.cells[2], ["张敏", "平台组", "4800"]);
}

#[tokio::test]
async fn a_sheet_whose_cells_are_all_empty_ends_at_minus_one() {
    let office = Office::open().await;

    update(&office, "A1:C5", json!(vec![["", "", ""]; 5])).await;

    let answer = properties(&office, STAFF_SHEET_ID).await;
    assert_eq!(answer.body["lastNonEmptyRow"], -1);
    assert_eq!(answer.body["lastNonEmptyColumn"], -1);
    assert_eq!(append(&office, json!([["姓名"]])).await.body["a1Notation"], "A1");
}

#[tokio::test]
async fn an_update_reaches_to_the_last_row_and_never_extends_the_sheet() {
    let office = Office::open().await;

    assert_eq!(update(&office, "Z200", json!([["末"]])).await.status, 200);
    for range in ["A201", "A200:A201", "AA1", "AA:AA", "201:201"] {
        update(&office, range, json!([["外"]])).await.assert_refused(404, NOT_FOUND);
    }
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["rowCount"], 200);
}

#[tokio::test]
async fn a_malformed_range_is_not_found() {
    let office = Office::open().await;

    for range in ["a1", "A", "C3:A1", "A1:C", "Sheet1!A1", "A0"] {
        update(&office, range, json!([["值"]])).await.assert_refused(404, NOT_FOUND);
    }
}

#[tokio::test]
async fn values_must_be_rows_of_text_of_the_size_of_the_range() {
    let office = Office::open().await;

    for values in [
        json!([["一", "二"]]),
        json!([["一"], ["二"]]),
        json!([["一", "二"], ["三"]]),
        json!([[1, 2], [3, 4]]),
        json!([["一", null], ["三", "四"]]),
        json!([]),
        json!([[], []]),
        json!("一"),
        Value::Null,
    ] {
        update(&office, "A1:B2", values).await.assert_refused(400, ARGUMENT_INVALID);
    }
    let sheet = staff(&office);
    assert_eq!(sheet.cell(0, 0), "姓名");
}

#[tokio::test]
async fn a_range_tells_contents_and_looks_of_every_cell() {
    let office = Office::open().await;

    let answer = range(&office, "A1:B2").await;

    assert_eq!(answer.status, 200);
    let heading = json!({ "red": 217, "green": 225, "blue": 242, "hexString": "#d9e1f2" });
    let white = json!({ "red": 255, "green": 255, "blue": 255, "hexString": "#ffffff" });
    assert_eq!(
        answer.body,
        json!({
            "values": [["姓名", "部门"], ["王伟", "销售部"]],
            "formulas": [["", ""], ["", ""]],
            "displayValues": [["姓名", "部门"], ["王伟", "销售部"]],
            "backgroundColors": [[heading, heading], [white, white]],
            "fontSizes": [[14, 14], [14, 14]],
            "horizontalAlignments": [["center", "center"], ["general", "general"]],
            "verticalAlignments": [["middle", "middle"], ["middle", "middle"]],
        })
    );
}

#[tokio::test]
async fn whole_columns_and_rows_are_read_to_the_end_of_the_grid() {
    let office = Office::open().await;

    let column = select(&office, "C:C", "values").await.body;
    let row = select(&office, "200:200", "values").await.body;

    let values = column["values"].as_array().expect("rows");
    assert_eq!((values.len(), &values[4], &values[199]), (200, &json!(["3900"]), &json!([""])));
    assert_eq!(row["values"], json!([vec![""; 26]]));
}

#[tokio::test]
async fn only_the_selected_fields_are_told() {
    let office = Office::open().await;

    let some = select(&office, "A1", "values,fontWeights").await;

    assert_eq!(some.body, json!({ "values": [["姓名"]], "fontWeights": [["bold"]] }));
    assert_eq!(select(&office, "A2", "hyperlinks").await.body, json!({ "hyperlinks": [[null]] }));
    for names in ["", "value", "values,", "values;formulas", "Values", "values&select=formulas"] {
        select(&office, "A1", names).await.assert_refused(400, ARGUMENT_INVALID);
    }
}

#[tokio::test]
async fn a_range_that_is_malformed_or_outside_of_the_grid_is_not_found() {
    let office = Office::open().await;

    for address in ["A201", "AA1", "A1:ZZ99999", "a1", "A", "C3:A1", "Sheet1!A1"] {
        range(&office, address).await.assert_refused(404, NOT_FOUND);
        clear(&office, address, "clear").await.assert_refused(404, NOT_FOUND);
        clear(&office, address, "clearData").await.assert_refused(404, NOT_FOUND);
    }
}

#[tokio::test]
async fn formats_are_written_and_read_back() {
    let office = Office::open().await;
    let link = json!({ "type": "path", "link": "https://example.com/", "text": "官网" });

    let answer = change(
        &office,
        "B2:C2",
        json!({
            "backgroundColors": [["#FF8800", null]],
            "fontColors": [[null, "#00ff00"]],
            "fontSizes": [[18, 9]],
            "fontWeights": [["bold", "normal"]],
            "horizontalAlignments": [["left", "right"]],
            "verticalAlignments": [["top", "bottom"]],
            "hyperlinks": [[link, null]],
            "numberFormat": "#,##0.00",
            "wordWrap": "autoWrap",
        }),
    )
    .await;

    assert_eq!(answer.body, json!({ "a1Notation": "B2:C2" }));
    let told = range(&office, "B2:C2").await.body;
    assert_eq!(told["backgroundColors"][0][0], json!({ "red": 255, "green": 136, "blue": 0, "hexString": "#ff8800" }));
    assert_eq!(told["backgroundColors"][0][1]["hexString"], "#ffffff");
    assert_eq!(told["fontSizes"], json!([[18, 9]]));
    assert_eq!(told["horizontalAlignments"], json!([["left", "right"]]));
    assert_eq!(told["verticalAlignments"], json!([["top", "bottom"]]));
    assert_eq!(told["values"], json!([["官网", "5200"]]));
    assert_eq!(told["displayValues"], json!([["官网", "5,200.00"]]));
    let more = select(&office, "B2:C2", "hyperlinks,fontWeights").await.body;
    assert_eq!(more, json!({ "hyperlinks": [[link, null]], "fontWeights": [["bold", "normal"]] }));
    let format = staff(&office).format(1, 2);
    assert_eq!(format.font_color.map(|color| color.to_string()).as_deref(), Some("#00ff00"));
    assert_eq!(format.word_wrap, Some(WordWrap::AutoWrap));
}

#[tokio::test]
async fn what_an_update_leaves_out_stays() {
    let office = Office::open().await;
    change(&office, "A2", json!({ "fontSizes": [[20]] })).await;

    change(&office, "A2", json!({ "values": [["王小伟"]], "fontWeights": [["bold"]], "unknown": 1 })).await;
    change(&office, "A2", json!({ "fontWeights": [[null]] })).await;

    let sheet = staff(&office);
    assert_eq!(sheet.cell(1, 0), "王小伟");
    assert_eq!(sheet.format(1, 0).font_size.map(u16::from), Some(20));
    assert_eq!(sheet.format(1, 0).font_weight, Some(FontWeight::Bold));
}

#[tokio::test]
async fn changes_that_are_malformed_change_nothing() {
    let office = Office::open().await;
    let before = staff(&office);

    for changes in [
        json!({}),
        json!({ "unknown": [["#ffffff"]] }),
        json!({ "values": [["新", "新"]], "backgroundColors": [["#ffffff"]] }),
        json!({ "backgroundColors": [["white", "#ffffff"]] }),
        json!({ "backgroundColors": [[16777215, 16777215]] }),
        json!({ "backgroundColors": "#ffffff" }),
        json!({ "fontColors": [["#fff", "#fff"]] }),
        json!({ "fontSizes": [["14", "14"]] }),
        json!({ "fontSizes": [[0, 14]] }),
        json!({ "fontWeights": [["heavy", "bold"]] }),
        json!({ "horizontalAlignments": [["middle", "left"]] }),
        json!({ "verticalAlignments": [["center", "top"]] }),
        json!({ "hyperlinks": [[{ "type": "url", "link": "https://example.com/" }, null]] }),
        json!({ "hyperlinks": [[{ "type": "path" }, null]] }),
        json!({ "hyperlinks": [["https://example.com/", null]] }),
        json!({ "numberFormat": ["0.00"] }),
        json!({ "wordWrap": "wrap" }),
    ] {
        change(&office, "A1:B1", changes.clone()).await.assert_refused(400, ARGUMENT_INVALID);
        assert_eq!(staff(&office), before, "{changes}");
    }
}

#[tokio::test]
async fn clearing_data_keeps_the_formats_and_clearing_all_does_not() {
    let office = Office::open().await;

    let data = clear(&office, "A1:B1", "clearData").await;
    let all = clear(&office, "B1:C1", "clear").await;

    assert_eq!((data.status, data.body), (200, json!({ "a1Notation": "A1:B1" })));
    assert_eq!((all.status, all.body), (200, json!({ "a1Notation": "B1:C1" })));
    let told = select(&office, "A1:C1", "values,fontWeights,horizontalAlignments").await.body;
    assert_eq!(
        told,
        json!({
            "values": [["", "", ""]],
            "fontWeights": [["bold", "normal", "normal"]],
            "horizontalAlignments": [["center", "general", "general"]],
        })
    );
}

#[tokio::test]
async fn a_sheet_ends_earlier_when_its_last_cells_are_cleared() {
    let office = Office::open().await;
    change(&office, "A100:Z100", json!({ "wordWrap": "clip" })).await;

    clear(&office, "5:5", "clearData").await;
    clear(&office, "C:C", "clear").await;

    let told = properties(&office, STAFF_SHEET_ID).await.body;
    assert_eq!((&told["lastNonEmptyRow"], &told["lastNonEmptyColumn"]), (&json!(3), &json!(1)));
    assert_eq!((&told["rowCount"], &told["columnCount"]), (&json!(200), &json!(26)));
    assert_eq!(append(&office, json!([["周婷"]])).await.body["a1Notation"], "A5");
}

#[tokio::test]
async fn a_formula_is_told_with_what_it_comes_to() {
    let office = Office::open().await;
    let budget = below(BUDGET_WORKBOOK_ID, &format!("/{BUDGET_SHEET_ID}/ranges/E5:F5"));

    let told = office.newer(Method::GET, &budget, None).await.body;

    assert_eq!(told["formulas"], json!([["=SUM(E2:E4)", "=SUM(F2:F4)"]]));
    assert_eq!(told["values"], json!([["641000", "2383500"]]));
    assert_eq!(told["displayValues"], json!([["641,000.00", "2,383,500.00"]]));
    update(&office, "D2:D3", json!([["=C2*2"], ["=D2/0"]])).await;
    update(&office, "C2", json!([["95"]])).await;
    let told = select(&office, "D2:D3", "values,formulas").await.body;
    assert_eq!(told, json!({ "values": [["190"], ["#DIV/0!"]], "formulas": [["=C2*2"], ["=D2/0"]] }));
}

#[tokio::test]
async fn a_cell_may_lead_to_another_sheet() {
    let office = Office::open().await;
    let path = below(BUDGET_WORKBOOK_ID, &format!("/{BUDGET_SHEET_ID}/ranges/A1")) + "&select=hyperlinks";

    let told = office.newer(Method::GET, &path, None).await.body;

    assert_eq!(told["hyperlinks"][0][0], json!({ "type": "sheet", "link": CODES_SHEET_ID, "text": "部门" }));
}

#[tokio::test]
async fn a_range_of_more_than_thirty_thousand_cells_is_too_large_for_one_call() {
    let office = Office::open().await;
    let ledger = |range: &str| sheet_path(LEDGER_SHEET_ID, &format!("/ranges/{range}"));
    let rows = json!({ "values": vec![vec!["一"; 26]; 1154] });
    office.newer(Method::POST, &sheet_path(LEDGER_SHEET_ID, "/appendRows"), Some(rows)).await;

    assert_eq!(office.newer(Method::GET, &ledger("A1:Z1153"), None).await.status, 200);
    office.newer(Method::GET, &ledger("A1:Z1154"), None).await.assert_refused(400, ARGUMENT_INVALID);
    let format = Some(json!({ "numberFormat": "0" }));
    office.newer(Method::PUT, &ledger("A:Z"), format).await.assert_refused(400, ARGUMENT_INVALID);
    let cleared = office.newer(Method::POST, &sheet_path(LEDGER_SHEET_ID, "/ranges/A:Z/clear"), None).await;
    assert_eq!(cleared.body, json!({ "a1Notation": "A1:Z1161" }));
}
