//! Registration and its management by the client itself (RFC 7591, RFC 7592, OpenID Connect Dynamic
//! Client Registration 1.0).

use std::fmt;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{OAuthError, bad_form, json_response};
use crate::app::bearer;
use crate::app::{Shared, paths};
use crate::core::clients::{MetadataError, Registration};
use crate::core::sessions::Place;
use crate::core::{Fault, Refusal, Secret};

/// `POST /register` (RFC 7591 §3.1).
pub async fn create(
    State(app): State<Shared>,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let members = read(&headers, body)?;
    let token = presented(&headers)?;
    if token.is_none() && app.core.asks_for_invitation() {
        return Err(OAuthError::no_token());
    }
    let now = app.core.clock().now();
    let registered = app.core.self_register(members, token.as_ref(), &place, now).await?;
    answer(&app, StatusCode::CREATED, &registered.map_err(|error| refused(&error))?)
}

/// `GET /register/{client_id}` (RFC 7592 §2.1).
pub async fn read_back(
    State(app): State<Shared>,
    id: Id,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let token = presented(&headers)?.ok_or_else(OAuthError::no_token)?;
    answer(&app, StatusCode::OK, &app.core.registration(&named(id)?, &token).await?)
}

/// `PUT /register/{client_id}` (RFC 7592 §2.2).
pub async fn replace(
    State(app): State<Shared>,
    id: Id,
    place: Place,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    let token = presented(&headers)?.ok_or_else(OAuthError::no_token)?;
    let members = read(&headers, body)?;
    let now = app.core.clock().now();
    let replaced = app.core.replace_registration(&named(id)?, &token, members, &place, now).await?;
    answer(&app, StatusCode::OK, &replaced.map_err(|error| refused(&error))?)
}

/// `DELETE /register/{client_id}` (RFC 7592 §2.3).
pub async fn withdraw(
    State(app): State<Shared>,
    id: Id,
    place: Place,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    let token = presented(&headers)?.ok_or_else(OAuthError::no_token)?;
    let now = app.core.clock().now();
    app.core.withdraw_registration(&named(id)?, &token, &place, now).await?;
    Ok((StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

type Id = Result<Path<String>, PathRejection>;

/// The client that the path names. What is no UTF-8 names none.
fn named(id: Id) -> Result<String, OAuthError> {
    id.map(|Path(id)| id).map_err(|_| Refusal::RegistrationTokenInvalid.into())
}

/// The token of the Authorization header (RFC 6750 §2.1), if there is one.
fn presented(headers: &HeaderMap) -> Result<Option<Secret>, OAuthError> {
    let invalid = || OAuthError::from(Refusal::RegistrationTokenInvalid);
    let token = bearer::token(headers).map_err(|_| invalid())?;
    match token {
        // Longer ones are none of ours.
        Some(token) if token.expose().len() > 256 => Err(invalid()),
        other => Ok(other),
    }
}

fn metadata_error(description: impl Into<String>) -> OAuthError {
    OAuthError::bad_request("invalid_client_metadata", description)
}

/// The members of the request's JSON object, each there once.
fn read(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Map<String, Value>, OAuthError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let mut error = OAuthError::invalid_request("the content type must be application/json");
        error.status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(error);
    }
    let body = body.map_err(|rejection| bad_form(&rejection))?;
    let Members(members) = serde_json::from_slice(&body)
        .map_err(|_| metadata_error("the body must be one JSON object, no member repeated"))?;
    // RFC 7591 §3.2.2: nobody's statements are trusted here.
    match members.get("software_statement") {
        None | Some(Value::Null) => Ok(members),
        Some(Value::String(jwt)) if jwt.split('.').count() == 3 => Err(OAuthError::bad_request(
            "unapproved_software_statement",
            "no software statements are accepted here",
        )),
        Some(_) => Err(OAuthError::bad_request(
            "invalid_software_statement",
            "software_statement must be a JWT",
        )),
    }
}

/// A JSON object in which a repeated member is an error, not the last one's victory.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut access: A,
            ) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("repeated"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// RFC 7591 §3.2.2.
fn refused(error: &MetadataError) -> OAuthError {
    let code = if error.member == "redirect_uris" {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    };
    // RFC 6749 §5.2: printable ASCII without quotation marks and backslashes.
    let is_plain = |c: &char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    let description: String = error.to_string().chars().filter(is_plain).take(400).collect();
    OAuthError::bad_request(code, description)
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn answer(
    app: &Shared,
    status: StatusCode,
    registration: &Registration,
) -> Result<Response, OAuthError> {
    let client = &registration.client;
    let metadata = serde_json::to_value(&client.metadata)
        .map_err(|error| Fault::new("write a registration", error))?;
    let Value::Object(mut members) = metadata else {
        return Err(Fault::new("write a registration", "no object").into());
    };
    // The id of a client that registered itself is a UUID of ours.
    let uri = format!("{}{}/{}", app.core.issuer(), paths::REGISTER, client.id);
    members.insert("client_id".to_owned(), client.id.clone().into());
    members.insert("client_id_issued_at".to_owned(), (registration.issued_at / 1000).into());
    if let Some(secret) = &registration.client_secret {
        members.insert("client_secret".to_owned(), secret.expose().into());
        // Never.
        members.insert("client_secret_expires_at".to_owned(), 0.into());
    }
    members.insert("registration_client_uri".to_owned(), uri.into());
    let token = registration.token.expose();
    members.insert("registration_access_token".to_owned(), token.into());
    Ok(json_response(status, Value::Object(members).to_string()))
}
