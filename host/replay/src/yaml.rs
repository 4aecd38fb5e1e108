//! YAML, read strictly: what a person could take for something else is refused with its place.
//!
//! | in the file | is |
//! | --- | --- |
//! | `5200`, `-1`, `0.5`, `true`, `null` | a number, a boolean, null: exactly what JSON calls so |
//! | `"5200"`, `Zhang San`, `2023-05-15T11:29Z`, block texts | a text |
//! | `007`, `0x1F`, `1_000`, `+86`, `.5`, `12:30:45`, `yes`, `off`, `~`, nothing at all | refused: some take it for a number, a boolean or null; in quotes it is a text |
//! | a name that stands twice in its object, or a name that is no text | refused |
//! | a tag, a merge key `<<`, a second document | refused |
//! | `&name` and `*name` | the same value again; what it comes to is counted, so that no few lines become many |
//!
//! A file has at most [`MAX_BYTES`] bytes, [`MAX_VALUES`] values with all aliases in full, and [`MAX_DEPTH`] values inside
//! of each other.

mod scalar;
mod write;

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};
use serde_json::{Map, Value};

pub use write::write;

/// The largest file.
pub const MAX_BYTES: usize = 2 << 20;
/// The most values of a file, those that an alias repeats counted each time.
pub const MAX_VALUES: usize = 250_000;
/// The deepest value.
pub const MAX_DEPTH: usize = 64;

/// A place in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The letter in it.
    pub column: usize,
}

