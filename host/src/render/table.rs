//! Values as a table for a person.

use serde_json::{Map, Value};

/// A value as a table: a list of objects has a row for each and a column for each member; an object has a row for each
/// member; anything else stands on its own line.
pub fn table(value: &Value) -> String {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
            let rows: Vec<&Map<String, Value>> = items.iter().filter_map(Value::as_object).collect();
            of_rows(&rows)
        }
        Value::Array(items) => items.iter().map(|item| cell(item) + "\n").collect(),
        Value::Object(members) => {
            let rows: Vec<Vec<String>> = members.iter().map(|(name, value)| vec![name.clone(), cell(value)]).collect();
            aligned(&rows)
        }
        other => cell(other) + "\n",
    }
}

fn of_rows(rows: &[&Map<String, Value>]) -> String {
    let mut columns: Vec<&String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let head = columns.iter().map(|name| (*name).clone()).collect();
    let body =
        rows.iter().map(|row| columns.iter().map(|name| row.get(*name).map_or_else(String::new, cell)).collect());
    aligned(&std::iter::once(head).chain(body).collect::<Vec<_>>())
}

/// A value on one line.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.replace(['\n', '\r', '\t'], " "),
        other => other.to_string(),
    }
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default())
        .collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, widest)| format!("{cell}{}", " ".repeat(widest - width(cell))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// How many columns of a terminal a text takes: two for each letter of the East Asian wide blocks.
fn width(text: &str) -> usize {
    let is_wide = |letter: char| {
        matches!(u32::from(letter),
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f
            | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_of_objects_has_a_column_for_each_member() {
        let value = json!([{ "Name": "张三", "Age": 30 }, { "Name": "Li", "Tags": ["a"] }]);
        assert_eq!(table(&value), "Name  Age  Tags\n张三  30\nLi         [\"a\"]\n");
    }

    #[test]
    fn an_object_has_a_row_for_each_member() {
        assert_eq!(table(&json!({ "StatusCode": 200, "Hint": "" })), "StatusCode  200\nHint\n");
    }

    #[test]
    fn anything_else_stands_on_its_own_lines() {
        assert_eq!(table(&json!(["a", 1, null])), "a\n1\n\n");
        assert_eq!(table(&json!("two\nlines")), "two lines\n");
        assert_eq!(table(&json!([])), "");
    }
}
