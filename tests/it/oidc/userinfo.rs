//! The userinfo endpoint.

use serde_json::Value;

use super::code::redemption;
use crate::browser::{Browser, request_with};
use crate::house::{House, WEB, json};
use crate::on_both_databases;

async fn tokens(house: &House, scope: &str) -> Value {
    let code = Browser::new(house).code(&request_with("web", &[("scope", scope)])).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

on_both_databases! {
    async fn oidc_core_5_4_each_scope_shows_its_claims_and_nothing_is_null(house: House) {
        let tokens = tokens(&house, "openid profile email address phone").await;
        let mut me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert!(me["updated_at"].is_number());
        for redacted in ["sub", "updated_at"] {
            me[redacted] = Value::from(format!("[{redacted}]"));
        }
        insta::assert_json_snapshot!("userinfo_of_every_scope", me);
    }
}

on_both_databases! {
    async fn conformance_43_the_token_may_come_in_a_header_or_a_form(house: House) {
        let tokens = tokens(&house, "openid").await;
        let token = tokens["access_token"].as_str().unwrap();
        let url = house.url("/userinfo");
        let http = &house.http;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let value = format!("{scheme} {token}");
            json(http.get(url.clone()).header("authorization", &value).send().await.unwrap(), 200).await;
            json(http.post(url.clone()).header("authorization", &value).send().await.unwrap(), 200).await;
        }
        json(http.post(url.clone()).form(&[("access_token", token)]).send().await.unwrap(), 200).await;
        let twice = http.post(url.clone()).bearer_auth(token).form(&[("access_token", token)]);
        assert_eq!(json(twice.send().await.unwrap(), 400).await["error"], "invalid_request");
        let mut in_query = url.clone();
        in_query.query_pairs_mut().append_pair("access_token", token);
        assert_eq!(json(http.get(in_query).send().await.unwrap(), 400).await["error"], "invalid_request");
    }
}

on_both_databases! {
    async fn rfc6750_3_conformance_46_a_refusal_says_how_to_authenticate(house: House) {
        let nothing = house.http.get(house.url("/userinfo")).send().await.unwrap();
        assert_eq!(nothing.headers()["www-authenticate"], "Bearer realm=\"Countersign\"");
        let nothing = json(nothing, 401).await;
        assert!(nothing.get("error").is_none(), "no error code where there is no token");
        let tokens = tokens(&house, "openid").await;
        let access = tokens["access_token"].as_str().unwrap();
        let (head, signature) = access.rsplit_once('.').unwrap();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let forged = format!("{head}.{flipped}{}", &signature[1..]);
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", access.split('.').nth(1).unwrap());
        let id_token = tokens["id_token"].as_str().unwrap();
        let refresh = tokens["refresh_token"].as_str().unwrap();
        for bad in ["nonsense", &forged, &unsigned, id_token, refresh, &format!("{access}x")] {
            let refused = house.userinfo(bad).await;
            let challenge = refused.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
            assert_eq!(json(refused, 401).await["error"], "invalid_token");
        }
        for header in ["Bearer", "Bearer  x", "Bearer a b", "Bearer é", "Basic YTpi"] {
            let refused = house.http.get(house.url("/userinfo"))
                .header("authorization", header.as_bytes()).send().await.unwrap();
            assert_eq!(refused.status(), 401, "{header}");
        }
        let in_query = house.url(&format!("/userinfo?access_token={access}"));
        let refused = house.http.get(in_query).send().await.unwrap();
        assert_eq!(json(refused, 400).await["error"], "invalid_request");
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(json(house.userinfo(access).await, 401).await["error"], "invalid_token");
    }
}

on_both_databases! {
    async fn a_token_without_openid_or_about_nobody_is_not_enough(house: House) {
        let tokens = tokens(&house, "api:read").await;
        assert!(tokens.get("id_token").is_none());
        let refused = house.userinfo(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(json(refused, 403).await["error"], "insufficient_scope");
        let own = [("grant_type", "client_credentials")];
        let own = json(house.token(WEB, &own).send().await.unwrap(), 200).await;
        let refused = house.userinfo(own["access_token"].as_str().unwrap()).await;
        assert_eq!(json(refused, 403).await["error"], "insufficient_scope");
    }
}

on_both_databases! {
    async fn scripts_of_any_origin_may_ask_without_cookies(house: House) {
        let asked = house.http.request(reqwest::Method::OPTIONS, house.url("/userinfo"))
            .header("origin", "https://app.example").header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization").send().await.unwrap();
        assert_eq!(asked.headers()["access-control-allow-origin"], "*");
        assert!(asked.headers().get("access-control-allow-credentials").is_none());
        for page in ["/authorize", "/sign-in", "/"] {
            let response = house.http.get(house.url(page)).header("origin", "https://app.example").send().await.unwrap();
            assert!(response.headers().get("access-control-allow-origin").is_none(), "{page}");
        }
    }
}
