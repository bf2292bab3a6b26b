//! Token revocation (RFC 7009).

use serde_json::Value;

use super::code::redemption;
use crate::browser::{Browser, request};
use crate::house::{House, OTHER, SPA, WEB, json};
use crate::on_both_databases;

async fn post(house: &House, path: &str, client: (&str, &str), token: &str) -> reqwest::Response {
    let form = [("token", token), ("token_type_hint", "whatever")];
    house.post(path, client, &form).send().await.unwrap()
}

async fn revoke(house: &House, client: (&str, &str), token: &str) {
    let response = post(house, "/revoke", client, token).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
}

async fn is_active(house: &House, token: &str) -> bool {
    json(post(house, "/introspect", WEB, token).await, 200).await["active"].as_bool().unwrap()
}

async fn tokens(house: &House) -> (String, String) {
    let code = Browser::new(house).code(&request("web")).await;
    let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn refresh(house: &House, token: &str, status: u16) -> Value {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    json(house.token(WEB, &form).send().await.unwrap(), status).await
}

on_both_databases! {
    async fn rfc7009_2_1_an_access_token_is_revoked_by_itself(house: House) {
        let other = house.another_node().await;
        let (access, token) = tokens(&house).await;
        let (elsewhere, _) = tokens(&house).await;
        revoke(&house, WEB, &access).await;
        assert!(!is_active(&other, &access).await, "on the other node, at once");
        assert_eq!(other.userinfo(&access).await.status(), 401);
        assert_eq!(other.userinfo(&elsewhere).await.status(), 200, "another sign-in's is untouched");
        let next = refresh(&house, &token, 200).await;
        assert_eq!(house.userinfo(next["access_token"].as_str().unwrap()).await.status(), 200);
        // Again, and an ID token, and none at all: the same answer (section 2.2).
        for token in [access.as_str(), next["id_token"].as_str().unwrap(), "nonsense"] {
            revoke(&house, WEB, token).await;
        }
    }
}

on_both_databases! {
    async fn rfc7009_2_1_a_refresh_token_is_revoked_with_all_that_its_grant_gave(house: House) {
        let other = house.another_node().await;
        let (access, token) = tokens(&house).await;
        revoke(&house, WEB, &token).await;
        assert_eq!(refresh(&other, &token, 400).await["error"], "invalid_grant");
        assert!(!is_active(&other, &token).await);
        assert_eq!(other.userinfo(&access).await.status(), 401);
    }
}

on_both_databases! {
    async fn rfc7009_2_1_a_foreign_token_is_left_as_it_is(house: House) {
        let (access, token) = tokens(&house).await;
        revoke(&house, OTHER, &access).await;
        revoke(&house, OTHER, &token).await;
        assert!(is_active(&house, &access).await);
        assert!(is_active(&house, &token).await);
    }
}

on_both_databases! {
    async fn a_clients_own_token_can_be_given_back(house: House) {
        let own = json(house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        let own = own["access_token"].as_str().unwrap();
        assert!(is_active(&house, own).await);
        revoke(&house, WEB, own).await;
        assert!(!is_active(&house, own).await);
    }
}

on_both_databases! {
    async fn rfc7009_2_errors_and_public_clients(house: House) {
        let ask = |form: Vec<(&'static str, String)>| house.http.post(house.url("/revoke")).form(&form).send();
        let nobody = json(ask(vec![("token", "x".to_owned())]).await.unwrap(), 401).await;
        assert_eq!(nobody["error"], "invalid_client");
        let public = |token: &str| vec![("client_id", SPA.to_owned()), ("token", token.to_owned())];
        let missing = json(ask(vec![("client_id", SPA.to_owned())]).await.unwrap(), 400).await;
        assert_eq!(missing["error"], "invalid_request");
        let code = Browser::new(&house).code(&request(SPA)).await;
        let tokens = json(house.public_token(&redemption(&code)).send().await.unwrap(), 200).await;
        let token = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(ask(public(token)).await.unwrap().status(), 200);
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        assert_eq!(house.public_token(&form).send().await.unwrap().status(), 400);
    }
}

on_both_databases! {
    async fn a_revocation_takes_at_most_two_statements(house: House) {
        let mut most = u64::MAX;
        for _ in 0..3 {
            let (access, token) = tokens(&house).await;
            let ((), first) = house.statements(revoke(&house, WEB, &access)).await;
            let ((), second) = house.statements(revoke(&house, WEB, &token)).await;
            most = most.min(first.max(second));
        }
        assert!(most <= 2, "{most}");
    }
}

on_both_databases! {
    async fn r85_a_token_stays_revoked_where_another_nodes_clock_is_minutes_ahead(house: House) {
        let own = json(house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        let lifetime = own["expires_in"].as_i64().unwrap() * 1000;
        let own = own["access_token"].as_str().unwrap();
        revoke(&house, WEB, own).await;
        house.app.core.sweep(house.clock.now() + lifetime + 4 * 60 * 1000).await.unwrap();
        assert!(!is_active(&house, own).await);
        let swept = house.app.core.sweep(house.clock.now() + lifetime + 6 * 60 * 1000).await.unwrap();
        assert_eq!(swept, 1, "it leaves all the same");
    }
}
