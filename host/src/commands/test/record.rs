//! `patchbay test --record` and `patchbay test --from-run`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::Test;
use crate::UNUSABLE;
use crate::credentials::CredentialName;
use crate::places::Places;
use crate::session::Session;
use patchbay_replay::recording::{Ran, Recording, Wanted, from_run, record};
use patchbay_replay::{Found, Selection, report};
use patchbay_runtime::NodeId;
use patchbay_state::runs::{RunDetail, RunId, RunRecord};
use patchbay_tenant::UNKNOWN_CALL;

impl Test {
    /// Records every selected fixture; shows what would change and asks before it does.
    pub(super) async fn record(&self, places: &Places) -> Result<ExitCode> {
        let selection = self.select(places)?;
        let [file] = selection.files.as_slice() else {
            bail!("name the operation and its cases to record: patchbay test --record OPERATION \"CASE\"");
        };
        if selection.names.is_empty() {
            bail!(
                "name the cases to record, `base` or new ones too: patchbay test --record {} \"CASE\"",
                self.what.join(" ")
            );
        }
        let name = self.credential.clone().unwrap_or_else(CredentialName::demo);
        let session = Session::open(places, Some(&name), self.upstream.clone()).await?;
        let runtime = &session.runtime;
        let node = file.node(runtime).map_err(|malformed| anyhow::anyhow!("{malformed}"))?;
        let provider = runtime.provider(node.provider.as_str())?;
        let credential = match provider.credentials.is_empty() {
            true => None,
            false => Some(session.credential(&name, &provider).await?),
        };
        let mut is_unwritten = false;
        for name in &selection.names {
            let (inputs, options) = (self.inputs.clone(), self.options.clone());
            let wanted =
                Wanted { name: name.clone(), inputs: inputs.unwrap_or_default(), options: options.unwrap_or_default() };
            let recording = record(runtime, file, &wanted, credential.clone()).await?;
            if recording.after.contains(UNKNOWN_CALL) {
                bail!(
                    "nothing is recorded: {UNKNOWN_CALL} that the node makes, and what DingTalk would answer it can not say; \
                     record against your own organisation (--upstream, --credential), or write the answer by hand"
                );
            }
            is_unwritten |= !self.write(&recording)?;
        }
        session.close().await;
        Ok(if is_unwritten { ExitCode::from(UNUSABLE) } else { ExitCode::SUCCESS })
    }

    /// Makes a case of a run that was recorded; shows what would change and asks before it does.
    pub(super) async fn record_run(&self, places: &Places, id: RunId) -> Result<ExitCode> {
        let recording = recording_of(places, &self.select(places)?, id).await?;
        Ok(if self.write(&recording)? { ExitCode::SUCCESS } else { ExitCode::from(UNUSABLE) })
    }

    /// Whether the file holds the recording now.
    fn write(&self, recording: &Recording) -> Result<bool> {
        let Recording { file, before, after } = recording;
        if before == after {
            report::print(&format!("{} is unchanged\n", file.display()))?;
            return Ok(true);
        }
        report::print(&report::change(file, before, after))?;
        if !self.yes && !asked(&format!("Overwrite {}?", file.display()))? {
            return Ok(false);
        }
        std::fs::write(file, after).with_context(|| format!("{} can not be written", file.display()))?;
        report::print(&format!("recorded {}\n", file.display()))?;
        Ok(true)
    }
}

/// How long a run may take to be seen by other processes than its own.
const JUST_ANSWERED: Duration = Duration::from_secs(1);

/// Makes a case of a run that was recorded.
async fn recording_of(places: &Places, selection: &Selection, id: RunId) -> Result<Recording> {
    let ([file], [name]) = (selection.files.as_slice(), selection.names.as_slice()) else {
        bail!("name the operation and the case: patchbay test --from-run {id} OPERATION \"CASE\"");
    };
    let state = places.open_state().await?;
    let mut record = state.runs.by_id(id).await;
    // What another process answered a moment ago is not in the tables yet.
    for _ in 0..10 {
        if !matches!(record, Ok(None)) {
            break;
        }
        tokio::time::sleep(JUST_ANSWERED / 10).await;
        record = state.runs.by_id(id).await;
    }
    state.close().await;
    let Some(RunRecord { summary, detail }) = record? else {
        bail!("there is no run {id}; `patchbay runs list` has those that there are");
    };
    let Some(RunDetail { inputs, options, envelope, exchanges, .. }) = detail else {
        bail!("the run {id} has not ended");
    };
    let runtime = places.runtime(Vec::new())?;
    let node = file.node(&runtime).map_err(|malformed| anyhow::anyhow!("{malformed}"))?;
    if node != summary.node {
        bail!("the run {id} is one of {}, and not of {node}", summary.node);
    }
    Ok(from_run(&runtime, file, name, Ran { inputs, options, exchanges, envelope }).await?)
}

/// A case that a run is to become: `patchbay invoke --save-case`.
pub struct NewCase {
    selection: Selection,
    name: String,
}

impl NewCase {
    /// A case of that name of the node.
    ///
    /// # Errors
    /// The node has no file of cases here, or a case of that name.
    pub async fn find(places: &Places, node: &NodeId, name: &str) -> Result<Self> {
        let arguments = [node.to_string(), name.to_owned()];
        let selection = Selection::of(places.sources().as_deref(), &arguments, None)?;
        if let [_, _, ..] = selection.files.as_slice() {
            bail!("{node} has several files of cases: use `patchbay test --from-run RUN FILE \"{name}\"` afterwards");
        }
        let all = Selection { names: Vec::new(), ..selection.clone() };
        let found = Found::read(&all, &places.runtime(Vec::new())?).await?;
        if found.cases.iter().any(|case| case.name == name) {
            bail!("{node} has a case `{name}` already; choose another name");
        }
        Ok(Self { selection, name: name.to_owned() })
    }

    /// Makes it of a run, and tells so on stderr.
    ///
    /// # Errors
    /// The run has no record, or the file can not be written.
    pub async fn write(&self, places: &Places, id: RunId) -> Result<()> {
        let Recording { file, after, .. } = recording_of(places, &self.selection, id).await?;
        std::fs::write(&file, after).with_context(|| format!("{} can not be written", file.display()))?;
        eprintln!("saved the case `{}` in {}", self.name, file.display());
        Ok(())
    }
}

/// What the person at the terminal says; no, when there is none.
fn asked(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        eprintln!("nothing was written; --yes overwrites without asking");
        return Ok(false);
    }
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
