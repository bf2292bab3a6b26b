//! Clients that register themselves (RFC 7591), and manage their registration (RFC 7592).

use std::fmt::Write as _;

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::browser::{Browser, Landing, query, request};
use crate::host::Host;
use crate::house::{CALLBACK, Db, House, json};
use crate::on_both_databases;

const TOKEN_MODE: &str = "[registration]\ndynamic = \"token\"\n";

fn post(house: &House, body: &Value) -> RequestBuilder {
    house.http.post(house.url("/register")).json(body)
}

async fn register(house: &House, body: &Value) -> Value {
    json(post(house, body).send().await.unwrap(), 201).await
}

/// A request to the registration itself, with its token.
fn manage(house: &House, method: Method, made: &Value) -> RequestBuilder {
    let path = format!("/register/{}", made["client_id"].as_str().unwrap());
    let token = made["registration_access_token"].as_str().unwrap();
    house.http.request(method, house.url(&path)).bearer_auth(token)
}

/// How a client's own tokens are answered to: whether the client works.
async fn works(house: &House, made: &Value) -> u16 {
    let client = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let form = [("grant_type", "client_credentials")];
    house.token(client, &form).send().await.unwrap().status().as_u16()
}

fn service() -> Value {
    json!({ "client_name": "Reports", "grant_types": ["client_credentials"] })
}

/// The answer without what differs each time, each of which must look as it should.
fn plain(house: &House, answer: &Value) -> Value {
    let mut plain = answer.clone();
    let id = uuid::Uuid::parse_str(answer["client_id"].as_str().unwrap()).unwrap().to_string();
    assert_eq!(answer["client_id_issued_at"], house.clock.now() / 1000);
    assert_eq!(answer["registration_access_token"].as_str().unwrap().len(), 43, "256 bits");
    let uri = format!("{}/register/{id}", house.issuer);
    assert_eq!(answer["registration_client_uri"], uri);
    if let Some(secret) = answer.get("client_secret") {
        assert_eq!(secret.as_str().unwrap().len(), 43);
        assert_eq!(answer["client_secret_expires_at"], 0, "RFC 7591 section 3.2.1");
    }
    for name in [
        "client_id",
        "client_id_issued_at",
        "client_secret",
        "registration_access_token",
        "registration_client_uri",
    ] {
        if let Some(member) = plain.get_mut(name) {
            *member = json!("…");
        }
    }
    plain
}

on_both_databases! {
    async fn conformance_11_12_14_15_an_answer_repeats_the_metadata_and_says_the_defaults(house: House) {
        house.clock.advance(1000 - house.clock.now() % 1000);
        let response = post(&house, &json!({ "redirect_uris": [CALLBACK] })).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert!(response.headers().get("access-control-allow-origin").is_none());
        let least = json(response, 201).await;
        insta::assert_json_snapshot!("registered_with_little", plain(&house, &least));
        let key = crate::oidc::assertions::Key::new("ES256", "one");
        let most = register(&house, &json!({
            "client_name": "App", "client_name#fr": "L'appli", "client_name#ja-Jpan-JP": "クライアント",
            "client_uri": "https://app.example", "logo_uri": "https://app.example/logo.png",
            "policy_uri": "https://app.example/privacy", "policy_uri#fr": "https://app.example/fr/privacy",
            "tos_uri": "https://app.example/terms", "contacts": ["ops@app.example"],
            "redirect_uris": ["https://app.example/cb", "https://app.example/cb2?a=b"],
            "post_logout_redirect_uris": ["https://app.example/bye"],
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
            "application_type": "web", "subject_type": "public", "scope": "openid email",
            "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
            "jwks": { "keys": [key.public()] },
            "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "PS256",
            "access_token_signed_response_alg": "EdDSA", "request_object_signing_alg": "ES256",
            "require_signed_request_object": true, "require_pushed_authorization_requests": true,
            "require_auth_time": true, "default_max_age": 3600, "default_acr_values": ["1"],
            "initiate_login_uri": "https://app.example/login", "request_uris": ["https://app.example/r#x"],
            "software_id": "4NRB1-0XZABZI9E6-5SM3R", "software_version": "1.0", "require_pkce": true,
        })).await;
        let mut shown = plain(&house, &most);
        assert_eq!(shown["jwks"]["keys"][0], key.public());
        shown["jwks"] = json!("…");
        insta::assert_json_snapshot!("registered_with_much", shown);
        // The same name, again and again, at once.
        let body = service();
        let all = join_all((0..8).map(|_| register(&house, &body))).await;
        let mut ids: Vec<_> = all.iter().map(|made| made["client_id"].to_string()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 8);
    }
}

