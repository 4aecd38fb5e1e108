//! `patchbay test`

mod last_failed;
mod record;
mod watch;

pub use record::NewCase;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use patchbay_replay::{Found, Malformed, Outcome, Selection, coverage, junit, report, run_all};
use patchbay_runtime::{Runtime, Upstream};
use patchbay_state::runs::RunId;
use serde_json::{Map, Value};

use self::last_failed::LastFailed;
use super::build::build_project;
use crate::credentials::CredentialName;
use crate::places::Places;
use crate::{UNUSABLE, json, render};

/// Run fixtures of nodes: tests that are data and need no network
///
/// A fixture says what goes into a node, what the service is asked and answers, and what comes out. The cases of an
/// operation stand in one file, fixtures/OPERATION.yaml anywhere below the provider's folder: a base, and cases that say
/// only what is different. Cases that hold of every operation stand in fixtures/every-operation.yaml;
/// schemas/fixture.json describes both. The project's nodes are built first where they are stale. The exit code is 0
/// when all cases pass, 1 when one fails, and 2 when a file is not a fixture.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay test                                      all fixtures of the project
  patchbay test create-chat                          those of one operation
  patchbay test create-chat \"everyone muted, no\"    one case
  patchbay test --show create-chat base              a case in full, with all that it leaves to others
  patchbay test --filter \"in time\"                  those whose node or name has this text
  patchbay test --last-failed --fail-fast            what failed before, up to the first
  patchbay test --coverage --fail-under 100          what no case exercises
  patchbay test --junit target/fixtures.xml          and write a JUnit file
  patchbay test --record get-user \"by mobile number\" --options '{\"Mobile\": \"18500000001\"}'
  patchbay test --from-run 0198c5f0-1f2e-7abc-8def-0123456789ab get-user \"as it was\"

No fixture may hold what looks real; --record replaces it by placeholders:
  tokens and secrets   each run makes up its own, and the gate adds them
  mobile numbers       other than those with five zeros, as in 18500000001
  e-mail addresses     other than those at example.com and the like")]
pub struct Test {
    /// Files, folders, providers, nodes or operations, then cases of these [default: all fixtures of the provider that one stands in, else of the project]
    #[arg(value_name = "PATH|PROVIDER|NODE|CASE")]
    what: Vec<String>,
    /// Only cases whose node or name has this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How many cases run at a time [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write the outcomes to a JUnit file too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print the outcomes as JSON
    #[arg(long)]
    json: bool,
    /// Print the cases in full instead of running them
    #[arg(long, conflicts_with_all = ["record", "watch", "coverage", "junit"])]
    show: bool,
    /// List the cases instead of running them
    #[arg(long, conflicts_with_all = ["show", "record", "watch", "coverage", "junit"])]
    list: bool,
    /// Only those that failed when they were run last
    #[arg(long, conflicts_with_all = ["record", "coverage"])]
    last_failed: bool,
    /// Stop at the first case that fails
    #[arg(long, conflicts_with_all = ["record", "watch", "coverage"])]
    fail_fast: bool,
    /// Run again what changes, fixtures and components, until Ctrl-C
    #[arg(long, conflicts_with = "record")]
    watch: bool,
    /// Tell what no case exercises: nodes, options, choices, failures and declared error codes
    #[arg(long, conflicts_with_all = ["record", "watch", "filter"])]
    coverage: bool,
    /// With --coverage: fail when less than so much, in percent, of what is declared has a case
    #[arg(long, value_name = "PERCENT", requires = "coverage", value_parser = percent)]
    fail_under: Option<f64>,
    /// Run the named cases against an upstream and write what is different from their base into the file
    #[arg(long, group = "writing")]
    record: bool,
    /// Make the named case of a run that was recorded (`patchbay runs list`), as the difference from its base
    #[arg(long, value_name = "RUN", group = "writing", conflicts_with_all = ["watch", "coverage", "junit", "show"])]
    from_run: Option<RunId>,
    /// With --record: send what is meant for a host to another base URL; may be repeated
    #[arg(long, value_name = "HOST=URL", requires = "record")]
    upstream: Vec<Upstream>,
    /// With --record: the credential to sign with [default: demo, the simulated tenant's]
    #[arg(long, value_name = "NAME|env:PREFIX", requires = "record")]
    credential: Option<CredentialName>,
    /// With --record: inputs of a new case that differ from the base's
    #[arg(long, value_name = "JSON|@FILE|-", requires = "record", value_parser = json::object)]
    inputs: Option<Map<String, Value>>,
    /// With --record: options of a new case that differ from the base's
    #[arg(long, value_name = "JSON|@FILE|-", requires = "record", value_parser = json::object)]
    options: Option<Map<String, Value>>,
    /// With --record and --from-run: overwrite without asking
    #[arg(long, requires = "writing")]
    yes: bool,
}

/// How all cases went.
struct Results {
    outcomes: Vec<Outcome>,
    malformed: Vec<Malformed>,
    took: Duration,
}

