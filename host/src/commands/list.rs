//! `patchbay list`

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use patchbay_invoker::NodeSummary;
use patchbay_runtime::{Manifest, chain};

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
    /// Print whole lines, also those that the terminal has no room for
    #[arg(long)]
    wide: bool,
}

impl List {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let nodes = places.runtime(Vec::new())?.load_all().await;
        let manifests: Vec<Arc<Manifest>> = nodes.loaded().map(|node| Arc::clone(node.manifest())).collect();
        if self.json {
            let summaries: Vec<NodeSummary> = manifests.iter().map(|manifest| NodeSummary::of(manifest)).collect();
            render::print_json(&summaries)?;
        } else {
            render::print_table(&render::node_table(&manifests), self.wide)?;
        }
        for left_out in nodes.left_out() {
            eprintln!("left out: {}: {}", left_out.name, chain(&left_out.error));
        }
        Ok(ExitCode::SUCCESS)
    }
}
