//! Dialect E: `/api/v1/auth/*`.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::documents::{blocks, in_chromium, in_shell};
use super::{post, send, shaped, told};
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::oidc::code::claims;
use crate::on_both_databases;

const REGISTER: &str = "/api/v1/auth/register";
const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const ME: &str = "/api/v1/auth/me";
const LOGOUT: &str = "/api/v1/auth/logout";

fn john() -> Value {
    json!({ "email": "user@example.com", "password": "SecurePass123", "name": "John Doe" })
}

async fn registered(house: &House) -> Value {
    let (status, body) = told(post(house, REGISTER, &john())).await;
    assert_eq!(status, 201, "{body}");
    body
}

fn get(house: &House, path: &str) -> RequestBuilder {
    house.http.get(house.url(path))
}

fn text<'b>(body: &'b Value, pointer: &str) -> &'b str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}: {body}"))
}

on_both_databases! {
    async fn the_documents_routes_answer_in_its_shapes(house: House) {
        let (status, new) = told(post(&house, REGISTER, &john())).await;
        insta::assert_json_snapshot!("token_pair_register", json!([status, shaped(new)]));
        let login = json!({ "email": " User@Example.com", "password": "SecurePass123" });
        let (status, entered) = told(post(&house, LOGIN, &login)).await;
        let token = text(&entered, "/tokens/accessToken").to_owned();
        let refresh = json!({ "refreshToken": text(&entered, "/tokens/refreshToken") });
        insta::assert_json_snapshot!("token_pair_login", json!([status, shaped(entered)]));
        let (status, me) = told(get(&house, ME).bearer_auth(&token)).await;
        insta::assert_json_snapshot!("token_pair_me", json!([status, shaped(me)]));
        let (status, later) = told(post(&house, REFRESH, &refresh)).await;
        insta::assert_json_snapshot!("token_pair_refresh", json!([status, shaped(later)]));
        let (status, out) = told(house.http.post(house.url(LOGOUT)).bearer_auth(&token)).await;
        insta::assert_json_snapshot!("token_pair_logout", json!([status, out]));
    }
}