on_both_databases! {
    async fn rfc7592_a_client_reads_replaces_and_deletes_its_registration(house: House) {
        house.clock.advance(1000 - house.clock.now() % 1000);
        let made = register(&house, &json!({
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "client_name": "Before", "policy_uri": "https://app.example/privacy",
        })).await;
        let read = json(manage(&house, Method::GET, &made).send().await.unwrap(), 200).await;
        let mut expected = made.clone();
        for name in ["client_secret", "client_secret_expires_at"] {
            expected.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(read, expected, "all but the secret, of which only a digest is kept");

        // RFC 7592 section 2.2: what is left out is gone.
        let replacement = json!({
            "client_id": made["client_id"], "client_secret": made["client_secret"], "client_name": "After",
            "redirect_uris": [CALLBACK], "grant_types": made["grant_types"], "policy_uri": null,
        });
        let replaced = manage(&house, Method::PUT, &made).json(&replacement).send().await.unwrap();
        let replaced = json(replaced, 200).await;
        assert_eq!(replaced["client_name"], "After");
        assert!(replaced.get("policy_uri").is_none());
        assert_eq!(replaced["client_secret"], made["client_secret"]);
        assert_eq!(works(&house, &made).await, 200);
        assert_eq!(house.app.core.client(made["client_id"].as_str().unwrap()).unwrap().name, "After");

        // A person allows it something; when it goes, so does that.
        let id = made["client_id"].as_str().unwrap();
        let browser = Browser::new(&house);
        let answer = browser.complete(&request(id)).await;
        let code = &query(&answer)["code"];
        let client = (id, made["client_secret"].as_str().unwrap());
        let form = crate::oidc::code::redemption(code);
        let tokens = json(house.token(client, &form).send().await.unwrap(), 200).await;
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(house.userinfo(access).await.status(), 200);
        let gone = manage(&house, Method::DELETE, &made).send().await.unwrap();
        assert_eq!((gone.status().as_u16(), gone.text().await.unwrap().as_str()), (204, ""));
        assert_eq!(house.userinfo(access).await.status(), 401);
        assert_eq!(works(&house, &made).await, 401);
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let again = manage(&house, method, &made).json(&replacement).send().await.unwrap();
            assert_eq!(json(again, 401).await["error"], "invalid_token");
        }
    }
}

on_both_databases! {
    async fn rfc7592_2_2_another_way_to_authenticate_brings_another_secret_or_none(house: House) {
        let key = crate::oidc::assertions::Key::new("ES256", "one");
        let made = register(&house, &service()).await;
        let put = async |more: Value| {
            let mut body = service();
            body["client_id"] = made["client_id"].clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let response = manage(&house, Method::PUT, &made).json(&body).send().await.unwrap();
            json(response, 200).await
        };
        assert!(put(json!({})).await.get("client_secret").is_none(), "it keeps the one it has");
        assert_eq!(works(&house, &made).await, 200);
        let signing = put(json!({ "token_endpoint_auth_method": "client_secret_jwt" })).await;
        assert!(signing["client_secret"].is_string(), "only the digest of the other was known");
        assert_eq!(works(&house, &made).await, 401);
        let with_key = put(json!({
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.public()] },
        })).await;
        assert!(with_key.get("client_secret").is_none());
        assert!(with_key.get("client_secret_expires_at").is_none());
        let back = put(json!({ "token_endpoint_auth_method": "client_secret_post" })).await;
        assert_ne!(back["client_secret"], made["client_secret"]);
        let form = [
            ("grant_type", "client_credentials"), ("client_id", made["client_id"].as_str().unwrap()),
            ("client_secret", back["client_secret"].as_str().unwrap()),
        ];
        json(house.http.post(house.url("/token")).form(&form).send().await.unwrap(), 200).await;
    }
}

