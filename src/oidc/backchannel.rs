//! Where an upstream says that somebody's session there has ended (OpenID Connect Back-Channel
//! Logout 1.0 §2.5 to §2.8).

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::params::Params;
use super::token::is_form;
use crate::app::problem::of_fault;
use crate::app::{Ctx, Shared};
use crate::core::Failure;

pub async fn post(
    State(app): State<Shared>,
    ctx: Ctx,
    Path(upstream): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_form) {
        return refused("the body must be a form");
    }
    let Ok(body) = body else { return refused("the body cannot be read") };
    let params = Params::parse(&body);
    let Some(token) = params.get("logout_token").ok().flatten() else {
        return refused("logout_token is required, once");
    };
    match app.core.end_by_upstream(&upstream, token, &ctx.place, ctx.now).await {
        Ok(()) => answer(StatusCode::OK, None),
        Err(Failure::Refused(_)) => refused("the logout token was not accepted"),
        Err(Failure::Fault(fault)) => {
            let (status, note) = of_fault(&fault);
            let mut response = answer(status, None);
            response.extensions_mut().insert(note);
            response
        }
    }
}

/// §2.8: 400, and why.
fn refused(description: &str) -> Response {
    let body = json!({ "error": "invalid_request", "error_description": description });
    answer(StatusCode::BAD_REQUEST, Some(body.to_string()))
}

fn answer(status: StatusCode, body: Option<String>) -> Response {
    let mut response = match body {
        Some(body) => {
            let json = HeaderValue::from_static("application/json");
            (status, [(header::CONTENT_TYPE, json)], body).into_response()
        }
        None => status.into_response(),
    };
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}
