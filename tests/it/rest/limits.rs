//! Rate limits (API §3), seen from outside.

use reqwest::{RequestBuilder, Response, header};
use serde_json::{Value, json};

use super::post;
use crate::house::{Db, House};
use crate::on_both_databases;

/// The limits as they are without a word in the configuration.
const DEFAULT: &str = "[rate_limits]\nenabled = true\n";

fn said(answer: &Response) -> [Option<u64>; 4] {
    let names = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"];
    names.map(|name| answer.headers().get(name)?.to_str().unwrap().parse().ok())
}

/// Asks until the limit is reached, and once beyond it; what it was told then.
async fn exhaust(limit: u64, window: u64, ask: impl Fn() -> RequestBuilder) -> Value {
    for n in 1..=limit {
        let answer = ask().send().await.unwrap();
        assert_ne!(answer.status(), 429, "request {n} of {limit}");
        let [stated, remaining, reset, retry] = said(&answer);
        assert_eq!((stated, remaining, retry), (Some(limit), Some(limit - n), None));
        assert!(reset.is_some_and(|reset| (1..=window).contains(&reset)), "{reset:?}");
    }
    let answer = ask().send().await.unwrap();
    assert_eq!(answer.status(), 429);
    let [stated, remaining, reset, retry] = said(&answer);
    assert_eq!((stated, remaining), (Some(limit), Some(0)));
    assert_eq!(reset, retry);
    answer.json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_table_has_its_limit_its_code_and_its_dialects_shape() {
    const MINUTE: u64 = 60;
    let house = House::open_with(Db::Sqlite, DEFAULT).await;
    let nothing = json!({});
    let cases = [
        ("/api/auth/register", 100, 5 * MINUTE),
        ("/api/auth/reset-password", 10, 5 * MINUTE),
        ("/api/auth/request-password-reset", 3, 60 * MINUTE),
        ("/api/auth/refresh", 10, MINUTE),
        ("/auth/sign-up", 5, 60 * MINUTE),
        ("/auth/sign-in", 10, 60 * MINUTE),
        ("/api/v1/auth/login", 100, 15 * MINUTE),
    ];
    let mut all = Vec::new();
    let mut note = |path: &str, mut told: Value| {
        if told.get("requestId").is_some() {
            told["requestId"] = "<request id>".into();
        }
        if told.get("retryAfter").is_some_and(Value::is_number) {
            told["retryAfter"] = "<seconds>".into();
        }
        all.push(json!([path, told]));
    };
    for (path, limit, window) in cases {
        note(path, exhaust(limit, window, || post(&house, path, &nothing)).await);
    }
    for path in ["/api/auth/get-session", "/api/authentication", "/api/auth/profile"] {
        let answer = house.http.get(house.url(path)).send().await.unwrap();
        note(path, crate::house::json(answer, 429).await);
    }
    insta::assert_json_snapshot!("rate_limits", all);
    // One count for all others, whichever dialect; and one for the three aliases.
    for path in [
        "/api/auth/sign-in/email",
        "/api/v1/auth/register",
        "/api/auth/forgot-password",
        "/api/auth/forget-password",
    ] {
        assert_eq!(post(&house, path, &nothing).send().await.unwrap().status(), 429, "{path}");
    }
    for path in ["/health", "/v1/health", "/jwks", "/.well-known/openid-configuration", "/sign-in"]
    {
        let answer = house.http.get(house.url(path)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), said(&answer)), (200, [None; 4]), "{path}");
    }
}

on_both_databases! {
    async fn a_sign_in_counts_by_address_and_identifier(unlimited: House) {
        let mut config = unlimited.config.clone();
        config.rate_limits = countersign::config::RateLimits::default();
        let house = unlimited.restart(&config).await;
        let login = |identifier: &str| post(&house, "/api/auth/login", &json!({ "identifier": identifier }));
        let told = exhaust(15, 300, || login("one@example.com")).await;
        assert_eq!(told["error"]["code"], "TOO_MANY_LOGIN_ATTEMPTS");
        assert_eq!(told["error"]["statusCode"], 429);
        assert_eq!(login(" ONE@example.com").send().await.unwrap().status(), 429);
        assert_ne!(login("two@example.com").send().await.unwrap().status(), 429);
        house.clock.advance(5 * 60 * 1000);
        assert_ne!(login("one@example.com").send().await.unwrap().status(), 429, "a window later");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_can_be_changed_and_limiting_switched_off() {
    let more = "[rate_limits.sign_up]\nlimit = 2\nwindow = \"10s\"\n";
    let house = House::open_with(Db::Sqlite, more).await;
    exhaust(2, 10, || post(&house, "/auth/sign-up", &json!({}))).await;
    let house = House::open_with(Db::Sqlite, "[rate_limits]\nenabled = false\n").await;
    for _ in 0..20 {
        let answer = post(&house, "/auth/sign-up", &json!({})).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), said(&answer)), (422, [None; 4]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn api_3_what_is_refused_unseen_counts_too() {
    let more = "[rate_limits.sign_up]\nlimit = 2\nwindow = \"10s\"\n[rate_limits.login]\nlimit = 2\nwindow = \"10s\"\n";
    let house = House::open_with(Db::Sqlite, more).await;
    for path in ["/auth/sign-up", "/api/auth/login"] {
        let compressed =
            || post(&house, path, &json!({})).header("content-encoding", "gzip").send();
        for left in [1, 0] {
            let answer = compressed().await.unwrap();
            assert_eq!((answer.status().as_u16(), said(&answer)[1]), (415, Some(left)), "{path}");
        }
        assert_eq!(compressed().await.unwrap().status(), 429, "{path}");
    }
    let health = house.http.get(house.url("/v1/health")).header("content-encoding", "gzip");
    assert_eq!(
        health.send().await.unwrap().status(),
        415,
        "where nothing is counted it is refused as well"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_better_auth_10203_what_a_stranger_writes_into_headers_changes_no_count() {
    let house = House::open_with(Db::Sqlite, DEFAULT).await;
    let mut n = 0;
    let mut last = 0;
    while n < 6 {
        n += 1;
        let ask = post(&house, "/auth/sign-up", &json!({}))
            .header("x-forwarded-for", format!("203.0.113.{n}"))
            .header("x-real-ip", format!("203.0.113.{n}"))
            .header(header::FORWARDED, format!("for=203.0.113.{n}"));
        last = ask.send().await.unwrap().status().as_u16();
    }
    assert_eq!(last, 429);
}
