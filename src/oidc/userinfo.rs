//! The userinfo endpoint (OIDC Core §5.3), with the token where RFC 6750 §2.1 and §2.2 allow it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::error::{OAuthError, json_response};
use super::params::Params;
use super::token;
use crate::app::Shared;
use crate::app::bearer::{self, Malformed};
use crate::core::Secret;
use crate::core::tokens::UserInfo;

pub async fn get(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, OAuthError> {
    refuse_query(query.as_deref())?;
    let token = from_header(&headers)?.ok_or_else(OAuthError::no_token)?;
    answer(&app, &token).await
}

pub async fn post(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, OAuthError> {
    refuse_query(query.as_deref())?;
    let in_header = from_header(&headers)?;
    let in_form = if headers.contains_key(header::CONTENT_TYPE) {
        let form = token::read_form(&headers, body)?;
        form.get("access_token").ok().flatten().map(Secret::new)
    } else {
        None
    };
    match (in_header, in_form) {
        (Some(_), Some(_)) => Err(OAuthError::invalid_request("more than one access token")),
        (Some(token), None) | (None, Some(token)) => answer(&app, &token).await,
        (None, None) => Err(OAuthError::no_token()),
    }
}

async fn answer(app: &Shared, token: &Secret) -> Result<Response, OAuthError> {
    let claims = app.core.userinfo(token.expose(), app.core.clock().now()).await?;
    Ok(match claims {
        UserInfo::Claims(claims) => {
            json_response(StatusCode::OK, serde_json::Value::Object(claims).to_string())
        }
        UserInfo::Signed(jwt) => {
            let mut response = json_response(StatusCode::OK, jwt);
            let media_type = HeaderValue::from_static("application/jwt");
            response.headers_mut().insert(header::CONTENT_TYPE, media_type);
            response
        }
    })
}

/// RFC 9700 §4.3.2: a token in a URL ends up in logs.
fn refuse_query(query: Option<&str>) -> Result<(), OAuthError> {
    if Params::parse(query.unwrap_or_default().as_bytes()).has("access_token") {
        return Err(OAuthError::invalid_request(
            "send the access token in the Authorization header",
        ));
    }
    Ok(())
}

fn from_header(headers: &HeaderMap) -> Result<Option<Secret>, OAuthError> {
    bearer::token(headers).map_err(|malformed| match malformed {
        Malformed::Repeated => OAuthError::invalid_request("more than one Authorization header"),
        Malformed::Unreadable => OAuthError::no_token(),
    })
}
