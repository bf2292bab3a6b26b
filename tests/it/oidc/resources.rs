//! Resource indicators (RFC 8707): who an access token is for.

use serde_json::{Value, json as value};

use super::code::{claims, redemption};
use super::signer::register;
use crate::browser::{Browser, request, request_with};
use crate::house::{House, WEB, json};
use crate::on_both_databases;

const A: &str = "https://a.example/api";
const B: &str = "https://b.example/";

async fn apis(house: &House) {
    register(house, value!({ "grant_types": ["client_credentials"], "resources": [A, B] })).await;
}

fn asking(resources: &[&str]) -> Vec<(&'static str, String)> {
    let mut params = request("web");
    params.extend(resources.iter().map(|resource| ("resource", (*resource).to_owned())));
    params
}

fn audience(tokens: &Value) -> Value {
    claims(&tokens["access_token"])["aud"].clone()
}

on_both_databases! {
    async fn rfc8707_2_an_access_token_is_for_the_resources_asked_for(house: House) {
        apis(&house).await;
        let browser = Browser::new(&house);
        let code = browser.code(&asking(&[A, B])).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(audience(&tokens), value!([A, B]));
        // Not for our own endpoints, then.
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 401);
        let narrowed = async |resource: &str, status| {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
                ("resource", resource),
            ];
            json(house.token(WEB, &form).send().await.unwrap(), status).await
        };
        let issuer = house.issuer.clone();
        for foreign in ["https://c.example/", issuer.as_str(), "nonsense"] {
            assert_eq!(narrowed(foreign, 400).await["error"], "invalid_target", "{foreign}");
        }
        assert_eq!(audience(&narrowed(B, 200).await), B, "and the refusals used nothing up");
    }
}

on_both_databases! {
    async fn rfc8707_2_2_a_code_is_not_spent_by_a_resource_that_was_not_granted(house: House) {
        apis(&house).await;
        let code = Browser::new(&house).code(&asking(&[A])).await;
        let with = |resource: &'static str| {
            let mut form = redemption(&code);
            form.push(("resource", resource));
            house.token(WEB, &form).send()
        };
        assert_eq!(json(with(B).await.unwrap(), 400).await["error"], "invalid_target");
        assert_eq!(audience(&json(with(A).await.unwrap(), 200).await), A);
    }
}

on_both_databases! {
    async fn without_resources_a_token_is_for_our_own_endpoints(house: House) {
        apis(&house).await;
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(audience(&tokens), house.issuer);
        let own = |resource: &'static str| {
            house.token(WEB, &[("grant_type", "client_credentials"), ("resource", resource)]).send()
        };
        assert_eq!(audience(&json(own(A).await.unwrap(), 200).await), A);
        assert_eq!(json(own("https://c.example/").await.unwrap(), 400).await["error"], "invalid_target");
        let both = request_with("web", &[("resource", &house.issuer)]);
        let code = Browser::new(&house).code(&both).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 200);
    }
}
