//! All settings: their names, types, defaults and documentation.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use patchbay_runtime::{ProxyAddress, ProxyError, Upstream};
use patchbay_state::vault::MasterKeySource;

use super::setting::{Fault, Form, Setting, Written, choices};
use super::size::ByteSize;
use serde_json::{Value as Json, json};

/// Goes over all settings.
pub trait Visitor {
    fn setting<T: Setting>(&mut self, key: &'static str, about: &'static str, value: &mut T);
}

/// Makes a struct of settings, its defaults, and the way over them. `$prefix` is the section's name and a dot.
macro_rules! settings {
    ($(
        $(#[doc = $about:literal])+
        $name:ident $prefix:literal {
            $( $(#[doc = $doc:literal])+ $field:ident: $kind:ty = $default:expr, )+
        }
    )+) => { $(
        $(#[doc = $about])+
        #[derive(Debug, Clone)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $field: $kind, )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            fn visit(&mut self, visitor: &mut impl Visitor) {
                $( visitor.setting(concat!($prefix, stringify!($field)), concat!($($doc),+), &mut self.$field); )+
            }
        }
    )+ };
}

const fn count(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

const fn length(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);

settings! {
    /// What stands outside of all sections.
    Process "" {
        /// Where Patchbay keeps its state; the user's data directory when none.
        data_dir: Option<PathBuf> = None,
        /// Where the built nodes are; target/nodes in the project when none.
        nodes_dir: Option<PathBuf> = None,
        /// What is logged: a level, or parts such as `patchbay_runtime=debug`; info for a service, warn for a command when none.
        log: Option<String> = None,
        /// How log lines are written.
        log_format: LogFormat = LogFormat::Text,
        /// Hosts that are reached at another base URL; such an address may be a private one.
        upstreams: Upstreams = Upstreams::default(),
    }

    /// How the service takes calls.
    Serve "serve." {
        /// The address to listen on. Beyond loopback the service starts only when there is an API key.
        listen: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8787),
        /// Whether a call needs an API key even on loopback and while none was made. Once a key was made, calls need one anyway.
        require_key: bool = false,
        /// Origins of pages that may call the service from a browser, such as https://canvas.example.com; none by default.
        cors_origins: Vec<String> = Vec::new(),
        /// The largest body of a call.
        max_body: ByteSize = ByteSize::mebibytes(2),
        /// How long a caller may take to send the head of a call, and how long nothing of its body may come.
        read_timeout: Duration = 30 * SECOND,
        /// Connections that there may be at once; further ones are refused.
        max_connections: NonZeroUsize = length(4_096),
        /// Connections that there may be at once from one address; a proxy in front is one.
        max_connections_of_one: NonZeroUsize = length(2_048),
        /// Which calls have a line in the log: `refused` those that were answered with a problem, `all`, or `none`.
        access_log: AccessLog = AccessLog::Refused,
        /// How long the service still takes calls once it is asked to stop, while /readyz says that it is not ready: as long as
        /// a proxy in front needs to notice.
        drain_delay: Option<Duration> = None,
        /// Whether nodes and settings are read anew when their files change, as they are at SIGHUP.
        watch: bool = false,
        /// How long running invocations may take to finish once the service is asked to stop.
        stop_timeout: Duration = 30 * SECOND,
    }

    /// What may happen at once, and how long.
    Limits "limits." {
        /// Invocations that may run at once, each in a sandbox.
        concurrent: NonZeroU32 = count(512),
        /// Invocations that may wait for others to end; past it a call gets 503 at once.
        queue: usize = 512,
        /// How long an invocation may wait before it gets 503.
        queue_timeout: Duration = 20 * SECOND,
        /// Requests that may be under way with one credential at once; further ones wait within their run's time.
        per_credential: NonZeroUsize = length(128),
        /// Requests that may be under way to one host at once, those for tokens included; further ones wait.
        per_host: NonZeroUsize = length(256),
        /// How long a run may take when its caller does not say.
        timeout: Duration = 30 * SECOND,
        /// How long a run may take at most, whatever its caller says.
        max_timeout: Duration = 5 * MINUTE,
        /// How often a run may be repeated at most, whatever its caller says.
        max_retries: u32 = 10,
        /// Requests that one run may send.
        requests_per_run: NonZeroUsize = length(256),
        /// Memory that all runs together may have, what the service holds for them included; a run that there is no room for waits.
        memory: ByteSize = ByteSize::mebibytes(2048),
        /// Memory that one run may have.
        memory_per_run: ByteSize = ByteSize::mebibytes(64),
        /// What a node may hand over in one call: a request, a line of its log, its result.
        handed_at_once: ByteSize = ByteSize::mebibytes(16),
        /// Time that one run may compute; waiting for answers does not count.
        compute_per_run: Duration = 5 * SECOND,
        /// The largest component of a node.
        component_size: ByteSize = ByteSize::mebibytes(32),
        /// How long compiling a component may take.
        compile_time: Duration = 30 * SECOND,
        /// Memory that compiling a component may take.
        compile_memory: ByteSize = ByteSize::mebibytes(1024),
        /// The largest answer of an outside service.
        max_response: ByteSize = ByteSize::mebibytes(16),
        /// How long a connection to an outside service may take to come about.
        connect_timeout: Duration = 5 * SECOND,
        /// How long one answer of an outside service may take.
        request_timeout: Duration = 60 * SECOND,
        /// Invocations in one call of invoke-batch.
        max_batch: NonZeroUsize = length(1_000),
        /// Invocations of one call of invoke-batch that may run at once, whatever its caller says.
        batch_concurrent: NonZeroUsize = length(64),
    }

    /// How outside services are reached.
    Http "http." {
        /// The proxy that leads to them, such as http://proxy.example.com:3128, or `environment` for the one that HTTPS_PROXY names,
        /// with NO_PROXY; none by default. Requests pass it by CONNECT, with PATCHBAY_PROXY_USER and PATCHBAY_PROXY_PASSWORD.
        proxy: Option<ProxyChoice> = None,
        /// Hosts that are reached without the proxy: names, which stand for those below them too, addresses and networks.
        no_proxy: Vec<String> = Vec::new(),
    }

    /// Records of runs.
    Runs "runs." {
        /// How long a record is kept.
        max_age: Option<Duration> = Some(30 * DAY),
        /// How much room all records may take; the oldest go first.
        max_size: Option<ByteSize> = Some(ByteSize::mebibytes(1024)),
        /// Whether inputs, outputs and bodies are kept; without them a record still has node, status and times.
        contents: bool = true,
    }

    /// Calls with an Idempotency-Key.
    Idempotency "idempotency." {
        /// How long an outcome is kept, and given again to the same call.
        lifetime: Duration = 24 * HOUR,
    }

    /// The key that stored credentials are sealed under. The key itself is never in a file of settings.
    MasterKey "master_key." {
        /// Where it is: `variable` is PATCHBAY_MASTER_KEY, `auto` is that variable when it is set and else the file,
        /// `keyring` is an entry of the operating system's keyring, which the first credential makes.
        source: MasterKeySource = MasterKeySource::Auto,
        /// The file, readable by its owner alone; master.key in the data directory when none. It is made at first start.
        file: Option<PathBuf> = None,
    }
}

/// The whole configuration.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What stands outside of all sections.
    pub process: Process,
    /// How the service takes calls.
    pub serve: Serve,
    /// What may happen at once, and how long.
    pub limits: Limits,
    /// How outside services are reached.
    pub http: Http,
    /// Records of runs.
    pub runs: Runs,
    /// Calls with an idempotency key.
    pub idempotency: Idempotency,
    /// The key that stored credentials are sealed under.
    pub master_key: MasterKey,
}

impl Config {
    /// Goes over all settings in the order in which they are shown.
    pub fn visit(&mut self, visitor: &mut impl Visitor) {
        self.process.visit(visitor);
        self.serve.visit(visitor);
        self.limits.visit(visitor);
        self.http.visit(visitor);
        self.runs.visit(visitor);
        self.idempotency.visit(visitor);
        self.master_key.visit(visitor);
    }

    /// What is wrong with settings that are right each by itself: the setting, and why.
    pub fn contradictions(&self) -> Vec<(&'static str, String)> {
        let mut found = Vec::new();
        if self.limits.timeout > self.limits.max_timeout {
            found.push(("limits.timeout", "is longer than limits.max_timeout".to_owned()));
        }
        for origin in &self.serve.cors_origins {
            let is_origin = url::Url::parse(origin).is_ok_and(|url| {
                url.origin().ascii_serialization() == *origin && matches!(url.scheme(), "http" | "https")
            });
            if !is_origin {
                let reason =
                    format!("`{origin}` is not an origin; write scheme and host, as in https://canvas.example.com");
                found.push(("serve.cors_origins", reason));
            }
        }
        found
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object in each line.
    Json,
}

/// Which calls have a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessLog {
    /// Those that were answered with a problem.
    Refused,
    /// All.
    All,
    /// None.
    None,
}

impl AccessLog {
    /// Whether a call that was answered with this HTTP status has a line.
    pub fn tells(self, status: u16) -> bool {
        match self {
            Self::Refused => status >= 400,
            Self::All => true,
            Self::None => false,
        }
    }
}

/// Which proxy is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyChoice {
    /// The one that the environment names, if any.
    Environment,
    /// This one.
    At(ProxyAddress),
}

