//! Dialect B: `/auth/*`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::documents::{blocks, in_chromium, in_shell};
use super::{post, send, shaped, told};
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::on_both_databases;

const SIGN_UP: &str = "/auth/sign-up";
const SIGN_IN: &str = "/auth/sign-in";
const SIGN_OUT: &str = "/auth/sign-out";
const SESSION: &str = "/auth/session";
const PROFILE: &str = "/auth/profile";
const REFRESH: &str = "/auth/refresh";

fn john() -> Value {
    json!({ "email": "user@example.com", "password": "SecurePass123!", "name": "John Doe" })
}

async fn signed_up(house: &House) -> Value {
    let (status, body) = told(post(house, SIGN_UP, &john())).await;
    assert_eq!(status, 201, "{body}");
    body
}

fn get(house: &House, path: &str) -> RequestBuilder {
    house.http.get(house.url(path))
}

fn bare(house: &House, path: &str) -> RequestBuilder {
    house.http.post(house.url(path))
}

fn token(body: &Value) -> &str {
    body["session"]["token"].as_str().unwrap_or_else(|| panic!("{body}"))
}

on_both_databases! {
    async fn the_documents_routes_answer_in_its_shapes(house: House) {
        let (status, new) = told(post(&house, SIGN_UP, &john())).await;
        insta::assert_json_snapshot!("bearer_sign_up", json!([status, shaped(new)]));
        let sign_in = json!({ "email": " User@Example.com", "password": "SecurePass123!" });
        let (status, entered) = told(post(&house, SIGN_IN, &sign_in)).await;
        let first = token(&entered).to_owned();
        insta::assert_json_snapshot!("bearer_sign_in", json!([status, shaped(entered)]));
        let (status, shown) = told(get(&house, SESSION).bearer_auth(&first)).await;
        insta::assert_json_snapshot!("bearer_session", json!([status, shaped(shown)]));
        let (status, profile) = told(get(&house, PROFILE).bearer_auth(&first)).await;
        insta::assert_json_snapshot!("bearer_profile", json!([status, shaped(profile)]));
        let (status, later) = told(bare(&house, REFRESH).bearer_auth(&first)).await;
        let second = token(&later).to_owned();
        insta::assert_json_snapshot!("bearer_refresh", json!([status, shaped(later)]));
        let (status, out) = told(bare(&house, SIGN_OUT).bearer_auth(&second)).await;
        insta::assert_json_snapshot!("bearer_sign_out", json!([status, out]));
    }
}

on_both_databases! {
    async fn every_error_of_the_document_has_its_code_and_words(house: House) {
        let raw = |kind: &str, body: &str| bare(&house, SIGN_IN).header("content-type", kind).body(body.to_owned());
        let twice = r#"{"email": "a@example.com", "email": "b@example.com", "password": "x"}"#;
        let errors = [
            ("the document's own", post(&house, SIGN_UP, &json!({ "email": "nobody", "password": "short", "name": "John Doe" }))),
            ("no upper-case letter", post(&house, SIGN_UP, &json!({ "email": "a@example.com", "password": "securepass123", "name": "A" }))),
            ("no lower-case letter", post(&house, SIGN_UP, &json!({ "email": "a@example.com", "password": "SECUREPASS123", "name": "A" }))),
            ("no digit", post(&house, SIGN_UP, &json!({ "email": "a@example.com", "password": "SecurePassword", "name": "A" }))),
            ("too long", post(&house, SIGN_UP, &json!({ "email": "a@example.com", "password": format!("Aa1{}", "x".repeat(126)), "name": "A" }))),
            ("other types", post(&house, SIGN_UP, &json!({ "email": 5, "password": ["x"], "name": "" }))),
            ("nothing", post(&house, SIGN_UP, &json!({}))),
            ("nothing to sign in with", post(&house, SIGN_IN, &json!({}))),
            ("a taken address", post(&house, SIGN_UP, &json!({ "email": "ADA@example.com", "password": "SecurePass123!", "name": "Ada" }))),
            ("a wrong password", post(&house, SIGN_IN, &json!({ "email": EMAIL, "password": "SecurePass123!" }))),
            ("an unknown address", post(&house, SIGN_IN, &json!({ "email": "nobody@example.com", "password": "SecurePass123!" }))),
            ("no credential", get(&house, SESSION)),
            ("a token that is none", get(&house, PROFILE).bearer_auth("none")),
            ("a scheme that is none", get(&house, PROFILE).header("authorization", "Basic YTpi")),
            ("nothing to refresh", bare(&house, REFRESH)),
            ("another media type", raw("text/plain", "{}")),
            ("no JSON", raw("application/json", "{")),
            ("a member twice", raw("application/json; charset=utf-8", twice)),
            ("too much", post(&house, SIGN_IN, &json!({ "email": "a".repeat(1024 * 1024) }))),
            ("another method", get(&house, SIGN_IN)),
            ("an unknown path", get(&house, "/auth/nothing")),
            ("a path written otherwise", post(&house, "/auth//sign-in", &john())),
        ];
        let mut all = Vec::new();
        for (what, request) in errors {
            let (status, body) = told(request).await;
            all.push(json!([what, status, body]));
        }
        insta::assert_json_snapshot!("bearer_errors", all);
    }
}

