//! Discovery and the JWK Set.

use serde_json::Value;

use crate::house::{Db, House, json};
use crate::on_both_databases;

async fn get(house: &House, path: &str) -> Value {
    let response = house.http.get(house.url(path)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    // A key is published for 300 s before it signs, on every node within 2 s.
    let age = if path == "/jwks" { 298 } else { 300 };
    assert_eq!(response.headers()["cache-control"], format!("public, max-age={age}"));
    json(response, 200).await
}

on_both_databases! {
    async fn discovery_says_what_there_is(house: House) {
        let document = get(&house, "/.well-known/openid-configuration").await;
        assert_eq!(document["issuer"], house.issuer, "Discovery section 4.3");
        assert_eq!(document, get(&house, "/.well-known/oauth-authorization-server").await, "RFC 8414");
        let text = document.to_string().replace(&house.issuer, "ISSUER");
        insta::assert_json_snapshot!("discovery", serde_json::from_str::<Value>(&text).unwrap());
        let scopes = document["scopes_supported"].as_array().unwrap();
        assert!(scopes.contains(&Value::from("openid")));
    }
}

on_both_databases! {
    async fn rfc7517_conformance_06_the_jwks_has_a_key_of_every_algorithm_and_no_private_member(house: House) {
        let jwks = get(&house, "/jwks").await;
        let keys = jwks["keys"].as_array().unwrap();
        let mut algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().unwrap()).collect();
        algorithms.sort_unstable();
        assert_eq!(algorithms, ["ES256", "EdDSA", "PS256", "RS256"]);
        let mut kids: Vec<_> = keys.iter().map(|key| key["kid"].as_str().unwrap()).collect();
        kids.sort_unstable();
        kids.dedup();
        assert_eq!(kids.len(), 4, "kids are distinct");
        for key in keys {
            assert_eq!(key["use"], "sig");
            match key["kty"].as_str().unwrap() {
                "RSA" => assert!(key["n"].as_str().unwrap().len() >= 342, "2048 bits"),
                "EC" => assert_eq!(key["crv"], "P-256"),
                "OKP" => assert_eq!(key["crv"], "Ed25519"),
                other => panic!("{other}"),
            }
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
        }
    }
}

/// Members with addresses, lists, or booleans, of those that registries know (RFC 8414, Discovery,
/// RFC 9126, RFC 9207, Initiating User Registration 1.0, RP-Initiated Logout 1.0).
fn kind(member: &str) -> &'static str {
    match member {
        "issuer"
        | "jwks_uri"
        | "authorization_endpoint"
        | "token_endpoint"
        | "userinfo_endpoint"
        | "pushed_authorization_request_endpoint"
        | "introspection_endpoint"
        | "revocation_endpoint"
        | "end_session_endpoint"
        | "registration_endpoint"
        | "op_policy_uri"
        | "op_tos_uri"
        | "service_documentation" => "address",
        "scopes_supported"
        | "response_types_supported"
        | "response_modes_supported"
        | "grant_types_supported"
        | "subject_types_supported"
        | "acr_values_supported"
        | "id_token_signing_alg_values_supported"
        | "userinfo_signing_alg_values_supported"
        | "request_object_signing_alg_values_supported"
        | "token_endpoint_auth_methods_supported"
        | "token_endpoint_auth_signing_alg_values_supported"
        | "introspection_endpoint_auth_methods_supported"
        | "introspection_endpoint_auth_signing_alg_values_supported"
        | "revocation_endpoint_auth_methods_supported"
        | "revocation_endpoint_auth_signing_alg_values_supported"
        | "claim_types_supported"
        | "claims_supported"
        | "code_challenge_methods_supported"
        | "prompt_values_supported"
        | "ui_locales_supported" => "list",
        "authorization_response_iss_parameter_supported"
        | "claims_parameter_supported"
        | "request_parameter_supported"
        | "request_uri_parameter_supported"
        | "require_request_uri_registration"
        | "require_pushed_authorization_requests" => "boolean",
        other => panic!("no registry knows {other}"),
    }
}

