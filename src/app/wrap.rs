//! Layers of our own. They are no functions of axum's `from_fn`, which keeps the rest in a box: such
//! boxes, one in the other, are cloned with every request, and that costs more than most of what is done
//! in them.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use tower::{Layer, Service};

/// What becomes of a request.
pub type Answer = BoxFuture<'static, Result<Response, Infallible>>;

/// The same as the rest gives it.
pub trait Answering: Future<Output = Result<Response, Infallible>> + Send + 'static {}

impl<F: Future<Output = Result<Response, Infallible>> + Send + 'static> Answering for F {}

/// Something that is done around the rest.
pub trait Wrap {
    fn wrap<F: Answering>(&self, request: Request, rest: impl FnOnce(Request) -> F) -> Answer;
}

/// The layer that does it.
#[derive(Clone, Copy)]
pub struct Wrapped<W>(pub W);

impl<W: Clone, S> Layer<S> for Wrapped<W> {
    type Service = Wrapping<W, S>;

    fn layer(&self, rest: S) -> Wrapping<W, S> {
        Wrapping { wrap: self.0.clone(), rest }
    }
}

/// What [`Wrapped`] makes of a service.
#[derive(Clone)]
pub struct Wrapping<W, S> {
    wrap: W,
    rest: S,
}

impl<W, S> Service<Request> for Wrapping<W, S>
where
    W: Wrap,
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.rest.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Answer {
        let Self { wrap, rest } = self;
        wrap.wrap(request, |request| rest.call(request))
    }
}
