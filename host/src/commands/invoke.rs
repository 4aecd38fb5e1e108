//! `patchbay invoke`

use std::num::NonZeroU64;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use patchbay_invoker::{Caller, IdempotencyKey, Order, Origin, RunLimits};
use patchbay_runtime::{Manifest, NodeId, Upstream};
use serde_json::{Value, json};

use super::completions;
use super::test::NewCase;
use crate::credentials::{CredentialName, told};
use crate::json as json_text;
use crate::places::Places;
use crate::remote::{Service, ServiceArguments};
use crate::render::output::{Output, OutputArguments};
use crate::session::Session;
use crate::{demo, render};

/// The exit code of a run whose envelope could not be printed as asked.
const UNPRINTABLE: u8 = 3;

/// Run a node and print its envelope
///
/// The envelope goes to stdout as JSON, all else to stderr. The exit code is 0 exactly when StatusCode is 200, 1 when it
/// is not, 2 when the node could not be invoked at all, and 3 when it ran and --jq did not fit what it came to; the
/// envelope then goes to stderr.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay invoke dingtalk/get-user \\
    --options '{\"UserId\":\"manager001\"}' --credential demo
  patchbay invoke dingtalk/append-rows \\
    --inputs @rows.json --credential env:DINGTALK
  jq -n '{Name: \"Falcon\", Owner: \"manager001\", UserIds: \"user002\"}' |
    patchbay invoke dingtalk/create-chat --inputs - --credential demo
  patchbay invoke dingtalk/get-user --options '{\"UserId\":\"manager001\"}' \\
    --credential demo --jq .UserData.name --format raw
  patchbay invoke dingtalk/search-users --inputs '{\"QueryWord\":\"a\"}' \\
    --credential demo --fields StatusCode,Summary --format table

Before it writes:
  --dry-run                sends reads and shows the first write that it would send
  --idempotency-key KEY    runs once for each key; repeat a call that broke off with
                           the same key, and it is not executed twice

Credentials:
  demo        the simulated DingTalk tenant: that of a running `patchbay up`,
              else, without --upstream, one is started for this call alone
  env:PREFIX  variables named after the provider's fields: env:DINGTALK reads
              DINGTALK_APP_KEY and DINGTALK_APP_SECRET
  NAME        a stored one: see `patchbay credential`")]
pub struct Invoke {
    /// The node: provider/operation
    #[arg(add = completions::node_ids(), value_parser = completions::node_id)]
    node: NodeId,
    /// The inputs: a JSON object, or where a shell takes its quotes: @FILE, or - for stdin
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}", hide_default_value = true)]
    inputs: String,
    /// The options, likewise
    #[arg(long, value_name = "JSON|@FILE|-", default_value = "{}", hide_default_value = true)]
    options: String,
    /// The credential to sign with: a name or env:PREFIX
    #[arg(long, value_name = "NAME|env:PREFIX")]
    credential: Option<CredentialName>,
    /// Send what is meant for a host to another base URL; may be repeated
    #[arg(long, value_name = "HOST=URL")]
    upstream: Vec<Upstream>,
    /// How long the run may take, its retries included, in milliseconds [default: 30000]
    #[arg(long, value_name = "N")]
    timeout_ms: Option<NonZeroU64>,
    /// Run again up to so often, after a pause, while the envelope says Retryable
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// Send reads; show the first write in place of sending it, as Plan
    #[arg(long)]
    dry_run: bool,
    /// Run once for this key: the same call with the same key is answered again and not executed again
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Keep what happened as a fixture's case of this name (`patchbay test` runs it); what looks real becomes placeholders
    #[arg(long, value_name = "NAME")]
    save_case: Option<String>,
    #[command(flatten)]
    service: ServiceArguments,
    #[command(flatten)]
    output: OutputArguments,
}

