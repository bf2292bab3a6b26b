//! What was wrong elsewhere, once: a test for each advisory of another provider that could be one of
//! ours, with its id in the name. Those that belong to a page or an endpoint stand with its tests.

mod accounts;
mod grants;
mod input;
mod redirects;
mod sessions;
mod tokens;

use serde_json::Value;

use crate::browser::{Browser, request_with};
use crate::house::{House, WEB, json};
use crate::oidc::code::redemption;

/// What a person's sign-in gives the app `web`.
async fn tokens(house: &House, browser: &Browser, scope: &str) -> Value {
    let code = browser.code(&request_with("web", &[("scope", scope)])).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

async fn refresh(house: &House, client: (&str, &str), token: &str) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = house.token(client, &form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn is_active(house: &House, token: &str) -> bool {
    let answer = house.post("/introspect", WEB, &[("token", token)]).send().await.unwrap();
    json(answer, 200).await["active"] == true
}