impl Test {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        // A case that passes with yesterday's component says nothing of today's source.
        build_project(places).await?;
        if self.record {
            return self.record(places).await;
        }
        if let Some(run) = self.from_run {
            return self.record_run(places, run).await;
        }
        if self.watch {
            return self.watch(places).await;
        }
        let runtime = Arc::new(places.runtime(Vec::new())?);
        let selection = self.select(places)?;
        if self.show || self.list {
            return self.show(places, &runtime, &selection).await;
        }
        let results = self.run_cases(places, &runtime, &selection).await?;
        if self.coverage {
            if !self.json && !results.are_good() {
                self.tell(&results)?;
            }
            let covers = self.tell_coverage(&runtime, &results).await?;
            if !covers && results.are_good() {
                return Ok(ExitCode::FAILURE);
            }
        } else {
            self.tell(&results)?;
        }
        Ok(results.exit_code())
    }

    fn select(&self, places: &Places) -> Result<Selection> {
        Ok(Selection::of(places.sources().as_deref(), &self.what, self.filter.as_deref())?)
    }

    /// The cases that are meant, and files that are none.
    async fn find(&self, places: &Places, runtime: &Runtime, selection: &Selection) -> Result<Found> {
        let mut found = Found::read(selection, runtime).await?;
        if self.last_failed {
            let last = LastFailed::read(&places.data)?;
            found.cases.retain(|case| last.has(case));
        }
        Ok(found)
    }

    async fn show(&self, places: &Places, runtime: &Runtime, selection: &Selection) -> Result<ExitCode> {
        let Found { cases, malformed } = self.find(places, runtime, selection).await?;
        if self.list {
            if self.json {
                render::print_json(&report::list_json(&cases))?;
            } else {
                report::print(&report::list(&cases))?;
            }
        } else if self.json {
            render::print_json(&report::cases_json(&cases))?;
        } else {
            let texts: Vec<String> = cases.iter().map(report::in_full).collect();
            report::print(&texts.join("\n"))?;
        }
        malformed.iter().for_each(|wrong| eprintln!("malformed {wrong}"));
        Ok(if malformed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(UNUSABLE) })
    }

    async fn run_cases(&self, places: &Places, runtime: &Arc<Runtime>, selection: &Selection) -> Result<Results> {
        let began = Instant::now();
        let found = self.find(places, runtime, selection).await?;
        let all = found.cases.len();
        let jobs = self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} cases {msg}");
        let progress = ProgressBar::new(found.cases.len() as u64)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let mut failed = 0_usize;
        let outcomes = run_all(runtime, found.cases, jobs, |outcome| {
            if !outcome.problems.is_empty() {
                failed += 1;
                progress.set_message(format!("{failed} failed"));
            }
            progress.inc(1);
            if self.fail_fast && failed > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await?;
        progress.finish_and_clear();
        // The outcomes are worth telling all the same.
        if let Err(error) = LastFailed::read(&places.data).and_then(|last| last.note(&outcomes)) {
            eprintln!("warning: --last-failed will not know of this run: {error:#}");
        }
        if outcomes.len() < all {
            eprintln!("stopped at the first failure; not run: {}", all - outcomes.len());
        }
        if self.last_failed && all == 0 {
            eprintln!("none of them failed when it was run last");
        }
        Ok(Results { outcomes, malformed: found.malformed, took: began.elapsed() })
    }

    /// Of the nodes that have cases among those selected; of all nodes, when all were. Gives whether as much has a case as is
    /// asked for.
    async fn tell_coverage(&self, runtime: &Runtime, results: &Results) -> Result<bool> {
        let mut manifests = runtime.manifests().await?;
        if !self.what.is_empty() {
            manifests.retain(|manifest| results.outcomes.iter().any(|outcome| outcome.case.node == manifest.id));
        }
        let coverage = coverage::coverage(&manifests, &results.outcomes);
        if self.json {
            render::print_json(&coverage::json(&coverage))?;
        } else {
            report::print(&coverage::report(&coverage))?;
        }
        let least = self.fail_under.unwrap_or_default();
        let percent = coverage::percent(&coverage);
        if percent < least {
            eprintln!("error: {percent:.1} % have a case, and --fail-under asks for {least} %");
        }
        Ok(percent >= least)
    }

    fn tell(&self, results: &Results) -> Result<()> {
        let Results { outcomes, malformed, took } = results;
        if let Some(path) = &self.junit {
            junit::write(path, outcomes, malformed)?;
        }
        if self.json {
            return Ok(render::print_json(&report::json(outcomes, malformed, *took))?);
        }
        for outcome in outcomes.iter().filter(|outcome| !outcome.problems.is_empty()) {
            report::print(&report::failure(outcome))?;
        }
        Ok(report::print(&report::summary(outcomes, malformed, *took))?)
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches(['%', ' ']).parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "it is not a number from 0 to 100".to_owned())
}

impl Results {
    fn exit_code(&self) -> ExitCode {
        if !self.malformed.is_empty() {
            ExitCode::from(UNUSABLE)
        } else if self.are_good() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn are_good(&self) -> bool {
        self.malformed.is_empty() && self.outcomes.iter().all(|outcome| outcome.problems.is_empty())
    }
}
