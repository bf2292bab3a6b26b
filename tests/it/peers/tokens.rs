//! Tokens that nobody signed, or that were signed for something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::{HS256, JwsSigner as _};
use serde_json::{Value, json as value};

use super::{is_active, refresh, text, tokens};
use crate::browser::{Browser, Landing, query, request, request_with};
use crate::house::{CALLBACK, Db, House, WEB, json};
use crate::oidc::assertions::Key;
use crate::oidc::signer::register;
use crate::on_both_databases;

/// The token under another header, signed by that.
fn resigned(token: &str, header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let payload = token.split('.').nth(1).unwrap();
    let signed = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(header.to_string()));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sign(signed.as_bytes())))
}

fn header(token: &str) -> Value {
    let head = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
}

on_both_databases! {
    async fn peer_cve_2026_11800_the_algorithm_is_the_keys_and_not_the_headers(house: House) {
        let given = tokens(&house, &Browser::new(&house), "openid").await;
        let jwks = json(house.http.get(house.url("/jwks")).send().await.unwrap(), 200).await;
        let mine = Key::new("ES256", "mine");
        for kind in ["access_token", "refresh_token", "id_token"] {
            let token = text(&given, kind);
            let good = header(token);
            let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == good["kid"]).unwrap();
            let with = |alg: &str, more: Value| {
                let mut header = good.clone();
                header["alg"] = alg.into();
                header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                header
            };
            let mut forged = vec![resigned(token, &with("none", value!({})), |_| Vec::new())];
            for secret in [key.to_string(), key["x"].as_str().or(key["n"].as_str()).unwrap().to_owned(), jwks.to_string()] {
                // The public key for the secret of an HMAC.
                let signer = HS256.signer_from_bytes(format!("{secret:32}")).unwrap();
                forged.push(resigned(token, &with("HS256", value!({})), |data| signer.sign(data).unwrap()));
            }
            let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
            let typ = &good["typ"];
            // Another's key: by our kid, brought along, or named elsewhere.
            for more in [value!({ "kid": good["kid"] }), value!({ "kid": good["kid"], "jwk": mine.public() }),
                value!({ "kid": "mine", "jwk": mine.public() }), value!({ "kid": "../../mine", "jku": "https://evil.example/jwks" })] {
                let mut more = more;
                more["typ"] = typ.clone();
                forged.push(mine.sign_under(&more, &payload));
            }
            for token in &forged {
                assert_eq!(house.userinfo(token).await.status(), 401, "{token}");
                assert!(!is_active(&house, token).await, "{token}");
                assert_eq!(refresh(&house, WEB, token).await.1["error"], "invalid_grant", "{token}");
                let hint = request_with("web", &[("id_token_hint", token), ("prompt", "none")]);
                let Landing::Away(url) = Browser::new(&house).authorize(&hint).await else { panic!("a page") };
                assert_eq!(query(&url)["error"], "invalid_request", "{token}");
            }
        }
        assert_eq!(house.userinfo(text(&given, "access_token")).await.status(), 200);
    }
}

