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
    async fn rfc7517_the_jwks_has_a_key_of_every_algorithm_and_no_private_member(house: House) {
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
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(private).is_none(), "{private}");
            }
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
