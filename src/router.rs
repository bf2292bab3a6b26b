//! The one list of what is mounted where.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::routing::get;

use crate::app::around::Around;
use crate::app::limits::Limits;
use crate::app::wrap::Wrapped;
use crate::app::{Shared, health, paths};
use crate::{oidc, rest, web};

/// All of Countersign, as one service.
pub fn router(app: &Shared) -> Router {
    let around = Wrapped(Around::new(app));
    let limits = Wrapped(Limits::new(app.config.server.request_timeout.duration(), oidc::speak));
    let body = DefaultBodyLimit::max(oidc::BODY_LIMIT);
    let health =
        Router::new().route(paths::LIVE, get(health::live)).route(paths::READY, get(health::ready));
    web::pages(app, oidc::pages().merge(rest::pages(app)), rest::unknown, rest::home)
        .merge(rest::routes(app))
        .merge(health.layer(around.clone()))
        .merge(oidc::endpoints().layer((around.clone(), limits, oidc::cors(), body)))
        .merge(oidc::registration().merge(oidc::from_upstreams()).layer((around, limits, body)))
        .with_state(app.clone())
}

/// What the operator's own listener serves, and nothing else.
pub fn metrics(app: &Shared) -> Router {
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let show = async |State(app): State<Shared>| {
        ([(header::CONTENT_TYPE, OPENMETRICS)], app.core.metrics_text())
    };
    Router::new().route(paths::METRICS, get(show)).with_state(app.clone())
}
