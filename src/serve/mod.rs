//! The accept loop. It is ours because `axum::serve` waits for ever for half a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, header};
use futures_util::FutureExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

use crate::app::Peer;
use crate::metrics::Gauge;

mod body;
mod crowd;
mod frames;
mod heads;
mod heard;
mod tls;

use crowd::{Crowd, Guest, Place, Visit};
use heard::Heard;
pub use tls::{Tls, TlsError};

/// As many may have connected without being accepted; a flood must not hold up the stop.
const BACKLOG: usize = 1024;
/// How long kept connections may still bring a request once the server is told to stop.
const LINGER: Duration = Duration::from_secs(3);
/// How long requests under way may take after that.
const DRAIN: Duration = Duration::from_secs(20);
/// The head of a request, at most: a long authorization request and a few cookies.
const HEAD_BUFFER: usize = 64 * 1024;
/// Requests of one HTTP/2 connection at a time.
const STREAMS: u32 = 100;
/// How often a silent HTTP/2 client is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// What connections have to keep to.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open at once.
    pub connections: usize,
    /// From the connection, or the first byte of a request, to the end of its head.
    pub head: Duration,
    /// Of silence between two requests.
    pub idle: Duration,
    /// Shows how many are open.
    pub open: Gauge,
}

impl Default for Limits {
    fn default() -> Self {
        let (head, idle) = (Duration::from_secs(10), Duration::from_secs(130));
        Self { connections: 4096, head, idle, open: Gauge::default() }
    }
}

/// Serves until `stop` resolves, then finishes what is under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let crowd = Crowd::new(limits);
    let connections = GracefulShutdown::new();
    let host = Host { router, crowd, tls };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = host.accept(&listener) => host.welcome(accepted, &connections),
        }
    }
    // Who had connected by then is served; the operating system would reset them.
    for _ in 0..BACKLOG {
        match host.accept(&listener).now_or_never() {
            Some(accepted) => host.welcome(accepted, &connections),
            None => break,
        }
    }
    drop(listener);
    // A kept connection that is closed in silence may have a request on its way; it is told with an
    // answer instead, if one comes.
    host.crowd.stop();
    tokio::time::timeout(LINGER, host.crowd.empty()).await.ok();
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("serve.stop: requests were still under way");
    }
}

struct Host {
    router: Router,
    crowd: Arc<Crowd>,
    tls: Option<Arc<Tls>>,
}

type Accepted = Option<(TcpStream, SocketAddr)>;

impl Host {
    async fn accept(&self, listener: &TcpListener) -> Accepted {
        // Where nobody can go, clients wait in the operating system's queue.
        self.crowd.room().await;
        match listener.accept().await {
            Ok((stream, peer)) => {
                stream.set_nodelay(true).ok();
                Some((stream, peer))
            }
            Err(error) => {
                // Out of file descriptors, most likely: a moment's rest instead of a spinning core.
                tracing::warn!(%error, "serve.accept");
                tokio::time::sleep(Duration::from_millis(100)).await;
                None
            }
        }
    }

    fn welcome(&self, accepted: Accepted, connections: &GracefulShutdown) {
        let Some((stream, peer)) = accepted else { return };
        let place = Place(self.crowd.enter());
        let (router, watcher) = (self.router.clone(), connections.watcher());
        let tls = self.tls.clone();
        tokio::spawn(async move {
            let guest = Arc::clone(&place.0);
            match tls {
                None => talk(stream, false, router, (peer, guest), watcher).await,
                Some(tls) => {
                    // A client that says nothing, or nothing we understand, is no event of ours.
                    let handshake = Visit::of(tls.accept(stream), Arc::clone(&guest));
                    if let Some(Ok(stream)) = handshake.await {
                        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                        talk(stream, h2, router, (peer, guest), watcher).await;
                    }
                }
            }
            drop(place);
        });
    }
}

/// Speaks HTTP on a connection until it ends.
async fn talk<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    is_h2: bool,
    router: Router,
    (peer, guest): (SocketAddr, Arc<Guest>),
    watcher: Watcher,
) {
    let host = Arc::clone(&guest);
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (mut parts, body) = request.into_parts();
        let busy = host.begin(body.size_hint().exact());
        let (body, unread) = body::incoming(body, &parts.headers);
        if let Some(unread) = unread {
            parts.extensions.insert(unread);
        }
        parts.extensions.insert(Peer(peer));
        let answer = router.clone().oneshot(hyper::Request::from_parts(parts, body));
        let guest = Arc::clone(&host);
        async move {
            let mut answer = answer.await;
            if let Ok(answer) = &mut answer
                && guest.is_last()
                && !is_h2
            {
                // RFC 9112 §9.6.
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            drop(busy);
            answer
        }
    });
    if is_h2 {
        guest.share();
    }
    let heard = TokioIo::new(Heard { stream, guest: Arc::clone(&guest) });
    // A client that goes away in the middle is no event of ours.
    if is_h2 {
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HEAD_BUFFER).unwrap_or(u32::MAX))
            .keep_alive_interval(PING)
            .serve_connection(heard, service);
        Visit::of(watcher.watch(connection), guest).await;
    } else {
        let connection = http1::Builder::new()
            // The crowd keeps the time: a head and the silence before it have different limits.
            .header_read_timeout(None)
            .max_buf_size(HEAD_BUFFER)
            .serve_connection(heard, service);
        Visit::of(watcher.watch(connection), guest).await;
    }
}