on_both_databases! {
    async fn peer_cve_2026_9793_a_request_object_that_is_only_encrypted_is_none(house: House) {
        let key = Key::new("ES256", "one");
        let (id, _) = register(&house, value!({ "redirect_uris": [CALLBACK], "jwks": { "keys": [key.public()] } })).await;
        let head = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
        let plain = URL_SAFE_NO_PAD.encode(value!({ "scope": "openid", "client_id": id }).to_string());
        let objects = [
            format!("{}.AAAA.AAAA.{plain}.AAAA", head(value!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT" }))),
            format!("{}..AAAAAAAAAAAAAAAA.{plain}.AAAAAAAAAAAAAAAAAAAAAA", head(value!({ "alg": "dir", "enc": "A256GCM" }))),
            format!("{}.{plain}.", head(value!({ "alg": "none" }))),
            format!("{}.{plain}", head(value!({ "alg": "none" }))),
            format!("{}.{plain}.AAAA", head(value!({ "alg": "ES256", "kid": "one" }))),
        ];
        for object in objects {
            let params = request_with(&id, &[("request", &object)]);
            let Landing::Away(url) = Browser::new(&house).authorize(&params).await else { panic!("a page") };
            assert_eq!(query(&url)["error"], "invalid_request_object", "{object}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_25537_a_claim_of_the_wrong_type_is_not_an_absent_one(house: House) {
        let key = Key::new("ES256", "one");
        let (id, _) = register(&house, value!({
            "grant_types": ["client_credentials", "authorization_code"], "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.public()] }, "scope": "openid api",
        })).await;
        let now = house.clock.now() / 1000;
        let assertion = |n: usize, wrong: Value| {
            let mut claims = value!({ "iss": id, "sub": id, "aud": house.issuer, "jti": format!("{n}"), "iat": now, "exp": now + 60 });
            claims.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            key.sign(&claims)
        };
        let ask = async |assertion: &str| {
            let form = [("grant_type", "client_credentials"), ("scope", "api"), ("client_assertion", assertion),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")];
            house.http.post(house.url("/token")).form(&form).send().await.unwrap().status().as_u16()
        };
        assert_eq!(ask(&assertion(0, value!({}))).await, 200);
        let later = now + 60_000;
        let wrong = [value!({ "exp": "soon" }), value!({ "exp": format!("{}", now + 60) }), value!({ "exp": [now + 60] }), value!({ "exp": true }),
            value!({ "nbf": format!("{later}") }), value!({ "nbf": [later] }), value!({ "iat": format!("{later}") }), value!({ "jti": 5 }),
            value!({ "aud": { "0": house.issuer } }), value!({ "aud": 5 }), value!({ "sub": [id] }), value!({ "iss": null })];
        for (n, wrong) in wrong.into_iter().enumerate() {
            assert_eq!(ask(&assertion(n + 1, wrong.clone())).await, 401, "{wrong}");
        }
        for wrong in [value!({ "exp": "soon" }), value!({ "nbf": format!("{later}") }), value!({ "iat": [now] }), value!({ "aud": 5 }), value!({ "iss": 5 })] {
            let mut inside = value!({ "client_id": id, "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid" });
            inside.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            let params = request_with(&id, &[("request", &key.sign(&inside)), ("prompt", "none")]);
            let Landing::Away(url) = Browser::new(&house).authorize(&params).await else { panic!("a page") };
            assert_eq!(query(&url)["error"], "invalid_request_object", "{wrong}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_27840_r84_no_part_of_an_opaque_value_stands_for_the_whole(house: House) {
        let browser = Browser::new(&house);
        let altered = |value: &str| {
            let flipped = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            vec![
                value[..value.len() - 1].to_owned(), value[..20].to_owned(), value[1..].to_owned(), format!("{value}A"),
                format!("{value}="), format!(" {value}"), format!("{value} "), format!("{value}%00"), value.chars().map(flipped).collect::<String>(),
            ]
        };
        let code = browser.code(&request("web")).await;
        for wrong in altered(&code) {
            let told = house.token(WEB, &crate::oidc::code::redemption(&wrong)).send().await.unwrap();
            assert_eq!(json(told, 400).await["error"], "invalid_grant", "{wrong}");
        }
        let made = house.http.post(house.url("/register")).json(&value!({ "redirect_uris": [CALLBACK] }));
        let made = json(made.send().await.unwrap(), 201).await;
        let path = house.url(&format!("/register/{}", text(&made, "client_id")));
        for wrong in altered(text(&made, "registration_access_token")) {
            let told = house.http.get(path.clone()).header("authorization", format!("Bearer {wrong}")).send().await.unwrap();
            // A blank at the end of a header is nobody's.
            assert!(told.status() == 401 || wrong.ends_with(' '), "{wrong:?}");
        }
        let given = tokens(&house, &browser, "openid").await;
        for kind in ["access_token", "refresh_token"] {
            for wrong in altered(text(&given, kind)) {
                assert!(!is_active(&house, &wrong).await, "{kind} {wrong}");
            }
        }
        let pushed = json(house.post("/par", WEB, &request("web")).send().await.unwrap(), 201).await;
        for wrong in altered(text(&pushed, "request_uri")) {
            let params = [("client_id", "web".to_owned()), ("request_uri", wrong.clone())];
            let Landing::Page(page) = browser.authorize(&params).await else { panic!("{wrong}") };
            assert_eq!(page.status, 400, "{wrong}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2026_4366_cve_2026_55671_a_redirect_leads_the_server_nowhere() {
    for db in [Db::Sqlite, Db::Postgres] {
        follows_no_redirect(db).await;
    }
}

async fn follows_no_redirect(db: Db) {
    let asked = Arc::new(AtomicU32::new(0));
    let (redirects, secrets) = (asked.clone(), asked.clone());
    let moved = get(async move || {
        redirects.fetch_add(1, Ordering::Relaxed);
        Redirect::temporary("/secret")
    });
    let secret = get(async move || {
        secrets.fetch_add(1000, Ordering::Relaxed);
        r#"{"keys":[]}"#
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().route("/jwks", moved).route("/secret", secret);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let more = format!(
        "[[clients]]\nclient_id = \"keyed\"\ngrant_types = [\"client_credentials\"]\n\
         token_endpoint_auth_method = \"private_key_jwt\"\njwks_uri = \"{origin}/jwks\"\n"
    );
    let house = House::open_with(db, &more).await;
    let now = house.clock.now() / 1000;
    let assertion = Key::new("ES256", "one").sign(&value!({
        "iss": "keyed", "sub": "keyed", "aud": house.issuer, "jti": "1", "iat": now, "exp": now + 60,
    }));
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion", assertion.as_str()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ];
    let told = house.http.post(house.url("/token")).form(&form).send().await.unwrap();
    assert_eq!(json(told, 401).await["error"], "invalid_client");
    assert_eq!(
        asked.load(Ordering::Relaxed),
        1,
        "it was asked once, and the redirect not followed"
    );
}