on_both_databases! {
    async fn every_error_of_the_document_has_its_code_and_words(house: House) {
        let errors = [
            ("a weak password", post(&house, REGISTER, &json!({ "email": "a@example.com", "password": "securepass123" }))),
            ("all that is wrong at once", post(&house, REGISTER, &json!({ "email": "nobody", "password": "short", "name": 5 }))),
            ("nothing", post(&house, REGISTER, &json!({}))),
            ("a taken address", post(&house, REGISTER, &json!({ "email": "ADA@example.com", "password": "SecurePass123" }))),
            ("a wrong password", post(&house, LOGIN, &json!({ "email": EMAIL, "password": "SecurePass123" }))),
            ("an unknown address", post(&house, LOGIN, &json!({ "email": "nobody@example.com", "password": "SecurePass123" }))),
            ("no credential", get(&house, ME)),
            ("a token that is none", get(&house, ME).bearer_auth("none")),
            ("a scheme that is none", get(&house, ME).header("authorization", "Basic YTpi")),
            ("an access token to refresh with", post(&house, REFRESH, &json!({ "refreshToken": text(&registered(&house).await, "/tokens/accessToken") }))),
            ("another media type", house.http.post(house.url(LOGIN)).header("content-type", "text/plain").body("{}")),
            ("no JSON", house.http.post(house.url(LOGIN)).header("content-type", "application/json").body("{")),
            ("a member twice", house.http.post(house.url(LOGIN)).header("content-type", "application/json").body(r#"{"email": "a@example.com", "email": "b@example.com", "password": "x"}"#)),
            ("too much", post(&house, LOGIN, &json!({ "email": "a".repeat(1024 * 1024) }))),
            ("another method", get(&house, LOGIN)),
            ("an unknown path", get(&house, "/api/v1/nothing")),
            ("a path written otherwise", post(&house, "/api/v1/auth/login/", &john())),
        ];
        let mut all = Vec::new();
        for (what, request) in errors {
            let (status, body) = told(request).await;
            all.push(json!([what, status, body]));
        }
        insta::assert_json_snapshot!("token_pair_errors", all);
    }
}

on_both_databases! {
    async fn messages_follow_accept_language_and_codes_do_not(house: House) {
        let login = json!({ "email": EMAIL, "password": "SecurePass123" });
        let answer = post(&house, LOGIN, &login).header("accept-language", "fr-CH, en;q=0.5").send().await.unwrap();
        assert_eq!(answer.headers()["content-language"], "fr");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body, json!({ "error": "UNAUTHORIZED", "message": "E-mail ou mot de passe incorrect" }));
    }
}

on_both_databases! {
    async fn an_inactive_account_is_told_so_after_the_right_password_alone(house: House) {
        let account = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        house.app.core.disable_account(account.id, house.clock.now()).await.unwrap();
        let login = |password: &str| post(&house, LOGIN, &json!({ "email": EMAIL, "password": password }));
        let (status, body) = told(login(PASSWORD)).await;
        assert_eq!((status, body), (403, json!({ "error": "FORBIDDEN", "message": "Account is inactive" })));
        assert_eq!(told(login("SecurePass123")).await.0, 401);
    }
}

on_both_databases! {
    async fn a_deleted_users_token_finds_no_user(house: House) {
        let body = registered(&house).await;
        let id = uuid::Uuid::parse_str(text(&body, "/user/id")).unwrap();
        house.app.core.delete_account(id, house.clock.now()).await.unwrap();
        let (status, me) = told(get(&house, ME).bearer_auth(text(&body, "/tokens/accessToken"))).await;
        assert_eq!((status, me), (404, json!({ "error": "NOT_FOUND", "message": "User not found" })));
        let key = told(get(&house, ME).header("x-api-key", text(&body, "/user/apiKey"))).await;
        assert_eq!(key.0, 401, "a key is dead with its owner");
    }
}

on_both_databases! {
    async fn an_api_key_is_a_credential_for_everything_but_the_way_in(house: House) {
        let body = registered(&house).await;
        let key = text(&body, "/user/apiKey");
        for request in [
            get(&house, ME).bearer_auth(key),
            get(&house, ME).header("x-api-key", key),
            get(&house, ME).header("x-api-key", key).bearer_auth(text(&body, "/tokens/accessToken")),
        ] {
            let (status, me) = told(request).await;
            assert_eq!((status, text(&me, "/user/email")), (200, "user@example.com"));
        }
        let (status, out) = told(house.http.post(house.url(LOGOUT)).bearer_auth(key)).await;
        assert_eq!((status, text(&out, "/error")), (403, "FORBIDDEN"));
        let in_url = told(get(&house, &format!("{ME}?api_key={key}&access_token={key}"))).await;
        assert_eq!(in_url.0, 401, "never in a URL");
        let token = text(&body, "/tokens/accessToken");
        assert_eq!(told(get(&house, ME).header("x-api-key", token)).await.0, 401, "a token is no key");
        let cut = &key[..key.len() - 1];
        let recased = key.to_ascii_uppercase().replace("PK_", "pk_");
        for other in [cut.to_owned(), format!("{key}A"), recased] {
            assert_eq!(told(get(&house, ME).header("x-api-key", &other)).await.0, 401, "{other}");
        }
    }
}

on_both_databases! {
    async fn two_credentials_of_different_users_are_ambiguous(house: House) {
        let first = registered(&house).await;
        let another = json!({ "email": "other@example.com", "password": "SecurePass123" });
        let (_, second) = told(post(&house, REGISTER, &another)).await;
        let both = get(&house, ME)
            .bearer_auth(text(&first, "/tokens/accessToken"))
            .header("x-api-key", text(&second, "/user/apiKey"));
        let (status, body) = told(both).await;
        assert_eq!((status, text(&body, "/error")), (400, "AMBIGUOUS_CREDENTIALS"));
        let dead = get(&house, ME)
            .bearer_auth(text(&first, "/tokens/accessToken"))
            .header("x-api-key", "pk_00000000000000000000000000000000");
        assert_eq!(told(dead).await.0, 401, "each must be good by itself");
    }
}

on_both_databases! {
    async fn a_session_ended_here_is_ended_for_introspection_and_userinfo(house: House) {
        let body = registered(&house).await;
        let token = text(&body, "/tokens/accessToken");
        assert_eq!(house.userinfo(token).await.status(), 200);
        let (status, _) = told(house.http.post(house.url(LOGOUT)).bearer_auth(token)).await;
        assert_eq!(status, 200);
        assert_eq!(house.userinfo(token).await.status(), 401);
        assert_eq!(told(get(&house, ME).bearer_auth(token)).await.0, 401);
        let refresh = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
        assert_eq!(told(post(&house, REFRESH, &refresh)).await.0, 401);
    }
}

on_both_databases! {
    async fn a_refresh_token_rotates_and_an_old_one_ends_the_session(house: House) {
        let body = registered(&house).await;
        let first = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
        let (status, second) = told(post(&house, REFRESH, &first)).await;
        assert_eq!(status, 200);
        // The answer was lost: the same generation once more.
        let (status, again) = told(post(&house, REFRESH, &first)).await;
        assert_eq!(status, 200);
        for body in [&second, &again] {
            let me = get(&house, ME).bearer_auth(text(body, "/tokens/accessToken"));
            assert_eq!(told(me).await.0, 200);
        }
        let third = json!({ "refreshToken": text(&second, "/tokens/refreshToken") });
        assert_eq!(told(post(&house, REFRESH, &third)).await.0, 200);
        assert_eq!(told(post(&house, REFRESH, &first)).await.0, 401, "its successor was used");
        let newest = text(&again, "/tokens/accessToken");
        assert_eq!(told(get(&house, ME).bearer_auth(newest)).await.0, 401, "the session is over");
    }
}

on_both_databases! {
    async fn who_changes_the_password_goes_on_by_what_the_answer_holds(house: House) {
        let body = registered(&house).await;
        let change = json!({ "currentPassword": "SecurePass123", "newPassword": "AnotherPass123" });
        let change = post(&house, "/api/auth/change-password", &change);
        let changed = change.bearer_auth(text(&body, "/tokens/accessToken")).send().await.unwrap();
        assert!(changed.headers().get("set-cookie").is_none(), "the app keeps its tokens itself");
        let changed = crate::house::json(changed, 200).await;
        assert_eq!(told(get(&house, ME).bearer_auth(text(&changed, "/token"))).await.0, 200);
        let refresh = json!({ "refreshToken": text(&changed, "/refreshToken") });
        let (status, later) = told(post(&house, REFRESH, &refresh)).await;
        assert_eq!(status, 200, "{later}");
        assert_eq!(told(get(&house, ME).bearer_auth(text(&later, "/tokens/accessToken"))).await.0, 200);
        // Who had the one from before is not the one who changed it.
        let before = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
        assert_eq!(told(post(&house, REFRESH, &before)).await.0, 401);
        assert_eq!(told(get(&house, ME).bearer_auth(text(&later, "/tokens/accessToken"))).await.0, 401);
    }
}

on_both_databases! {
    async fn a_token_is_no_way_to_a_longer_one(house: House) {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let body = registered(&house).await;
        let access = text(&body, "/tokens/accessToken");
        for _ in 0..2 {
            let (_, whole) = told(get(&house, "/api/auth/get-session").bearer_auth(access)).await;
            assert_eq!(claims(&whole["session"]["token"])["exp"], claims(&json!(access))["exp"]);
            house.clock.advance(3 * DAY);
        }
    }
}

on_both_databases! {
    async fn a_token_says_no_address_that_is_not_the_accounts_own(house: House) {
        let body = registered(&house).await;
        let access = text(&body, "/tokens/accessToken");
        let change = json!({ "newEmail": "president@example.com" });
        let asked = post(&house, "/api/auth/change-email", &change).bearer_auth(access);
        assert_eq!(told(asked).await.0, 200);
        let (_, me) = told(get(&house, ME).bearer_auth(access)).await;
        assert_eq!(text(&me, "/user/email"), "president@example.com", "it shows at once");
        let refresh = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
        let (_, later) = told(post(&house, REFRESH, &refresh)).await;
        assert_eq!(claims(&later["tokens"]["accessToken"])["email"], "user@example.com", "and is nobody's word yet");
    }
}

on_both_databases! {
    async fn a_chain_of_renewals_ends_with_the_sessions_absolute_lifetime(house: House) {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let mut body = registered(&house).await;
        for day in (0..80).step_by(20) {
            let refresh = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
            let (status, later) = told(post(&house, REFRESH, &refresh)).await;
            assert_eq!(status, 200, "day {day}");
            body = later;
            house.clock.advance(20 * DAY);
        }
        let refresh = json!({ "refreshToken": text(&body, "/tokens/refreshToken") });
        let (status, last) = told(post(&house, REFRESH, &refresh)).await;
        assert_eq!(status, 200, "day 80");
        house.clock.advance(11 * DAY);
        let refresh = json!({ "refreshToken": text(&last, "/tokens/refreshToken") });
        assert_eq!(told(post(&house, REFRESH, &refresh)).await.0, 401, "day 91");
    }
}

on_both_databases! {
    async fn me_is_one_statement(house: House) {
        let body = registered(&house).await;
        let me = get(&house, ME).bearer_auth(text(&body, "/tokens/accessToken"));
        let ((status, _), statements) = house.statements(told(me)).await;
        assert_eq!((status, statements), (200, 1));
    }
}

on_both_databases! {
    async fn asvs_3_5_1_no_other_site_signs_anybody_in(house: House) {
        let login = json!({ "email": EMAIL, "password": PASSWORD });
        let own = house.issuer.clone();
        for (header, value, expected) in [
            ("origin", own.as_str(), 200),
            ("origin", "http://localhost:3001", 200),
            ("origin", "http://evil.example", 403),
            ("origin", "null", 403),
            ("sec-fetch-site", "same-origin", 200),
            ("sec-fetch-site", "cross-site", 403),
            ("sec-fetch-site", "same-site", 403),
        ] {
            let (status, body) = told(post(&house, LOGIN, &login).header(header, value)).await;
            assert_eq!(status, expected, "{header}: {value}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_party_apps_of_other_origins_may_ask_with_credentials_and_nobody_else() {
    let more = "[server]\nfrontend_urls = [\"https://app.example.com/start\"]\n";
    let house = House::open_with(Db::Sqlite, more).await;
    let ask = |origin: &'static str| {
        let request = send(&house, Method::OPTIONS, LOGIN, &json!({}));
        request.header("origin", origin).header("access-control-request-method", "POST").send()
    };
    let answer = ask("https://app.example.com").await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example.com");
    assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
    for origin in [
        "https://evil.example",
        "null",
        "http://app.example.com",
        "https://app.example.com.evil.example",
    ] {
        let answer = ask(origin).await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
}

/// The base URL of the document's examples.
const BASE: &str = "http://localhost:3000";

on_both_databases! {
    async fn the_documents_curl_examples_work_as_they_stand(house: House) {
        let folder = tempfile::TempDir::new().unwrap();
        let script = include_str!("documents/token_pair.sh");
        let (entering, rest) = script.split_once("curl -X GET").unwrap();
        let out = in_shell(&house, entering, BASE, folder.path()).await;
        let entered: Value = serde_json::from_str(&out[out.rfind("{\"user\"").unwrap()..]).unwrap();
        let rest = format!("curl -X GET{rest}");
        let rest = rest.replace("YOUR_ACCESS_TOKEN", text(&entered, "/tokens/accessToken"));
        let out = in_shell(&house, &rest, BASE, folder.path()).await;
        assert!(out.contains("\"isActive\":true"), "{out}");
        assert!(out.ends_with("{\"message\":\"Logged out successfully\"}"), "{out}");
    }
}

on_both_databases! {
    async fn the_documents_javascript_example_works_as_it_stands(house: House) {
        let logged = in_chromium(&house, include_str!("documents/token_pair.js"), BASE).await;
        assert!(logged.contains("Current user:") && logged.contains("user@example.com"), "{logged}");
    }
}

on_both_databases! {
    async fn the_examples_of_our_page_work_as_they_stand(house: House) {
        let folder = tempfile::TempDir::new().unwrap();
        let script = blocks("docs/token_pair.md", "sh").join("\n");
        let out = in_shell(&house, &script, BASE, folder.path()).await;
        assert!(out.contains("Logged out successfully"), "{out}");
    }
}
