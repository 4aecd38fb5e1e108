//! The gate without a sandbox: requests go in, a script answers.

mod files;
mod pace;
mod tokens;

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::{HeaderMap, HeaderName};
use serde_json::json;
use url::Url;

use super::message::{AnswerForm, Body, Request, Response, SendError};
use super::*;
use crate::credential::{Credential, Credentials};
use crate::exchange::Exchange;
use crate::files::{FileError, FileInfo, NewFile, OpenFile};
use crate::future::BoxFuture;
use crate::journal::Journal;
use crate::vocabulary::Effect;

const SECRET: &str = "canary-application-secret";
const ROBOT_TOKEN: &str = "canary-robot-token";

const PROVIDER: &str = r#"
    id = "sample"
    title = "Sample"
    description = ""
    hosts = ["api.example.com"]

    [[credentials]]
    kind = "application"
    title = "Application"
    description = ""
    fields = [{ name = "Key", description = "" }, { name = "Secret", description = "", secret = true }]

    [[credentials]]
    kind = "robot"
    title = "Robot"
    description = ""
    fields = [{ name = "Token", description = "", secret = true }]

    [[tokens]]
    name = "session"
    credential = "application"
    method = "POST"
    url = "https://api.example.com/token"
    form = { client_id = "Key", client_secret = "Secret" }
    constants = { grant_type = "client_credentials" }
    token = "/token"
    lifetime_seconds = "/expires_in"
    default_lifetime_seconds = 7200
    refresh_early_seconds = 300
    code = ["/code"]

    [[slots]]
    name = "session"
    description = ""
    credential = "application"
    hosts = ["api.example.com"]
    sign = { by = "token-header", token = "session", header = "authorization", prefix = "Bearer " }
    token_refused = [{ status = 401 }]
    rate_refused = [{ body = { "/code" = ["slow-down"] } }]

    [[slots]]
    name = "robot"
    description = ""
    credential = "robot"
    hosts = ["api.example.com"]
    sign = { by = "field-query", field = "Token", query = "key" }
"#;

/// A request as it went out.
#[derive(Clone)]
struct Sent {
    method: String,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
}

type Answering = dyn Fn(&Sent) -> Result<RawResponse, TransportError> + Send + Sync;

/// Answers by a function, and keeps what it was sent.
struct Script {
    answering: Box<Answering>,
    sent: Mutex<Vec<Sent>>,
}

impl Script {
    fn new(answering: impl Fn(&Sent) -> Result<RawResponse, TransportError> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { answering: Box::new(answering), sent: Mutex::default() })
    }

    /// Answers requests for tokens itself.
    fn with_tokens(
        answering: impl Fn(&Sent) -> Result<RawResponse, TransportError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::new(move |sent| match sent.url.path() {
            "/token" => answer(200, json!({ "token": "canary-session-token", "expires_in": 7200 })),
            _ => answering(sent),
        })
    }

    /// The node's own requests.
    fn calls(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().iter().filter(|sent| sent.url.path() != "/token").cloned().collect()
    }

    fn fetches(&self) -> usize {
        self.sent.lock().unwrap().iter().filter(|sent| sent.url.path() == "/token").count()
    }
}

impl Transport for Script {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Result<RawResponse, TransportError>> {
        Box::pin(async move {
            let body = match request.body {
                RequestBody::Empty => Bytes::new(),
                RequestBody::Bytes(bytes) => bytes,
                RequestBody::Stream(BodyStream { mut content, length }) => {
                    let mut all = BytesMut::new();
                    while let Some(piece) = content.next().await {
                        all.extend_from_slice(&piece.map_err(|error| TransportError::Broken(error.to_string()))?);
                    }
                    assert_eq!(all.len() as u64, length, "the length that was announced");
                    all.freeze()
                }
            };
            let sent = Sent { method: request.method.to_string(), url: request.url, headers: request.headers, body };
            self.sent.lock().unwrap().push(sent.clone());
            (self.answering)(&sent)
        })
    }
}

fn answer(status: u16, body: serde_json::Value) -> Result<RawResponse, TransportError> {
    Ok(RawResponse { status, headers: HeaderMap::new(), body: body.to_string().into() })
}

fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> Result<RawResponse, TransportError> {
    let header =
        |(name, value): &(&str, &str)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    let body = Bytes::copy_from_slice(body.as_bytes());
    Ok(RawResponse { status, headers: headers.iter().map(header).collect(), body })
}

/// A clock on which waiting takes no time but its own.
struct LeapingClock {
    began: Instant,
    passed: Mutex<Duration>,
}

impl LeapingClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { began: Instant::now(), passed: Mutex::default() })
    }

    fn passed(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Instant {
        self.began + self.passed()
    }

    fn since_epoch(&self) -> Duration {
        Duration::from_secs(1_700_000_000) + self.passed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        *self.passed.lock().unwrap() += time;
        Box::pin(tokio::task::yield_now())
    }
}

