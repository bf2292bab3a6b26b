//! Dialect D: `/api/auth/*`, `/api/users/*`, `/health` and the information at `/`.

mod cookies;
mod places;
mod refresh;
mod shapes;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::post;
use crate::house::{House, json as body_of};

const REGISTER: &str = "/api/auth/register";
const LOGIN: &str = "/api/auth/login";
const PROFILE: &str = "/api/auth/profile";
const REFRESH: &str = "/api/auth/refresh";
const LOGOUT: &str = "/api/auth/logout";
const LOGOUT_ALL: &str = "/api/auth/logout-all";
const SESSIONS: &str = "/api/auth/sessions";

fn john() -> Value {
    json!({ "username": "johndoe", "email": "john@example.com", "password": "securePassword123" })
}

fn get(house: &House, path: &str) -> RequestBuilder {
    house.http.get(house.url(path))
}

/// A request without a body.
fn bare(house: &House, path: &str) -> RequestBuilder {
    house.http.post(house.url(path))
}

/// What an answer told the browser to keep, by name.
fn set(response: &Response) -> Vec<(String, String, String)> {
    let all = response.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
    all.map(|cookie| {
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned(), attributes.to_owned())
    })
    .collect()
}

/// The cookies that carry a session on.
#[derive(Clone, Debug)]
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(response: &Response) -> Self {
        let set = set(response);
        let value = |name: &str| {
            let found = set.iter().find(|(known, ..)| known == name);
            found.unwrap_or_else(|| panic!("no {name}: {set:?}")).1.clone()
        };
        Self { access: value("access_token"), refresh: value("refresh_token") }
    }

    /// As a browser sends them to `/api/auth`.
    fn header(&self) -> String {
        format!("access_token={}; refresh_token={}", self.access, self.refresh)
    }

    fn with(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(COOKIE, self.header())
    }
}

/// John, in a browser of his own.
async fn registered(house: &House) -> (Pair, Value) {
    let response = post(house, REGISTER, &john()).send().await.unwrap();
    let pair = Pair::of(&response);
    (pair, body_of(response, 201).await)
}

async fn logged_in(house: &House, identifier: &str, password: &str) -> (Pair, Value) {
    let body = json!({ "identifier": identifier, "password": password });
    let response = post(house, LOGIN, &body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let pair = Pair::of(&response);
    (pair, body_of(response, 200).await)
}
