//! A transport that answers from a script and keeps what it was given to send.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::StreamExt;
use patchbay_runtime::{BoxFuture, RawResponse, RequestBody, SignedRequest, Transport, TransportError};
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::hostile::TOKEN;

/// What a script says to a request.
pub type Answer = Result<RawResponse, TransportError>;

type Answering = dyn Fn(Sent) -> BoxFuture<'static, Answer> + Send + Sync;

/// A request as it would have gone out: with the credential.
#[derive(Clone)]
pub struct Sent {
    pub method: String,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// The transport.
pub struct Script {
    answering: Box<Answering>,
    sent: Mutex<Vec<Sent>>,
    /// How many addresses it was asked to check; each request is checked before its token is asked for.
    checked: watch::Sender<usize>,
}

impl Script {
    /// Answers at once.
    pub fn new(answer: impl Fn(&Sent) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Self::waiting(move |sent| {
            let answer = answer(&sent);
            async move { answer }
        })
    }

    /// Answers when the future that it makes is done.
    pub fn waiting<F>(answer: impl Fn(Sent) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        Arc::new(Self {
            answering: Box::new(move |sent| Box::pin(answer(sent))),
            sent: Mutex::default(),
            checked: watch::Sender::new(0),
        })
    }

    /// Answers every request with `{}`, and requests for a token with the first, the second, ...
    pub fn agreeing() -> Arc<Self> {
        let tokens = Tokens::default();
        Self::new(move |sent| tokens.issue(sent).unwrap_or_else(|| answer(200, json!({}))))
    }

    /// Everything that was sent, requests for tokens included.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Requests for tokens.
    pub fn fetches(&self) -> usize {
        self.sent().iter().filter(|sent| sent.url.path() == "/token").count()
    }

    /// Requests of nodes.
    pub fn calls(&self) -> Vec<Sent> {
        self.sent().into_iter().filter(|sent| sent.url.path() != "/token").collect()
    }

    /// How many addresses it was asked to check.
    pub fn checked(&self) -> watch::Receiver<usize> {
        self.checked.subscribe()
    }
}

impl Transport for Script {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), TransportError>> {
        self.checked.send_modify(|checked| *checked += 1);
        Box::pin(async { Ok(()) })
    }

    fn send(&self, request: SignedRequest) -> BoxFuture<'_, Answer> {
        Box::pin(async move {
            let sent = Sent {
                method: request.method.to_string(),
                url: request.url,
                headers: request.headers,
                body: whole(request.body).await,
                timeout: request.timeout,
            };
            self.sent.lock().unwrap().push(sent.clone());
            (self.answering)(sent).await
        })
    }
}

/// A body in one piece.
async fn whole(body: RequestBody) -> Bytes {
    match body {
        RequestBody::Empty => Bytes::new(),
        RequestBody::Bytes(bytes) => bytes,
        RequestBody::Stream(mut body) => {
            let mut all = Vec::new();
            while let Some(piece) = body.content.next().await {
                all.extend_from_slice(&piece.unwrap());
            }
            all.into()
        }
    }
}

/// A token endpoint: a new token for each request, named by its number.
#[derive(Default)]
pub struct Tokens(Mutex<usize>);

impl Tokens {
    /// The answer, when the request is one for a token.
    pub fn issue(&self, sent: &Sent) -> Option<Answer> {
        if sent.url.path() != "/token" {
            return None;
        }
        let mut issued = self.0.lock().unwrap();
        *issued += 1;
        assert!(*issued < 1_000, "tokens are fetched endlessly");
        Some(answer(200, json!({ "token": token(*issued), "expires_in": 7200 })))
    }
}

/// The token that an endpoint issues as its first, its second, ...
pub fn token(number: usize) -> String {
    format!("{TOKEN}{number:04}")
}

/// A JSON answer.
pub fn answer(status: u16, body: Value) -> Answer {
    Ok(RawResponse { status, headers: HeaderMap::new(), body: body.to_string().into() })
}

/// An answer that need not be JSON.
pub fn text_answer(status: u16, body: &str) -> Answer {
    Ok(RawResponse { status, headers: HeaderMap::new(), body: body.to_owned().into() })
}
