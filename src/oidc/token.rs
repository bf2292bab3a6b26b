//! The token endpoint (RFC 6749 §3.2), in the phases that all grants share: read the form, prove the
//! client, choose the grant, run it, answer.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::client_auth;
use super::error::{OAuthError, bad_form, json_response};
use super::grant::{self, Asked};
use super::params::{Flaw, Params};
use crate::app::Shared;
use crate::core::Fault;
use crate::core::sessions::Place;

/// Whether a content type is that of a form, whatever its parameters.
pub fn is_form(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Reads a form whose parameters have no flaw.
pub fn read_form(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Params, OAuthError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(is_form) {
        return Err(OAuthError::invalid_request(
            "the content type must be application/x-www-form-urlencoded",
        ));
    }
    let body = body.map_err(|rejection| bad_form(&rejection))?;
    let params = Params::parse(&body);
    match params.first_flaw() {
        None => Ok(params),
        Some((name, flaw)) => {
            let name: String =
                name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
            Err(OAuthError::invalid_request(format!("{name} {}", Flaw::words(flaw))))
        }
    }
}

/// A parameter that must be there.
pub fn required<'p>(params: &'p Params, name: &'static str) -> Result<&'p str, OAuthError> {
    optional(params, name).ok_or_else(|| OAuthError::invalid_request(format!("{name} is required")))
}

/// A parameter that may be there. The form has been read without flaws.
pub fn optional<'p>(params: &'p Params, name: &'static str) -> Option<&'p str> {
    params.get(name).ok().flatten()
}

pub async fn post(
    State(app): State<Shared>,
    place: Place,
    mut request: Request,
) -> Result<Response, OAuthError> {
    let now = app.core.clock().now();
    // Taken, where an extractor would copy every one of them.
    let headers = std::mem::take(request.headers_mut());
    let body = Bytes::from_request(request, &app).await;
    let params = read_form(&headers, body)?;
    let client = client_auth::authenticate(&app, &place, &headers, &params, now).await?;
    let grant = grant::choose(&params, &client)?;
    let tokens = grant
        .run(Asked { app: &app, client: &client, params: &params, place: &place, now })
        .await?;
    app.core.metrics().tokens(grant.kind.name());
    let mut body = Vec::with_capacity(tokens.length());
    serde_json::to_writer(&mut body, &tokens)
        .map_err(|error| Fault::new("write a token answer", error))?;
    Ok(json_response(StatusCode::OK, body))
}
