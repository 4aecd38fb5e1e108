//! `patchbay tenant`

use std::collections::BTreeSet;
use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use clap::Args;
use patchbay_runtime::utf8;
use patchbay_settings::listen_address;
use patchbay_tenant::{FaultRule, HOSTS, Observer, ServedRequest, Tenant, TenantConfig};
use serde::Deserialize;

use crate::stop::stop_signal;
use crate::{demo, render};

/// How often a changed organisation is written to its file.
const SAVE_EVERY: Duration = Duration::from_secs(2);

/// Run the simulated DingTalk alone, and print each exchange it serves
///
/// Answers what DingTalk answers to the calls of all nodes, from a made-up organisation that it keeps in memory, or in a
/// file with --state. Under /-/ it takes orders of its own: faults, among others.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay tenant
  patchbay tenant --state office.json
  patchbay invoke dingtalk/get-user \\
    --options '{\"UserId\":\"manager001\"}' --credential demo \\
    --upstream oapi.dingtalk.com=http://127.0.0.1:8788
  curl -d '{\"path\":\"/v1.0/doc/\",\"times\":1,\"fault\":\"throttle\"}' \\
    http://127.0.0.1:8788/-/faults

Orders:
  GET|POST|DELETE /-/faults     let calls fail: {path, method, times, share,
                                fault}; a fault is \"throttle\", \"busy\",
                                \"close\", \"close_after\", \"truncate\",
                                \"broken_json\", \"html\", \"ban\",
                                {\"delay_ms\":N}, {\"drip_ms\":N} or
                                {\"status\":{\"status\":N,\"body\":\"..\"}}
  GET /-/requests               what arrived
  GET /-/state                  the organisation, for --seed and --state
  POST /-/tokens/expire         let every token so far count as expired

The settings, TOML; everything may be left out:
  app_key = \"demo\"
  app_secret = \"demo\"
  token_lifetime_seconds = 7200
  calls_per_second = 20         # for each API; 0 for no limit
  missing_scopes = [\"qyapi_chat_manage\"]
  wraps_refusals = true         # 40014, 42001, 90018 as causes of 88
  [[faults]]
  path = \"/\"
  share = 0.02
  fault = \"throttle\"")]
pub struct TenantAlone {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788", value_parser = listen_address)]
    listen: SocketAddr,
    /// The organisation to begin with; as GET /-/state gives it
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Where the organisation is kept; read when it is there, else begun from the seed
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Limits, missing permissions and faults
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// The settings file.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    app_key: Option<String>,
    app_secret: Option<String>,
    token_lifetime_seconds: Option<u64>,
    calls_per_second: Option<u32>,
    missing_scopes: BTreeSet<String>,
    wraps_refusals: Option<bool>,
    faults: Vec<FaultRule>,
}

/// What the service allows an application in its standard edition.
pub const CALLS_PER_SECOND: u32 = 20;

impl TenantAlone {
    pub async fn run(self) -> Result<ExitCode> {
        let settings = match &self.settings {
            Some(file) => toml::from_str(&read(file)?).with_context(|| format!("{} is not usable", file.display()))?,
            None => Settings::default(),
        };
        let begun_from =
            [&self.state, &self.seed].into_iter().flatten().find(|file| file.exists()).or(self.seed.as_ref());
        let state = begun_from.map(|file| read(file)).transpose()?;
        let is_demo = settings.app_key.is_none() && settings.app_secret.is_none();
        let config = settings.tenant(self.listen, state.clone());
        let tenant = Tenant::start(config).await.with_context(|| match begun_from {
            Some(file) => format!("the tenant can not start from {}", file.display()),
            None => "the tenant can not start".to_owned(),
        })?;
        let stop = stop_signal().context("signals can not be listened to")?;
        render::print(&greeting(&tenant, is_demo))?;
        match &self.state {
            Some(file) => keep(&tenant, file, state.unwrap_or_default(), stop).await?,
            None => stop.await,
        }
        demo::end(tenant).await;
        eprintln!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

impl Settings {
    fn tenant(self, listen: SocketAddr, state: Option<String>) -> TenantConfig {
        let usual = TenantConfig::default();
        let calls_per_second = self.calls_per_second.unwrap_or(CALLS_PER_SECOND);
        TenantConfig {
            listen,
            app_key: self.app_key.unwrap_or(usual.app_key),
            app_secret: self.app_secret.map_or(usual.app_secret, Into::into),
            token_lifetime: self.token_lifetime_seconds.map_or(usual.token_lifetime, Duration::from_secs),
            calls_per_second: (calls_per_second > 0).then_some(calls_per_second),
            missing_scopes: self.missing_scopes,
            wraps_refusals: self.wraps_refusals.unwrap_or(usual.wraps_refusals),
            faults: self.faults,
            state,
            observer: Some(Observer::new(print_exchange)),
            ..usual
        }
    }
}

fn read(file: &Path) -> Result<String> {
    let unreadable = || format!("{} can not be read", file.display());
    let bytes = fs::read(file).with_context(unreadable)?;
    Ok(utf8(&bytes).with_context(unreadable)?.to_owned())
}

/// Keeps the organisation in its file until `stop` completes, and once more then.
async fn keep(tenant: &Tenant, file: &Path, mut kept: String, stop: impl Future<Output = ()>) -> Result<()> {
    let mut save = || -> Result<()> {
        let state = tenant.state()?;
        if state != kept {
            patchbay_build::write_whole(file, state.as_bytes())?;
            kept = state;
        }
        Ok(())
    };
    // At once, so that a file that can not be written is noticed before anything is entrusted to it.
    save()?;
    let mut stop = std::pin::pin!(stop);
    while tokio::time::timeout(SAVE_EVERY, &mut stop).await.is_err() {
        save()?;
    }
    save()
}

fn greeting(tenant: &Tenant, is_demo: bool) -> String {
    let base = tenant.base_url();
    let [newer, older] = HOSTS;
    let credential = if is_demo { "its credential is `demo`" } else { "its credential is that of the settings" };
    format!(
        "A simulated DingTalk tenant is at {base}; {credential}.\n\
         Point Patchbay to it: --upstream {newer}={base} --upstream {older}={base}\n\
         Ctrl-C stops it. Each exchange that it serves follows, times in UTC.\n\n"
    )
}

/// `09:15:30.250 POST /topapi/v2/user/get?access_token=*** 200 0.4 ms`. A reader of stdout that has gone away does not stop
/// the tenant.
fn print_exchange(served: &ServedRequest, took: Duration) {
    let ServedRequest { method, path, query, status, .. } = served;
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let status = status.map_or_else(|| "closed".to_owned(), |status| status.to_string());
    let (time, took) = (time_of_day(SystemTime::now()), took.as_secs_f64() * 1e3);
    let _ = writeln!(io::stdout().lock(), "{time} {method} {path}{query} {status} {took:.1} ms");
}

fn time_of_day(now: SystemTime) -> String {
    let milliseconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() % 86_400_000;
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    format!("{:02}:{:02}:{:02}.{rest:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
