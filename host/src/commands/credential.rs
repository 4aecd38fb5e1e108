//! `patchbay credential`

mod fields;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use patchbay_runtime::Upstream;

use crate::columns::columns;
use crate::credentials::CredentialName;
use crate::places::{Places, person};
use crate::render;
use crate::session::{Session, provider_of};
use patchbay_state::State;
use patchbay_state::audit::Action;
use patchbay_state::vault::{CredentialInfo, NEXT_VARIABLE, Rotated};

/// Store credentials, sealed, and look after them
///
/// Secrets go in and never come out: a list shows their first four characters.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay credential add main --provider dingtalk            asks for each field
  patchbay credential add main --provider dingtalk --from-env DINGTALK
  jq -n '{AppKey: env.KEY, AppSecret: env.SECRET}' |
    patchbay credential add main --provider dingtalk
  patchbay credential test main
  jq -n '{AppSecret: env.NEW_SECRET}' | patchbay credential set main
  patchbay invoke dingtalk/get-user --options '{\"UserId\":\"manager001\"}' --credential main")]
pub struct Credential {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(Add),
    Set(Set),
    List(List),
    Test(Test),
    Remove(Remove),
    Rename(Rename),
    RotateKey(RotateKey),
}

/// Store a credential
///
/// Asks for each field on a terminal, for secret ones without echo. Without a terminal it reads a JSON object from stdin.
#[derive(Args)]
struct Add {
    /// The name to choose it by
    name: String,
    /// The provider that it belongs to
    #[arg(long, value_name = "NAME")]
    provider: String,
    /// Which of the provider's kinds it is [default: the one that the fields tell]
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Read the fields from variables: with DINGTALK from DINGTALK_APP_KEY and DINGTALK_APP_SECRET
    #[arg(long, value_name = "PREFIX")]
    from_env: Option<String>,
}

/// Change fields of a stored credential
///
/// What is not given stays as it is: a new secret does not need the AppKey again. Asks on a terminal, where an empty answer
/// keeps a field; without a terminal it reads a JSON object from stdin. A running service uses the new values within a second.
#[derive(Args)]
struct Set {
    /// Its name
    name: String,
    /// Read the fields from variables: with DINGTALK from DINGTALK_APP_KEY and DINGTALK_APP_SECRET
    #[arg(long, value_name = "PREFIX")]
    from_env: Option<String>,
}

/// List the credentials: provider, kind, fields; of secrets the first four characters
#[derive(Args)]
struct List {
    /// Print the credentials as a JSON array
    #[arg(long)]
    json: bool,
    /// Print whole lines, also those that the terminal has no room for
    #[arg(long)]
    wide: bool,
}

/// Fetch a token with a credential, and nothing more
#[derive(Args)]
struct Test {
    /// The credential: a name or env:PREFIX
    name: CredentialName,
    /// The provider, for a credential that is not stored [default: the stored one's]
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Send what is meant for a host to another base URL; may be repeated
    #[arg(long, value_name = "HOST=URL")]
    upstream: Vec<Upstream>,
}

/// Remove a credential
#[derive(Args)]
struct Remove {
    /// Its name
    name: String,
}

/// Give a credential another name
#[derive(Args)]
struct Rename {
    /// Its name
    name: String,
    /// Its new name
    new_name: String,
}

/// Change the master key and seal all credentials anew
///
/// A key file is replaced by one with a new key, and so is a keyring's entry. With a key from the environment, give the
/// next one in PATCHBAY_MASTER_KEY_NEW. A crash at any point leaves credentials that can be opened; a running service goes on.
#[derive(Args)]
struct RotateKey {}

impl Credential {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        if let Command::Test(test) = self.command {
            return test.run(places).await;
        }
        let state = places.open_state().await?;
        match self.command {
            Command::Add(add) => add.run(places, &state).await?,
            Command::Set(set) => set.run(places, &state).await?,
            Command::List(list) => list.run(places, &state).await?,
            Command::Test(_) => {}
            Command::Remove(Remove { name }) => {
                state.vault.remove(&name).await?;
                state.audit.done(&person(), Action::CredentialRemoved, &name).await;
                eprintln!("removed {name}");
            }
            Command::Rename(Rename { name, new_name }) => {
                state.vault.rename(&name, &new_name).await?;
                let renamed = format!("{name} to {new_name}");
                state.audit.done(&person(), Action::CredentialRenamed, &renamed).await;
                eprintln!("{name} is now {new_name}");
            }
            Command::RotateKey(RotateKey {}) => rotate(&state).await?,
        }
        state.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    async fn run(self, places: &Places, state: &State) -> Result<()> {
        let runtime = places.runtime(Vec::new())?;
        let provider = runtime.provider(&self.provider)?;
        if state.vault.has(&self.name).await? {
            bail!(
                "there is already a credential `{0}`; `patchbay credential set {0}` changes it, or choose another name",
                self.name
            );
        }
        let fields = match &self.from_env {
            Some(prefix) => fields::from_environment(&provider, self.kind.as_deref(), prefix)?,
            None => fields::asked_or_read(&provider, self.kind.as_deref())?,
        };
        let info = state.vault.add(&self.name, &provider, self.kind.as_deref(), fields).await?;
        state.audit.done(&person(), Action::CredentialAdded, &self.name).await;
        eprintln!("stored {} ({} {}: {})", info.name, info.provider, info.kind, shown(&info));
        eprintln!("try it: patchbay credential test {}", info.name);
        Ok(())
    }
}