impl Invoke {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        if self.inputs == "-" && self.options == "-" {
            bail!("--inputs and --options can not both come from stdin; write one to a file and give @FILE");
        }
        let inputs = json_text::read("--inputs", &self.inputs)?;
        let options = json_text::read("--options", &self.options)?;
        let key = self.idempotency_key.as_deref().map(read_key).transpose()?;
        let case = match &self.save_case {
            Some(_) if self.service.named(places)?.is_some() => {
                bail!("--save-case needs the run's record, which the service keeps: run it here with --service none")
            }
            Some(name) => Some(NewCase::find(places, &self.node, name).await?),
            None => None,
        };
        if let Some(service) = self.service(places)? {
            return self.through(&service, places, case, inputs, options).await;
        }
        let session = Session::open(places, self.credential.as_ref(), self.upstream).await?;
        // The node first: a misspelt one is a likelier mistake than its credential.
        let manifest = session.runtime.manifest(&self.node).await?;
        let output = self.output.check(&manifest)?;
        let provider = session.runtime.provider(self.node.provider.as_str())?;
        let order = Order {
            inputs,
            options,
            credential: self.credential.map(|name| name.choice(&provider)).transpose()?,
            dry_run: self.dry_run,
            limits: RunLimits {
                timeout: self.timeout_ms.map(|ms| Duration::from_millis(ms.get())),
                retries: self.retries,
            },
            key,
            ..Order::new(self.node, Caller::CommandLine, Origin::CommandLine)
        };
        let (invoker, tenant) = session.into_invoker()?;
        let answered = invoker.run(order).await;
        if let Some(tenant) = tenant {
            demo::end(tenant).await;
        }
        invoker.close().await;
        let answered = answered.map_err(|refused| told(refused, &provider))?;
        if answered.is_replay {
            eprintln!("{AGAIN}");
        }
        if let Some(case) = case {
            case.write(places, answered.run).await?;
        }
        print(&output, answered.envelope.value()?)
    }
}

impl Invoke {
    /// The service to run it by. What only this program can give, a credential of the environment or another upstream, is
    /// run here.
    fn service(&self, places: &Places) -> Result<Option<Service>> {
        let is_of_here = !self.upstream.is_empty() || matches!(self.credential, Some(CredentialName::Environment(_)));
        match (is_of_here, self.service.named(places)?) {
            (true, Some(service)) => {
                bail!(
                    "{service} has upstreams and credentials of its own: leave --upstream and env:PREFIX out, or --service"
                )
            }
            (true, None) => Ok(None),
            (false, Some(service)) => Ok(Some(service)),
            (false, None) => self.service.named_or_local(places),
        }
    }

    async fn through(
        self,
        service: &Service,
        places: &Places,
        case: Option<NewCase>,
        inputs: Value,
        options: Value,
    ) -> Result<ExitCode> {
        let manifest: Manifest = service.read(&format!("/v1/nodes/{}", self.node), &[]).await?;
        let output = self.output.check(&manifest)?;
        let mut body =
            json!({ "inputs": inputs, "options": options, "retries": self.retries, "dry_run": self.dry_run });
        if let Some(CredentialName::Named(name)) = &self.credential {
            body["credential"] = name.as_str().into();
        }
        if let Some(timeout) = self.timeout_ms {
            body["timeout_ms"] = timeout.get().into();
        }
        let limit = self.timeout_ms.map(|ms| Duration::from_millis(ms.get()));
        let answer = service.invoke(&self.node, &body, self.idempotency_key.as_deref(), limit).await?;
        if answer.headers.contains_key("idempotency-replayed") {
            eprintln!("{AGAIN}");
        }
        if let Some(allowed) = answer.headers.get("patchbay-timeout-ms").and_then(|value| value.to_str().ok()) {
            eprintln!("the service allows a run {allowed} ms (limits.max_timeout)");
        }
        if let Some(case) = case {
            let run = answer.headers.get("patchbay-run-id").and_then(|value| value.to_str().ok());
            case.write(places, run.context("the service names no run")?.parse()?).await?;
        }
        print(&output, answer.json)
    }
}

/// What is said of an envelope that was given before.
const AGAIN: &str = "answered again: this key was used before, and the node was not run";

fn read_key(text: &str) -> Result<IdempotencyKey> {
    text.parse().map_err(|_| anyhow!("--idempotency-key: give 1 to 255 visible ASCII characters, such as a UUID"))
}

fn print(output: &Output, envelope: Value) -> Result<ExitCode> {
    let is_success = envelope.get("StatusCode").and_then(Value::as_i64) == Some(200);
    match output.text(&envelope) {
        Ok(text) => render::print(&text)?,
        Err(error) => {
            eprintln!("error: {error:#}\nthe node was run; it came to: {envelope}");
            return Ok(ExitCode::from(UNPRINTABLE));
        }
    }
    Ok(if is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