/// A store of files in memory.
#[derive(Default)]
struct Files(Mutex<HashMap<String, (FileInfo, Bytes)>>);

impl Files {
    fn with(id: &str, name: &str, media_type: &str, content: &str) -> Arc<Self> {
        let files = Self::default();
        files.put(id, name, media_type, Bytes::copy_from_slice(content.as_bytes()));
        Arc::new(files)
    }

    fn put(&self, id: &str, name: &str, media_type: &str, content: Bytes) -> FileInfo {
        let info = FileInfo {
            id: id.into(),
            name: name.into(),
            media_type: media_type.into(),
            size: content.len() as u64,
            sha256: format!("{:064x}", content.len()),
        };
        self.0.lock().unwrap().insert(id.to_owned(), (info.clone(), content));
        info
    }

    fn content(&self, id: &str) -> String {
        String::from_utf8(self.0.lock().unwrap()[id].1.to_vec()).unwrap()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl FileStore for Files {
    fn describe<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<Option<FileInfo>, FileError>> {
        let found = self.0.lock().unwrap().get(id).map(|(info, _)| info.clone()).filter(|_| owner == "somebody");
        Box::pin(std::future::ready(Ok(found)))
    }

    fn open<'a>(&'a self, owner: &'a str, id: &'a str) -> BoxFuture<'a, Result<OpenFile, FileError>> {
        let found = self.0.lock().unwrap().get(id).cloned().filter(|_| owner == "somebody");
        let opened = found.ok_or_else(|| FileError::NotFound(id.to_owned())).map(|(info, content)| {
            let pieces: Vec<std::io::Result<Bytes>> =
                content.chunks(3).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
            OpenFile { info, content: Box::pin(futures_util::stream::iter(pieces)) }
        });
        Box::pin(std::future::ready(opened))
    }

    fn create<'a>(&'a self, _: &'a str, mut file: NewFile) -> BoxFuture<'a, Result<FileInfo, FileError>> {
        Box::pin(async move {
            let mut content = BytesMut::new();
            while let Some(piece) = file.content.next().await {
                content.extend_from_slice(&piece.map_err(FileError::Content)?);
            }
            Ok(self.put("new", &file.name, &file.media_type, content.freeze()))
        })
    }
}

/// A gate, and what runs through it have in common.
struct Setup {
    script: Arc<Script>,
    clock: Arc<LeapingClock>,
    gate: Arc<Gate>,
    provider: Arc<Provider>,
}

impl Setup {
    fn new(script: Arc<Script>) -> Self {
        Self::with(script, PROVIDER, GateLimits::default(), None)
    }

    fn with(script: Arc<Script>, provider: &str, limits: GateLimits, files: Option<Arc<dyn FileStore>>) -> Self {
        let clock = LeapingClock::new();
        let gate = Gate::new(GateParts {
            transport: Arc::clone(&script) as _,
            upstreams: vec![],
            limits,
            clock: Arc::clone(&clock) as _,
            tokens: Arc::new(MemoryTokens::default()),
            files,
        });
        Self { script, clock, gate: Arc::new(gate), provider: Arc::new(Provider::from_toml(provider).unwrap()) }
    }

    fn credential(&self, kind: &str) -> Arc<Credential> {
        let value = |field: &str| match (kind, field) {
            ("application", "Key") => Some("key-1"),
            ("application", "Secret") => Some(SECRET),
            ("robot", "Token") => Some(ROBOT_TOKEN),
            _ => None,
        };
        Arc::new(
            Credential::new(&self.provider, kind, |field| value(field).map(|text| text.to_owned().into())).unwrap(),
        )
    }

    /// A run with both credentials.
    fn passage(&self) -> Passage {
        Passage {
            gate: Arc::clone(&self.gate),
            provider: Arc::clone(&self.provider),
            credentials: Credentials::of([self.credential("application"), self.credential("robot")]).unwrap(),
            owner: "somebody".into(),
            effect: Effect::Write,
            node: None,
            dry_run: false,
            trace: None,
            journal: Arc::new(Journal::of_attempt(1, Instant::now())),
            memory: None,
            answers_until: Instant::now() + Duration::from_secs(30),
        }
    }

    /// Sends one request in a run of its own; its answer and its record.
    async fn send(&self, request: Request) -> (Result<Response, SendError>, Exchange) {
        let passage = self.passage();
        let answer = passage.send(request).await.unwrap();
        let (mut exchanges, _) = passage.journal.take();
        (answer, exchanges.pop().expect("it was recorded"))
    }
}

fn read(path: &str) -> Request {
    Request {
        method: "GET".into(),
        url: format!("https://api.example.com{path}"),
        api: Some(path.split('?').next().unwrap().to_owned()),
        headers: vec![],
        body: None,
        slot: Some("session".into()),
        effect: Effect::Read,
        answer: AnswerForm::Bytes,
    }
}

fn write(path: &str) -> Request {
    Request { method: "POST".into(), effect: Effect::Write, body: Some(Body::Bytes("{}".into())), ..read(path) }
}
