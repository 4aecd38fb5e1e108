//! `patchbay config`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::{places, render};
use patchbay_settings::{Flags, Loaded, Shown, Source, variable_name};

/// Check and show the settings
///
/// Settings come from patchbay.toml, the environment (PATCHBAY_*) and the command line; what comes later in this list
/// outweighs what comes before.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay config show                       each setting and where it came from
  patchbay config show limits --json
  patchbay config check examples/deploy/patchbay.toml")]
pub struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say all that is wrong with the settings, each with its file, line and column
    ///
    /// The exit code is 0 when nothing is wrong, and 2 when something is.
    Check {
        /// The file to check in place of the one that is in force
        file: Option<PathBuf>,
    },
    /// Show each setting: its value, where it came from, and what it does
    Show {
        /// Only the settings whose names begin so
        name: Option<String>,
        /// As JSON: for each setting `value`, `from`, `variable` and `about`
        #[arg(long)]
        json: bool,
        /// Print whole lines, also those that the terminal has no room for
        #[arg(long)]
        wide: bool,
    },
}

impl Config {
    pub fn run(self, arguments: &places::Arguments) -> Result<ExitCode> {
        match self.command {
            Command::Check { file } => {
                let Loaded { file, strangers, .. } = arguments.load_file(file, Flags::default())?;
                if !strangers.is_empty() {
                    anyhow::bail!("{}", strangers.join("\n"));
                }
                match file {
                    Some(file) => render::print(&format!("{} is in order\n", file.display()))?,
                    None => {
                        render::print("there is no patchbay.toml; the defaults and the environment are in order\n")?
                    }
                }
            }
            Command::Show { name, json, wide } => {
                let Loaded { settings, .. } = arguments.load(Flags::default())?;
                let wanted = |shown: &&Shown| name.as_ref().is_none_or(|name| shown.key.starts_with(name.as_str()));
                let shown: Vec<&Shown> = settings.iter().filter(wanted).collect();
                if shown.is_empty() {
                    anyhow::bail!(
                        "no setting begins with `{}`; `patchbay config show` lists all",
                        name.unwrap_or_default()
                    );
                }
                if json {
                    render::print_json(&as_json(&shown))?;
                } else {
                    render::print_table(&as_table(&shown), wide, render::first_in_bold)?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(shown: &[&Shown]) -> Value {
    let member = |shown: &&Shown| {
        let from = match &shown.source {
            Source::Default => json!({ "kind": "default" }),
            Source::File { path, line, column } => {
                json!({ "kind": "file", "path": path.display().to_string(), "line": line, "column": column })
            }
            Source::Variable(name) => json!({ "kind": "variable", "name": name }),
            Source::Flag(name) => json!({ "kind": "flag", "name": name }),
        };
        let about = json!({
            "value": shown.value, "from": from, "variable": variable_name(shown.key), "about": shown.about,
        });
        (shown.key.to_owned(), about)
    };
    Value::Object(shown.iter().map(member).collect())
}

fn as_table(shown: &[&Shown]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let rows: Vec<[String; 3]> =
        shown.iter().map(|shown| [shown.key.to_owned(), text(&shown.value), shown.source.to_string()]).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let (keys, values) = (width(0), width(1).min(40));
    rows.iter().map(|[key, value, source]| format!("{key:keys$}  {value:values$}  {source}\n")).collect()
}
