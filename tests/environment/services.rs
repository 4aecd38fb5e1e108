//! Services that answer over real connections: one that speaks HTTP, and one that breaks it.

use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use patchbay_runtime::Upstream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Served {
    /// The other end of the connection.
    pub peer: SocketAddr,
    pub path_and_query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An HTTP service on a loopback port, until it is dropped.
pub struct Service {
    base: String,
    served: Arc<Mutex<Vec<Served>>>,
    server: JoinHandle<()>,
}

impl Service {
    pub async fn start(answer: impl Fn(&Served) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new(Vec::new()));
        let journal = Arc::clone(&served);
        let serve = async move |request: Request<Body>| {
            let (head, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let ConnectInfo(peer) = *head.extensions.get::<ConnectInfo<SocketAddr>>().unwrap();
            let served = Served { peer, path_and_query: head.uri.to_string(), headers: head.headers, body };
            journal.lock().unwrap().push(served.clone());
            answer(&served)
        };
        let service = axum::Router::new().fallback(serve).into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { base, served, server }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// What is meant for the host comes here.
    pub fn upstream(&self, host: &str) -> Upstream {
        format!("{host}={}", self.base).parse().unwrap()
    }

    pub fn served(&self) -> Vec<Served> {
        self.served.lock().unwrap().clone()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A service that answers every connection with the same bytes, whatever it was asked, and closes it; without bytes it
/// says nothing and keeps the connection open.
pub struct BrokenService {
    base: String,
    connections: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl BrokenService {
    pub async fn start(answer: Option<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let server = tokio::spawn(async move {
            let mut silent = Vec::new();
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                count.fetch_add(1, SeqCst);
                read_head(&mut connection).await;
                match &answer {
                    // The other side may have gone; what counts is what it saw.
                    Some(answer) => connection.write_all(answer).await.unwrap_or_default(),
                    None => silent.push(connection),
                }
            }
        });
        Self { base, connections, server }
    }

    pub fn upstream(&self, host: &str) -> Upstream {
        format!("{host}={}", self.base).parse().unwrap()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }
}

impl Drop for BrokenService {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read_head(connection: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if connection.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
}