impl Position {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    fn of(marker: &Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The member of an object.
    Member(String),
    /// The item of a list.
    Item(usize),
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    position: Position,
    /// The line after its last one.
    end: usize,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Object(Vec<(Key, Node)>),
}

#[derive(Debug, Clone)]
struct Key {
    name: String,
    position: Position,
}

/// Why a text is refused, and where.
#[derive(Debug)]
pub struct Refused {
    /// The place.
    pub position: Position,
    /// The reason.
    pub message: String,
}

impl Node {
    /// Reads a text that holds one document.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let at_start = |message: String| Refused { position: Position::START, message };
        if text.len() > MAX_BYTES {
            return Err(at_start(format!("the file has more than {MAX_BYTES} bytes")));
        }
        // Some editors put a byte order mark before the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut builder = Builder { lines: text.lines().collect(), ..Builder::default() };
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| Refused {
                position: Position::of(error.marker()),
                message: format!("not YAML: {}", error.info()),
            })?;
            builder.take(event, span).map_err(|message| Refused { position: Position::of(&span.start), message })?;
        }
        builder.root.ok_or_else(|| at_start("the file is empty".to_owned()))
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => items.iter().map(Self::to_value).collect(),
            Content::Object(members) => Value::Object(
                members.iter().map(|(key, node)| (key.name.clone(), node.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Where the value at the path begins, its name where it has one; the last place on the way, when there is no such
    /// value.
    pub fn position(&self, path: &[Segment]) -> Position {
        let (mut node, mut place) = (self, self.position);
        for segment in path {
            let Some((position, next)) = node.step(segment) else { break };
            (place, node) = (position, next);
        }
        place
    }

    /// The lines of the member at the path, from that of its name to the one after its last.
    pub fn lines(&self, path: &[Segment]) -> Option<std::ops::Range<usize>> {
        let (mut node, mut place) = (self, self.position);
        for segment in path {
            (place, node) = node.step(segment)?;
        }
        Some(place.line..node.end.max(place.line + 1))
    }

    fn step(&self, segment: &Segment) -> Option<(Position, &Self)> {
        match (segment, &self.content) {
            (Segment::Item(index), Content::List(items)) => items.get(*index).map(|item| (item.position, item)),
            (Segment::Member(wanted), Content::Object(members)) => {
                members.iter().find(|(key, _)| key.name == *wanted).map(|(key, node)| (key.position, node))
            }
            _ => None,
        }
    }
}

/// Makes the value of a parser's events, without recursion.
#[derive(Default)]
struct Builder<'text> {
    lines: Vec<&'text str>,
    open: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    values: usize,
    root: Option<Node>,
}

struct Frame {
    position: Position,
    anchor: usize,
    /// How many values there were before it.
    values: usize,
    /// How deep the deepest value inside is, counted from here.
    height: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Object { members: Vec<(Key, Node)>, names: HashSet<String>, key: Option<Key> },
}

struct Anchored {
    node: Node,
    values: usize,
    height: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event, span: Span) -> Result<(), String> {
        let position = Position::of(&span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    return Err("a tag has no meaning in a fixture".to_owned());
                }
                if let Some(Frame { inside: Inside::Object { names, key: key @ None, .. }, .. }) = self.open.last_mut()
                {
                    let name = name(&text, style)?;
                    if !names.insert(name.clone()) {
                        return Err(format!("`{name}` stands twice in its object"));
                    }
                    *key = Some(Key { name, position });
                    return Ok(());
                }
                self.count(1)?;
                let value = if style == ScalarStyle::Plain { scalar::plain(&text)? } else { text.as_ref().into() };
                let end = Position::of(&span.end);
                let end = if end.column > 1 || end.line == position.line { end.line + 1 } else { end.line };
                self.put(Node { position, end, content: Content::Scalar(value) }, anchor, 1, 1)
            }
            Event::SequenceStart(anchor, tag) => self.begin(position, anchor, tag.is_some(), Inside::List(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let inside = Inside::Object { members: Vec::new(), names: HashSet::new(), key: None };
                self.begin(position, anchor, tag.is_some(), inside)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(Position::of(&span.end)),
            Event::Alias(anchor) => {
                if let Some(Frame { inside: Inside::Object { key: None, .. }, .. }) = self.open.last() {
                    return Err("a member's name is a text, not an alias".to_owned());
                }
                let Some(Anchored { node, values, height }) = self.anchors.get(&anchor) else {
                    return Err("an alias of a value that is not complete here".to_owned());
                };
                let (values, height) = (*values, *height);
                if self.values + values > MAX_VALUES {
                    return Err(too_many());
                }
                let node = Node { position, end: position.line + 1, ..node.clone() };
                self.values += values;
                self.put(node, 0, values, height)
            }
            Event::DocumentStart(_) if self.root.is_some() => Err("a file holds one document".to_owned()),
            _ => Ok(()),
        }
    }

    fn count(&mut self, values: usize) -> Result<(), String> {
        self.values += values;
        if self.values > MAX_VALUES { Err(too_many()) } else { Ok(()) }
    }

    fn begin(&mut self, position: Position, anchor: usize, is_tagged: bool, inside: Inside) -> Result<(), String> {
        if is_tagged {
            return Err("a tag has no meaning in a fixture".to_owned());
        }
        if let Some(Frame { inside: Inside::Object { key: None, .. }, .. }) = self.open.last() {
            return Err("a member's name is a text".to_owned());
        }
        self.count(1)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.open.push(Frame { position, anchor, values: self.values - 1, height: 0, inside });
        Ok(())
    }

    fn end(&mut self, end: Position) -> Result<(), String> {
        let Some(Frame { position, anchor, values, height, inside }) = self.open.pop() else { return Ok(()) };
        let (content, last) = match inside {
            Inside::List(items) => {
                let last = items.last().map(|item| item.end);
                (Content::List(items), last)
            }
            Inside::Object { members, .. } => {
                let last = members.last().map(|(_, node)| node.end);
                (Content::Object(members), last)
            }
        };
        // Of a block the parser tells where the next thing begins: it ends where its last value does.
        let first = self.lines.get(position.line - 1).and_then(|line| line.chars().nth(position.column - 1));
        let is_flow = matches!(first, Some('{' | '['));
        let end = if is_flow { end.line + 1 } else { last.unwrap_or(end.line) };
        let values = self.values - values;
        self.put(Node { position, end, content }, anchor, values, height + 1)
    }

    /// Puts a complete value where it belongs.
    fn put(&mut self, node: Node, anchor: usize, values: usize, height: usize) -> Result<(), String> {
        if self.open.len() + height > MAX_DEPTH {
            return Err(too_deep());
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), values, height });
        }
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.inside {
            Inside::List(items) => items.push(node),
            Inside::Object { members, key, .. } => {
                if let Some(key) = key.take() {
                    members.push((key, node));
                }
            }
        }
        Ok(())
    }
}

fn name(text: &str, style: ScalarStyle) -> Result<String, String> {
    if style == ScalarStyle::Plain {
        if text == "<<" {
            return Err("a merge key has no meaning in a fixture".to_owned());
        }
        let is_text = scalar::plain(text).is_ok_and(|value| value.is_string());
        if !is_text {
            return Err(format!("a member's name is a text: write \"{text}\" in quotes"));
        }
    }
    Ok(text.to_owned())
}

fn too_many() -> String {
    format!("the file has more than {MAX_VALUES} values, those that an alias repeats counted each time")
}

