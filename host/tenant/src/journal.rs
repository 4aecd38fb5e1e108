//! Which requests arrived and how they were answered, without any secret.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;

use crate::line::Line;
use crate::service::{Shared, locked};

/// How many requests are kept.
const CAPACITY: usize = 65_536;

/// Query parameters whose value may be read by anybody. Tokens and secrets travel in the query too, so every other
/// value is masked.
const PUBLIC_PARAMETERS: [&str; 1] = ["operatorId"];

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query; a value that may be a token or a secret reads `***`.
    pub query: String,
    /// The HTTP status of the answer; `None` while there is no answer, and for good when the connection ended without.
    pub status: Option<u16>,
}

/// What is told of every exchange once it has ended: the request with the status of its answer, and how long it took.
#[derive(Clone)]
pub struct Observer(Arc<Tell>);

type Tell = dyn Fn(&ServedRequest, Duration) + Send + Sync;

impl Observer {
    /// Calls `tell` from whatever task served the request; it should not wait.
    pub fn new(tell: impl Fn(&ServedRequest, Duration) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer(..)")
    }
}

/// The latest requests.
#[derive(Default)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    /// The number of requests that were dropped to make room: the number of the first one kept.
    dropped: usize,
    kept: VecDeque<ServedRequest>,
}

impl Journal {
    pub(crate) fn requests(&self) -> Vec<ServedRequest> {
        locked(&self.entries).kept.iter().cloned().collect()
    }

    pub(crate) fn count(&self, path_prefix: &str) -> usize {
        let entries = locked(&self.entries);
        let matching = |entry: &&ServedRequest| entry.path.starts_with(path_prefix);
        entries.kept.iter().filter(matching).count()
    }

    /// Notes a request and gives the number it is found by later.
    fn arrived(&self, request: ServedRequest) -> usize {
        let mut entries = locked(&self.entries);
        if entries.kept.len() == CAPACITY {
            entries.kept.pop_front();
            entries.dropped += 1;
        }
        entries.kept.push_back(request);
        entries.dropped + entries.kept.len() - 1
    }

    fn answered(&self, number: usize, status: u16) {
        let mut entries = locked(&self.entries);
        let position = number.checked_sub(entries.dropped);
        if let Some(entry) = position.and_then(|position| entries.kept.get_mut(position)) {
            entry.status = Some(status);
        }
    }
}

/// Middleware: writes the request into the journal when it arrives and its status when it is answered.
pub(crate) async fn record(
    State(service): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let served = ServedRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: masked_query(request.uri()),
        status: None,
    };
    let mut observed = service.observer.as_ref().map(|observer| (observer, served.clone(), Instant::now()));
    let number = service.journal.arrived(served);

    let response = next.run(request).await;
    let status = (!line.is_cut()).then(|| response.status().as_u16());
    if let Some(status) = status {
        service.journal.answered(number, status);
    }
    if let Some((Observer(tell), served, began)) = &mut observed {
        served.status = status;
        tell(served, began.elapsed());
    }
    response
}

fn masked_query(uri: &Uri) -> String {
    let Some(query) = uri.query() else {
        return String::new();
    };
    let masked = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if PUBLIC_PARAMETERS.contains(&name) => parameter.to_owned(),
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}
