//! A spreadsheet, from its knowledge base to its last row: what it says stays, what was cleared and deleted is gone.

use serde_json::json;

use super::canvas::{Canvas, only, text};
use super::library::{create_workspace, nodes};
use super::sheet::{Sheet, create_workbook, worksheets};

/// What the story leaves behind.
pub struct Workbook {
    number: usize,
    workspace: String,
    workbook: String,
    sheet: String,
}

const FIRST_SHEET: &str = "Sheet1";

pub async fn tell(canvas: &Canvas, number: usize) -> Workbook {
    let workspace = text(&create_workspace(canvas, &format!("猎鹰账本{number}")).await["workspaceId"]);
    let workbook = create_workbook(canvas, &workspace, "报销").await;
    let first = worksheets(canvas, &workbook).await;
    assert_eq!((first.len(), &first[0]["name"]), (1, &json!(FIRST_SHEET)));
    let sheet = Sheet::create(canvas, &workbook, "十一月").await;

    sheet.append("A:C", json!([[format!("周婷{number}"), "机票", "1200"], ["孙磊", "酒店", "640"]]), "A1:C2").await;
    sheet.append("A:C", json!([["何静", "餐费", "88"], ["马超", "打车", "35"], ["马超", "打车", "41"]]), "A3:C5").await;
    sheet.insert_rows_with(1, json!([["姓名", "事由", "金额"]]), "A1:C1").await;
    sheet.insert_rows_with(5, json!([["吴敏", "快递", "12"], ["吴敏", "打印", "5"]]), "A5:C6").await;
    let expected = json!([
        ["姓名", "事由", "金额"],
        [format!("周婷{number}"), "机票", "1200"],
        ["孙磊", "酒店", "640"],
        ["何静", "餐费", "88"],
        ["吴敏", "快递", "12"],
        ["吴敏", "打印", "5"],
        ["马超", "打车", "35"],
        ["马超", "打车", "41"],
    ]);
    assert_eq!(sheet.values("A1:C8").await, expected);

    sheet.update("D2:D3", &json!([["=SUM(C2:C8)"], ["已报"]])).await;
    let sums = sheet.read("D2:D3").await;
    assert_eq!((&sums["formulas"], &sums["values"]), (&json!([["=SUM(C2:C8)"], [""]]), &json!([["2021"], ["已报"]])));
    sheet.clear("clear-range-data", "C7:C8").await;
    sheet.clear("clear-range-content", "D3:D3").await;
    assert_eq!(sheet.values("D2:D3").await, json!([["1945"], [""]]));
    sheet.delete_rows(4, 3).await;
    sheet.append("B:C", json!([["高铁", "553"]]), "B6:C6").await;

    Sheet { canvas, workbook: workbook.clone(), id: text(&first[0]["id"]) }.delete().await;
    let sheet = sheet.id;
    Workbook { number, workspace, workbook, sheet }
}

impl Workbook {
    /// Every row is there once, and nothing that was deleted.
    pub async fn check(&self, canvas: &Canvas) {
        let listed = nodes(canvas, &self.workspace, None, 100).await.concat();
        assert_eq!(listed.len(), 1, "{listed:#?}");
        assert_eq!(only(&listed, "name", "报销.axls").unwrap()["nodeId"], json!(self.workbook));
        assert_eq!(worksheets(canvas, &self.workbook).await, [json!({ "id": self.sheet, "name": "十一月" })]);

        let sheet = Sheet { canvas, workbook: self.workbook.clone(), id: self.sheet.clone() };
        let expected = json!([
            ["姓名", "事由", "金额", ""],
            [format!("周婷{}", self.number), "机票", "1200", "1840"],
            ["孙磊", "酒店", "640", ""],
            ["马超", "打车", "", ""],
            ["马超", "打车", "", ""],
            ["", "高铁", "553", ""],
            ["", "", "", ""],
        ]);
        assert_eq!(sheet.values("A1:D7").await, expected);
        let properties = sheet.properties().await;
        assert_eq!((&properties["lastNonEmptyRow"], &properties["lastNonEmptyColumn"]), (&json!(5), &json!(3)));
        assert_eq!((&properties["rowCount"], &properties["columnCount"]), (&json!(200), &json!(26)));
    }
}
