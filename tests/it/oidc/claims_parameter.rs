//! The `claims` parameter and `acr` (OIDC Core §5.5), and what the ID token says of the sign-in.

use serde_json::{Value, json as value};

use super::code::{claims, redemption};
use super::signer::register;
use crate::browser::{Browser, Landing, query, request_with};
use crate::house::{CALLBACK, House, WEB, json};
use crate::on_both_databases;

fn asking(scope: &str, claims: &Value) -> Vec<(&'static str, String)> {
    request_with("web", &[("scope", scope), ("claims", &claims.to_string())])
}

async fn tokens(house: &House, params: &[(&str, String)]) -> Value {
    let code = Browser::new(house).code(params).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

on_both_databases! {
    async fn conformance_28_a_claim_is_where_it_was_asked_for_and_nowhere_else(house: House) {
        let wish = value!({ "userinfo": { "name": { "essential": true }, "unknown": null }, "id_token": { "birthdate": null } });
        let tokens = tokens(&house, &asking("openid", &wish)).await;
        let id = claims(&tokens["id_token"]);
        assert_eq!(id["birthdate"], "1815-12-10");
        assert!(id.get("name").is_none());
        let me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert_eq!(me["name"], "Ada Lovelace");
        assert!(me.get("birthdate").is_none() && me.get("unknown").is_none() && me.get("email").is_none(), "{me}");
        // A refresh gives what was asked for at the start.
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let next = json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        assert_eq!(claims(&next["id_token"])["birthdate"], "1815-12-10");
        let me = json(house.userinfo(next["access_token"].as_str().unwrap()).await, 200).await;
        assert_eq!(me["name"], "Ada Lovelace");
    }
}

on_both_databases! {
    async fn a_claim_beyond_the_scope_is_shown_and_consented_to_by_itself(house: House) {
        let browser = Browser::new(&house);
        browser.code(&request_with("web", &[("scope", "openid")])).await;
        let params = asking("openid", &value!({ "userinfo": { "phone_number": null } }));
        let Landing::Page(page) = browser.authorize(&params).await else { panic!("nobody was asked") };
        assert_eq!(page.url.path(), "/consent");
        let shares = page.text("ul.shares").unwrap();
        assert!(shares.contains("+44123456"), "{shares}");
        browser.press(&page, "allow", &[]).await;
        let Landing::Away(url) = browser.authorize(&params).await else { panic!("asked again") };
        assert!(query(&url).contains_key("code"));
        let wider = asking("openid", &value!({ "id_token": { "birthdate": null } }));
        assert!(matches!(browser.authorize(&wider).await, Landing::Page(_)), "another claim is another question");
        // The scope that would have covered it was not allowed.
        let scope = request_with("web", &[("scope", "openid phone")]);
        assert!(matches!(browser.authorize(&scope).await, Landing::Page(_)));
    }
}

on_both_databases! {
    async fn a_client_gets_no_claim_of_a_scope_that_it_may_not_ask_for(house: House) {
        let (id, secret) = register(&house, value!({ "redirect_uris": [CALLBACK], "scope": "openid" })).await;
        let wish = value!({ "userinfo": { "email": { "essential": true } }, "id_token": { "email": null } }).to_string();
        let code = Browser::new(&house).code(&request_with(&id, &[("scope", "openid"), ("claims", &wish)])).await;
        let tokens = json(house.token((&id, &secret), &redemption(&code)).send().await.unwrap(), 200).await;
        assert!(claims(&tokens["id_token"]).get("email").is_none());
        let me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert!(me.get("email").is_none(), "{me}");
    }
}

on_both_databases! {
    async fn oidc_core_5_5_1_another_person_than_the_one_asked_for_signs_in_anew(house: House) {
        let browser = Browser::new(&house);
        let url = browser.complete(&request_with("web", &[])).await;
        let tokens = json(house.token(WEB, &redemption(&query(&url)["code"])).send().await.unwrap(), 200).await;
        let sub = claims(&tokens["id_token"])["sub"].as_str().unwrap().to_owned();
        let about = |sub: &str| {
            let wish = value!({ "id_token": { "sub": { "value": sub } } }).to_string();
            request_with("web", &[("claims", &wish), ("prompt", "none")])
        };
        let Landing::Away(same) = browser.authorize(&about(&sub)).await else { panic!("a page") };
        assert!(query(&same).contains_key("code"), "{same}");
        for other in ["0197a000-0000-7000-8000-000000000000", "not one of ours"] {
            let Landing::Away(url) = browser.authorize(&about(other)).await else { panic!("a page") };
            assert_eq!(query(&url)["error"], "login_required");
        }
    }
}

on_both_databases! {
    async fn oidc_core_5_5_1_1_acr_is_one_of_those_asked_for_or_an_error_where_it_is_essential(house: House) {
        let tokens = tokens(&house, &request_with("web", &[("acr_values", "2 1")])).await;
        let id = claims(&tokens["id_token"]);
        assert_eq!(id["acr"], "1");
        assert_eq!(id["azp"], "web");
        assert_eq!(id["amr"], value!(["pwd"]));
        let browser = Browser::new(&house);
        let asking_acr = |acr: Value| asking("openid", &value!({ "id_token": { "acr": acr } }));
        let impossible = asking_acr(value!({ "essential": true, "values": ["2", "urn:mace:incommon:iap:silver"] }));
        let Landing::Away(url) = browser.authorize(&impossible).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "unmet_authentication_requirements");
        for possible in [value!({ "essential": true, "values": ["2", "1"] }), value!({ "values": ["2"] }), Value::Null] {
            assert!(matches!(browser.authorize(&asking_acr(possible)).await, Landing::Page(_)));
        }
    }
}

on_both_databases! {
    async fn oidc_core_3_1_3_6_conformance_32_the_hashes_are_of_the_code_and_the_access_token(house: House) {
        use base64::Engine as _;
        use base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let half = |text: &str| URL_SAFE_NO_PAD.encode(&countersign::jose::digest::sha256(text.as_bytes())[..16]);
        let code = Browser::new(&house).code(&request_with("web", &[])).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let id = claims(&tokens["id_token"]);
        assert_eq!(id["at_hash"], half(tokens["access_token"].as_str().unwrap()));
        assert_eq!(id["c_hash"], half(&code));
    }
}
