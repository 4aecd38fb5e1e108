//! Reads `patchbay.toml` with the place of each value.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_runtime::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problem, Source};
use super::setting::{Form, Written};

/// A file of settings.
pub struct File {
    pub path: Arc<Path>,
    text: String,
}

impl File {
    pub fn new(path: &Path, text: String) -> Self {
        Self { path: path.into(), text }
    }

    /// The settings that the file gives, in its order, and what is wrong with its syntax and names.
    pub fn settings(&self, known: &[&'static str]) -> (Vec<(&'static str, Written)>, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let mut problems: Vec<Problem> = errors
            .iter()
            .map(|error| self.problem(error.span().unwrap_or_default(), None, error.message().to_owned()))
            .collect();
        let mut settings = Vec::new();
        self.read_table("", table.get_ref(), known, &mut settings, &mut problems);
        settings.sort_by_key(|(_, written)| written.span.start);
        (settings, problems)
    }

    /// Where a part of the file stands.
    pub fn source(&self, span: &Range<usize>) -> Source {
        let before = self.text.get(..span.start).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Source::File { path: Arc::clone(&self.path), line, column }
    }

    pub fn problem(&self, span: Range<usize>, key: Option<String>, reason: String) -> Problem {
        Problem { source: self.source(&span), key, reason }
    }

    fn read_table(
        &self,
        prefix: &str,
        table: &DeTable<'_>,
        known: &[&'static str],
        settings: &mut Vec<(&'static str, Written)>,
        problems: &mut Vec<Problem>,
    ) {
        for (name, value) in table {
            let key = format!("{prefix}{}", name.get_ref());
            let section = format!("{key}.");
            if let Some(setting) = known.iter().find(|setting| **setting == key) {
                settings.push((setting, self.written(value)));
            } else if known.iter().any(|setting| setting.starts_with(&section)) {
                match value.get_ref() {
                    DeValue::Table(table) => self.read_table(&section, table, known, settings, problems),
                    _ => {
                        let reason = format!("is a section; write [{key}] and its settings below it");
                        problems.push(self.problem(value.span(), Some(key), reason));
                    }
                }
            } else {
                let reason = unknown(prefix, name.get_ref(), matches!(value.get_ref(), DeValue::Table(_)), known);
                problems.push(self.problem(name.span(), Some(key), reason));
            }
        }
    }

    fn written(&self, value: &Spanned<DeValue<'_>>) -> Written {
        let form = match value.get_ref() {
            DeValue::String(text) => Form::Text(text.clone().into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Form::Other("a number that is too large"), Form::Integer),
            DeValue::Boolean(flag) => Form::Flag(*flag),
            DeValue::Float(_) => Form::Other("a number that is not whole"),
            DeValue::Datetime(_) => Form::Other("a date or time"),
            DeValue::Array(members) => Form::List(members.iter().map(|member| self.written(member)).collect()),
            DeValue::Table(members) => Form::Table(
                members
                    .iter()
                    .map(|(name, value)| (name.get_ref().clone().into_owned(), self.written(value)))
                    .collect(),
            ),
        };
        Written { form, span: value.span(), folder: self.folder() }
    }

    fn folder(&self) -> Option<PathBuf> {
        self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).map(Path::to_owned)
    }
}

/// Settings that there once were, and why they are no more.
const GONE: [(&str, &str); 1] = [("runs.buffer", "no record waits in memory; remove the line")];

/// What to say of a name that is no setting: that it was one, the nearest one, or where a setting of that name stands.
fn unknown(prefix: &str, name: &str, is_table: bool, known: &[&'static str]) -> String {
    let is_it = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| rest == name);
    if let Some((_, why)) = GONE.iter().find(|(key, _)| is_it(key)) {
        return format!("is no longer a setting: {why}");
    }
    let (section, _) = prefix.rsplit_once('.').unwrap_or_default();
    let what = if is_table { "no such section" } else { "no such setting" };
    let beside: Vec<&str> = if is_table && prefix.is_empty() {
        known.iter().filter_map(|key| key.split_once('.')).map(|(section, _)| section).collect()
    } else {
        known.iter().filter_map(|key| key.strip_prefix(prefix)).filter(|rest| !rest.contains('.')).collect()
    };
    if let Some(near) = nearest(name, beside.iter().copied()) {
        return format!("{what}; did you mean `{near}`?");
    }
    let elsewhere = known.iter().find(|key| key.rsplit('.').next() == Some(name));
    match elsewhere {
        Some(key) => match key.rsplit_once('.') {
            Some((section, _)) => format!("{what} here; `{name}` stands in [{section}]"),
            None => format!("{what} in [{section}]; `{name}` stands before all sections"),
        },
        None => {
            let leaf = |key: &'static str| key.rsplit_once('.').map_or(("", key), |(section, leaf)| (section, leaf));
            let near = nearest(name, known.iter().map(|key| leaf(key).1));
            match near.and_then(|near| known.iter().map(|key| leaf(key)).find(|(_, leaf)| *leaf == near)) {
                Some(("", near)) => format!("{what}; did you mean `{near}`, which stands before all sections?"),
                Some((section, near)) => format!("{what}; did you mean `{near}` in [{section}]?"),
                None => format!("{what}; `patchbay config show` lists all"),
            }
        }
    }
}
