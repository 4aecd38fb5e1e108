use spreadsheet::{
    place::{Place, without_indent},
    prelude::*,
};

node! {
    /// Writes rows below the last row of a worksheet that has data, into the given columns; a full worksheet is extended.
    /// Running it twice appends twice. Appends of one host to one spreadsheet wait for each other, so none overwrites
    /// another; what somebody else writes below the last row at the same moment can be overwritten.
    resource: "Row",
    effect: Write,
    slots: ["newer"],
    group: LINES,
}

#[inputs]
struct Inputs {
    #[part]
    sheet: InSheet,
    /// The columns to write into, such as A:C; a row part is ignored. As many columns as every row of Values has cells.
    range_address: ColumnSpan,
    /// The rows: an array of arrays, all of one length, or its JSON text. DingTalk advises at most 5000 rows.
    #[schemars(example = &r#"[["Carol", "Sales", "5200"], ["Dan", "Ops", "4100"]]"#)]
    values: JsonText<Rows>,
}

#[outputs]
struct Outputs {
    /// Where the rows went.
    append_result: AppendResult,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct AppendResult {
    /// The range that DingTalk says it has written.
    #[promised(unless_empty)]
    #[serde(rename = "a1Notation")]
    a1_notation: String,
    /// The cells that hold the rows now.
    appended_range: String,
    /// How many rows were written.
    appended_rows: i64,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let Inputs { sheet, range_address: columns, values } = inputs;
    values.check_width(columns)?;
    let properties = sheet.properties().map_err(|failure| failure.hint_after("Nothing was written."))?;
    let rows = values.len();
    let (result, range) = match Place::of(&properties, columns, rows) {
        Place::Inside(range) => write(&sheet, range, &values)?,
        Place::Below(expected) => append(&sheet, columns, expected, values.into_inner())?,
    };
    let (result, place) = match range {
        Some(range) => (result.with_appended_range(range.to_string()), format!(" at {range}")),
        None => (result, String::new()),
    };
    let append_result = result.with_appended_rows(rows as i64);
    Ok(Outcome::new(Outputs { append_result }).summary(format!("Appended {}{place}.", count(rows, "row"))))
}

fn write(sheet: &InSheet, range: CellRange, rows: &Rows) -> Result<(AppendResult, Option<CellRange>)> {
    let call = sheet.write(range, rows).if_unknown(format!(
        "Outcome unknown: read {range} with Get Range Data; if it is blank use Update Range Data on {range} (running Append \
         Rows again could duplicate)."
    ));
    let result: AppendResult = call.send().map_err(unwritten)?;
    if let Some(told) = told(&result).filter(|told| *told != range) {
        log::warn(format_args!("DingTalk says it wrote {told}, {range} was asked for"));
    }
    Ok((result, Some(range)))
}

fn append(
    sheet: &InSheet,
    columns: ColumnSpan,
    expected: Option<CellRange>,
    rows: Rows,
) -> Result<(AppendResult, Option<CellRange>)> {
    let (count, indent) = (rows.len(), columns.first().index());
    let place = expected.map_or_else(String::new, |range| format!("read {range} with Get Range Data, or "));
    let call = sheet.append(&rows.indented(indent)).if_unknown(format!(
        "Outcome unknown: {place}see with Get Worksheet whether lastNonEmptyRow grew by {count}; run Append Rows again only \
         if the rows are not there."
    ));
    let result: AppendResult = call.send().map_err(unwritten)?;
    let range = told(&result).map(|told| without_indent(told, columns, indent)).or(expected);
    if let (Some(range), Some(expected)) = (range, expected)
        && range != expected
    {
        log::warn(format_args!("DingTalk put the rows at {range}, {expected} was expected"));
    }
    Ok((result, range))
}

/// Says that nothing was written, where that is known.
fn unwritten(failure: Failure) -> Failure {
    if failure.outcome_unknown() { failure } else { failure.hint_after("Nothing was written.") }
}

/// The range that the service's answer names.
fn told(result: &AppendResult) -> Option<CellRange> {
    result.a1_notation()?.parse().ok()
}
