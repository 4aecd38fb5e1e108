//! Upstreams that see secrets: one that passes all on and keeps a copy, and one that answers with what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What passed, in both directions.
#[derive(Clone, Default)]
struct Copy(Arc<Mutex<Vec<u8>>>);

impl Copy {
    fn keep(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Passes every connection on to another address and keeps a copy of what passes.
pub struct Relay {
    address: SocketAddr,
    seen: Copy,
}

impl Relay {
    pub async fn start(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Copy::default();
        let copy = seen.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else { continue };
                let ((near_read, near_write), (far_read, far_write)) = (near.into_split(), far.into_split());
                tokio::spawn(pass(near_read, far_write, copy.clone()));
                tokio::spawn(pass(far_read, near_write, copy.clone()));
            }
        });
        Self { address, seen }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that passed.
    pub fn seen(&self) -> String {
        self.seen.text()
    }

    /// The tokens that passed, each once, in the order of their first appearance.
    pub fn tokens(&self) -> Vec<String> {
        let seen = self.seen();
        let mut tokens = Vec::new();
        for name in [r#""accessToken":""#, r#""access_token":""#] {
            for rest in seen.split(name).skip(1) {
                let token = rest.split('"').next().unwrap_or_default().to_owned();
                if !tokens.contains(&token) {
                    tokens.push(token);
                }
            }
        }
        tokens
    }
}

/// One direction of a connection. Its end ends the other side too.
async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, copy: Copy) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        copy.keep(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
    // The other side may have gone already.
    to.shutdown().await.ok();
}

/// Answers every call with a refusal that repeats the whole request in the body and in a header, but gives a token when it
/// has one.
pub struct Echo {
    address: SocketAddr,
    seen: Copy,
}

impl Echo {
    pub async fn start(token: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Copy::default();
        let copy = seen.clone();
        let router = Router::new().fallback(async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let request = format!("{method} {uri} {headers:?} {}", String::from_utf8_lossy(&body));
            let header = headers.get("x-acs-dingtalk-access-token").and_then(|token| token.to_str().ok());
            let request = format!("{request} {}", header.unwrap_or_default());
            copy.keep(request.as_bytes());
            match (uri.path(), token) {
                ("/gettoken", Some(token)) => {
                    axum::Json(json!({ "errcode": 0, "access_token": token, "expires_in": 7200 })).into_response()
                }
                ("/v1.0/oauth2/accessToken", Some(token)) => {
                    axum::Json(json!({ "accessToken": token, "expireIn": 7200 })).into_response()
                }
                (path, _) => refuse(path.starts_with("/v1.0"), &uri, &request),
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All that it was asked.
    pub fn seen(&self) -> String {
        self.seen.text()
    }
}

fn refuse(is_newer: bool, uri: &Uri, request: &str) -> Response {
    let (status, body) = if is_newer {
        (StatusCode::BAD_REQUEST, json!({ "code": "paramIllegal", "message": request, "requestid": request }))
    } else {
        (StatusCode::OK, json!({ "errcode": 40035, "errmsg": request, "request_id": request }))
    };
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::LOCATION, uri.to_string())];
    (status, headers, body.to_string()).into_response()
}
