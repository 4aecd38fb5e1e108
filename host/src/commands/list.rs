//! `patchbay list`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use patchbay_invoker::NodeSummary;
use patchbay_runtime::chain;
use serde::Deserialize;

use crate::places::Places;
use crate::remote::ServiceArguments;
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
    #[command(flatten)]
    service: ServiceArguments,
}

impl List {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        if let Some(service) = self.service.named(places)? {
            let NodeList { nodes } = service.read("/v1/nodes", &[]).await?;
            return self.print(&nodes);
        }
        let nodes = places.runtime(Vec::new())?.load_all().await;
        let summaries: Vec<NodeSummary> = nodes.loaded().map(|node| NodeSummary::of(node.manifest())).collect();
        self.print(&summaries)?;
        for left_out in nodes.left_out() {
            eprintln!("left out: {}: {}", left_out.name, chain(&left_out.error));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print(&self, nodes: &[NodeSummary]) -> Result<ExitCode> {
        if self.json {
            render::print_json(&nodes)?;
        } else {
            render::print_table(&render::node_table(nodes), self.wide, render::first_in_bold)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a service lists.
#[derive(Deserialize)]
struct NodeList {
    nodes: Vec<NodeSummary>,
}
