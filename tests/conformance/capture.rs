//! A service that keeps what it is sent, for nodes and SDK side by side: the token of a request tells whose it is.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use patchbay_runtime::Upstream;
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::cases::Answer;

/// Who sent a request: for which case, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    Node(usize),
    Sdk(usize),
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(case) => write!(f, "node-{case}"),
            Self::Sdk(case) => write!(f, "sdk-{case}"),
        }
    }
}

impl Sender {
    fn parse(text: &str) -> Option<Self> {
        let (side, case) = text.split_once('-')?;
        match side {
            "node" => Some(Self::Node(case.parse().ok()?)),
            "sdk" => Some(Self::Sdk(case.parse().ok()?)),
            _ => None,
        }
    }

    fn case(self) -> usize {
        match self {
            Self::Node(case) | Self::Sdk(case) => case,
        }
    }
}

/// One of the two APIs.
#[derive(Debug, PartialEq, Eq)]
pub struct Api {
    host: &'static str,
    token_path: &'static str,
}

pub const NEWER: Api = Api { host: "api.dingtalk.com", token_path: "/v1.0/oauth2/accessToken" };
pub const OLDER: Api = Api { host: "oapi.dingtalk.com", token_path: "/gettoken" };

impl Api {
    /// The token that the sender has for this API.
    pub fn token(&self, sender: Sender) -> String {
        format!("{}-{sender}", self.host)
    }
}

/// A request, without its token.
#[derive(Debug, Clone)]
pub struct Sent {
    pub host: &'static str,
    pub method: String,
    /// As it was sent.
    pub path: String,
    /// Decoded and in order.
    pub query: Vec<(String, String)>,
    /// Where the token stands, and for which host it was issued.
    pub token: String,
    /// Without its parameters.
    pub content_type: Option<String>,
    /// As JSON; text where it is none; null when empty.
    pub body: Value,
}

/// The service, which listens once for each API.
pub struct Capture {
    newer: SocketAddr,
    older: SocketAddr,
    recordings: Arc<Recordings>,
    servers: [JoinHandle<()>; 2],
}

struct Recordings {
    /// By case.
    answers: Vec<Vec<Answer>>,
    sent: Mutex<BTreeMap<Sender, Vec<Sent>>>,
    strays: Mutex<Vec<String>>,
}

impl Capture {
    /// Answers each sender with its case's answers, one after another.
    pub async fn start(answers: Vec<Vec<Answer>>) -> Self {
        let recordings = Arc::new(Recordings { answers, sent: Mutex::default(), strays: Mutex::default() });
        let (newer, newer_server) = listen(&NEWER, &recordings).await;
        let (older, older_server) = listen(&OLDER, &recordings).await;
        Self { newer, older, recordings, servers: [newer_server, older_server] }
    }

    pub fn newer(&self) -> SocketAddr {
        self.newer
    }

    pub fn older(&self) -> SocketAddr {
        self.older
    }

    /// What is meant for DingTalk comes here.
    pub fn upstreams(&self) -> Vec<Upstream> {
        let upstream = |api: &Api, address| format!("{}=http://{address}", api.host).parse().unwrap();
        vec![upstream(&NEWER, self.newer), upstream(&OLDER, self.older)]
    }

    /// The sender's requests, in order.
    pub fn sent_by(&self, sender: Sender) -> Vec<Sent> {
        self.recordings.sent.lock().unwrap().get(&sender).cloned().unwrap_or_default()
    }

    /// Requests whose token is missing or unknown.
    pub fn strays(&self) -> Vec<String> {
        self.recordings.strays.lock().unwrap().clone()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

async fn listen(api: &'static Api, recordings: &Arc<Recordings>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let recordings = Arc::clone(recordings);
    let serve = async move |request: Request| {
        let (head, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut query: Vec<(String, String)> =
            Url::parse(&format!("http://{address}{}", head.uri)).unwrap().query_pairs().into_owned().collect();
        query.sort();
        if head.uri.path() == api.token_path {
            return issue(api, &query, &body);
        }
        let Some((sender, token)) = take_token(&head.headers, &mut query) else {
            recordings.strays.lock().unwrap().push(format!("{} {}", head.method, head.uri));
            return StatusCode::UNAUTHORIZED.into_response();
        };
        let body = match &body[..] {
            [] => Value::Null,
            text => serde_json::from_slice(text).unwrap_or_else(|_| String::from_utf8_lossy(text).into()),
        };
        let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.and_then(|value| value.split(';').next()).map(str::to_owned);
        recordings.record(
            sender,
            Sent {
                host: api.host,
                method: head.method.to_string(),
                path: head.uri.path().to_owned(),
                query,
                token,
                content_type,
                body,
            },
        )
    };
    let server = tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(serve)).await.unwrap() });
    (address, server)
}

/// A token for the application that asks.
fn issue(api: &Api, query: &[(String, String)], body: &[u8]) -> Response {
    let in_body = || serde_json::from_slice::<Value>(body).ok()?["appKey"].as_str().map(str::to_owned);
    let in_query = || query.iter().find(|(name, _)| name == "appkey").map(|(_, value)| value.clone());
    match in_body().or_else(in_query).and_then(|key| Sender::parse(&key)) {
        Some(sender) => {
            let token = api.token(sender);
            axum::Json(json!({
                "accessToken": token, "expireIn": 7200, "errcode": 0, "access_token": token, "expires_in": 7200,
            }))
            .into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Whose token a request bears and where it stands, which is said without the sender.
fn take_token(headers: &HeaderMap, query: &mut Vec<(String, String)>) -> Option<(Sender, String)> {
    let sender = |value: &str| {
        let host = [NEWER.host, OLDER.host].into_iter().find(|host| value.starts_with(&format!("{host}-")))?;
        Some((Sender::parse(&value[host.len() + 1..])?, host))
    };
    let in_header = headers.iter().find_map(|(name, value)| {
        let (sender, host) = sender(value.to_str().ok()?)?;
        Some((sender, format!("token of {host} in the header {name}")))
    });
    in_header.or_else(|| {
        let (place, (found, host)) =
            query.iter().enumerate().find_map(|(place, (_, value))| Some((place, sender(value)?)))?;
        let (name, _) = query.remove(place);
        Some((found, format!("token of {host} in the query {name}")))
    })
}

impl Recordings {
    fn record(&self, sender: Sender, sent: Sent) -> Response {
        let mut recordings = self.sent.lock().unwrap();
        let recording = recordings.entry(sender).or_default();
        recording.push(sent);
        match self.answers.get(sender.case()).and_then(|answers| answers.get(recording.len() - 1)) {
            Some(Answer { status, body }) => {
                let status = StatusCode::from_u16(*status).unwrap();
                match body {
                    Some(body) => (status, axum::Json(body)).into_response(),
                    None => (status, Body::empty()).into_response(),
                }
            }
            None => (StatusCode::GONE, axum::Json(json!({ "code": "noMoreAnswers" }))).into_response(),
        }
    }
}
