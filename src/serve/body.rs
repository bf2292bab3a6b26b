//! The body of a request. One that nobody read to its end is read on for a while: a connection that
//! is closed over unread bytes takes the answer down with it (RFC 9112 §9.6).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};

use crate::app::Unread;

/// So much more is read of a body that was refused, and for so long.
const REST: usize = 8 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);

/// The body as handlers read it, and the mark that it is not read to its end yet.
pub fn incoming(body: Incoming, headers: &HeaderMap) -> (Body, Option<Unread>) {
    if body.is_end_stream() {
        return (Body::empty(), None);
    }
    let unread = Unread::default();
    // Who waits for "100 Continue" has sent nothing yet, and with a refusal never will.
    let is_coming = !headers.contains_key(header::EXPECT);
    let body = Watched { body: Some(body), unread: unread.clone(), is_coming };
    (Body::new(body), Some(unread))
}

struct Watched {
    body: Option<Incoming>,
    unread: Unread,
    is_coming: bool,
}

impl hyper::body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_coming = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.is_end_stream() {
            self.unread.clear();
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|_| self.is_coming);
        if let (Some(body), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(PATIENCE, discard(body)));
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut left = REST;
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let Some(Ok(frame)) = frame else { return };
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(less) => left = less,
            None => return,
        }
    }
}
