//! `patchbay describe`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use patchbay_runtime::NodeId;

use super::completions;
use crate::places::Places;
use crate::render;

/// Show what a node takes and gives
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay describe dingtalk/append-rows
  patchbay describe dingtalk/append-rows --json | jq .inputs")]
pub struct Describe {
    /// The node: provider/operation
    #[arg(add = completions::node_ids(), value_parser = completions::node_id)]
    node: NodeId,
    /// Print the manifest with its JSON Schemas
    #[arg(long)]
    json: bool,
}

impl Describe {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let runtime = places.runtime(Vec::new())?;
        let manifest = runtime.manifest(&self.node).await?;
        if self.json {
            render::print_json(&manifest)?;
        } else {
            render::print(&render::description(&manifest, &*runtime.provider(self.node.provider.as_str())?))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
