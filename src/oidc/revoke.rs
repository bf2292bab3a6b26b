//! The revocation endpoint (RFC 7009): a client gives a token back.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::client_auth;
use super::error::{OAuthError, json_response};
use super::token::{read_form, required};
use crate::app::Shared;
use crate::core::Secret;
use crate::core::sessions::Place;

pub async fn post(
    State(app): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let now = app.core.clock().now();
    let params = read_form(&headers, body)?;
    let client = client_auth::authenticate(&app, &place, &headers, &params, now).await?;
    let token = Secret::new(required(&params, "token")?);
    app.core.revoke(&client, &token, &place, now).await?;
    // RFC 7009 §2.2: the same answer for a token that was none; its body means nothing.
    let mut response = json_response(StatusCode::OK, "");
    response.headers_mut().remove(header::CONTENT_TYPE);
    Ok(response)
}
