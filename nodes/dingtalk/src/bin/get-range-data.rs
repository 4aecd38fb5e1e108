//! Get Range Data: what cells hold and how they look.

use dingtalk::{prelude::*, spreadsheet};
use serde_json::Number;

node! {
    id: "get-range-data",
    title: "Get Range Data",
    resource: "Cell Range Data",
    description: "Reads the cells of a range: their values, formulas, the text that people see, and their formatting.",
    effect: Read,
    idempotent: true,
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The cells to read: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). Best at most 5000
    /// cells at once.
    range_address: RangeAddress,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The cells, in a grid for each of their properties: an array of rows, each an array of cells. Where DingTalk answers
    /// null for a text it stands as "", for a number as 0, for an object as {}, so that every cell keeps its place.
    range_data: Answer<RangeData>,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct RangeData {
    /// What the cells hold, of any type; of a formula its result.
    values: Vec<Vec<Value>>,
    /// Their formulas.
    formulas: Vec<Vec<String>>,
    /// What people see, after the number format.
    display_values: Vec<Vec<String>>,
    background_colors: Vec<Vec<Color>>,
    font_sizes: Vec<Vec<f64>>,
    /// Such as `normal` or `bold`.
    font_weights: Vec<Vec<String>>,
    /// `left`, `center`, `right` or `general`.
    horizontal_alignments: Vec<Vec<String>>,
    /// `top`, `middle` or `bottom`.
    vertical_alignments: Vec<Vec<String>>,
    hyperlinks: Vec<Vec<Hyperlink>>,
    /// Rich text.
    complex_values: Vec<Vec<Value>>,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct Color {
    red: i64,
    green: i64,
    blue: i64,
    /// The three together: `#ffffff`.
    hex_string: String,
}

#[answer]
struct Hyperlink {
    /// `path`, `sheet` or `range`.
    #[serde(rename = "type")]
    kind: String,
    /// Where it leads.
    link: String,
    /// What people see.
    text: String,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, range_address: range, operator_id } = inputs;
    let sheet = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id };
    let read = sheet.call(newer::get, ["ranges", &range.to_string()]).send()?;
    let range_data = Answer::<RangeData>::new(in_place(read));
    let summary = match range_data.get("values").and_then(Value::as_array) {
        Some(rows) => format!("Read {} at {range}.", count(rows.len(), "row")),
        None => format!("Read {range}."),
    };
    Ok(Outcome::new(Outputs { range_data }).summary(summary))
}

/// The answer with a blank in place of each cell that is not of its grid's type. An [`Answer`] leaves out what it can not
/// read, and all cells to the right would move.
fn in_place(mut answer: Map<String, Value>) -> Map<String, Value> {
    const TEXTS: &[&str] = &["formulas", "displayValues", "fontWeights", "horizontalAlignments", "verticalAlignments"];
    for (grids, blank) in [
        (&["values", "complexValues"] as &[&str], Value::Null),
        (TEXTS, json!("")),
        (&["fontSizes"], json!(0)),
        (&["backgroundColors", "hyperlinks"], json!({})),
    ] {
        for grid in grids {
            for row in answer.get_mut(*grid).and_then(Value::as_array_mut).into_iter().flatten() {
                match row.as_array_mut() {
                    Some(cells) => {
                        cells.iter_mut().filter(|cell| !fits(cell, &blank)).for_each(|cell| *cell = blank.clone())
                    }
                    None => *row = json!([]),
                }
            }
        }
    }
    answer
}

/// Whether the cell can be read as what the blank is.
fn fits(cell: &Value, blank: &Value) -> bool {
    match blank {
        Value::Object(_) => cell.is_object(),
        Value::Number(_) => match cell {
            Value::String(text) => serde_json::from_str::<Number>(text.trim()).is_ok(),
            cell => cell.is_number(),
        },
        Value::Null => true,
        _ => !(cell.is_null() || cell.is_object() || cell.is_array()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: Value) -> Value {
        match answer {
            Value::Object(members) => json!(Answer::<RangeData>::new(in_place(members))),
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn a_cell_without_a_value_keeps_the_others_in_their_places() {
        assert_eq!(
            read(json!({
                "values": [[null, 1, "a", true], null, [5]],
                "formulas": [[null, "=A1"], null, ["=A3", { "odd": 1 }]],
                "fontSizes": [[null, 14, "12", "012"]],
                "backgroundColors": [[null, { "red": "255", "hexString": "#ff0000" }]]
            })),
            json!({
                "values": [[null, 1, "a", true], [], [5]],
                "formulas": [["", "=A1"], [], ["=A3", ""]],
                "fontSizes": [[0, 14, 12, 0]],
                "backgroundColors": [[{}, { "red": 255, "hexString": "#ff0000" }]]
            })
        );
    }

    #[test]
    fn what_the_service_adds_or_leaves_out_is_no_failure() {
        assert_eq!(read(json!({ "values": null, "notes": [["n"]] })), json!({ "notes": [["n"]] }));
        assert_eq!(read(json!({ "formulas": "odd" })), json!({}));
    }
}