impl Setting for ProxyChoice {
    fn read(written: &Written) -> Result<Self, Fault> {
        match written.text("the address of a proxy, or \"environment\"")?.trim() {
            "environment" => Ok(Self::Environment),
            address => address.parse().map(Self::At).map_err(|error: ProxyError| error.to_string().into()),
        }
    }

    fn show(&self) -> Json {
        match self {
            Self::Environment => json!("environment"),
            Self::At(address) => json!(address.to_string()),
        }
    }
}

/// Hosts that are reached at another base URL.
#[derive(Debug, Clone, Default)]
pub struct Upstreams(pub Vec<Upstream>);

/// A table of host and base URL; in a variable and on the command line `HOST=URL`, with commas between them.
impl Setting for Upstreams {
    fn read(written: &Written) -> Result<Self, Fault> {
        let upstream = |text: &str, span: &Range<usize>| {
            text.parse::<Upstream>().map_err(|error| Fault { span: Some(span.clone()), reason: error.to_string() })
        };
        match &written.form {
            Form::Table(members) => members
                .iter()
                .map(|(host, base)| upstream(&format!("{host}={}", base.text("the base URL of a host")?), &base.span))
                .collect::<Result<_, _>>()
                .map(Self),
            Form::Bare(text) => {
                let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
                members.map(|member| upstream(member, &written.span)).collect::<Result<_, _>>().map(Self)
            }
            _ => Err(written.fault("a table of hosts and their base URLs")),
        }
    }

    fn show(&self) -> Json {
        Json::Object(self.0.iter().map(|upstream| (upstream.host.clone(), json!(upstream.base))).collect())
    }
}

choices! {
    AccessLog { "refused" => Refused, "all" => All, "none" => None }
    LogFormat { "text" => Text, "json" => Json }
    MasterKeySource { "auto" => Auto, "variable" => Variable, "file" => File, "keyring" => Keyring }
}
