//! The authorization code grant, from the first redirect to the tokens.

use serde_json::Value;

use crate::browser::{Browser, CHALLENGE, VERIFIER, query, request, request_with};
use crate::house::{CALLBACK, House, OTHER, POST, SPA, WEB, json};
use crate::on_both_databases;

/// The claims of a token whose signature somebody else checks (`relying_parties.rs`).
pub fn claims(token: &Value) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub fn redemption(code: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

on_both_databases! {
    async fn a_person_signs_in_consents_and_the_app_gets_its_tokens(house: House) {
        let browser = Browser::new(&house);
        let answer = browser.complete(&request("web")).await;
        let params = query(&answer);
        assert!(answer.as_str().starts_with(CALLBACK), "the registered query is kept: {answer}");
        assert_eq!(params["state"], "a state/+ é");
        assert_eq!(params["iss"], house.issuer, "RFC 9207 section 2");
        assert!(params["code"].len() >= 43, "256 bits");

        let response = house.token(WEB, &redemption(&params["code"])).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store", "RFC 6749 section 5.1");
        let tokens = json(response, 200).await;
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["expires_in"], 900);
        assert_eq!(tokens["scope"], "openid profile email");

        let (id, access, refresh) =
            (claims(&tokens["id_token"]), claims(&tokens["access_token"]), claims(&tokens["refresh_token"]));
        for token in [&id, &access, &refresh] {
            assert_eq!(token["iss"], house.issuer);
            assert_eq!(token["sub"], id["sub"]);
            assert_eq!(token["sid"], id["sid"]);
        }
        assert_eq!(id["aud"], "web");
        assert_eq!(id["nonce"], "n-0S6_WzA2Mj");
        assert_eq!(id["amr"], serde_json::json!(["pwd"]));
        assert!(id["auth_time"].as_i64().unwrap() <= id["iat"].as_i64().unwrap());
        assert!(id.get("email").is_none(), "claims of scopes are at userinfo (OIDC Core 5.4)");
        assert_eq!(access["aud"], house.issuer);
        assert_eq!(access["client_id"], "web");
        assert!(access["jti"].as_str().unwrap().len() >= 22);

        let me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert_eq!(me["sub"], id["sub"]);
        assert_eq!(me["name"], "Ada Lovelace");
        assert_eq!(me["email"], "ada@example.com");
        assert_eq!(me["email_verified"], true);
        assert_eq!(me["preferred_username"], "ada");
        assert!(me.get("phone_number").is_none(), "not asked for");
    }
}