on_both_databases! {
    async fn a_token_lasts_as_long_as_it_says_and_a_refreshed_one_begins_anew(house: House) {
        const HOUR: i64 = 60 * 60 * 1000;
        let first = signed_up(&house).await;
        house.clock.advance(23 * HOUR);
        let (status, second) = told(bare(&house, REFRESH).bearer_auth(token(&first))).await;
        assert_eq!(status, 200, "{second}");
        assert_eq!(second["session"]["id"], first["session"]["id"]);
        assert!(second["session"]["expiresAt"].as_str() > first["session"]["expiresAt"].as_str());
        let stopped = told(get(&house, SESSION).bearer_auth(token(&first))).await.0;
        assert_eq!(stopped, 401, "the old one stops");
        house.clock.advance(2 * HOUR);
        let shown = told(get(&house, SESSION).bearer_auth(token(&second))).await;
        assert_eq!((shown.0, &shown.1["session"]["expiresAt"]), (200, &second["session"]["expiresAt"]));
        house.clock.advance(22 * HOUR);
        assert_eq!(told(get(&house, SESSION).bearer_auth(token(&second))).await.0, 401);
        assert_eq!(told(bare(&house, REFRESH).bearer_auth(token(&second))).await.0, 401);
    }
}

on_both_databases! {
    async fn a_lost_answer_may_be_asked_for_again_and_an_older_token_ends_the_session(house: House) {
        let first = signed_up(&house).await;
        let refresh = |body: &Value| told(bare(&house, REFRESH).bearer_auth(token(body)));
        let (_, second) = refresh(&first).await;
        let (status, again) = refresh(&first).await;
        assert_eq!(status, 200, "{again}");
        for body in [&second, &again] {
            assert_eq!(told(get(&house, PROFILE).bearer_auth(token(body))).await.0, 200);
        }
        assert_eq!(refresh(&second).await.0, 200);
        assert_eq!(refresh(&first).await.0, 401, "its successor was used");
        assert_eq!(told(get(&house, PROFILE).bearer_auth(token(&again))).await.0, 401, "all is over");
    }
}

on_both_databases! {
    async fn only_a_session_token_is_exchanged(house: House) {
        let pair = json!({ "email": "e@example.com", "password": "SecurePass123!" });
        let (_, other) = told(post(&house, "/api/v1/auth/register", &pair)).await;
        for kind in ["accessToken", "refreshToken"] {
            let token = other["tokens"][kind].as_str().unwrap();
            assert_eq!(told(bare(&house, REFRESH).bearer_auth(token)).await.0, 401, "{kind}");
        }
        let key = other["user"]["apiKey"].as_str().unwrap();
        assert_eq!(told(bare(&house, REFRESH).bearer_auth(key)).await.0, 401);
        let access = other["tokens"]["accessToken"].as_str().unwrap();
        assert_eq!(told(get(&house, PROFILE).bearer_auth(access)).await.0, 200, "it was not harmed");
    }
}

