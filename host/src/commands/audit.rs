//! `patchbay audit`

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use patchbay_state::Timestamp;
use patchbay_state::audit::{Entry, MOST, Span};

use super::runs::past;
use crate::columns::columns;
use crate::places::Places;
use crate::render;

/// Show who changed credentials and keys, and whose calls were refused
///
/// The newest 100,000 entries are kept. No value of a credential and no text of a key is in them.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay audit list --from 24h
  patchbay audit export --from 2027-01-01 > audit.ndjson")]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Export(Export),
}

/// List entries, newest first
#[derive(Args)]
struct List {
    #[command(flatten)]
    which: Which,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST)))]
    limit: u32,
    /// Print whole lines, also those that the terminal has no room for
    #[arg(long)]
    wide: bool,
}

/// Write entries, one JSON object on each line, newest first
#[derive(Args)]
struct Export {
    #[command(flatten)]
    which: Which,
}

#[derive(Args)]
struct Which {
    /// At this time or later: 2027-01-31, or so long ago: 24h
    #[arg(long, value_name = "TIME", value_parser = past)]
    from: Option<Timestamp>,
    /// Before this time: 2027-01-31, or so long ago: 24h
    #[arg(long, value_name = "TIME", value_parser = past)]
    to: Option<Timestamp>,
}

impl Audit {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let state = places.open_state().await?;
        match self.command {
            Command::List(List { which, limit, wide }) => {
                let entries = state.audit.entries(which.span(), limit).await?;
                if entries.is_empty() {
                    eprintln!("there are no such entries");
                } else {
                    let rows: Vec<[String; 6]> = entries.iter().map(row).collect();
                    let headings = ["at", "who", "from", "what", "of", "outcome"];
                    render::print_table(&columns(headings, &rows), wide, |line| {
                        if line.contains(" call-refused ") { render::red(line) } else { line.to_owned() }
                    })?;
                }
            }
            Command::Export(Export { which }) => {
                let entries = state.audit.entries(which.span(), MOST).await?;
                let lines = entries.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
                render::print(&lines.into_iter().map(|line| line + "\n").collect::<String>())?;
            }
        }
        state.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Which {
    fn span(&self) -> Span {
        Span { from: self.from, to: self.to }
    }
}

fn row(entry: &Entry) -> [String; 6] {
    let Entry { at, actor, origin, action, subject, outcome } = entry;
    [at.to_string(), actor.clone(), origin.clone(), action.to_string(), subject.clone(), outcome.clone()]
}