on_both_databases! {
    async fn rfc6749_4_1_2_conformance_36_a_second_use_of_a_code_is_refused_and_revokes_what_the_first_gave(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let access = tokens["access_token"].as_str().unwrap();
        assert_eq!(house.userinfo(access).await.status(), 200);
        let second = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        assert_eq!(second["error"], "invalid_grant");
        assert_eq!(house.userinfo(access).await.status(), 401);
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        let refused = json(house.token(WEB, &refresh).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_grant");
    }
}

on_both_databases! {
    async fn rfc6749_4_1_3_conformance_37_a_code_is_bound_and_a_refused_attempt_does_not_spend_it(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let with = |name: &'static str, value: Option<&'static str>| {
            let mut form = redemption(&code);
            form.retain(|(known, _)| *known != name);
            if let Some(value) = value {
                form.push((name, value));
            }
            form
        };
        let wrong_verifier = "0000000000000000000000000000000000000000000";
        let attempts = [
            ("another client", OTHER, with("", None), "invalid_grant"),
            ("another redirect_uri", WEB, with("redirect_uri", Some("http://127.0.0.1:9/callback")), "invalid_grant"),
            ("no redirect_uri", WEB, with("redirect_uri", None), "invalid_request"),
            ("another verifier", WEB, with("code_verifier", Some(wrong_verifier)), "invalid_grant"),
            ("no verifier", WEB, with("code_verifier", None), "invalid_grant"),
            ("the challenge for a verifier", WEB, with("code_verifier", Some(CHALLENGE)), "invalid_grant"),
            ("a short verifier", WEB, with("code_verifier", Some("short")), "invalid_grant"),
            ("no code", WEB, with("code", None), "invalid_request"),
            ("another code", WEB, with("code", Some("nonsense")), "invalid_grant"),
            ("another client's id", WEB, { let mut f = with("", None); f.push(("client_id", "spa")); f }, "invalid_client"),
        ];
        for (what, client, form, error) in attempts {
            let response = house.token(client, &form).send().await.unwrap();
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error"], error, "{what}: {body}");
        }
        let nobody = house.http.post(house.url("/token")).form(&redemption(&code)).send().await.unwrap();
        assert_eq!(json(nobody, 401).await["error"], "invalid_client", "no client authentication");
        json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
    }
}

on_both_databases! {
    async fn rfc7636_4_6_a_verifier_without_a_challenge_is_refused(house: House) {
        let none = [("code_challenge", ""), ("code_challenge_method", "")];
        let code = Browser::new(&house).code(&request_with("web", &none)).await;
        let refused = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_grant");
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
        json(house.token(WEB, &form).send().await.unwrap(), 200).await;
    }
}

on_both_databases! {
    async fn asvs_10_4_3_conformance_42_a_code_is_good_for_a_minute(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        house.clock.advance(60_000);
        let refused = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_grant");
        assert_eq!(refused["error_description"], "the authorization code has expired");
        let own = [("grant_type", "client_credentials")];
        let own = json(house.token(WEB, &own).send().await.unwrap(), 200).await;
        assert!(own.get("refresh_token").is_none(), "RFC 6749 section 4.4.3");
    }
}

on_both_databases! {
    async fn a_code_dies_with_the_session_and_with_the_account(house: House) {
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let page = browser.page(house.url("/sign-out")).await;
        browser.press(&page, "sign-out", &[]).await;
        let refused = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_grant");

        let code = browser.code(&request("web")).await;
        let rules = &house.app.core;
        let ada = rules.find_account("ada@example.com").await.unwrap().unwrap();
        assert!(rules.disable_account(ada.id, house.clock.now()).await.unwrap());
        let refused = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_grant");
    }
}

on_both_databases! {
    async fn a_public_client_gets_its_tokens_by_pkce_alone(house: House) {
        let code = Browser::new(&house).code(&request(SPA)).await;
        let tokens = json(house.public_token(&redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(claims(&tokens["id_token"])["aud"], SPA);
    }
}

on_both_databases! {
    async fn a_client_that_is_not_registered_for_refresh_token_gets_none(house: House) {
        let code = Browser::new(&house).code(&request_with("post", &[("scope", "openid offline_access")])).await;
        let mut form = redemption(&code);
        form.extend([("client_id", POST.0), ("client_secret", POST.1)]);
        let tokens = json(house.http.post(house.url("/token")).form(&form).send().await.unwrap(), 200).await;
        assert!(tokens.get("refresh_token").is_none());
        assert_eq!(tokens["scope"], "openid", "OIDC Core section 11");
    }
}

on_both_databases! {
    async fn an_authorization_request_has_one_answer_with_a_code(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let crate::browser::Landing::Page(page) = browser.authorize(&request("web")).await else {
            panic!("no consent page");
        };
        let crate::browser::Landing::Away(first) = browser.press(&page, "allow", &[]).await else {
            panic!("no answer");
        };
        // The back button, and the same press again.
        let crate::browser::Landing::Page(again) = browser.press(&page, "allow", &[]).await else {
            panic!("a second code");
        };
        assert_eq!(again.status, 400);
        assert!(again.html.contains("already answered"), "{}", again.html);
        let code = &query(&first)["code"];
        json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await;
    }
}