impl Set {
    async fn run(self, places: &Places, state: &State) -> Result<()> {
        let (provider, kind) = state.vault.about(&self.name).await?;
        let runtime = places.runtime(Vec::new())?;
        let provider = runtime.provider(provider.as_str())?;
        let fields = match &self.from_env {
            Some(prefix) => fields::from_environment(&provider, Some(kind.as_str()), prefix)?,
            None => fields::asked_or_read(&provider, Some(kind.as_str()))?,
        };
        let info = state.vault.change(&self.name, &provider, fields).await?;
        state.audit.done(&person(), Action::CredentialChanged, &self.name).await;
        eprintln!("changed {} ({} {}: {})", info.name, info.provider, info.kind, shown(&info));
        Ok(())
    }
}

impl List {
    async fn run(self, places: &Places, state: &State) -> Result<()> {
        // Without built nodes every field counts as secret.
        let runtime = places.runtime(Vec::new()).ok();
        let providers = runtime.map(|runtime| runtime.providers()).unwrap_or_default();
        let list = state.vault.list(providers.iter().map(|provider| &**provider)).await?;
        if self.json {
            render::print_json(&list)?;
            return Ok(());
        }
        if list.is_empty() {
            eprintln!("there are no credentials; `patchbay credential add NAME --provider PROVIDER` stores one");
            return Ok(());
        }
        let row = |info: &CredentialInfo| {
            let (provider, kind) = (info.provider.to_string(), info.kind.to_string());
            [info.name.clone(), provider, kind, shown(info), info.created.to_string()]
        };
        let rows: Vec<[String; 5]> = list.iter().map(row).collect();
        let table = columns(["name", "provider", "kind", "fields", "created"], &rows);
        render::print_table(&table, self.wide, render::first_in_bold)?;
        Ok(())
    }
}

impl Test {
    async fn run(self, places: &Places) -> Result<ExitCode> {
        let session = Session::open(places, Some(&self.name), self.upstream).await?;
        let provider = match &self.provider {
            Some(name) => name.clone(),
            None => provider_of(&self.name, &session.state).await?,
        };
        let credential = session.credential(&self.name, &*session.runtime.provider(&provider)?).await?;
        let tested = session.runtime.test_credential(&credential).await;
        session.close().await;
        match tested {
            Ok(tokens) if tokens.is_empty() => {
                let kind = credential.kind();
                render::print(&format!("a credential of kind {kind} signs by itself: there is no token to fetch\n"))?;
            }
            Ok(tokens) => {
                for token in tokens {
                    let seconds = std::time::Duration::from_secs(token.lifetime.as_secs_f64().round() as u64);
                    let lives = humantime::format_duration(seconds);
                    render::print(&format!("{}: a token came that lives for {lives}\n", token.name))?;
                }
            }
            Err(failure) => {
                eprintln!("error: {failure}\n{}", failure.hint);
                return Ok(ExitCode::FAILURE);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn rotate(state: &State) -> Result<()> {
    let next = std::env::var(NEXT_VARIABLE).ok().map(Into::into);
    let Rotated { credentials, from, to, advice } = state.vault.rotate(next).await?;
    if from != Some(to) {
        state.audit.done(&person(), Action::MasterKeyRotated, &to.to_string()).await;
    }
    match from {
        Some(from) if from == to => eprintln!("the credentials are sealed under {to} already"),
        Some(from) => eprintln!("sealed {credentials} credentials anew: {from} was the master key, {to} is"),
        None => eprintln!("no credential is stored; the first will be sealed under {to}"),
    }
    if let Some(advice) = advice {
        eprintln!("{advice}");
    }
    Ok(())
}

fn shown(info: &CredentialInfo) -> String {
    info.fields.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}
