//! `patchbay test --record` and `patchbay test --from-run`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::Test;
use crate::UNUSABLE;
use crate::credentials::CredentialName;
use crate::places::Places;
use crate::session::Session;
use patchbay_replay::recording::{Ran, Recording, Wanted, from_run, record};
use patchbay_replay::report;
use patchbay_state::runs::{RunDetail, RunId, RunRecord};

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
            is_unwritten |= !self.write(&recording)?;
        }
        session.close().await;
        Ok(if is_unwritten { ExitCode::from(UNUSABLE) } else { ExitCode::SUCCESS })
    }

    /// Makes a case of a run that was recorded; shows what would change and asks before it does.
    pub(super) async fn record_run(&self, places: &Places, id: RunId) -> Result<ExitCode> {
        let selection = self.select(places)?;
        let ([file], [name]) = (selection.files.as_slice(), selection.names.as_slice()) else {
            bail!("name the operation and the case: patchbay test --from-run {id} OPERATION \"CASE\"");
        };
        let state = places.open_state().await?;
        let record = state.runs.by_id(id).await;
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
        let recording = from_run(&runtime, file, name, Ran { inputs, options, exchanges, envelope }).await?;
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
