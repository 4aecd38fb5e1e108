//! `patchbay runs`

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use patchbay_runtime::{Exchange, ExchangeOutcome, LogLevel, LogLine, NodeId, SystemClock, escape_controls};
use serde_json::Value;

use super::completions;
use crate::columns::columns;
use crate::places::Places;
use crate::remote::{Service, ServiceArguments};
use crate::render;
use patchbay_state::State;
use patchbay_state::Timestamp;
use patchbay_state::runs::{Retention, RunFilter, RunId, RunPage, RunRecord, RunState, RunStatus, RunSummary, Usage};

/// Show what was run: inputs, outputs, each exchange, log lines
///
/// Secrets were never in a record, and values that a node's schema marks as sensitive are masked.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay runs list --status failure --from 24h
  patchbay runs show 0198c5f0-1f2e-7abc-8def-0123456789ab
  patchbay runs export --node dingtalk/create-chat --from 2027-01-01 > runs.ndjson")]
pub struct Runs {
    #[command(flatten)]
    service: ServiceArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Show(Show),
    Export(Export),
    Prune(Prune),
}

/// List runs, newest first
#[derive(Args)]
struct List {
    #[command(flatten)]
    which: Which,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = RunFilter::LIMIT)]
    limit: u32,
    /// Begin where an earlier list ended: its next_cursor
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// Print the runs as a JSON object, with the cursor of the next page
    #[arg(long)]
    json: bool,
    /// Print whole lines, also those that the terminal has no room for
    #[arg(long)]
    wide: bool,
}

/// Show one run
#[derive(Args)]
struct Show {
    /// The run's id
    id: RunId,
    /// Print the record as JSON
    #[arg(long)]
    json: bool,
}

/// Write whole records, one JSON object on each line, newest first
#[derive(Args)]
struct Export {
    #[command(flatten)]
    which: Which,
    /// The file to write [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Remove the records that are past their time or size now; a running service does so by itself
///
/// The settings runs.max_age and runs.max_size say what is kept.
#[derive(Args)]
struct Prune {}

#[derive(Args, Clone)]
struct Which {
    /// Of this node
    #[arg(long, value_name = "NODE", add = completions::node_ids(), value_parser = completions::node_id)]
    node: Option<NodeId>,
    /// Run with this credential
    #[arg(long, value_name = "NAME")]
    credential: Option<String>,
    /// With this outcome: success, failure, or a StatusCode such as 429
    #[arg(long, value_name = "STATUS")]
    status: Option<RunStatus>,
    /// Begun at this time or later: 2027-01-31, or so long ago: 24h
    #[arg(long, value_name = "TIME", value_parser = past)]
    from: Option<Timestamp>,
    /// Begun before this time: 2027-01-31, or so long ago: 24h
    #[arg(long, value_name = "TIME", value_parser = past)]
    to: Option<Timestamp>,
}

impl Runs {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        if let Some(service) = self.service.named(places)? {
            match self.command {
                Command::List(list) => list.of(&service).await?,
                Command::Show(show) => show.of(&service).await?,
                Command::Export(_) | Command::Prune(_) => {
                    bail!("runs are exported and pruned on the machine of the service")
                }
            }
            return Ok(ExitCode::SUCCESS);
        }
        let state = places.open_state().await?;
        match self.command {
            Command::List(list) => list.run(&state).await?,
            Command::Show(show) => show.run(&state).await?,
            Command::Export(export) => export.run(&state).await?,
            Command::Prune(Prune {}) => prune(places, &state).await?,
        }
        state.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Which {
    fn filter(self) -> RunFilter {
        let Self { node, credential, status, from, to } = self;
        RunFilter { node, credential, status, from, to, ..RunFilter::default() }
    }
}

impl List {
    async fn run(self, state: &State) -> Result<()> {
        let cursor = self.cursor.as_ref().map(|text| text.parse()).transpose()?;
        let filter = RunFilter { cursor, limit: Some(self.limit), ..self.which.clone().filter() };
        let page = state.runs.page(&filter).await?;
        self.print(&page)
    }

