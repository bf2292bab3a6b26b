//! The five REST dialects. Tests read like the tables of their documents.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::house::House;

mod applications;
mod bearer;
pub mod better_auth;
mod cookie_pair;
pub mod documents;
mod faults;
mod languages;
mod limits;
mod one_browser;
mod schema;
mod together;
mod token_pair;
mod tokens;
mod walk;

/// A request with a JSON body, as an app sends it.
pub fn send(house: &House, method: Method, path: &str, body: &Value) -> RequestBuilder {
    house.http.request(method, house.url(path)).json(body)
}

pub fn post(house: &House, path: &str, body: &Value) -> RequestBuilder {
    send(house, Method::POST, path, body)
}

/// An answer's status and body.
pub async fn told(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.unwrap();
    let (status, text) = (response.status().as_u16(), response.text().await.unwrap());
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}, not JSON: {text}"));
    (status, body)
}

/// A body whose values that differ from run to run have been checked for their shape and replaced by
/// its name.
pub fn shaped(mut body: Value) -> Value {
    shape("", &mut body);
    body
}

fn shape(name: &str, value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                shape(name, member);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| shape(name, value)),
        Value::String(text) => {
            if let Some(shape) = shape_of(name, text) {
                *value = Value::from(format!("<{shape}>"));
            }
        }
        _ => {}
    }
}

fn shape_of(name: &str, text: &str) -> Option<&'static str> {
    let is_in =
        |alphabet: fn(char) -> bool, text: &str| !text.is_empty() && text.chars().all(alphabet);
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match name {
        "id" | "userId" | "sessionId" => {
            let id = uuid::Uuid::parse_str(text).unwrap();
            assert_eq!(id.get_version_num(), 7, "{name}: {text}");
            Some("UUIDv7")
        }
        "createdAt" | "updatedAt" | "expiresAt" | "lastLogin" | "lastActivity" | "timestamp" => {
            let form: String =
                text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            assert_eq!(form, "0000-00-00T00:00:00.000Z", "{name}: {text}");
            Some("time")
        }
        "token" | "accessToken" | "refreshToken" => {
            let parts: Vec<_> = text.split('.').collect();
            assert!(parts.len() == 3 && parts.iter().all(|part| is_in(base64url, part)), "{text}");
            Some("JWT")
        }
        "apiKey" => {
            let random = text.strip_prefix("pk_").unwrap();
            assert!(random.len() == 32 && is_in(|c| c.is_ascii_alphanumeric(), random), "{text}");
            Some("API key")
        }
        "requestId" => {
            let random = text.strip_prefix("req_").unwrap();
            assert!(is_in(base64url, random), "{text}");
            Some("request id")
        }
        _ => None,
    }
}
