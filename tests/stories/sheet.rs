//! A worksheet as the stories use it: each node on rows, columns and ranges, with what its hint says to look at.

use serde_json::{Value, json};

use super::canvas::{Canvas, items, text, with};
use super::library::{by_operator, create_doc};

/// A worksheet of a spreadsheet.
pub struct Sheet<'a> {
    pub canvas: &'a Canvas,
    pub workbook: String,
    pub id: String,
}

/// Creates a spreadsheet at the root of the knowledge base; its WorkbookId.
pub async fn create_workbook(canvas: &Canvas, workspace: &str, name: &str) -> String {
    let made = create_doc(canvas, workspace, None, name, "WORKBOOK").await;
    let link = json!({ "NodeUrl": made["url"] });
    let node = canvas.run("get-node-by-link", by_operator(link), json!({})).await["NodeData"].take();
    assert_eq!((&node["nodeId"], &node["extension"]), (&made["dentryUuid"], &json!("axls")));
    text(&node["nodeId"])
}

/// The worksheets of a spreadsheet, each with id and name.
pub async fn worksheets(canvas: &Canvas, workbook: &str) -> Vec<Value> {
    let listed = canvas.run("get-worksheets", by_operator(json!({ "WorkbookId": workbook })), json!({})).await;
    let sheets = items(&listed["SheetList"]);
    assert_eq!(listed["SheetCount"], json!(sheets.len()));
    sheets
}

impl<'a> Sheet<'a> {
    /// Adds a worksheet with a name that no other has.
    pub async fn create(canvas: &'a Canvas, workbook: &str, name: &str) -> Self {
        let inputs = by_operator(json!({ "WorkbookId": workbook, "SheetName": name }));
        let look = async |envelope: &Value| {
            assert!(text(&envelope["Hint"]).contains("see with Get Worksheets"), "{envelope:#}");
            let there = worksheets(canvas, workbook).await;
            let sheet = there.iter().find(|sheet| sheet["name"] == name)?;
            Some(json!({ "SheetId": sheet["id"], "SheetName": name, "Created": true }))
        };
        let made = canvas.write("create-worksheet", inputs, json!({}), look).await;
        assert_eq!((&made["SheetName"], &made["Created"]), (&json!(name), &json!(true)));
        Self { canvas, workbook: workbook.to_owned(), id: text(&made["SheetId"]) }
    }

    pub async fn delete(&self) {
        let look = async |envelope: &Value| {
            assert!(text(&envelope["Hint"]).contains("see with Get Worksheets"), "{envelope:#}");
            let there = worksheets(self.canvas, &self.workbook).await;
            let is_gone = there.iter().all(|sheet| sheet["id"] != self.id);
            is_gone.then(|| json!({ "Deleted": true }))
        };
        let outputs = self.canvas.write("delete-worksheet", self.inputs(json!({})), json!({}), look).await;
        assert_eq!(outputs["Deleted"], json!(true));
    }

    pub async fn properties(&self) -> Value {
        self.canvas.run("get-worksheet", self.inputs(json!({})), json!({})).await["SheetData"].take()
    }

    async fn size(&self, member: &str) -> i64 {
        self.properties().await[member].as_i64().unwrap()
    }

    pub async fn read(&self, range: &str) -> Value {
        let inputs = self.inputs(json!({ "RangeAddress": range }));
        self.canvas.run("get-range-data", inputs, json!({})).await["RangeData"].take()
    }

    /// What the cells of a range hold.
    pub async fn values(&self, range: &str) -> Value {
        self.read(range).await["values"].take()
    }

    pub async fn update(&self, range: &str, values: &Value) {
        let inputs = self.inputs(json!({ "RangeAddress": range, "Values": values }));
        let outputs = self.canvas.run("update-range-data", inputs, json!({})).await;
        assert_names(&outputs["UpdateResult"]["a1Notation"], range);
    }

    /// Runs Clear Range Data or Clear Range Content.
    pub async fn clear(&self, operation: &str, range: &str) {
        let outputs = self.canvas.run(operation, self.inputs(json!({ "RangeAddress": range })), json!({})).await;
        assert_names(&outputs["ClearResult"]["a1Notation"], range);
    }

    /// Appends rows where nobody else does, which should go to this range.
    pub async fn append(&self, columns: &str, rows: Value, range: &str) {
        let look = async |envelope: &Value| {
            let hint = text(&envelope["Hint"]);
            assert!(hint.contains(&format!("read {range} with Get Range Data; if it is blank")), "{envelope:#}");
            if self.values(range).await != rows {
                self.assert_blank(range).await;
                self.update(range, &rows).await;
            }
            Some(json!({ "AppendResult": { "appendedRange": range, "appendedRows": items(&rows).len() } }))
        };
        let inputs = self.inputs(json!({ "RangeAddress": columns, "Values": rows }));
        let outputs = self.canvas.write("append-rows", inputs, json!({}), look).await;
        let result = &outputs["AppendResult"];
        assert_eq!((&result["appendedRange"], &result["appendedRows"]), (&json!(range), &json!(items(&rows).len())));
    }