    async fn of(self, service: &Service) -> Result<()> {
        let Which { node, credential, status, from, to } = &self.which;
        let given = [
            ("node", node.as_ref().map(ToString::to_string)),
            ("credential", credential.clone()),
            ("status", status.as_ref().map(ToString::to_string)),
            ("from", from.as_ref().map(ToString::to_string)),
            ("to", to.as_ref().map(ToString::to_string)),
            ("cursor", self.cursor.clone()),
            ("limit", Some(self.limit.to_string())),
        ];
        let query: Vec<(&str, String)> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.print(&service.read("/v1/runs", &query).await?)
    }

    fn print(&self, page: &RunPage) -> Result<()> {
        if self.json {
            render::print_json(page)?;
            return Ok(());
        }
        let RunPage { runs, next_cursor } = page;
        if runs.is_empty() {
            eprintln!("there are no such runs");
            return Ok(());
        }
        let rows: Vec<[String; 7]> = runs.iter().map(row).collect();
        let table = columns(["began", "status", "took", "node", "credential", "run", "message"], &rows);
        // A person looks for what failed.
        let paint = |line: &str| {
            let status = line.split_whitespace().nth(1).unwrap_or_default();
            let is_fine = ["status", "200", "running"].contains(&status);
            if is_fine { line.to_owned() } else { render::red(line) }
        };
        render::print_table(&table, self.wide, paint)?;
        if let Some(cursor) = next_cursor {
            eprintln!("there are more: --cursor {cursor}");
        }
        Ok(())
    }
}

impl Show {
    async fn run(self, state: &State) -> Result<()> {
        let Some(record) = state.runs.by_id(self.id).await? else {
            bail!("there is no run {}; it may be past its time (`patchbay config show runs`)", self.id);
        };
        self.print(&record)
    }

    async fn of(self, service: &Service) -> Result<()> {
        self.print(&service.read(&format!("/v1/runs/{}", self.id), &[]).await?)
    }