on_both_databases! {
    async fn conformance_01_02_03_05_07_discovery_is_at_its_issuer_and_of_the_right_types(house: House) {
        let mut config = house.config.clone();
        "https://id.example.com".clone_into(&mut config.server.public_url);
        let public = house.restart(&config).await;
        let path = "/.well-known/openid-configuration";
        // To the character: the address less the path (Discovery section 4.3).
        assert_eq!(get(&house, path).await["issuer"], house.issuer);
        let document = get(&public, path).await;
        assert_eq!(document["issuer"], "https://id.example.com");
        for (member, value) in document.as_object().unwrap() {
            match kind(member) {
                "address" => {
                    let url = reqwest::Url::parse(value.as_str().unwrap()).unwrap();
                    assert_eq!((url.scheme(), url.host_str()), ("https", Some("id.example.com")), "{member}");
                    assert!(url.query().is_none() && url.fragment().is_none(), "{member}");
                }
                "list" => {
                    let all = value.as_array().unwrap();
                    assert!(!all.is_empty() && all.iter().all(Value::is_string), "{member}");
                    if member.ends_with("alg_values_supported") {
                        assert!(!all.contains(&"none".into()), "{member}");
                    }
                }
                _ => assert!(value.is_boolean(), "{member}"),
            }
        }
        let holds = |member: &str, value: &str| document[member].as_array().unwrap().contains(&value.into());
        assert!(holds("id_token_signing_alg_values_supported", "RS256"));
        assert!(holds("scopes_supported", "openid") && holds("claims_supported", "sub"));
        assert!(holds("code_challenge_methods_supported", "S256"));
        // Every endpoint is where it is said to be.
        for (member, value) in get(&house, path).await.as_object().unwrap() {
            if member.ends_with("_endpoint") || member == "jwks_uri" {
                let found = house.http.get(value.as_str().unwrap()).send().await.unwrap();
                assert_ne!(found.status(), 404, "{member}");
            }
        }
    }
}

on_both_databases! {
    async fn conformance_04_the_response_and_grant_types_announced_are_those_that_there_are(house: House) {
        use crate::browser::{Browser, Landing, query, request_with};
        let document = get(&house, "/.well-known/openid-configuration").await;
        let browser = Browser::new(&house);
        for response_type in ["code", "id_token", "id_token token", "code id_token", "code token", "token", "none"] {
            let announced = document["response_types_supported"].as_array().unwrap().contains(&response_type.into());
            let answer = match browser.authorize(&request_with("web", &[("response_type", response_type)])).await {
                Landing::Page(page) => {
                    assert_eq!((page.status, page.url.path()), (200, "/sign-in"), "{response_type}");
                    true
                }
                Landing::Away(url) => {
                    assert_eq!(query(&url)["error"], "unsupported_response_type", "{response_type}");
                    false
                }
            };
            assert_eq!(answer, announced, "{response_type}");
        }
        for grant in ["authorization_code", "refresh_token", "client_credentials", "password", "implicit",
            "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
            let announced = document["grant_types_supported"].as_array().unwrap().contains(&grant.into());
            let answer = house.token(crate::house::WEB, &[("grant_type", grant)]).send().await.unwrap();
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["error"] == "unsupported_grant_type", !announced, "{grant}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_pages_of_ours() {
    let house = House::open(Db::Sqlite).await;
    for (method, path, status) in
        [("GET", "/nothing", 404), ("GET", "/sign-in/", 404), ("DELETE", "/", 405)]
    {
        let response =
            house.http.request(method.parse().unwrap(), house.url(path)).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert!(
            response.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("default-src 'none'")
        );
        assert!(response.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
        let html = response.text().await.unwrap();
        assert!(html.contains("<h1"), "{html}");
    }
    let given =
        house.http.get(house.url("/")).header("x-request-id", "abc_1").send().await.unwrap();
    assert_eq!(given.headers()["x-request-id"], "abc_1");
    let forged =
        house.http.get(house.url("/")).header("x-request-id", "a b\u{e9}").send().await.unwrap();
    assert!(forged.headers()["x-request-id"].to_str().unwrap().starts_with("req_"));
}