/// Each answer in a line; a 401 has its challenge in another.
async fn tell(answers: Vec<(&str, Response)>) -> String {
    let mut table = String::new();
    for (what, response) in answers {
        let status = response.status().as_u16();
        assert_eq!(response.headers()["cache-control"], "no-store", "{what}");
        let challenge = response
            .headers()
            .get("www-authenticate")
            .map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(challenge.is_some(), status == 401, "{what}");
        let body: Value = response.json().await.unwrap();
        let error = body["error"].as_str().unwrap_or("-");
        writeln!(
            table,
            "{what}: {status} {error}: {}",
            body["error_description"].as_str().unwrap()
        )
        .unwrap();
        if let Some(challenge) = challenge {
            writeln!(table, "  {challenge}").unwrap();
        }
    }
    table
}

on_both_databases! {
    async fn rfc7591_3_2_2_and_rfc7592_every_error(house: House) {
        let key = crate::oidc::assertions::Key::new("ES256", "one");
        let made = register(&house, &service()).await;
        let other = register(&house, &service()).await;
        let id = made["client_id"].clone();
        let mut answers: Vec<(&str, Response)> = Vec::new();
        let cb = json!([CALLBACK]);
        let metadata = [
            ("nothing", json!({})),
            ("no redirect URI", json!({ "redirect_uris": [] })),
            ("redirect_uris is text", json!({ "redirect_uris": CALLBACK })),
            ("redirect_uris holds a number", json!({ "redirect_uris": [5] })),
            ("too many redirect URIs", json!({ "redirect_uris": vec![CALLBACK; 51] })),
            ("a grant type that there is not", json!({ "redirect_uris": cb, "grant_types": ["implicit"] })),
            ("password", json!({ "redirect_uris": cb, "grant_types": ["password"] })),
            ("a response type that there is not", json!({ "redirect_uris": cb, "response_types": ["token"] })),
            ("own tokens for a public client", json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "none" })),
            ("a method that there is not", json!({ "redirect_uris": cb, "token_endpoint_auth_method": "tls_client_auth" })),
            ("a key is to sign, and there is none", json!({ "redirect_uris": cb, "token_endpoint_auth_method": "private_key_jwt" })),
            ("two sets of keys", json!({ "redirect_uris": cb, "jwks": { "keys": [] }, "jwks_uri": "https://a.example/jwks" })),
            ("jwks is no set", json!({ "redirect_uris": cb, "jwks": [] })),
            ("jwks holds a private key", json!({ "redirect_uris": cb, "jwks": { "keys": [{ "kty": "EC", "d": "AA" }] } })),
            ("jwks_uri is plain", json!({ "redirect_uris": cb, "jwks_uri": "http://127.0.0.1/jwks" })),
            ("pairwise", json!({ "redirect_uris": cb, "subject_type": "pairwise" })),
            ("id token none", json!({ "redirect_uris": cb, "id_token_signed_response_alg": "none" })),
            ("userinfo HS256", json!({ "redirect_uris": cb, "userinfo_signed_response_alg": "HS256" })),
            ("signed request objects of none", json!({ "redirect_uris": cb, "require_signed_request_object": true, "request_object_signing_alg": "none" })),
            ("assertions HS256 with a key", json!({ "redirect_uris": cb, "token_endpoint_auth_method": "private_key_jwt",
                "jwks": { "keys": [key.public()] }, "token_endpoint_auth_signing_alg": "HS256" })),
            ("initiate_login_uri is plain", json!({ "redirect_uris": cb, "initiate_login_uri": "http://127.0.0.1/login" })),
            ("post_logout_redirect_uris has a fragment", json!({ "redirect_uris": cb, "post_logout_redirect_uris": ["https://a.example/#x"] })),
            ("request_uris is plain", json!({ "redirect_uris": cb, "request_uris": ["http://a.example/r"] })),
            ("logo_uri runs", json!({ "redirect_uris": cb, "logo_uri": "javascript:alert(1)" })),
            ("a name with a line break", json!({ "redirect_uris": cb, "client_name": "a\nb" })),
            ("a name that is a number", json!({ "redirect_uris": cb, "client_name": 5 })),
            ("a name in French that is empty", json!({ "redirect_uris": cb, "client_name#fr": "" })),
            ("a scope that is none", json!({ "redirect_uris": cb, "scope": "a  b" })),
            ("only scopes of others", json!({ "redirect_uris": cb, "scope": "admin api:write" })),
            ("default_max_age is negative", json!({ "redirect_uris": cb, "default_max_age": -1 })),
            ("application_type is a toy", json!({ "redirect_uris": cb, "application_type": "toy" })),
            ("a sector that cannot be fetched", json!({ "redirect_uris": cb, "sector_identifier_uri": "https://127.0.0.1:9/s.json" })),
            ("a software statement", json!({ "redirect_uris": cb, "software_statement": "e30.e30.x" })),
            ("a software statement that is none", json!({ "redirect_uris": cb, "software_statement": "x" })),
        ];
        for (what, body) in &metadata {
            answers.push((what, post(&house, body).send().await.unwrap()));
        }
        let raw = |content_type: &'static str, body: &'static str| {
            house.http.post(house.url("/register")).header("content-type", content_type).body(body)
        };
        for (what, content_type, body) in [
            ("no JSON", "application/json", "{"),
            ("an array", "application/json", "[]"),
            ("a member twice", "application/json", r#"{"scope": "a", "scope": "b"}"#),
            ("a form", "application/x-www-form-urlencoded", "a=b"),
        ] {
            answers.push((what, raw(content_type, body).send().await.unwrap()));
        }
        let long = json!({ "client_name": "x".repeat(70_000) });
        answers.push(("too long", post(&house, &long).send().await.unwrap()));
        answers.push(("GET on the endpoint", house.http.get(house.url("/register")).send().await.unwrap()));

        let put = |body: Value| manage(&house, Method::PUT, &made).json(&body).send();
        answers.push(("PUT without client_id", put(service()).await.unwrap()));
        let with = |more: Value| {
            let mut body = service();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        answers.push(("PUT with another's client_id", put(with(json!({ "client_id": other["client_id"] }))).await.unwrap()));
        answers.push(("PUT with another's secret", put(with(json!({ "client_id": id, "client_secret": other["client_secret"] }))).await.unwrap()));
        answers.push(("PUT of nothing", put(json!({ "client_id": id })).await.unwrap()));
        let path = format!("/register/{}", id.as_str().unwrap());
        answers.push(("PATCH", manage(&house, Method::PATCH, &made).send().await.unwrap()));
        let get = |path: &str| house.http.get(house.url(path));
        answers.push(("no token", get(&path).send().await.unwrap()));
        answers.push(("Basic", get(&path).basic_auth("a", Some("b")).send().await.unwrap()));
        let foreign = other["registration_access_token"].as_str().unwrap();
        answers.push(("another's token", get(&path).bearer_auth(foreign).send().await.unwrap()));
        answers.push(("an unknown client", get("/register/nobody").bearer_auth(foreign).send().await.unwrap()));
        answers.push(("a client of the configuration", get("/register/web").bearer_auth(foreign).send().await.unwrap()));
        let own = made["registration_access_token"].as_str().unwrap();
        for path in ["/register/%00", "/register/%ff", "/register/%22", "/register/a%2Fb"] {
            answers.push((path, get(path).bearer_auth(own).send().await.unwrap()));
        }
        answers.push(("half a token", get(&path).bearer_auth(&own[..20]).send().await.unwrap()));

        insta::assert_snapshot!("wrong_registrations", tell(answers).await);
        assert_eq!(works(&house, &made).await, 200, "nothing has changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_unsafe_redirect_uris_are_not_registered() {
    let house = House::open(Db::Sqlite).await;
    for uri in [
        "https://a.example/cb#x",
        "https://u:p@a.example/cb",
        "https://*.example/cb",
        "https://a.example/x/../cb",
        "https://a.example/x/%2e%2E/cb",
        "https://a.example\\cb",
        "https://a.example/\u{0}cb",
        "https://a.example/\ncb",
        "JaVaScRiPt:alert(1)",
        "DATA:text/html,x",
        "vbscript:x",
        "FILE:///etc/passwd",
        "http://a.example/cb",
        "http://localhost.evil.example/cb",
        "https://a.example/cb?code=1",
        "https://a.example/cb?%73tate=1",
        "https://a.example/cb?x=1&iss=2",
        "https://a.example/cb?error=1",
        "https://a.example/cb?response=1",
        "https://a.example/cb?id_token=1",
        "https://a.example/cb?access_token=1",
        "com.example.app:/cb",
        "/cb",
        "",
    ] {
        for application in ["web", "native"] {
            if (uri, application) == ("com.example.app:/cb", "native") {
                continue;
            }
            let body = json!({
                "redirect_uris": ["https://a.example/good", uri], "application_type": application,
            });
            let refused = json(post(&house, &body).send().await.unwrap(), 400).await;
            assert_eq!(refused["error"], "invalid_redirect_uri", "{uri:?} {application}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_41427_registration_gives_no_privilege_that_is_the_operators(house: House) {
        let asked = json!({
            "client_id": "web", "client_secret": "chosen by the caller 0123456789", "userId": 1,
            "client_name": "Sneaky", "redirect_uris": [CALLBACK], "skip_consent": true,
            "rotate_refresh_tokens": false, "roles": ["admin"], "self_registered": false, "isActive": true,
            "client_id_issued_at": 1, "registration_access_token": "mine", "scope": "openid api:write admin",
            "grant_types": ["authorization_code", "client_credentials"],
        });
        let made = register(&house, &asked).await;
        for name in ["skip_consent", "rotate_refresh_tokens", "roles", "userId", "self_registered", "isActive"] {
            assert!(made.get(name).is_none(), "{name}");
        }
        for name in ["client_id", "client_secret", "registration_access_token", "client_id_issued_at"] {
            assert_ne!(made[name], asked[name], "{name}");
        }
        assert_eq!(made["scope"], "openid", "scopes of APIs are the operator's to give");
        let mut again = asked.clone();
        again["client_id"] = made["client_id"].clone();
        again.as_object_mut().unwrap().remove("client_secret");
        let replaced = manage(&house, Method::PUT, &made).json(&again).send().await.unwrap();
        assert_eq!(json(replaced, 200).await["scope"], "openid");
        let client = house.app.core.client(made["client_id"].as_str().unwrap()).unwrap();
        assert!(client.self_registered && client.rotates && !client.skips_consent);
        assert!(!client.requires_pkce, "R7: a plain registration need not use it");
        let id = made["client_id"].as_str().unwrap();
        let refused = house.token((id, made["client_secret"].as_str().unwrap()),
            &[("grant_type", "client_credentials"), ("scope", "api:write")]).send().await.unwrap();
        assert_eq!(json(refused, 400).await["error"], "invalid_scope");

        // The person is asked, and told that nobody vouches for it, on another node too.
        let second = house.another_node().await;
        for node in [&house, &second] {
            let browser = Browser::new(&house);
            browser.sign_in(&house).await;
            let mut params = request(id);
            params.retain(|(name, _)| *name != "scope");
            params.push(("scope", "openid".to_owned()));
            let Landing::Page(page) = browser.authorize(&params).await else { panic!("not asked") };
            assert!(page.url.path() == "/consent" && page.html.contains("Sneaky"), "{}", page.html);
            assert!(page.text(".note").is_some(), "{}", page.html);
            assert!(node.app.core.client(id).unwrap().self_registered);
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_9705_a_disabled_client_does_not_revive_itself(house: House) {
        let made = register(&house, &service()).await;
        let id = made["client_id"].as_str().unwrap();
        assert!(house.app.core.disable_client(id, true, house.clock.now()).await.unwrap());
        assert_eq!(works(&house, &made).await, 401);
        let mut body = service();
        body["client_id"] = json!(id);
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let refused = manage(&house, method, &made).json(&body).send().await.unwrap();
            assert_eq!(json(refused, 401).await["error"], "invalid_token");
        }
        assert_eq!(works(&house, &made).await, 401);
        assert!(house.app.core.disable_client(id, false, house.clock.now()).await.unwrap());
        assert_eq!(works(&house, &made).await, 200, "the operator can");
    }
}

on_both_databases! {
    async fn rfc7591_3_an_initial_access_token_is_good_for_so_many_registrations(house: House) {
        let mut config = house.config.clone();
        config.registration.dynamic = Some(countersign::config::DynamicRegistration::Token);
        let (first, second) = (house.restart(&config).await, house.restart(&config).await);
        let now = house.clock.now();
        let scope = countersign::core::scope::Scope::parse("api:read").unwrap();
        let invite = first.app.core.invite_clients(3, now + 60_000, Some(&scope), now).await.unwrap();
        for (token, error) in [(None, None), (Some("nonsense"), Some("invalid_token"))] {
            let mut asked = post(&first, &service());
            if let Some(token) = token {
                asked = asked.bearer_auth(token);
            }
            let response = asked.send().await.unwrap();
            assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer "));
            assert_eq!(json(response, 401).await.get("error").and_then(Value::as_str), error);
        }
        // What cannot be registered spends nothing.
        let bad = post(&first, &json!({})).bearer_auth(invite.expose()).send().await.unwrap();
        assert_eq!(json(bad, 400).await["error"], "invalid_redirect_uri");
        let mut body = service();
        body["scope"] = json!("api:read api:write");
        let attempts = (0..20).map(|n| {
            let node = if n % 2 == 0 { &first } else { &second };
            post(node, &body).bearer_auth(invite.expose()).send()
        });
        let mut made = Vec::new();
        for response in join_all(attempts).await {
            let response = response.unwrap();
            assert!([201, 401].contains(&response.status().as_u16()), "{}", response.status());
            if response.status() == 201 {
                made.push(response.json::<Value>().await.unwrap());
            }
        }
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|made| made["scope"] == "api:read"), "what came with the invitation");
        for made in &made {
            assert_eq!((works(&first, made).await, works(&second, made).await), (200, 200));
        }
        let late = first.app.core.invite_clients(1, now + 60_000, None, now).await.unwrap();
        house.clock.advance(60_000);
        let response = post(&first, &service()).bearer_auth(late.expose()).send().await.unwrap();
        assert_eq!(json(response, 401).await["error"], "invalid_token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_registration_is_off_nothing_announces_it() {
    let off = "[registration]\ndynamic = \"off\"\n";
    let open = "[server]\npublic_url = \"https://id.example.com\"\n";
    for (more, status) in [(off, 403), (open, 401), (TOKEN_MODE, 401), ("", 201)] {
        let house = House::open_with(Db::Sqlite, more).await;
        let document = house.http.get(house.url("/.well-known/openid-configuration"));
        let document = json(document.send().await.unwrap(), 200).await;
        assert_eq!(document.get("registration_endpoint").is_some(), more != off, "{more}");
        json(post(&house, &service()).send().await.unwrap(), status).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_registration_5_the_sector_file_lists_every_redirect_uri() {
    let host = Host::https();
    let directory = tempfile::TempDir::new().unwrap();
    let house = House::open_with(Db::Sqlite, &host.outbound(directory.path())).await;
    let ask = async |document: &Value, path: &str| {
        let uri = host.put(path, document);
        let body = json!({
            "redirect_uris": ["https://a.example/cb", "https://b.example/cb"],
            "sector_identifier_uri": uri,
        });
        let response = post(&house, &body).send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = response.json().await.unwrap();
        (status, body["error_description"].as_str().unwrap_or_default().to_owned())
    };
    let all = json!(["https://a.example/cb", "https://c.example/", "https://b.example/cb"]);
    assert_eq!(ask(&all, "/all").await.0, 201);
    let (status, why) = ask(&json!(["https://a.example/cb"]), "/one").await;
    assert_eq!(status, 400);
    assert!(why.contains("does not list https://b.example/cb"), "{why}");
    assert_eq!(ask(&json!({ "redirect_uris": [] }), "/object").await.0, 400);
    assert_eq!(host.asked(), 3);
}

on_both_databases! {
    async fn a_client_registered_on_one_node_is_known_to_the_other_at_once(house: House) {
        let second = house.another_node().await;
        for _ in 0..5 {
            let made = register(&house, &service()).await;
            assert_eq!(works(&second, &made).await, 200, "at once");
            let here = manage(&second, Method::DELETE, &made).send().await.unwrap();
            assert_eq!(here.status(), 204);
            assert_eq!(works(&second, &made).await, 401, "where it was deleted, at once");
            crate::follow::soon("and on the other", async || works(&house, &made).await == 401).await;
        }
    }
}

on_both_databases! {
    async fn a_flood_of_unknown_clients_costs_next_to_nothing(house: House) {
        let form = [("grant_type", "client_credentials")];
        let ask = async |id: &str| {
            assert_eq!(house.token((id, "x"), &form).send().await.unwrap().status(), 401);
        };
        // Statements of the work beside those of the follower, which reads once a second, and the whole
        // seconds that the work took, for what is counted by the second.
        let count = async |ids: Vec<String>| {
            let started = std::time::Instant::now();
            let (_, count) = house.statements(join_all(ids.iter().map(|id| ask(id)))).await;
            let seconds = started.elapsed().as_secs() + 1;
            (count.saturating_sub(seconds), seconds)
        };
        // Ids that cannot be news: of no client of ours, and of one that would be an hour old.
        let old = house.app.core.new_id(house.clock.now() - 3_600_000).to_string();
        let ids = ["nobody", "01a1fded", &old, "6e8bc430-9c3a-41d9-9669-0800200c9a66"];
        assert_eq!(count(ids.map(str::to_owned).to_vec()).await.0, 0);
        // One that could be: once a second, but for those who ask while the answer is under way.
        let id = house.app.core.new_id(house.clock.now()).to_string();
        ask(&id).await;
        let (asked, seconds) = count(vec![id; 10]).await;
        assert!(asked < 10 * seconds, "{asked} in {seconds} s");
        let ids = (0..300).map(|_| house.app.core.new_id(house.clock.now()).to_string());
        let (asked, seconds) = count(ids.collect()).await;
        assert!(asked <= 50 * (seconds + 1), "{asked} in {seconds} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc7591_2_2_people_read_the_name_in_their_language() {
    let house = House::open(Db::Sqlite).await;
    let made = register(
        &house,
        &json!({
            "client_name": "The Library", "client_name#fr-CA": "La Bibliothèque",
            "client_name#de": "Die Bibliothek", "redirect_uris": [CALLBACK],
            "policy_uri": "https://l.example/p", "policy_uri#fr": "https://l.example/fr",
        }),
    )
    .await;
    let id = made["client_id"].as_str().unwrap();
    for (language, name, policy) in
        [("en", "The Library", "l.example/p\""), ("fr", "La Bibliothèque", "l.example/fr\"")]
    {
        let browser = Browser::in_language(&house, language);
        let Landing::Page(page) = browser.authorize(&request(id)).await else { panic!("no page") };
        assert!(page.html.contains(name) && page.html.contains(policy), "{}", page.html);
    }
}