on_both_databases! {
    async fn an_api_key_stands_in_for_a_session_and_does_not_end_one(house: House) {
        let account = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let now = house.clock.now();
        let place = countersign::core::sessions::Place::default();
        let make = |expires_at| house.app.core.create_api_key(account.id, "script", expires_at, &place, now);
        let (dated, key) = make(Some(now + 60_000)).await.unwrap();
        let (status, shown) = told(get(&house, SESSION).header("x-api-key", dated.expose())).await;
        assert_eq!(status, 200, "{shown}");
        let expected = json!({ "id": key.id, "expiresAt": countersign::core::rfc3339(now + 60_000) });
        assert_eq!(shown["session"], expected);
        let (endless, _) = make(None).await.unwrap();
        let (_, shown) = told(get(&house, SESSION).bearer_auth(endless.expose())).await;
        assert!(shown["session"]["expiresAt"].as_str() > expected["expiresAt"].as_str());
        let (status, body) = told(bare(&house, SIGN_OUT).bearer_auth(endless.expose())).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!("FORBIDDEN")));
        house.clock.advance(60_000);
        assert_eq!(told(get(&house, SESSION).header("x-api-key", dated.expose())).await.0, 401);
    }
}

on_both_databases! {
    async fn asvs_8_2_3_what_a_body_says_beyond_its_fields_is_nobodys_business(house: House) {
        let mut body = john();
        for (field, value) in [
            ("id", json!("0190a1b2-0000-7000-8000-000000000000")), ("role", json!("admin")),
            ("roles", json!(["admin"])), ("emailVerified", json!(true)), ("userId", json!("1")),
            ("createdAt", json!("2000-01-01T00:00:00.000Z")), ("username", json!("root")),
        ] {
            body[field] = value;
        }
        let (status, new) = told(post(&house, SIGN_UP, &body)).await;
        assert_eq!((status, &new["user"]["emailVerified"]), (201, &json!(false)));
        let account = house.app.core.find_account("user@example.com").await.unwrap().unwrap();
        assert_ne!(account.id.to_string(), "0190a1b2-0000-7000-8000-000000000000");
        assert!(account.roles.is_empty() && account.username.is_none() && !account.email_verified);
        assert_eq!(account.role(), "user");
    }
}

on_both_databases! {
    async fn an_account_that_is_disabled_or_deleted_is_out_at_once(house: House) {
        let body = signed_up(&house).await;
        let account = house.app.core.find_account("user@example.com").await.unwrap().unwrap();
        house.app.core.disable_account(account.id, house.clock.now()).await.unwrap();
        for path in [SESSION, PROFILE] {
            assert_eq!(told(get(&house, path).bearer_auth(token(&body))).await.0, 401, "{path}");
        }
        assert_eq!(told(bare(&house, REFRESH).bearer_auth(token(&body))).await.0, 401);
        let sign_in = |password: &str| post(&house, SIGN_IN, &json!({ "email": "user@example.com", "password": password }));
        let (status, told_so) = told(sign_in("SecurePass123!")).await;
        assert_eq!((status, &told_so["error"]["code"]), (403, &json!("FORBIDDEN")));
        assert_eq!(told(sign_in("SecurePass123?")).await.0, 401);
        house.app.core.delete_account(account.id, house.clock.now()).await.unwrap();
        let (status, gone) = told(get(&house, SESSION).bearer_auth(token(&body))).await;
        assert_eq!((status, &gone["error"]["code"]), (401, &json!("UNAUTHORIZED")));
    }
}

