//! How a tenant is set up, and the facts about its one application that callers need.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::clock::{Clock, SystemClock};
use crate::fault::FaultRule;
use crate::journal::Observer;

/// The hosts a tenant stands in for.
pub const HOSTS: [&str; 2] = ["api.dingtalk.com", "oapi.dingtalk.com"];

/// The AgentId of the tenant's application; work notices are sent in its name.
pub const AGENT_ID: i64 = 123_456_789;

const DEMO_APP_KEY: &str = "demo";
const DEMO_APP_SECRET: &str = "demo";
const DEFAULT_SEED: u64 = 20_261_120;

/// The provider and the fields of the credential that a tenant with the default configuration takes.
pub const fn demo_credential() -> (&'static str, [(&'static str, &'static str); 2]) {
    let fields = [("AppKey", DEMO_APP_KEY), ("AppSecret", DEMO_APP_SECRET)];
    ("dingtalk", fields)
}

/// How a tenant is started. Take what is not of interest from [`TenantConfig::default`].
#[derive(Clone, Debug)]
pub struct TenantConfig {
    /// The address to listen on; by default 127.0.0.1 with a free port.
    pub listen: SocketAddr,
    /// The application's AppKey; by default `demo`.
    pub app_key: String,
    /// The application's AppSecret; by default `demo`.
    pub app_secret: SecretString,
    /// How long a token lives after it was last fetched, in whole seconds; by default 7200 s.
    pub token_lifetime: Duration,
    /// The number that people, tokens and ids are made from; the same number gives the same ones.
    pub seed: u64,
    /// The state of the organisation as JSON text, in the form of [`Tenant::state`](crate::Tenant::state); parts that it does
    /// not have are made from the seed, as all are by default.
    pub state: Option<String>,
    /// The time by which tokens expire; by default the machine's own.
    pub clock: Arc<dyn Clock>,
    /// How often the application may call each API in a second; the service allows 20 in its standard edition. By default
    /// without a limit.
    pub calls_per_second: Option<u32>,
    /// Permissions that the application lacks, as the developer console names them, such as `qyapi_chat_manage`; by default
    /// none.
    pub missing_scopes: BTreeSet<String>,
    /// Whether the older API tells what its gateway refuses, for its token or its pace, as the cause in `sub_code` of an errcode
    /// 88, as reports of its users show it; else as the errcode itself. By default it does.
    pub wraps_refusals: bool,
    /// Faults that hold from the start.
    pub faults: Vec<FaultRule>,
    /// Is told of every exchange.
    pub observer: Option<Observer>,
}

impl Default for TenantConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            app_key: DEMO_APP_KEY.to_owned(),
            app_secret: DEMO_APP_SECRET.into(),
            token_lifetime: Duration::from_secs(7200),
            seed: DEFAULT_SEED,
            state: None,
            clock: Arc::new(SystemClock),
            calls_per_second: None,
            missing_scopes: BTreeSet::new(),
            wraps_refusals: true,
            faults: Vec::new(),
            observer: None,
        }
    }
}
