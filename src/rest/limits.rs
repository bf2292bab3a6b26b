//! Which rate limit governs which route. The most specific one governs it alone, and counts a request
//! before anything else is looked at: one that is invalid or refused counts too.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::BODY_LIMIT;
use super::fields::Fields;
use super::wrong::Wrong;
use crate::app::limits::Limits;
use crate::app::{Shared, rate};
use crate::core::limits::Rule;
use crate::core::sessions::Place;

/// Every other route counts under [`Rule::Other`].
const RULES: [(&str, Rule); 9] = [
    ("/api/auth/register", Rule::Register),
    ("/api/auth/login", Rule::Login),
    ("/api/auth/reset-password", Rule::ResetPassword),
    ("/api/auth/request-password-reset", Rule::RequestPasswordReset),
    ("/api/auth/forgot-password", Rule::RequestPasswordReset),
    ("/api/auth/forget-password", Rule::RequestPasswordReset),
    ("/api/auth/refresh", Rule::Refresh),
    ("/auth/sign-up", Rule::SignUp),
    ("/auth/sign-in", Rule::SignIn),
];

/// These say how the server is, to whoever asks as often as they like.
const UNLIMITED: [&str; 2] = ["/v1/health", "/health"];

/// The longest text that a sign-in is counted by; longer ones are one.
const LONGEST_IDENTIFIER: usize = 320;

fn rule(method: &Method, path: &str) -> Option<Rule> {
    if UNLIMITED.contains(&path) {
        return None;
    }
    let named = RULES.iter().find(|(route, _)| method == Method::POST && *route == path);
    Some(named.map_or(Rule::Other, |(_, rule)| *rule))
}

/// Runs the rest, within the limit that its route has.
pub(super) async fn keep(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let rule = path.and_then(|path| rule(request.method(), path));
    let refused = Limits::refusal(&request).map(super::refused);
    let Some(rule) = rule else {
        return match refused {
            Some(answer) => answer,
            None => next.run(request).await,
        };
    };
    let (mut parts, body) = request.into_parts();
    let Ok(place) = Place::from_request_parts(&mut parts, &app).await;
    let (identifier, body) = match rule {
        Rule::Login if refused.is_none() => match to_bytes(body, BODY_LIMIT).await {
            Ok(bytes) => (identifier(&bytes), Body::from(bytes)),
            // Too much, or broken off: counted for nobody, and refused by the handler's own limit.
            Err(_) => (None, Body::from(Bytes::from(vec![b' '; BODY_LIMIT + 1]))),
        },
        _ => (None, body),
    };
    let now = app.core.clock().now();
    let count = app.core.count(rule, &place, identifier.as_deref(), now).await;
    let refuse = |count: crate::core::limits::Count| {
        Wrong::Limited { rule, retry_after: count.reset_after }.into_response()
    };
    let rest = async {
        match refused {
            Some(answer) => answer,
            None => next.run(Request::from_parts(parts, body)).await,
        }
    };
    rate::keep(count, refuse, rest).await
}

/// Whom a sign-in is for, as far as that can be told.
fn identifier(body: &[u8]) -> Option<String> {
    let mut text = Fields::parse(body).ok()?.optional_text("identifier")?;
    if let Some((end, _)) = text.char_indices().nth(LONGEST_IDENTIFIER) {
        text.truncate(end);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_3_the_most_specific_rule_governs_a_route_alone() {
        assert_eq!(rule(&Method::POST, "/api/auth/login"), Some(Rule::Login));
        assert_eq!(rule(&Method::GET, "/api/auth/login"), Some(Rule::Other));
        assert_eq!(rule(&Method::POST, "/api/auth/sign-in/email"), Some(Rule::Other));
        assert_eq!(rule(&Method::GET, "/api/authentication/{id}"), Some(Rule::Other));
        assert_eq!(rule(&Method::GET, "/health"), None);
        for alias in ["request-password-reset", "forgot-password", "forget-password"] {
            let path = format!("/api/auth/{alias}");
            assert_eq!(rule(&Method::POST, &path), Some(Rule::RequestPasswordReset));
        }
    }
}
