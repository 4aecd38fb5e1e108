//! `patchbay key`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::columns::columns;
use crate::places::{Places, person};
use crate::render;
use patchbay_runtime::{NodeId, SystemClock, nearest};
use patchbay_state::State;
use patchbay_state::Timestamp;
use patchbay_state::audit::Action;
use patchbay_state::keys::{ApiKeyInfo, Grants, NewKey, NodePattern, Scope, expose};

/// Make, list and revoke the API keys of the service
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay key create canvas
  KEY=$(patchbay key create agent --nodes 'dingtalk/*' --credentials main --expires 30d | tail -n 1)
  patchbay key create dashboard --scope read
  patchbay key revoke agent")]
pub struct Key {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a key and print it, once, alone on the last line of stdout
#[derive(Args)]
struct Create {
    /// What to call it
    name: String,
    /// What it may be used for; may be repeated
    #[arg(long, value_parser = scopes(), value_name = "SCOPE", value_delimiter = ',', default_value = "invoke")]
    scope: Vec<Scope>,
    /// The nodes that it may be used for: dingtalk/* or a node's id [default: all]
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', num_args = 1..)]
    nodes: Vec<NodePattern>,
    /// The credentials that it may be used with [default: all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1..)]
    credentials: Vec<String>,
    /// When it ends: after a time such as 30d or 12h, or at a date such as 2027-01-01 [default: never]
    #[arg(long, value_name = "TIME", value_parser = end)]
    expires: Option<Timestamp>,
}

/// The scopes, each with what it opens.
fn scopes() -> impl TypedValueParser<Value = Scope> {
    let scopes = [
        PossibleValue::new("invoke").help("List nodes and invoke them"),
        PossibleValue::new("read").help("List nodes and read run records"),
        PossibleValue::new("admin").help("Everything, credentials included"),
    ];
    PossibleValuesParser::new(scopes).try_map(|name| name.parse::<Scope>())
}

/// List the keys; never their text
#[derive(Args)]
struct List {
    /// Print the keys as a JSON array
    #[arg(long)]
    json: bool,
    /// Print whole lines, also those that the terminal has no room for
    #[arg(long)]
    wide: bool,
}

/// Make a key useless, at once
#[derive(Args)]
struct Revoke {
    /// What it is called
    name: String,
}

impl Key {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let state = places.open_state().await?;
        match self.command {
            Command::Create(create) => create.run(places, &state).await?,
            Command::List(list) => list.run(&state).await?,
            Command::Revoke(Revoke { name }) => {
                if !state.keys.revoke(&name).await? {
                    let known: Vec<String> =
                        state.keys.list().await?.into_iter().filter(is_usable).map(|key| key.name).collect();
                    bail!("there is no key `{name}`; {}", named(&known));
                }
                state.audit.done(&person(), Action::KeyRevoked, &name).await;
                eprintln!("revoked {name}; a running service refuses it within a second");
            }
        }
        state.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Create {
    async fn run(self, places: &Places, state: &State) -> Result<()> {
        self.warn_of_strangers(places, state).await?;
        let Self { name, scope: scopes, nodes, credentials, expires } = self;
        let is_name = name.len() <= 64 && !name.trim().is_empty() && !name.chars().any(char::is_control);
        if !is_name {
            bail!("`{}` is no name for a key: use up to 64 visible characters", name.escape_debug());
        }
        let may = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (nodes, credentials) = (Grants::all_unless_listed(nodes), Grants::all_unless_listed(credentials));
        let key = state.keys.create(NewKey { name: name.clone(), scopes, nodes, credentials, expires }).await?;
        state.audit.done(&person(), Action::KeyCreated, &format!("{name} ({may})")).await;
        eprintln!("made the key {name} ({may}); it is shown this once");
        render::print(&format!("{}\n", expose(&key)))?;
        Ok(())
    }
}

impl Create {
    /// Says which of the nodes and credentials are not there. They may be to come, so the key is made all the same.
    async fn warn_of_strangers(&self, places: &Places, state: &State) -> Result<()> {
        if let Some(runtime) = (!self.nodes.is_empty()).then(|| places.runtime(Vec::new()).ok()).flatten() {
            let there = runtime.node_ids();
            let all_of = |id: &NodeId| format!("{}/*", id.provider);
            let known: Vec<String> = there.iter().map(all_of).chain(there.iter().map(ToString::to_string)).collect();
            for pattern in self.nodes.iter().filter(|pattern| !there.iter().any(|id| pattern.allows(id))) {
                warn_of("node matches", &pattern.to_string(), &known);
            }
        }
        if !self.credentials.is_empty() {
            let known = state.vault.names().await?;
            for name in self.credentials.iter().filter(|name| !known.contains(name)) {
                warn_of("credential is called", name, &known);
            }
        }
        Ok(())
    }
}

fn warn_of(what: &str, stranger: &str, known: &[String]) {
    let near = nearest(stranger, known.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    eprintln!("warning: no {what} `{stranger}` now{near}");
}

impl List {
    async fn run(self, state: &State) -> Result<()> {
        let keys = state.keys.list().await?;
        if self.json {
            render::print_json(&keys)?;
            return Ok(());
        }
        if keys.is_empty() {
            eprintln!("there are no keys; `patchbay key create NAME` makes one");
            return Ok(());
        }
        let rows: Vec<[String; 7]> = keys.iter().map(row).collect();
        let headings = ["name", "key", "scopes", "nodes", "credentials", "created", "state"];
        render::print_table(&columns(headings, &rows), self.wide, render::first_in_bold)?;
        Ok(())
    }
}

fn row(key: &ApiKeyInfo) -> [String; 7] {
    let list = |listed: Option<Vec<String>>| listed.map_or_else(|| "all".to_owned(), |listed| listed.join(", "));
    let nodes = key.nodes.as_ref().map(|nodes| nodes.iter().map(ToString::to_string).collect());
    let state = match (key.revoked, key.expires) {
        (Some(revoked), _) => format!("revoked {revoked}"),
        (None, Some(end)) if end <= Timestamp::now(&SystemClock) => format!("expired {end}"),
        (None, Some(end)) => format!("until {end}"),
        (None, None) => "valid".to_owned(),
    };
    [
        key.name.clone(),
        format!("pbk_{}_....", key.id),
        key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        list(nodes),
        list(key.credentials.clone()),
        key.created.to_string(),
        state,
    ]
}

fn is_usable(key: &ApiKeyInfo) -> bool {
    key.revoked.is_none()
}

fn named(known: &[String]) -> String {
    if known.is_empty() { "there are none".to_owned() } else { format!("there are: {}", known.join(", ")) }
}

/// A time to come.
fn end(text: &str) -> Result<Timestamp, String> {
    let end = match humantime::parse_duration(text) {
        Ok(duration) => Timestamp::now(&SystemClock).after(duration),
        Err(_) => text
            .parse()
            .map_err(|_| format!("`{text}` is no time; write 30d, 12h, 2027-01-01 or 2027-01-01T08:00:00Z"))?,
    };
    if end <= Timestamp::now(&SystemClock) { Err(format!("{end} is past")) } else { Ok(end) }
}
