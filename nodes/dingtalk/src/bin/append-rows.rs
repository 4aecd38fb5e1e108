//! Append Rows: writes rows below the last one that has data.

use dingtalk::{
    prelude::*,
    spreadsheet::{self, SheetProperties},
};

node! {
    id: "append-rows",
    title: "Append Rows",
    resource: "Row",
    description: "Writes rows below the last row of a worksheet that has data, into the given columns; a full worksheet is extended. Running it twice appends twice. Appends of one host to one spreadsheet wait for each other, so none overwrites another; what somebody else writes below the last row at the same moment can be overwritten.",
    effect: Write,
    idempotent: false,
    status: Operation,
    // Not the sheet besides: it has two names, its id and its title, and appends by either must wait for each other.
    exclusive: ["WorkbookId"],
    errors: spreadsheet::CODES,
}

#[inputs]
struct Inputs {
    workbook_id: WorkbookId,
    sheet_id: SheetId,
    /// The columns to write into, such as A:C; a row part is ignored. As many columns as every row of Values has cells.
    range_address: ColumnSpan,
    /// The rows: an array of arrays, all of one length, or its JSON text. DingTalk advises at most 5000 rows.
    #[schemars(example = &r#"[["Carol", "Sales", "5200"], ["Dan", "Ops", "4100"]]"#)]
    values: JsonText<Rows>,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// Where the rows went.
    append_result: Answer<AppendResult>,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct AppendResult {
    /// The range that DingTalk says it has written.
    #[serde(rename = "a1Notation")]
    a1_notation: String,
    /// The cells that hold the rows now.
    appended_range: String,
    /// How many rows were written.
    appended_rows: i64,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { workbook_id, sheet_id, range_address: columns, values, operator_id } = inputs;
    let rows = values.into_inner();
    rows.check_width(columns)?;
    let sheet = Worksheet { workbook: &workbook_id, sheet: &sheet_id, operator: &operator_id };
    let properties = sheet.properties().map_err(unwritten)?;
    let count = rows.len();
    match place(&properties, columns, count) {
        Place::Inside(range) => write(&sheet, range, &rows),
        Place::Below(expected) => append(&sheet, columns, expected, rows),
    }
}

/// Where the rows go.
#[derive(Debug, PartialEq)]
enum Place {
    /// Into the grid.
    Inside(CellRange),
    /// Past the grid, which only the service's own append extends, or where only the service knows. What is expected is
    /// the range that the rows should get.
    Below(Option<CellRange>),
}

fn place(sheet: &Answer<SheetProperties>, columns: ColumnSpan, rows: usize) -> Place {
    let (Some(last), Some(grid)) = (sheet.integer("lastNonEmptyRow"), sheet.integer("rowCount")) else {
        return Place::Below(None);
    };
    // `last` counts from 0 and is -1 when there is no data; a range counts from 1.
    let first = last.max(-1).saturating_add(2);
    let last = first.saturating_add(rows as i64 - 1);
    let range = match (u32::try_from(first), u32::try_from(last)) {
        (Ok(first), Ok(last)) => CellRange::new(columns, first, last),
        _ => None,
    };
    match range {
        Some(range) if last <= grid => Place::Inside(range),
        expected => Place::Below(expected),
    }
}

fn write(sheet: &Worksheet, range: CellRange, rows: &Rows) -> Result<Outcome<Outputs>> {
    let answer = sheet.write(range, rows).map_err(|failure| {
        unwritten(failure).hint_if_outcome_unknown(format!(
            "Outcome unknown: read {range} with Get Range Data; if it is blank use Update Range Data on {range} \
             (running Append Rows again could duplicate)."
        ))
    })?;
    if let Some(told) = told(&answer).filter(|told| *told != range) {
        log::warn(format_args!("DingTalk says it wrote {told}, {range} was asked for"));
    }
    Ok(outcome(answer, Some(range), rows.len()))
}

fn append(sheet: &Worksheet, columns: ColumnSpan, expected: Option<CellRange>, rows: Rows) -> Result<Outcome<Outputs>> {
    let (count, indent) = (rows.len(), columns.first().index());
    let answer = sheet.append(&rows.indented(indent)).map_err(|failure| {
        let place = expected.map_or_else(String::new, |range| format!("read {range} with Get Range Data, or "));
        unwritten(failure).hint_if_outcome_unknown(format!(
            "Outcome unknown: {place}see with Get Worksheet whether lastNonEmptyRow grew by {count}; run Append Rows \
             again only if the rows are not there."
        ))
    })?;
    let range = told(&answer).map(|told| without_indent(told, columns, indent)).or(expected);
    if let (Some(range), Some(expected)) = (range, expected)
        && range != expected
    {
        log::warn(format_args!("DingTalk put the rows at {range}, {expected} was expected"));
    }
    Ok(outcome(answer, range, count))
}

/// Says that nothing was written; a write whose outcome is unknown says something else after this.
fn unwritten(failure: Failure) -> Failure {
    failure.hint_after("Nothing was written.")
}

/// The range that the service's answer names.
fn told(answer: &Map<String, Value>) -> Option<CellRange> {
    answer.get("a1Notation")?.as_str()?.parse().ok()
}

/// The part of an appended range that holds the rows. Where it starts is undocumented; a range as wide as what was sent
/// begins with the blank cells, any other is taken as it is.
fn without_indent(told: CellRange, columns: ColumnSpan, indent: usize) -> CellRange {
    let whole = told.columns();
    let rows = (whole.width() == indent + columns.width())
        .then(|| ColumnSpan::new(whole.first().right(indent)?, whole.last()))
        .flatten();
    told.with_columns(rows.unwrap_or(whole))
}

fn outcome(answer: Map<String, Value>, range: Option<CellRange>, rows: usize) -> Outcome<Outputs> {
    let append_result = Answer::from(answer);
    let (append_result, place) = match range {
        Some(range) => (append_result.with("appendedRange", range.to_string()), format!(" at {range}")),
        None => (append_result, String::new()),
    };
    let append_result = append_result.with("appendedRows", rows);
    Outcome::new(Outputs { append_result }).summary(format!("Appended {}{place}.", count(rows, "row")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> ColumnSpan {
        text.parse().unwrap()
    }

    fn range(text: &str) -> CellRange {
        text.parse().unwrap()
    }

    fn sheet(properties: Value) -> Answer<SheetProperties> {
        match properties {
            Value::Object(properties) => Answer::new(properties),
            other => panic!("{other} is not an object"),
        }
    }

    #[test]
    fn rows_go_below_the_last_one_with_data() {
        for (properties, expected) in [
            (json!({ "lastNonEmptyRow": 4, "rowCount": 200 }), Place::Inside(range("A6:C7"))),
            (json!({ "lastNonEmptyRow": "4", "rowCount": "200" }), Place::Inside(range("A6:C7"))),
            (json!({ "lastNonEmptyRow": -1, "rowCount": 200 }), Place::Inside(range("A1:C2"))),
            (json!({ "lastNonEmptyRow": 197, "rowCount": 200 }), Place::Inside(range("A199:C200"))),
            (json!({ "lastNonEmptyRow": 198, "rowCount": 200 }), Place::Below(Some(range("A200:C201")))),
            (json!({ "lastNonEmptyRow": 199, "rowCount": 200 }), Place::Below(Some(range("A201:C202")))),
        ] {
            assert_eq!(place(&sheet(properties.clone()), columns("A:C"), 2), expected, "{properties}");
        }
    }

    #[test]
    fn the_service_finds_the_place_when_it_does_not_tell_the_last_row() {
        for properties in [
            json!({ "rowCount": 200 }),
            json!({ "lastNonEmptyRow": null, "rowCount": 200 }),
            json!({ "lastNonEmptyRow": 4 }),
            json!({ "lastNonEmptyRow": i64::MAX, "rowCount": i64::MAX }),
        ] {
            assert_eq!(place(&sheet(properties.clone()), columns("A:C"), 2), Place::Below(None), "{properties}");
        }
    }

    #[test]
    fn the_range_reported_is_the_one_that_holds_the_rows() {
        let span = columns("C:D");
        for (told, expected) in [
            ("A201:D202", "C201:D202"),
            ("B201:E202", "D201:E202"),
            ("C201:D202", "C201:D202"),
            ("Sheet1!A201:D202", "C201:D202"),
        ] {
            assert_eq!(without_indent(range(told), span, 2), range(expected), "{told}");
        }
    }

    #[test]
    fn the_result_keeps_what_the_service_says_besides() {
        let Value::Object(answer) = json!({ "a1Notation": "A6:C7", "revision": 9 }) else { panic!("not an object") };
        let outcome = outcome(answer, Some(range("A6:C7")), 2);
        assert_eq!(
            json!(outcome.outputs()),
            json!({ "AppendResult": { "a1Notation": "A6:C7", "revision": 9, "appendedRange": "A6:C7", "appendedRows": 2 } })
        );
    }
}
