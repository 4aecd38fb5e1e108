//! Texts in columns, for a person.

/// Rows under their headings, each column as wide as it must be. What a row tells may hold anything: control characters
/// are blanks.
pub fn columns<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let clean = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let rows: Vec<[String; N]> = std::iter::once(headings.map(str::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|text| clean(text))))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, text) in widths.iter_mut().zip(row) {
            *width = (*width).max(text.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(text, width)| format!("{text:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::columns;

    #[test]
    fn columns_are_as_wide_as_their_widest_text() {
        let text = columns(["name", "kind"], &[["a-longer-name".into(), "x".into()], ["b".into(), "y\nz".into()]]);
        assert_eq!(text, "name           kind\na-longer-name  x\nb              y z\n");
    }
}
