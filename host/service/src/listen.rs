//! Connections: how they are taken, how long they may take, and how the service stops.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};

use super::access::Peer;
use super::connections::{Connections, refuse};
use super::{Error, Service, router};

/// How often runs whose callers are gone are looked at while the service stops.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long the service waits before it takes connections again when the machine gives none: no file handles.
const BREATH: Duration = Duration::from_millis(50);

/// Answers calls until `stop` completes and the drain delay is over; then takes no new ones, lets running ones finish
/// within a limit, and writes what is still to be written.
///
/// # Errors
/// The configuration can not be used.
pub async fn serve(listener: TcpListener, service: Service, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let service = Arc::new(service);
    let router = TowerToHyperService::new(router(Arc::clone(&service))?);
    let answering = |peer: SocketAddr| {
        let router = router.clone();
        service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            router.call(request)
        })
    };
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(service.config.serve.read_timeout);
    let connections = GracefulShutdown::new();
    let places = {
        let serve = &service.config.serve;
        Connections::new(serve.max_connections.get(), serve.max_connections_of_one.get())
    };
    service.keep_pruning();
    let stopping = {
        let service = Arc::clone(&service);
        async move {
            stop.await;
            let delay = service.config.serve.drain_delay.unwrap_or_default();
            service.is_draining.store(true, Ordering::Relaxed);
            tracing::info!(running = service.invoker.admission().running(), drain_s = delay.as_secs_f64(), "stopping");
            // Who sends calls here asks /readyz and sends them elsewhere.
            tokio::time::sleep(delay).await;
        }
    };
    let mut stopping = std::pin::pin!(stopping);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopping => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let place = match places.take(peer.ip()) {
            Ok(place) => place,
            Err(full) => {
                tracing::debug!(?full, origin = %peer.ip(), "a connection was refused");
                refuse(&stream, full);
                continue;
            }
        };
        answer_at_once(&stream);
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), answering(peer)));
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended: {error}");
            }
        });
    }
    drop(listener);
    stop_within(&service, connections).await;
    service.invoker.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Small answers are sent at once and not held back for more.
fn answer_at_once(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection may be slow: {error}");
    }
}

/// Lets running invocations finish, within the limit.
async fn stop_within(service: &Service, connections: GracefulShutdown) {
    let limit = service.config.serve.stop_timeout;
    let began = Instant::now();
    // Who waits for a place is refused; who runs goes on.
    service.invoker.admission().close();
    let finished = async {
        connections.shutdown().await;
        // Runs go on when their callers are gone.
        while service.invoker.admission().running() > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    if tokio::time::timeout(limit, finished).await.is_err() {
        let running = service.invoker.admission().running();
        tracing::warn!(running, "stopped with invocations still running after {} s", limit.as_secs_f64());
    } else {
        tracing::debug!("all ended after {} ms", began.elapsed().as_millis());
    }
}