    fn print(&self, record: &RunRecord) -> Result<()> {
        if self.json {
            render::print_json(record)?
        } else {
            render::print(&page(record))?
        }
        Ok(())
    }
}

impl Export {
    async fn run(self, state: &State) -> Result<()> {
        let mut filter = RunFilter { limit: Some(RunFilter::MOST), ..self.which.filter() };
        let mut output: Box<dyn Write> = match &self.output {
            Some(path) => {
                let file = private_file(path).with_context(|| format!("{} can not be written", path.display()))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(std::io::stdout())),
        };
        let mut count = 0_u64;
        let done: Result<()> = async {
            loop {
                let page = state.runs.records(&filter).await?;
                for record in &page.records {
                    serde_json::to_writer(&mut output, record)?;
                    output.write_all(b"\n")?;
                    count += 1;
                }
                filter.cursor = page.next;
                if filter.cursor.is_none() {
                    break;
                }
            }
            Ok(output.flush()?)
        }
        .await;
        match done {
            // A reader that has seen enough, such as `head`, is no error.
            Err(error) if is_broken_pipe(&error) => return Ok(()),
            done => done?,
        }
        eprintln!("exported {count} runs");
        Ok(())
    }
}

async fn prune(places: &Places, state: &State) -> Result<()> {
    let settings = &places.config.runs;
    let max_bytes = settings.max_size.map(|size| size.length() as u64);
    let removed = state.prune(Retention { max_age: settings.max_age, max_bytes }).await?;
    let Usage { runs, bytes } = state.runs.usage().await?;
    eprintln!("removed {removed} runs; {runs} are left, of {} KiB", bytes / 1024);
    Ok(())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.chain().find_map(|cause| {
        let of_json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        of_json.or_else(|| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind))
    });
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// Records tell of people: a file of them is its owner's alone.
fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create(true).truncate(true).open(path)
}

fn row(run: &RunSummary) -> [String; 7] {
    [
        run.began.to_string(),
        status(run),
        run.took_ms.map_or_else(|| "-".to_owned(), milliseconds),
        run.node.to_string(),
        run.credential.clone().unwrap_or_else(|| "-".to_owned()),
        run.id.to_string(),
        run.message.clone(),
    ]
}

/// The StatusCode of a run that ended; for any other where it stands.
fn status(run: &RunSummary) -> String {
    match (run.state, run.status_code) {
        (RunState::Running, _) => "running".to_owned(),
        (RunState::Interrupted, _) => "interrupted".to_owned(),
        (RunState::Ended, status) => status.unwrap_or_default().to_string(),
    }
}

/// A run for a person.
fn page(record: &RunRecord) -> String {
    let RunRecord { summary, detail } = record;
    let mut text = format!("{}  {}\nbegan       {}\n", summary.node, summary.id, summary.began);
    if let Some(took_ms) = summary.took_ms {
        text += &format!("took        {}\n", milliseconds(took_ms));
    }
    text += &format!("status      {}\n", status(summary));
    let named = [
        ("message", Some(&summary.message)),
        ("credential", summary.credential.as_ref()),
        ("API key", summary.api_key.as_ref()),
    ];
    for (name, value) in named {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text += &format!("{name:10}  {value}\n");
        }
    }
    let Some(detail) = detail else { return text };
    for (title, value) in [("Inputs", &detail.inputs), ("Options", &detail.options), ("Envelope", &detail.envelope)] {
        text += &format!("\n{title}\n{}\n", indented(value));
    }
    if !detail.exchanges.is_empty() {
        text += "\nExchanges\n";
        detail.exchanges.iter().for_each(|exchange| text += &exchange_lines(exchange));
    }
    if !detail.log.is_empty() {
        text += "\nLog\n";
        for LogLine { at, level, message, .. } in &detail.log {
            let level = match level {
                LogLevel::Debug => "debug",
                LogLevel::Info => "info",
                LogLevel::Warn => "warn",
                LogLevel::Error => "error",
            };
            text += &format!("  {:>9}  {level:5}  {}\n", span(*at), shown(message));
        }
    }
    text
}

fn exchange_lines(exchange: &Exchange) -> String {
    let came_to = match &exchange.outcome {
        ExchangeOutcome::Waiting => "waiting".to_owned(),
        ExchangeOutcome::Planned => "planned".to_owned(),
        ExchangeOutcome::Sent => "sent".to_owned(),
        ExchangeOutcome::Answered { status, .. } => status.to_string(),
        ExchangeOutcome::Failed { message, .. } => shown(message),
    };
    let Exchange { method, started, took, .. } = exchange;
    let url = shown(&exchange.url);
    let mut text = format!("  {:>9}  {method} {url}  {came_to}  {}\n", span(*started), span(*took));
    let answer = match &exchange.outcome {
        ExchangeOutcome::Answered { body, .. } => Some(body),
        _ => None,
    };
    for (mark, body) in [(">", exchange.body.as_ref()), ("<", answer)] {
        let body = body.map(|body| shown(&String::from_utf8_lossy(&body.text)));
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            text += &format!("             {mark} {body}\n");
        }
    }
    text
}

/// What a node, its caller or a service wrote: a terminal obeys control characters.
fn shown(text: &str) -> String {
    escape_controls(text).into_owned()
}

fn span(duration: Duration) -> String {
    milliseconds(duration.as_secs_f64() * 1e3)
}

fn milliseconds(value: f64) -> String {
    format!("{value:.1} ms")
}

fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// A time, or a span before now.
pub fn past(text: &str) -> Result<Timestamp, String> {
    match humantime::parse_duration(text) {
        Ok(duration) => Ok(Timestamp::now(&SystemClock).before(duration)),
        Err(_) => Timestamp::from_str(text).map_err(|error| format!("{error}; or so long ago, as in 24h")),
    }
}
