//! `patchbay test --record`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use patchbay_tenant::{Tenant, TenantConfig};

use super::Test;
use crate::UNUSABLE;
use crate::commands::invoke::tenant_upstreams;
use crate::credentials::CredentialName;
use crate::places::Places;
use patchbay_replay::recording::{Recording, record};
use patchbay_replay::report;

impl Test {
    /// Records every selected fixture; shows what would change and asks before it does.
    pub(super) async fn record(&self, places: &Places) -> Result<ExitCode> {
        if self.what.is_empty() && self.filter.is_none() {
            bail!("name the fixtures to record: patchbay test --record nodes/PROVIDER/fixtures/OPERATION/CASE.json");
        }
        let files = self.select(places)?;
        let name = self.credential.clone().unwrap_or_else(CredentialName::demo);
        let mut upstreams = self.upstream.clone();
        let mut tenant = None;
        if upstreams.is_empty() && name.is_of_tenant(places).await? {
            let started = Tenant::start(TenantConfig::default()).await.context("the simulated tenant can not start")?;
            upstreams = tenant_upstreams(&started)?;
            tenant = Some(started);
        }
        let runtime = places.runtime(upstreams)?;
        let mut is_unwritten = false;
        for file in &files {
            let node = file.node(&runtime).map_err(|malformed| anyhow::anyhow!("{malformed}"))?;
            let provider = runtime.provider(node.provider.as_str())?;
            let credential = match provider.credentials.is_empty() {
                true => None,
                false => Some(name.find(places, provider).await?),
            };
            let recording = record(&runtime, file, credential).await?;
            is_unwritten |= !self.write(&recording)?;
        }
        if let Some(tenant) = tenant {
            tenant.shutdown().await;
        }
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
