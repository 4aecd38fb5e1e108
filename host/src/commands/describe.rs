//! `patchbay describe`

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use patchbay_runtime::NodeId;
use serde_json::Value;

use super::completions;
use crate::places::Places;
use crate::remote::ServiceArguments;
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
    #[command(flatten)]
    service: ServiceArguments,
}

impl Describe {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        if let Some(service) = self.service.named(places)? {
            let manifest: Value = service.read(&format!("/v1/nodes/{}", self.node), &[]).await?;
            if self.json {
                render::print_json(&manifest)?;
            } else {
                render::print_description(&render::description(&serde_json::from_value(manifest)?, None))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let runtime = places.runtime(Vec::new())?;
        let manifest = runtime.manifest(&self.node).await?;
        if self.json {
            render::print_json(&manifest)?;
        } else {
            render::print_description(&render::description(
                &manifest,
                Some(&*runtime.provider(self.node.provider.as_str())?),
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
