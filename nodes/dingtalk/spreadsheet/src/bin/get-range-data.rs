use spreadsheet::prelude::*;

node! {
    /// Reads the cells of a range: their values, formulas, the text that people see, and their formatting.
    resource: "Cell Range Data",
    effect: Read,
    slots: ["newer"],
    group: SPREADSHEET,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The cells to read: a rectangle such as A1:C3, one cell, whole columns (A:C) or whole rows (1:10). Best at most 5000
    /// cells at once.
    range_address: RangeAddress,
}

#[outputs]
struct Outputs {
    /// The cells, in a grid for each of their properties: an array of rows, each an array of cells. Where DingTalk answers
    /// null for a text it stands as "", for a number as 0, for an object as {}, so that every cell keeps its place.
    range_data: RangeData,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct RangeData {
    /// What the cells hold, of any type; of a formula its result.
    values: Grid<Value>,
    /// Their formulas.
    formulas: Grid<String>,
    /// What people see, after the number format.
    display_values: Grid<String>,
    background_colors: Grid<Color>,
    font_sizes: Grid<f64>,
    /// Such as `normal` or `bold`.
    font_weights: Grid<String>,
    /// `left`, `center`, `right` or `general`.
    horizontal_alignments: Grid<String>,
    /// `top`, `middle` or `bottom`.
    vertical_alignments: Grid<String>,
    hyperlinks: Grid<Hyperlink>,
    /// Rich text.
    complex_values: Grid<Value>,
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

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let range = inputs.range_address;
    let range_data: RangeData = inputs.sheet.range(newer::get, range).send()?;
    let summary = match range_data.values() {
        Some(rows) => format!("Read {} at {range}.", count(rows.len(), "row")),
        None => format!("Read {range}."),
    };
    Ok(Outcome::new(Outputs { range_data }).summary(summary))
}
