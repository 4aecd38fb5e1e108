//! Rows and columns that come, go and hide.

use patchbay_tenant::{FOLDER_NODE_ID, WORKSPACE_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, items, only, text};
use super::library::{by_operator, create_doc};
use super::sheet::Sheet;

/// What the story leaves behind.
pub struct Lines {
    workbook: String,
    sheet: String,
}

pub async fn tell(canvas: &Canvas, number: usize) -> Lines {
    // In a knowledge base that is there, below a folder of it.
    let made = create_doc(canvas, WORKSPACE_ID, Some(FOLDER_NODE_ID), &format!("排班{number}"), "WORKBOOK").await;
    let workbook = text(&made["dentryUuid"]);
    let sheet = Sheet::create(canvas, &workbook, "第47周").await;

    sheet.append("A:C", json!([["甲", "早", "一"], ["乙", "中", "二"], ["丙", "晚", "三"]]), "A1:C3").await;
    sheet.insert_rows(2, 2).await;
    sheet.insert_columns(2, 1).await;
    let expected = json!([["甲", "", "早", "一"], ["", "", "", ""], ["", "", "", ""], ["乙", "", "中", "二"]]);
    assert_eq!(sheet.values("A1:D4").await, expected);

    sheet.show_rows(2, 3, "hidden").await;
    sheet.show_rows(3, 1, "visible").await;
    sheet.show_columns(2, 1, "hidden").await;
    sheet.show_columns(4, 2, "hidden").await;
    sheet.show_columns(4, 1, "visible").await;
    assert_eq!(hidden(canvas, &workbook, &sheet.id).await, (json!([1, 3]), json!([1, 4])));
    sheet.delete_rows(2, 1).await;
    sheet.delete_columns(2, 1).await;
    sheet.append("A:C", json!([["丁", "早", "四"]]), "A5:C5").await;
    let sheet = sheet.id;
    Lines { workbook, sheet }
}

impl Lines {
    /// No line came or went twice, and those that are hidden are the ones that were.
    pub async fn check(&self, canvas: &Canvas) {
        let node = json!({ "NodeId": self.workbook });
        let node = canvas.run("get-workspace-node", by_operator(node), json!({})).await["NodeData"].take();
        assert_eq!((&node["workspaceId"], &node["extension"]), (&json!(WORKSPACE_ID), &json!("axls")));

        let sheet = Sheet { canvas, workbook: self.workbook.clone(), id: self.sheet.clone() };
        let expected = json!([
            ["甲", "早", "一", ""],
            ["", "", "", ""],
            ["乙", "中", "二", ""],
            ["丙", "晚", "三", ""],
            ["丁", "早", "四", ""],
            ["", "", "", ""],
        ]);
        assert_eq!(sheet.values("A1:D6").await, expected);
        let properties = sheet.properties().await;
        assert_eq!((&properties["rowCount"], &properties["columnCount"]), (&json!(201), &json!(26)));
        assert_eq!(hidden(canvas, &self.workbook, &self.sheet).await, (json!([2]), json!([3])));
    }
}

/// The rows and the columns that are hidden, counted from 0. No node tells.
async fn hidden(canvas: &Canvas, workbook: &str, sheet: &str) -> (Value, Value) {
    let organisation = canvas.organisation().await;
    let sheets = items(&organisation["workbooks"]["workbooks"][workbook]["sheets"]);
    let sheet = only(&sheets, "id", sheet).unwrap();
    (sheet["hidden_rows"].clone(), sheet["hidden_columns"].clone())
}