on_both_databases! {
    async fn messages_follow_accept_language_and_codes_do_not(house: House) {
        let body = json!({ "email": "nobody", "password": "short", "name": "A" });
        let answer = post(&house, SIGN_UP, &body).header("accept-language", "fr").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-language"]), (422, &"fr".parse().unwrap()));
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body, json!({ "error": {
            "code": "VALIDATION_ERROR", "message": "Les données envoyées ne sont pas valides",
            "details": { "email": "Adresse e-mail invalide", "password": "Au moins 8 caractères sont nécessaires" },
        } }));
    }
}

on_both_databases! {
    async fn asvs_3_5_1_no_other_site_signs_anybody_in(house: House) {
        for (path, body) in [(SIGN_UP, john()), (SIGN_IN, json!({ "email": EMAIL, "password": PASSWORD }))] {
            for (header, value) in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
                let (status, body) = told(post(&house, path, &body).header(header, value)).await;
                assert_eq!((status, &body["error"]["code"]), (403, &json!("FORBIDDEN")), "{path} {value}");
            }
        }
    }
}

on_both_databases! {
    async fn session_is_one_statement_and_locks_count_here_too(house: House) {
        let body = signed_up(&house).await;
        let ((status, _), statements) =
            house.statements(told(get(&house, SESSION).bearer_auth(token(&body)))).await;
        assert_eq!((status, statements), (200, 1));
        let wrong = json!({ "email": "user@example.com", "password": "SecurePass123?" });
        for _ in 0..10 {
            assert_eq!(told(post(&house, SIGN_IN, &wrong)).await.0, 401);
        }
        let right = json!({ "email": "user@example.com", "password": "SecurePass123!" });
        let answer = post(&house, SIGN_IN, &right).send().await.unwrap();
        assert_eq!(answer.status(), 429);
        let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&seconds), "{seconds}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "ACCOUNT_LOCKED");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_expiration_sets_how_long_a_token_lasts() {
    let house = House::open_with(Db::Sqlite, "[sessions]\nbearer_lifetime = 120\n").await;
    let body = signed_up(&house).await;
    house.clock.advance(60_000);
    assert_eq!(told(get(&house, SESSION).bearer_auth(token(&body))).await.0, 200);
    house.clock.advance(60_000);
    assert_eq!(told(get(&house, SESSION).bearer_auth(token(&body))).await.0, 401);
    let head = send(&house, Method::HEAD, PROFILE, &json!({})).send().await.unwrap();
    assert_eq!(head.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_own_examples_run_as_they_stand() {
    let house = House::open(Db::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let document =
        std::fs::read_to_string(super::documents::root("tests/it/rest/documents/bearer.sh"))
            .unwrap();
    let script = format!(
        "{document}\necho; curl \"$BASE/auth/session\" -H \"Authorization: Bearer $TOKEN\" && exit 1 || true\n"
    );
    let script = format!("BASE=http://localhost:3001\n{script}");
    let out = in_shell(&house, &script, "http://localhost:3001", folder.path()).await;
    for part in ["\"token\":\"eyJ", "\"emailVerified\":false", "{\"success\":true}", "UNAUTHORIZED"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    // `fetch` as the document's types have it; the function is the document's, and so is its URL.
    let script = "const login = async (req) => {\n\
        const res = await fetch('/auth/sign-in', {\n\
        method: 'POST', headers: { 'Content-Type': 'application/json' },\n\
        body: JSON.stringify(req), }); return res.json(); };\n\
        const session = await login({ email: 'jane@example.com', password: 'SecurePass123!' });\n\
        const isExpired = (session) => { return new Date(session.session.expiresAt) < new Date(); };\n\
        console.log(session.user.name, isExpired(session));";
    assert_eq!(
        in_chromium(&house, script, "http://localhost:3001").await.trim(),
        "[\"Jane Doe\",false]"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_examples_run_as_they_stand() {
    let house = House::open(Db::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let page = blocks("docs/bearer.md", "sh").join("\n");
    let out = in_shell(&house, &page, "http://localhost:3000", folder.path()).await;
    assert!(out.contains("{\"success\":true}"), "{out}");
}
