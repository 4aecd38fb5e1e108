use patchbay_tenant::{MANAGER_UNION_ID, STAFF_SHEET_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    ARGUMENT_INVALID, NOT_FOUND, OPERATION_ILLEGAL, append, change, post, properties, select, sheet_path, staff, update,
};
use crate::office::{Office, TOKEN_HEADER, read, with_json};

/// The calls that take rows or columns, each with its names for the first of them and for their number.
const CALLS: [(&str, &str, &str); 6] = [
    ("insertRowsBefore", "row", "rowCount"),
    ("deleteRows", "row", "rowCount"),
    ("setRowsVisibility", "row", "rowCount"),
    ("insertColumnsBefore", "column", "columnCount"),
    ("deleteColumns", "column", "columnCount"),
    ("setColumnsVisibility", "column", "columnCount"),
];

fn lines(first: (&str, Value), count: (&str, Value)) -> Value {
    let mut body = json!({ "visibility": "hidden" });
    body[first.0] = first.1;
    body[count.0] = count.1;
    body
}

#[tokio::test]
async fn appended_rows_follow_the_last_row_with_data() {
    let office = Office::open().await;

    let answer = append(&office, json!([["李军", "销售部", "5200"], ["黄婷", "财务部", "4100"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "A6:C7" }));
    assert_eq!(append(&office, json!([["赵磊"]])).await.body["a1Notation"], "A8");
}

#[tokio::test]
async fn appending_to_a_full_sheet_extends_it() {
    let office = Office::open().await;
    update(&office, "A200", json!([["末"]])).await;

    let answer = append(&office, json!([["李军", "销售部"], ["黄婷", "财务部"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "A201:B202" }));
    let sheet = properties(&office, STAFF_SHEET_ID).await;
    assert_eq!(sheet.body["rowCount"], 202);
    assert_eq!(sheet.body["lastNonEmptyRow"], 201);
}

#[tokio::test]
async fn rows_that_are_ragged_empty_or_too_wide_are_not_appended() {
    let office = Office::open().await;

    for values in [json!([["一", "二"], ["三"]]), json!([]), json!([vec!["宽"; 27]]), json!([[5]])] {
        append(&office, values).await.assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(properties(&office, STAFF_SHEET_ID).await.body["lastNonEmptyRow"], 4);
}

#[tokio::test]
async fn rows_appended_at_the_same_time_all_find_a_place() {
    let office = Office::open().await;
    let token = office.token().await;
    let path = sheet_path(STAFF_SHEET_ID, "/appendRows");
    let one = |number: usize| {
        let request = office.request(Method::POST, &path);
        let request = request.header(TOKEN_HEADER, &token);
        let body = json!({ "values": [[format!("第{number}行")]] });
        tokio::spawn(read(with_json(request, &body)))
    };

    for call in (0..20).map(one).collect::<Vec<_>>() {
        assert_eq!(call.await.expect("the call ends").status, 200);
    }

    let sheet = staff(&office);
    assert_eq!(sheet.last_non_empty_row(), Some(24));
}

#[tokio::test]
async fn appended_text_that_looks_like_a_formula_stays_text() {
    let office = Office::open().await;

    append(&office, json!([["=1+1"]])).await;

    let told = select(&office, "A6", "values,formulas").await.body;
    assert_eq!(told, json!({ "values": [["=1+1"]], "formulas": [[""]] }));
}

#[tokio::test]
async fn inserted_rows_are_blank_and_push_the_others_down() {
    let office = Office::open().await;
    change(&office, "A3", json!({ "fontWeights": [["bold"]] })).await;
    update(&office, "D1:D2", json!([["=C3"], ["=SUM(C2:C5)"]])).await;
    post(&office, "setRowsVisibility", json!({ "row": 3, "rowCount": 1, "visibility": "hidden" })).await;

    let answer = post(&office, "insertRowsBefore", json!({ "row": 2, "rowCount": 2 })).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, json!({ "id": STAFF_SHEET_ID }));
    let sheet = staff(&office);
    assert_eq!((sheet.cell(1, 0), sheet.cell(2, 0), sheet.cell(3, 0), sheet.cell(4, 0)), ("王伟", "", "", "张敏"));
    assert_eq!((sheet.format(2, 0).font_weight, sheet.format(4, 0).font_weight.is_some()), (None, true));
    assert_eq!(sheet.hidden_rows.iter().collect::<Vec<_>>(), [&5]);
    assert_eq!((sheet.cell(0, 3), sheet.cell(1, 3)), ("=C5", "=SUM(C2:C7)"));
    let told = properties(&office, STAFF_SHEET_ID).await.body;
    assert_eq!((&told["rowCount"], &told["lastNonEmptyRow"]), (&json!(202), &json!(6)));
}

#[tokio::test]
async fn rows_are_inserted_and_then_filled() {
    let office = Office::open().await;

    post(&office, "insertRowsBefore", json!({ "row": 2, "rowCount": 2 })).await;
    let answer = update(&office, "A3:C4", json!([["周婷", "市场部", "5200"], ["孙磊", "研发部", "4100"]])).await;

    assert_eq!(answer.body, json!({ "a1Notation": "A3:C4" }));
    let names = select(&office, "A1:A7", "values").await.body;
    assert_eq!(names["values"], json!([["姓名"], ["王伟"], ["周婷"], ["孙磊"], ["张敏"], ["刘洋"], ["陈静"]]));
}

#[tokio::test]
async fn inserted_columns_are_blank_and_push_the_others_right() {
    let office = Office::open().await;
    post(&office, "setColumnsVisibility", json!({ "column": 1, "columnCount": 2, "visibility": "hidden" })).await;

    let answer = post(&office, "insertColumnsBefore", json!({ "column": 2, "columnCount": 1 })).await;

    assert_eq!(answer.body, json!({ "id": STAFF_SHEET_ID }));
    let sheet = staff(&office);
    assert_eq!(sheet.cells[1], ["王伟", "销售部", "", "5200"]);
    assert_eq!((sheet.format(0, 2).font_weight, sheet.format(0, 3).font_weight.is_some()), (None, true));
    assert_eq!(sheet.hidden_columns.iter().collect::<Vec<_>>(), [&1, &3]);
    let told = properties(&office, STAFF_SHEET_ID).await.body;
    assert_eq!((&told["columnCount"], &told["lastNonEmptyColumn"]), (&json!(27), &json!(3)));
}

#[tokio::test]
async fn deleted_rows_close_up() {
    let office = Office::open().await;
    change(&office, "A4", json!({ "fontWeights": [["bold"]] })).await;
    post(&office, "setRowsVisibility", json!({ "row": 1, "rowCount": 4, "visibility": "hidden" })).await;

    let answer = post(&office, "deleteRows", json!({ "row": 1, "rowCount": 2 })).await;

    assert_eq!(answer.body, json!({ "id": STAFF_SHEET_ID }));
    let sheet = staff(&office);
    assert_eq!(sheet.cells[1], ["刘洋", "财务部", "4100"]);
    assert!(sheet.format(1, 0).font_weight.is_some());
    assert_eq!(sheet.hidden_rows.iter().collect::<Vec<_>>(), [&1, &2]);
    let told = properties(&office, STAFF_SHEET_ID).await.body;
    assert_eq!((&told["rowCount"], &told["lastNonEmptyRow"]), (&json!(198), &json!(2)));
}

#[tokio::test]
async fn deleted_columns_close_up() {
    let office = Office::open().await;

    let answer = post(&office, "deleteColumns", json!({ "column": 0, "columnCount": 2 })).await;

    assert_eq!(answer.body, json!({ "id": STAFF_SHEET_ID }));
    assert_eq!(select(&office, "A1:B2", "values").await.body["values"], json!([["奖金", ""], ["5200", ""]]));
    let told = properties(&office, STAFF_SHEET_ID).await.body;
    assert_eq!((&told["columnCount"], &told["lastNonEmptyColumn"]), (&json!(24), &json!(0)));
    update(&office, "Y1", json!([["外"]])).await.assert_refused(404, NOT_FOUND);
}

#[tokio::test]
async fn hidden_rows_and_columns_keep_their_values_and_can_be_shown_again() {
    let office = Office::open().await;

    for (call, first, count) in [CALLS[2], CALLS[5]] {
        let answer = post(&office, call, lines((first, json!(1)), (count, json!(3)))).await;
        assert_eq!(answer.body, json!({ "id": STAFF_SHEET_ID }));
        let mut shown = lines((first, json!(2)), (count, json!(1)));
        shown["visibility"] = json!("visible");
        assert_eq!(post(&office, call, shown).await.status, 200);
    }

    let sheet = staff(&office);
    assert_eq!(sheet.hidden_rows.iter().collect::<Vec<_>>(), [&1, &3]);
    assert_eq!(sheet.hidden_columns, sheet.hidden_rows);
    assert_eq!(select(&office, "B2", "values").await.body["values"], json!([["销售部"]]));
}

#[tokio::test]
async fn visibility_is_visible_or_hidden() {
    let office = Office::open().await;

    for visibility in [json!("Hidden"), json!("show"), json!(""), json!(true), json!(null)] {
        for (call, first, count) in [CALLS[2], CALLS[5]] {
            let mut body = lines((first, json!(1)), (count, json!(1)));
            body["visibility"] = visibility.clone();
            post(&office, call, body).await.assert_refused(400, ARGUMENT_INVALID);
        }
    }
    assert!(staff(&office).hidden_rows.is_empty());
}

#[tokio::test]
async fn positions_are_counted_from_zero_and_end_with_the_grid() {
    let office = Office::open().await;

    for (call, first, count) in CALLS {
        let told = properties(&office, STAFF_SHEET_ID).await.body;
        let size = told[count].as_u64().expect("a size");
        for (from, number) in
            [(json!(size), json!(1)), (json!(-1), json!(1)), (json!(0), json!(0)), (json!(0), json!(-1))]
        {
            post(&office, call, lines((first, from), (count, number))).await.assert_refused(400, ARGUMENT_INVALID);
        }
        if !call.starts_with("insert") {
            let past = lines((first, json!(size - 1)), (count, json!(2)));
            post(&office, call, past).await.assert_refused(400, ARGUMENT_INVALID);
        }
        assert_eq!(properties(&office, STAFF_SHEET_ID).await.body, told);
        for edge in [0, size - 1] {
            let answer = post(&office, call, lines((first, json!(edge)), (count, json!(1)))).await;
            assert_eq!(answer.status, 200, "{call} {edge}: {answer:?}");
            if call.starts_with("delete") {
                break;
            }
        }
    }
}

#[tokio::test]
async fn positions_and_numbers_are_integers_and_neither_may_be_missing() {
    let office = Office::open().await;
    let before = staff(&office);

    for (call, first, count) in CALLS {
        for body in [
            lines((first, json!("1")), (count, json!(1))),
            lines((first, json!(1)), (count, json!("1"))),
            lines((first, json!(1.5)), (count, json!(1))),
            lines((first, json!(1)), (count, json!(true))),
            lines((first, json!(null)), (count, json!(1))),
            lines((first, json!(1)), ("count", json!(1))),
            lines(("index", json!(1)), (count, json!(1))),
            lines((first, json!(u64::MAX)), (count, json!(u64::MAX))),
        ] {
            post(&office, call, body).await.assert_refused(400, ARGUMENT_INVALID);
        }
        let token = office.token().await;
        let path = format!("{}&{first}=1&{count}=1", sheet_path(STAFF_SHEET_ID, &format!("/{call}")));
        let request = office.request(Method::POST, &path).header(TOKEN_HEADER, token);
        read(with_json(request, &json!({ "visibility": "hidden" }))).await.assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(staff(&office), before);
}

#[tokio::test]
async fn one_call_takes_at_most_five_thousand_lines() {
    let office = Office::open().await;

    for (call, first, count) in CALLS {
        let body = lines((first, json!(0)), (count, json!(5001)));
        post(&office, call, body).await.assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(post(&office, "insertRowsBefore", json!({ "row": 0, "rowCount": 5000 })).await.status, 200);
    assert_eq!(staff(&office).row_count, 5200);
}

#[tokio::test]
async fn a_sheet_keeps_a_row_and_a_column() {
    let office = Office::open().await;

    let rows = post(&office, "deleteRows", json!({ "row": 0, "rowCount": 200 })).await;
    let columns = post(&office, "deleteColumns", json!({ "column": 0, "columnCount": 26 })).await;

    rows.assert_refused(403, OPERATION_ILLEGAL);
    columns.assert_refused(403, OPERATION_ILLEGAL);
    assert_eq!(post(&office, "deleteRows", json!({ "row": 1, "rowCount": 199 })).await.status, 200);
    assert_eq!(staff(&office).cells, [["姓名", "部门", "奖金"]]);
}

#[tokio::test]
async fn a_sheet_does_not_grow_without_end() {
    let office = Office::open().await;
    let wider = json!({ "column": 0, "columnCount": 5000 });

    for _ in 0..3 {
        assert_eq!(post(&office, "insertColumnsBefore", wider.clone()).await.status, 200);
    }

    post(&office, "insertColumnsBefore", wider).await.assert_refused(403, "forbidden.document.sizeOverLimit");
    assert_eq!(staff(&office).column_count, 15_026);
}

#[tokio::test]
async fn lines_of_a_sheet_nobody_has_are_not_found() {
    let office = Office::open().await;
    let path = format!("/v1.0/doc/workbooks/{}/sheets/{STAFF_SHEET_ID}", "0".repeat(32));

    for (call, first, count) in CALLS {
        let body = Some(lines((first, json!(0)), (count, json!(1))));
        let path = format!("{path}/{call}?operatorId={MANAGER_UNION_ID}");
        office.newer(Method::POST, &path, body.clone()).await.assert_refused(404, NOT_FOUND);
        let unknown = sheet_path("st-0", &format!("/{call}"));
        office.newer(Method::POST, &unknown, body).await.assert_refused(404, NOT_FOUND);
    }
}
