//! What `invoke` prints: the envelope, a part of it, or what an expression makes of it.

use std::io::{self, IsTerminal};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use patchbay_runtime::{Envelope, Manifest, nearest};
use serde_json::{Map, Value};

use super::jq::Jq;
use super::table::table;

/// How the envelope is printed.
#[derive(Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArguments {
    /// Only these members of the envelope, in this order
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    fields: Vec<String>,
    /// What an expression of jq makes of the envelope, one value on each line
    #[arg(long, value_name = "EXPR")]
    jq: Option<String>,
    /// How values are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How values are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// JSON: indented on a terminal, else on one line
    #[default]
    Json,
    /// A list of objects as rows and columns
    Table,
    /// Texts as they are, all else as JSON on one line
    Raw,
}

/// A way to print that is known to be sound before anything is run.
pub struct Output {
    fields: Vec<String>,
    jq: Option<Jq>,
    format: Format,
}

impl OutputArguments {
    /// Checks names and expression, so that a misspelt one does not cost a run.
    pub fn check(self, manifest: &Manifest) -> Result<Output> {
        let outputs = manifest.outputs.get("properties").and_then(Value::as_object);
        let known: Vec<&str> =
            outputs.into_iter().flat_map(Map::keys).map(String::as_str).chain(Envelope::FIELDS).collect();
        let fields: Vec<String> = self.fields.iter().map(|field| field.trim().to_owned()).collect();
        for field in &fields {
            if !known.contains(&field.as_str()) {
                match nearest(field, known.iter().copied()) {
                    Some(near) => bail!("--fields: the envelope has no `{field}`; did you mean `{near}`?"),
                    None => bail!("--fields: the envelope has no `{field}`; it has {}", known.join(", ")),
                }
            }
        }
        let jq = self.jq.as_deref().map(Jq::compile).transpose()?;
        Ok(Output { fields, jq, format: self.format })
    }
}

impl Output {
    /// The text to print for an envelope.
    ///
    /// # Errors
    /// The expression does not fit the envelope.
    pub fn text(&self, envelope: &Value) -> Result<String> {
        let envelope = self.select(envelope);
        let values = match &self.jq {
            Some(jq) => jq.run(&envelope)?,
            None => vec![envelope],
        };
        let is_terminal = io::stdout().is_terminal();
        Ok(values.iter().map(|value| self.format.text(value, is_terminal)).collect())
    }

    fn select(&self, envelope: &Value) -> Value {
        match envelope {
            Value::Object(members) if !self.fields.is_empty() => {
                let select = |field: &String| Some((field.clone(), members.get(field)?.clone()));
                Value::Object(self.fields.iter().filter_map(select).collect())
            }
            whole => whole.clone(),
        }
    }
}

impl Format {
    fn text(self, value: &Value, is_terminal: bool) -> String {
        match self {
            Self::Json if is_terminal => format!("{value:#}\n"),
            Self::Json => format!("{value}\n"),
            Self::Table => table(value),
            Self::Raw => match value {
                Value::String(text) => format!("{text}\n"),
                other => format!("{other}\n"),
            },
        }
    }
}