    /// Inserts rows before one and writes the values into this range of theirs.
    pub async fn insert_rows_with(&self, row: i64, values: Value, range: &str) {
        let count = items(&values).len() as i64;
        let before = self.size("rowCount").await;
        let look = async |envelope: &Value| {
            let hint = text(&envelope["Hint"]);
            assert!(hint.contains(&format!("Update Range Data on {range}")), "{envelope:#}");
            let inserted = grown(before, self.size("rowCount").await, count);
            let told = envelope["InsertedRows"].as_i64().unwrap();
            assert!(told == 0 || inserted, "{envelope:#}");
            if inserted {
                self.update(range, &values).await;
            }
            inserted.then(|| json!({ "InsertedRows": count, "UpdateResult": { "a1Notation": range } }))
        };
        let inputs = self.inputs(json!({ "Row": row, "Values": values, "Confirm": true }));
        let outputs = self.canvas.write("insert-rows-before-with-data", inputs, json!({}), look).await;
        assert_eq!(outputs["InsertedRows"], json!(count));
        assert_names(&outputs["UpdateResult"]["a1Notation"], range);
        assert_eq!(self.size("rowCount").await, before + count);
    }

    pub async fn insert_rows(&self, row: i64, count: i64) {
        let inputs = json!({ "Row": row, "RowCount": count });
        self.resize("insert-rows-before", inputs, ("rowCount", count), json!({ "Success": true })).await;
    }

    pub async fn insert_columns(&self, column: i64, count: i64) {
        let inputs = json!({ "Column": column, "ColumnCount": count });
        self.resize("insert-columns-before", inputs, ("columnCount", count), json!({ "Success": true })).await;
    }

    pub async fn delete_rows(&self, row: i64, count: i64) {
        let expected = json!({ "Success": true, "DeletedRowCount": count });
        self.resize("delete-rows", json!({ "Row": row, "RowCount": count }), ("rowCount", -count), expected).await;
    }

    pub async fn delete_columns(&self, column: i64, count: i64) {
        let expected = json!({ "Success": true, "DeletedColumnCount": count });
        let inputs = json!({ "Column": column, "ColumnCount": count });
        self.resize("delete-columns", inputs, ("columnCount", -count), expected).await;
    }

    /// Runs a node that changes the size of the grid, which tells whether it took place.
    async fn resize(&self, operation: &str, inputs: Value, (member, change): (&str, i64), expected: Value) {
        let before = self.size(member).await;
        let look = async |envelope: &Value| {
            let hint = text(&envelope["Hint"]);
            let verb = if change > 0 { "grew" } else { "fell" };
            let sentence = format!("see with Get Worksheet whether {member} {verb} by {}", change.abs());
            assert!(hint.contains(&sentence), "{envelope:#}");
            grown(before, self.size(member).await, change).then(|| expected.clone())
        };
        let outputs = self.canvas.write(operation, self.inputs(inputs), json!({}), look).await;
        assert_members(&outputs, &expected);
        assert_eq!(self.size(member).await, before + change, "{operation}");
    }

    pub async fn show_rows(&self, row: i64, count: i64, visibility: &str) {
        let inputs = self.inputs(json!({ "Row": row, "RowCount": count, "Visibility": visibility }));
        let outputs = self.canvas.run("set-rows-visibility", inputs, json!({})).await;
        let expected = json!({ "Success": true, "AffectedRowCount": count, "Visibility": visibility });
        assert_members(&outputs, &expected);
    }

    pub async fn show_columns(&self, column: i64, count: i64, visibility: &str) {
        let inputs = self.inputs(json!({ "Column": column, "ColumnCount": count, "Visibility": visibility }));
        let outputs = self.canvas.run("set-columns-visibility", inputs, json!({})).await;
        let expected = json!({ "Success": true, "AffectedColumnCount": count, "Visibility": visibility });
        assert_members(&outputs, &expected);
    }

    pub fn inputs(&self, inputs: Value) -> Value {
        with(by_operator(inputs), json!({ "WorkbookId": self.workbook, "SheetId": self.id }))
    }

    async fn assert_blank(&self, range: &str) {
        let values = self.values(range).await;
        assert!(items(&values).iter().flat_map(items).all(|cell| cell == ""), "{range} holds {values:#}");
    }
}

/// Whether a size changed like this; fails when it is neither as before nor so.
#[track_caller]
fn grown(before: i64, now: i64, change: i64) -> bool {
    assert!([before, before + change].contains(&now), "{before} became {now}, a change of {change} was asked for");
    now != before
}

#[track_caller]
fn assert_members(outputs: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&outputs[name], value, "{name} of {outputs:#}");
    }
}

/// Fails unless it is the range; one cell may be named without its other corner.
#[track_caller]
fn assert_names(told: &Value, range: &str) {
    let one_cell = range.split_once(':').filter(|(first, last)| first == last).map(|(first, _)| first);
    assert!([Some(range), one_cell].contains(&told.as_str()), "{told} instead of {range}");
}
