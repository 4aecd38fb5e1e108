//! A running service, spoken to from the command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use patchbay_runtime::{NodeId, ProxyUse};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::places::Places;
use crate::{local_up, proxy};

/// The variable of the API key. A key on a command line is everybody's to see.
const KEY: &str = "PATCHBAY_SERVICE_KEY";
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long an answer may take that is not of a run.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// An answer larger than this is none of Patchbay's.
const MOST_BYTES: usize = 256 << 20;

/// Which service is spoken to.
#[derive(Args)]
pub struct ServiceArguments {
    /// Speak to a running service, with the API key in PATCHBAY_SERVICE_KEY; `none` runs here also while `up` runs
    /// [default: a `patchbay up` of this data directory, else none] [env: PATCHBAY_SERVICE]
    #[arg(long, value_name = "URL|none")]
    service: Option<Choice>,
}

/// What the command line says of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    /// None.
    Here,
    /// The one at this address.
    At(Url),
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Here);
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        match url {
            Some(url) if url.password().is_some() => {
                Err(format!("the address has a password in it; give the API key in {KEY}"))
            }
            Some(url) => Ok(Self::At(url)),
            None => Err(format!("`{text}` is no address of a service; write http://127.0.0.1:8787, or none")),
        }
    }
}

impl ServiceArguments {
    /// The service that was named; none when none was.
    ///
    /// # Errors
    /// The variable holds no address.
    pub fn named(&self, places: &Places) -> Result<Option<Service>> {
        match self.choice()? {
            Some(Choice::At(url)) => Service::new(&url, places).map(Some),
            Some(Choice::Here) | None => Ok(None),
        }
    }

    /// The service that was named, else a `patchbay up` of the same data directory.
    ///
    /// # Errors
    /// The variable holds no address.
    pub fn named_or_local(&self, places: &Places) -> Result<Option<Service>> {
        if self.choice()?.is_some() {
            return self.named(places);
        }
        let Some(url) = local_up::find(&places.data) else { return Ok(None) };
        eprintln!("through `patchbay up` at {url} (--service none runs it here)");
        Service::new(&url, places).map(Some)
    }

    fn choice(&self) -> Result<Option<Choice>> {
        match (&self.service, std::env::var("PATCHBAY_SERVICE")) {
            (Some(choice), _) => Ok(Some(choice.clone())),
            (None, Ok(text)) if !text.is_empty() => {
                text.parse().map(Some).map_err(|error: String| anyhow!("PATCHBAY_SERVICE: {error}"))
            }
            (None, _) => Ok(None),
        }
    }
}

/// A service that answers.
pub struct Service {
    base: String,
    client: reqwest::Client,
    key: Option<HeaderValue>,
}

/// What it answered.
pub struct Answer {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub json: Value,
}

impl Service {
    fn new(url: &Url, places: &Places) -> Result<Self> {
        let mut client = crate::http::client().connect_timeout(CONNECT_LIMIT);
        // What is on this machine is reached from it.
        let is_here = matches!(url.host(), Some(url::Host::Ipv4(address)) if address.is_loopback());
        if let ProxyUse::Through(proxy) = proxy::of(&places.config.http)?
            && !is_here
        {
            client = client.proxy(proxy.for_client());
        }
        let key = std::env::var(KEY).ok().filter(|key| !key.trim().is_empty());
        let key = key.map(|key| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim()))
                .map_err(|_| anyhow!("{KEY} has characters that no key has"))?;
            value.set_sensitive(true);
            anyhow::Ok(value)
        });
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned(), client: client.build()?, key: key.transpose()? })
    }

    /// Reads something.
    ///
    /// # Errors
    /// The service can not be reached, refuses, or answers something else.
    pub async fn read<T: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<T> {
        let mut url = Url::parse(&format!("{}{path}", self.base))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query.iter().map(|(name, value)| (name, value.as_str())));
        }
        let answer = self.answer(self.client.get(url).timeout(ANSWER_LIMIT)).await?;
        serde_json::from_value(answer.json).with_context(|| format!("{self} answers {path} as no Patchbay does"))
    }

    /// Runs a node.
    ///
    /// # Errors
    /// It was not run: the service can not be reached or refuses. Where the answer broke off it may have been.
    pub async fn invoke(
        &self,
        node: &NodeId,
        body: &Value,
        key: Option<&str>,
        limit: Option<Duration>,
    ) -> Result<Answer> {
        let url = format!("{}/v1/nodes/{node}/invoke", self.base);
        let mut request = self.client.request(Method::POST, url).header(CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(limit) = limit {
            request = request.timeout(limit + ANSWER_LIMIT);
        }
        self.answer(request.body(body.to_string())).await
    }

    async fn answer(&self, mut request: RequestBuilder) -> Result<Answer> {
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, key.clone());
        }
        let answered = request.send().await.with_context(|| format!("{self} can not be reached"))?;
        let (status, headers) = (answered.status(), answered.headers().clone());
        let mut body = Vec::new();
        let mut answered = answered;
        while let Some(part) = answered.chunk().await.with_context(|| format!("the answer of {self} broke off"))? {
            if body.len() + part.len() > MOST_BYTES {
                bail!("{self} answers more than any Patchbay does");
            }
            body.extend_from_slice(&part);
        }
        match serde_json::from_slice::<Value>(&body) {
            Ok(json) if status == StatusCode::OK => Ok(Answer { headers, json }),
            Ok(json) if json["ErrorMessage"].is_string() => Err(refusal(&json, status)),
            _ => bail!("{self} answers HTTP {} as no Patchbay does; is it one?", status.as_u16()),
        }
    }
}

/// What the service says is wrong with the call.
fn refusal(problem: &Value, status: StatusCode) -> anyhow::Error {
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let (message, mut hint) = (text("ErrorMessage"), text("Hint"));
    if status == StatusCode::UNAUTHORIZED {
        hint = format!("give an API key of the service in {KEY}; `patchbay key create NAME` there makes one");
    }
    anyhow!("{message}\n{hint}")
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service at {}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn an_address_of_a_service_is_one_of_http() {
        assert_eq!("none".parse(), Ok(Choice::Here));
        assert!(matches!("https://patchbay.example.com/base".parse(), Ok(Choice::At(_))));
        for (text, says) in [
            ("127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("ftp://x", "http://127.0.0.1:8787"),
            ("http://a:canary@x", "PATCHBAY_SERVICE_KEY"),
        ] {
            let error = text.parse::<Choice>().unwrap_err();
            assert!(error.contains(says) && !error.contains("canary"), "{error}");
        }
    }
}
