//! The introspection endpoint (RFC 7662): what a token is worth, for who may know.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::client_auth;
use super::error::{OAuthError, json_response};
use super::token::{read_form, required};
use crate::app::Shared;
use crate::core::clients::AuthMethod;
use crate::core::sessions::Place;
use crate::core::{Fault, Secret};

pub async fn post(
    State(app): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let now = app.core.clock().now();
    let params = read_form(&headers, body)?;
    let client = client_auth::authenticate(&app, &place, &headers, &params, now).await?;
    if client.auth_method == AuthMethod::None {
        // RFC 7662 §2.1: anybody could name a public client, and fish for tokens.
        return Err(OAuthError::invalid_client("introspection is for clients that authenticate"));
    }
    let token = Secret::new(required(&params, "token")?);
    let body = match app.core.introspect(&client, &token, now).await? {
        Some(active) => serde_json::to_string(&active)
            .map_err(|error| Fault::new("write an introspection", error))?,
        None => json!({ "active": false }).to_string(),
    };
    Ok(json_response(StatusCode::OK, body))
}
