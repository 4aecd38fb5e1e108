//! `patchbay list`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::places::Places;
use crate::render;

/// List the nodes that can be run
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay list
  patchbay list --json | jq -r '.[] | select(.effect == \"read\") | .id'")]
pub struct List {
    /// Print the nodes as a JSON array
    #[arg(long)]
    json: bool,
}

impl List {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let manifests = places.runtime(Vec::new())?.manifests().await?;
        if self.json {
            let summaries: Vec<_> = manifests.iter().map(render::summary).collect();
            render::print_json(&summaries)?;
        } else {
            render::print(&render::node_table(&manifests))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
