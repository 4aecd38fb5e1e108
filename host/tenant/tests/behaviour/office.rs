//! The environment every test runs in: a tenant of its own and a client that calls it.

use std::sync::Once;

use patchbay_tenant::{Tenant, TenantConfig};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub const TOKEN_HEADER: &str = "x-acs-dingtalk-access-token";

/// A tenant and a client.
pub struct Office {
    pub tenant: Tenant,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Office {
    pub async fn open() -> Self {
        Self::with(TenantConfig::default()).await
    }

    pub async fn with(config: TenantConfig) -> Self {
        Self { tenant: Tenant::start(config).await.expect("the tenant starts"), client: client() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.tenant.base_url());
        self.client.request(method, url)
    }

    pub async fn get(&self, path: &str) -> Answer {
        read(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        read(with_json(self.request(Method::POST, path), body)).await
    }

    /// A token as the newer API gives it to the demo application.
    pub async fn token(&self) -> String {
        let credential = json!({ "appKey": "demo", "appSecret": "demo" });
        let answer = self.post("/v1.0/oauth2/accessToken", &credential).await;
        text(&answer.body["accessToken"])
    }

    /// A call of the older API with a valid token.
    pub async fn older(&self, path: &str, body: Value) -> Answer {
        let token = self.token().await;
        self.post(&format!("{path}?access_token={token}"), &body).await
    }

    /// A call of the newer API with a valid token.
    pub async fn newer(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path).header(TOKEN_HEADER, self.token().await);
        match body {
            Some(body) => read(with_json(request, &body)).await,
            None => read(request).await,
        }
    }
}

/// Sends a request and reads its answer, which must be JSON.
pub async fn read(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer arrives");
    let status = response.status().as_u16();
    let text = response.text().await.expect("the body arrives whole");
    let body = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    Answer { status, body }
}

pub fn with_json(request: RequestBuilder, body: &Value) -> RequestBuilder {
    request.header(CONTENT_TYPE, "application/json").body(body.to_string())
}

pub fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

impl Answer {
    /// Checks that this is a refusal of the older API with this code.
    #[track_caller]
    pub fn assert_errcode(&self, code: i64) {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.body["errcode"], code, "{self:?}");
        assert!(!text(&self.body["errmsg"]).is_empty(), "{self:?}");
        let request_id = text(&self.body["request_id"]);
        assert_eq!(request_id.len(), 12, "{self:?}");
    }

    /// Checks that the older API's gateway refused the call with this code, as the cause of an 88.
    #[track_caller]
    pub fn assert_cause(&self, code: i64) {
        self.assert_errcode(88);
        assert_eq!(self.body["sub_code"], code.to_string(), "{self:?}");
        let quoted = format!("ding talk error[subcode={code},submsg={}]", text(&self.body["sub_msg"]));
        assert_eq!(self.body["errmsg"], quoted, "{self:?}");
    }

    /// Checks that this is a refusal of the newer API with this status and code.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.body["code"], code, "{self:?}");
        assert!(!text(&self.body["message"]).is_empty(), "{self:?}");
        let request_id = text(&self.body["requestid"]);
        assert_eq!(request_id.len(), 36, "{self:?}");
    }
}

fn client() -> Client {
    static CRYPTOGRAPHY: Once = Once::new();
    CRYPTOGRAPHY.call_once(|| {
        let provider = rustls::crypto::ring::default_provider();
        provider.install_default().expect("no other provider is installed");
    });
    let builder = Client::builder().no_proxy();
    builder.build().expect("the client builds")
}
