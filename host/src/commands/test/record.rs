//! `patchbay test --record`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use super::Test;
use crate::UNUSABLE;
use crate::credentials::CredentialName;
use crate::places::Places;
use crate::session::Session;
use patchbay_replay::recording::{Recording, Wanted, record};
use patchbay_replay::report;

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