fn too_deep() -> String {
    format!("more than {MAX_DEPTH} values inside of each other")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        Node::parse(text).unwrap().to_value()
    }

    #[track_caller]
    fn refused(text: &str, line: usize, phrase: &str) {
        let Refused { position, message } = Node::parse(text).unwrap_err();
        assert!(message.contains(phrase), "{text}: {message}");
        assert_eq!(position.line, line, "{text}: {message}");
    }

    #[test]
    fn what_json_calls_a_number_a_boolean_and_null_is_one() {
        assert_eq!(
            value(
                "a: [5200, -1, 0.5, 1e3, true, null]\nb: \"5200\"\nc: Zhang San\nd: 2023-05-15T11:29Z\ne: |\n  x\n  y\n"
            ),
            json!({ "a": [5200, -1, 0.5, 1e3, true, null], "b": "5200", "c": "Zhang San", "d": "2023-05-15T11:29Z",
                    "e": "x\ny\n" })
        );
    }

    #[test]
    fn what_only_some_take_for_a_number_is_refused() {
        for text in
            ["007", "0x1F", "0o17", "1_000", "+86", ".5", "5.", "12:30:45", ".inf", "yes", "Off", "NULL", "~", "True"]
        {
            refused(&format!("a: 1\nb: {text}\n"), 2, "in quotes");
        }
        refused("a: 1\nb:\nc: 2\n", 2, "nothing stands here");
        refused("a: 123456789012345678901234567890\n", 1, "in quotes");
    }

    #[test]
    fn a_name_stands_once_and_is_a_text() {
        refused("a: 1\nb: {c: 1}\na: 2\n", 3, "`a` stands twice");
        refused("a: 1\n60121: x\n", 2, "\"60121\" in quotes");
        refused("a: 1\nno: x\n", 2, "in quotes");
        refused("? [a]\n: 1\n", 1, "a text");
        refused("x: &a {b: 1}\ny:\n  <<: *a\n", 3, "merge key");
        assert_eq!(value("\"60121\": x\n"), json!({ "60121": "x" }));
    }

    #[test]
    fn tags_and_second_documents_are_refused() {
        refused("a: !!str 5\n", 1, "a tag");
        refused("a: 1\n---\nb: 2\n", 2, "one document");
        refused("a: [\n", 2, "not YAML");
        refused("", 1, "empty");
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(value("\u{feff}a: 1\n"), json!({ "a": 1 }));
    }

    #[test]
    fn an_alias_repeats_a_value() {
        assert_eq!(value("a: &x {b: [1]}\nc: *x\n"), json!({ "a": { "b": [1] }, "c": { "b": [1] } }));
    }

    #[test]
    fn few_lines_of_aliases_do_not_become_many_values() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = vec![format!("*a{}", level - 1); 10].join(", ");
            text += &format!("a{level}: &a{level} [{before}]\n");
        }
        refused(&text, 6, "more than 250000 values");
    }

    #[test]
    fn depth_is_bounded_with_and_without_aliases() {
        refused(&format!("a: {}1{}\n", "[".repeat(80), "]".repeat(80)), 1, "inside of each other");
        let mut text = "a0: &a0 [x]\n".to_owned();
        (1..80).for_each(|level| text += &format!("a{level}: &a{level} [*a{}]\n", level - 1));
        refused(&text, 63, "inside of each other");
        refused(&"a".repeat(MAX_BYTES + 1), 1, "bytes");
    }

    #[test]
    fn a_value_is_found_by_its_path() {
        let text = "a: [1, \"x,]\", {b: 2}]\né:\n  c: true\n  d:\n    - 1\n\n# about f\nf: 1\n";
        let node = Node::parse(text).unwrap();
        let member = |name: &str| Segment::Member(name.to_owned());
        let place = |path: &[Segment]| {
            let Position { line, column } = node.position(path);
            (line, column)
        };
        assert_eq!(place(&[]), (1, 1));
        assert_eq!(place(&[member("a"), Segment::Item(1)]), (1, 8));
        assert_eq!(place(&[member("a"), Segment::Item(2), member("b")]), (1, 16));
        assert_eq!(place(&[member("é"), member("c")]), (3, 3));
        assert_eq!(place(&[member("é"), member("x"), member("y")]), (2, 1));
        assert_eq!(node.lines(&[member("é")]), Some(2..6));
        assert_eq!(node.lines(&[member("f")]), Some(8..9));
        assert_eq!(node.lines(&[member("g")]), None);
    }
}
