//! What the tokens of first-party apps say (API.md §1, RFC 9068 §2).

use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use super::{post, told};
use crate::house::{House, PASSWORD};
use crate::oidc::code::claims;
use crate::on_both_databases;

const ROOT: &str = "root@example.com";

fn header(token: &Value) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = token.as_str().unwrap().split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The access and the refresh token that a dialect gives to who signs in, and the session's id where it
/// says that.
async fn entered(house: &House, path: &str, identifier: &str) -> (Value, Option<Value>, Value) {
    let body = json!({ identifier: ROOT, "password": PASSWORD });
    let answer = post(house, path, &body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    let cookies: Vec<String> = answer
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .map(|it| it.to_str().unwrap().to_owned())
        .collect();
    let cookie = |name: &str| {
        let value = cookies.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
        value.map(|value| json!(value.split(';').next().unwrap()))
    };
    let body: Value = answer.json().await.unwrap();
    let of = |pointer: &str| body.pointer(pointer).cloned();
    let access = of("/session/token").or(of("/tokens/accessToken")).or(cookie("access_token"));
    let refresh = of("/tokens/refreshToken").or(cookie("refresh_token"));
    let sid = of("/session/id").or(of("/data/sessionId")).unwrap_or_default();
    (access.unwrap(), refresh, sid)
}

on_both_databases! {
    async fn rfc9068_2_2_every_dialects_token_says_whose_it_is_and_what_they_may(house: House) {
        const HOUR: i64 = 60 * 60;
        let root = house.add_admin(ROOT).await;
        let dialects = [
            ("/api/auth/sign-in/email", "email", 30 * 24 * HOUR),
            ("/auth/sign-in", "email", 24 * HOUR),
            ("/api/auth/login", "identifier", HOUR / 4),
            ("/api/v1/auth/login", "email", 7 * 24 * HOUR),
        ];
        for (path, identifier, lifetime) in dialects {
            let (token, refresh, session_id) = entered(&house, path, identifier).await;
            assert_eq!(header(&token)["typ"], "at+jwt", "{path}");
            let said = claims(&token);
            assert_eq!(said["iss"], house.issuer.as_str(), "{path}");
            assert_eq!(said["aud"], house.issuer.as_str(), "{path}");
            assert_eq!(said["sub"], root.to_string(), "{path}");
            assert_eq!(said["client_id"], "countersign", "{path}");
            assert_eq!(said["roles"], json!(["admin"]), "{path}");
            let permissions: Vec<_> = said["permissions"].as_array().unwrap().iter().collect();
            for permission in ["users:read", "authentication:any"] {
                assert!(permissions.contains(&&json!(permission)), "{path}: {permissions:?}");
            }
            assert!(said["jti"].is_string() && said["scope"].is_string(), "{path}");
            assert_eq!(uuid::Uuid::parse_str(said["sid"].as_str().unwrap()).unwrap().get_version_num(), 7, "{path}");
            if !session_id.is_null() {
                assert_eq!(said["sid"], session_id, "{path}");
            }
            let lasts = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
            assert!((lifetime - 1..=lifetime).contains(&lasts), "{path}: {lasts}");
            // Dialect E's say two things more.
            let named = (said.get("userId").cloned(), said.get("email").cloned());
            let expected = (path == "/api/v1/auth/login").then(|| (json!(root.to_string()), json!(ROOT)));
            assert_eq!(named, expected.unzip(), "{path}");

            assert_eq!(refresh.is_some(), ["/api/auth/login", "/api/v1/auth/login"].contains(&path));
            if let Some(refresh) = refresh {
                assert_eq!(header(&refresh)["typ"], "rt+jwt", "{path}");
                let carrying = claims(&refresh);
                for name in ["iss", "aud", "sub", "client_id", "sid"] {
                    assert_eq!(carrying[name], said[name], "{path}: {name}");
                }
            }
        }
        // Of who has no role.
        let (_, new) = told(post(&house, "/auth/sign-up", &json!({
            "email": "user@example.com", "password": "SecurePass123", "name": "User",
        }))).await;
        let said = claims(&new["session"]["token"]);
        assert_eq!((&said["roles"], &said["permissions"]), (&json!([]), &json!([])));
    }
}
