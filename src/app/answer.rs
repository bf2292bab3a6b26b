//! How a browser is sent on: to another page, and back to the app with its answer.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::core::flow::{Answer, ResponseMode};

/// An answer that the browser posts to the app (OAuth 2.0 Form Post Response Mode §2). The router has
/// it drawn by the face that has pages.
#[derive(Clone)]
pub struct Posted {
    pub to: String,
    pub fields: Vec<(&'static str, String)>,
}

/// The way back to the app.
#[must_use]
pub fn to_app(answer: &Answer, issuer: &str) -> Response {
    match answer.mode {
        ResponseMode::Query => see_other(&answer.location(issuer)),
        ResponseMode::FormPost => {
            let fields = answer.parameters(issuer);
            let fields = fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
            let mut response = StatusCode::OK.into_response();
            response.extensions_mut().insert(Posted { to: answer.redirect_uri.clone(), fields });
            response
        }
    }
}

/// 303, so that no credential is ever posted on (RFC 9700 §4.12), and never kept: it may hold a code.
#[must_use]
pub fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::from_str(location) {
        Ok(location) => {
            let headers = response.headers_mut();
            // With those that every answer has, so that they need not be moved.
            headers.reserve(12);
            headers.insert(header::LOCATION, location);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(_) => Problem::of_status(StatusCode::BAD_REQUEST).into_response(),
    }
}
