//! Token introspection (RFC 7662).

use serde_json::{Value, json as value};

use super::code::redemption;
use super::signer::register;
use crate::browser::{Browser, request, request_with};
use crate::house::{EMAIL, House, OTHER, WEB, json};
use crate::on_both_databases;

async fn ask(house: &House, client: (&str, &str), token: &str) -> Value {
    let response = house.post("/introspect", client, &[("token", token)]).send().await.unwrap();
    json(response, 200).await
}

async fn tokens(house: &House) -> Value {
    let code = Browser::new(house).code(&request("web")).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

fn redacted(mut answer: Value, house: &House) -> Value {
    for member in ["exp", "iat"] {
        assert!(answer[member].is_i64(), "{member}");
    }
    for member in ["exp", "iat", "sub", "jti", "sid"] {
        if answer.get(member).is_some() {
            answer[member] = format!("[{member}]").into();
        }
    }
    let text = answer.to_string().replace(&house.issuer, "[issuer]");
    serde_json::from_str(&text).unwrap()
}

on_both_databases! {
    async fn rfc7662_2_2_says_what_a_living_token_is(house: House) {
        let tokens = tokens(&house).await;
        let access = ask(&house, WEB, text(&tokens, "access_token")).await;
        insta::assert_json_snapshot!("introspection_of_an_access_token", redacted(access, &house));
        let refresh = ask(&house, WEB, text(&tokens, "refresh_token")).await;
        insta::assert_json_snapshot!("introspection_of_a_refresh_token", redacted(refresh, &house));
        let own = json(house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        let own = ask(&house, WEB, text(&own, "access_token")).await;
        assert_eq!((own["active"].clone(), own["sub"].clone()), (true.into(), "web".into()));
    }
}

on_both_databases! {
    async fn rfc7662_2_2_nothing_else_is_said_of_a_token_that_is_not_active(house: House) {
        let inactive = value!({ "active": false });
        let tokens = tokens(&house).await;
        let (access, id) = (text(&tokens, "access_token"), text(&tokens, "id_token"));
        assert_eq!(ask(&house, WEB, id).await, inactive, "an ID token is for its client");
        assert_eq!(ask(&house, WEB, "nonsense").await, inactive);
        let (head, _) = access.rsplit_once('.').unwrap();
        assert_eq!(ask(&house, WEB, &format!("{head}.")).await, inactive);
        house.clock.advance(901_000);
        assert_eq!(ask(&house, WEB, access).await, inactive, "expired");
        assert_eq!(ask(&house, WEB, text(&tokens, "refresh_token")).await["active"], true);
    }
}

on_both_databases! {
    async fn rfc7662_4_peer_cve_2026_37979_a_client_learns_only_of_tokens_that_are_its_own_or_meant_for_it(house: House) {
        let api = register(&house, value!({
            "grant_types": ["client_credentials"], "resources": ["https://api.example/"],
        })).await;
        let api = (api.0.as_str(), api.1.as_str());
        let params = request_with("web", &[("resource", "https://api.example/")]);
        let code = Browser::new(&house).code(&params).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let access = text(&tokens, "access_token");
        let seen = ask(&house, api, access).await;
        assert_eq!(seen["active"], true);
        assert_eq!(seen["aud"], "https://api.example/");
        assert_eq!(ask(&house, OTHER, access).await, value!({ "active": false }));
        assert_eq!(ask(&house, api, text(&tokens, "refresh_token")).await, value!({ "active": false }));
        let plain = tokens_without_resource(&house).await;
        assert_eq!(ask(&house, api, &plain).await, value!({ "active": false }));
    }
}

async fn tokens_without_resource(house: &House) -> String {
    text(&tokens(house).await, "access_token").to_owned()
}

on_both_databases! {
    async fn rfc7662_2_1_only_clients_that_authenticate_may_ask(house: House) {
        let ask = |form: Vec<(&'static str, &'static str)>| house.http.post(house.url("/introspect")).form(&form).send();
        for form in [vec![("token", "x")], vec![("token", "x"), ("client_id", "spa")]] {
            let response = ask(form).await.unwrap();
            assert!(response.headers().contains_key("www-authenticate"));
            assert_eq!(json(response, 401).await["error"], "invalid_client");
        }
        let missing = house.http.post(house.url("/introspect")).basic_auth("web", Some(WEB.1)).form(&[("a", "b")]);
        assert_eq!(json(missing.send().await.unwrap(), 400).await["error"], "invalid_request");
        let get = house.http.get(house.url("/introspect")).send().await.unwrap();
        assert_eq!(get.status(), 405);
    }
}

on_both_databases! {
    async fn what_ends_a_session_ends_its_tokens_on_every_node_at_once(house: House) {
        let other = house.another_node().await;
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(ask(&other, WEB, text(&tokens, "access_token")).await["active"], true);
        let account = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        house.app.core.disable_account(account.id, house.clock.now()).await.unwrap();
        for token in ["access_token", "refresh_token"] {
            assert_eq!(ask(&other, WEB, text(&tokens, token)).await, value!({ "active": false }), "{token}");
        }
    }
}

on_both_databases! {
    async fn an_introspection_takes_one_statement(house: House) {
        let tokens = tokens(&house).await;
        let own = json(house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        for token in [text(&tokens, "access_token"), text(&tokens, "refresh_token"), text(&own, "access_token")] {
            let mut least = u64::MAX;
            for _ in 0..4 {
                least = least.min(house.statements(ask(&house, WEB, token)).await.1);
            }
            assert_eq!(least, 1);
        }
    }
}
