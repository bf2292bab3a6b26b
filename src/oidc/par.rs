//! The pushed authorization request endpoint (RFC 9126): the client sends the request itself, and the
//! browser brings only a reference to it.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::authorize::{Refused, check};
use super::client_auth;
use super::error::{OAuthError, json_response};
use super::token::read_form;
use crate::app::Shared;
use crate::core::flow::REQUEST_LIFETIME;
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
    // RFC 9126 §2.1.
    if params.has("request_uri") {
        return Err(OAuthError::invalid_request("request_uri must not be pushed"));
    }
    let flow = check(&app, &client, &params, now).await.map_err(|refused| match refused {
        Refused::Unproven(_, description) => OAuthError::invalid_request(description),
        Refused::Told(_, (error, description)) => OAuthError::bad_request(error, description),
        Refused::Fault(fault) => fault.into(),
    })?;
    let request_uri = app.core.push(&flow, now).await?;
    let body = json!({ "request_uri": request_uri, "expires_in": REQUEST_LIFETIME / 1000 });
    Ok(json_response(StatusCode::CREATED, body.to_string()))
}
