//! What commands print.

mod jq;
pub mod output;
mod table;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use patchbay_invoker::NodeSummary;
use patchbay_runtime::{Effect, Manifest, Provider, expectation};
use serde::Serialize;
use serde_json::{Map, Value};
use terminal_size::{Width, terminal_size_of};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Prints JSON on stdout: indented for a person, on one line for a program.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    let json =
        if io::stdout().is_terminal() { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    print(&json.map(|json| json + "\n").map_err(io::Error::other)?)
}

/// Prints text on stdout. A reader that has seen enough, such as `head`, is no error.
pub fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints text with styles on stdout: in colours on a terminal, unless NO_COLOR is set.
fn print_styled(text: &str) -> io::Result<()> {
    match anstream::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a table, each line as far as the terminal has room for it unless all is asked for. `paint` gives each line its
/// style.
pub fn print_table(table: &str, is_wide: bool, paint: impl Fn(&str) -> String) -> io::Result<()> {
    let table = match columns_of_terminal().filter(|_| !is_wide) {
        Some(columns) => cut_to(table, columns),
        None => table.to_owned(),
    };
    print_styled(&table.lines().map(|line| paint(line) + "\n").collect::<String>())
}

/// How wide the terminal is; none where there is none.
fn columns_of_terminal() -> Option<usize> {
    terminal_size_of(io::stdout()).map(|(Width(columns), _)| columns.into())
}

/// The line with its first column in bold: the name that a person looks for.
pub fn first_in_bold(line: &str) -> String {
    let (first, rest) = line.split_at(line.find("  ").unwrap_or(line.len()));
    format!("{}{rest}", bold(first))
}

fn bold(text: &str) -> String {
    let bold = Style::new().bold();
    format!("{bold}{text}{bold:#}")
}

/// Text in red.
pub fn red(text: &str) -> String {
    let red = AnsiColor::Red.on_default();
    format!("{red}{text}{red:#}")
}

/// Lines of words no wider than the terminal, those after the first as far in as the first.
fn wrapped(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns else { return text.to_owned() };
    let wrap = |line: &str| if line.width() <= columns { line.to_owned() } else { wrapped_line(line, columns) };
    text.lines().map(|line| wrap(line) + "\n").collect()
}

fn wrapped_line(line: &str, columns: usize) -> String {
    let indent = line.len() - line.trim_start().len();
    let (mut wrapped, mut width) = (" ".repeat(indent), indent);
    for word in line.split_whitespace() {
        let is_first = width == indent;
        if !is_first && width + 1 + word.width() > columns {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            width = indent;
        } else if !is_first {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += word.width();
    }
    wrapped
}

/// Prints the description of a node, as wide as the terminal.
pub fn print_description(text: &str) -> io::Result<()> {
    let (about, example) = text.split_once("\nExample\n").unwrap_or((text, ""));
    let about = wrapped(about, columns_of_terminal());
    let headings = ["Inputs", "Options", "Outputs"];
    let paint = |(index, line): (usize, &str)| {
        let is_heading = index == 0 || headings.contains(&line);
        if is_heading { bold(line) + "\n" } else { format!("{line}\n") }
    };
    let about: String = about.lines().enumerate().map(paint).collect();
    // The example is to be pasted, so it stays a line.
    print_styled(&format!("{about}\n{}\n{example}", bold("Example")))
}

/// The lines, of which those that take more columns end with `…`.
fn cut_to(table: &str, columns: usize) -> String {
    table.lines().map(|line| cut_line(line, columns) + "\n").collect()
}

fn cut_line(line: &str, columns: usize) -> String {
    if line.width() <= columns {
        return line.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let fits = |letter: &char| match left.checked_sub(letter.width().unwrap_or_default()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    let mut cut: String = line.chars().take_while(fits).collect();
    cut.push('…');
    cut
}

/// One line per node.
pub fn node_table(nodes: &[NodeSummary]) -> String {
    let width = |text: fn(&NodeSummary) -> String| nodes.iter().map(|node| text(node).len()).max().unwrap_or_default();
    let id = width(|node| node.id.to_string());
    let title = width(|node| node.title.clone());
    nodes.iter().fold(String::new(), |mut table, node| {
        // Writing to a String does not fail.
        let _ = writeln!(
            table,
            "{:id$}  {:title$}  {}",
            node.id.to_string(),
            node.title,
            first_sentence(&node.description)
        );
        table
    })
}

/// What a node takes and gives, for a person. Without its provider the example names a credential of the service's.
pub fn description(manifest: &Manifest, provider: Option<&Provider>) -> String {
    let effect = match (manifest.effect, manifest.idempotent) {
        (Effect::Read, _) => "reads only",
        (Effect::Write, true) => "writes; running it twice is like running it once",
        (Effect::Write, false) => "writes; running it again repeats the effect",
    };
    let mut text = format!(
        "{} ({})\n{}\n\nresource  {}\neffect    {effect}\n",
        manifest.title, manifest.id, manifest.description, manifest.resource
    );
    if let Some(node) = &manifest.confirm_with {
        text.push_str(&format!("confirm   with {node}: a success says that the service took it on\n"));
    }
    for rule in &manifest.rules {
        text.push_str(&format!("rule      {rule}\n"));
    }
    for (title, schema) in
        [("Inputs", &manifest.inputs), ("Options", &manifest.options), ("Outputs", &manifest.outputs)]
    {
        text.push_str(&parameters(title, schema));
    }
    text.push_str("\nExample\n  ");
    text.push_str(&example_command(manifest, provider));
    text.push('\n');
    text
}

fn parameters(title: &str, schema: &Map<String, Value>) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object).filter(|all| !all.is_empty()) else {
        return String::new();
    };
    let required = schema.get("required").and_then(Value::as_array);
    let mut text = format!("\n{title}\n");
    for (name, schema) in properties {
        let mark = match required {
            Some(names) if title == "Inputs" && !names.iter().any(|required| required == name) => ", optional",
            _ => "",
        };
        let default = schema.get("default").map(|value| format!(", default {value}")).unwrap_or_default();
        let about = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(text, "  {name}  ({}{mark}{default})\n      {about}", expectation(schema));
    }
    text
}

/// A command line that works when the values are replaced.
fn example_command(manifest: &Manifest, provider: Option<&Provider>) -> String {
    let mut command = format!("patchbay invoke {}", manifest.id);
    let (inputs, mut options) = (examples(&manifest.inputs), examples(&manifest.options));
    if inputs.is_empty() && options.is_empty() {
        // A node that has nothing but options wants one of them all the same.
        options.extend(optional_example(&manifest.options));
    }
    for (flag, values) in [("--inputs", inputs), ("--options", options)] {
        if !values.is_empty() {
            let _ = write!(command, " {flag} '{}'", Value::Object(values));
        }
    }
    let name = manifest.id.provider.as_str();
    match provider {
        None => command.push_str(" --credential NAME"),
        Some(_) if name == crate::demo::provider() => {
            let _ = write!(command, " --credential {}", crate::demo::CREDENTIAL);
        }
        Some(provider) if provider.credentials.is_empty() => {}
        Some(_) => {
            let _ = write!(command, " --credential env:{}", name.to_uppercase().replace('-', "_"));
        }
    }
    command
}

/// The example value of each required property.
pub fn examples(schema: &Map<String, Value>) -> Map<String, Value> {
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    required.filter_map(|name| Some((name.to_owned(), example(schema.get("properties")?.get(name)?)?))).collect()
}

/// The first property that has an example value.
fn optional_example(schema: &Map<String, Value>) -> Option<(String, Value)> {
    let properties = schema.get("properties")?.as_object()?;
    properties.iter().find_map(|(name, property)| Some((name.clone(), example(property)?)))
}

/// A value that the property takes: its first example, else the first of its choices.
fn example(property: &Value) -> Option<Value> {
    let first = |keyword: &str| property.get(keyword)?.get(0).cloned();
    first("examples").or_else(|| first("enum"))
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

#[cfg(test)]
mod tests {
    use super::{cut_to, wrapped};

    #[test]
    fn words_that_have_no_room_go_on_below_as_far_in() {
        let text = "  Mobile  (a text)\n      Mobile number of the person, who must be\n\nshort\n";
        let wrapped = wrapped(text, Some(24));
        assert_eq!(
            wrapped,
            "  Mobile  (a text)\n      Mobile number of\n      the person, who\n      must be\n\nshort\n"
        );
    }

    #[test]
    fn a_line_ends_where_the_terminal_does() {
        assert_eq!(cut_to("get-user  Gets a user\nshort\n", 12), "get-user  G…\nshort\n");
        // A Chinese character takes two columns.
        assert_eq!(cut_to("周报已就绪", 6), "周报…\n");
        assert_eq!(cut_to("周报已就绪", 10), "周报已就绪\n");
    }
}
