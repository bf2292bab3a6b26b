//! The apps that a person has let in.

use serde_json::Value;

use super::{ada, grace, press, texts, words};
use crate::browser::{Browser, Landing, request, request_with};
use crate::house::{House, POST, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

async fn tokens(house: &House, browser: &Browser, scope: &str) -> Value {
    let asked = request_with("web", &[("scope", scope), ("prompt", "consent")]);
    let code = browser.code(&asked).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

async fn refresh(house: &House, tokens: &Value) -> (u16, Value) {
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = house.token(WEB, &form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn is_active(house: &House, token: &Value) -> bool {
    let form = [("token", token.as_str().unwrap())];
    let answer = house.post("/introspect", WEB, &form).send().await.unwrap();
    json(answer, 200).await["active"] == true
}

on_both_databases! {
    async fn r30_an_app_that_is_shut_out_has_nothing_from_that_moment_on(house: House) {
        let browser = ada(&house).await;
        let online = tokens(&house, &browser, "openid profile email").await;
        let offline = tokens(&house, &browser, "openid profile offline_access").await;
        // A code on its way counts, too.
        let waiting = browser.code(&request("web")).await;
        let page = browser.page(house.url("/account/apps")).await;
        assert_eq!(texts(&page, ".items h2"), ["Acme"]);
        let may = texts(&page, ".may li");
        for words in ["Your name and profile", "Your email address", "Access to all this also while you are away"] {
            assert!(may.iter().any(|it| it == words), "{words}: {may:?}");
        }
        let (status, offline) = refresh(&house, &offline).await;
        assert_eq!(status, 200);
        let second = house.another_node().await;
        let gone = press(&browser, &page, "revoke-1", &[]).await;
        assert_eq!(gone.url.path(), "/account/apps");
        assert!(gone.text("[role=status]").is_some() && texts(&gone, ".items h2").is_empty());
        for held in [&online, &offline] {
            let access = held["access_token"].as_str().unwrap();
            for node in [&house, &second] {
                assert_eq!(node.userinfo(access).await.status(), 401, "on every node");
            }
            assert!(!is_active(&house, &held["access_token"]).await);
            if held.get("refresh_token").is_some() {
                assert!(!is_active(&house, &held["refresh_token"]).await);
                let (status, error) = refresh(&house, held).await;
                assert_eq!((status, &error["error"]), (400, &Value::from("invalid_grant")));
            }
        }
        let late = json(house.token(WEB, &redemption(&waiting)).send().await.unwrap(), 400).await;
        assert_eq!(late["error"], "invalid_grant");
        // It is asked for again, and the log says what happened.
        let Landing::Page(asked) = browser.authorize(&request("web")).await else { panic!("not asked again") };
        assert_eq!(asked.url.path(), "/consent");
        let log = browser.page(house.url("/account/log")).await;
        assert_eq!(texts(&log, ".log h2")[0], "The access of Acme was removed");
        let again = press(&browser, &page, "revoke-1", &[]).await;
        assert_eq!(again.status, 404, "there is nothing left to take back");
    }
}

on_both_databases! {
    async fn what_was_never_asked_about_is_listed_by_its_grants(house: House) {
        let browser = ada(&house).await;
        let code = browser.code(&request("post")).await;
        let page = browser.page(house.url("/account/apps")).await;
        assert!(page.html.contains("You have not let any app in yet"), "a code is no access");
        let mut form = redemption(&code);
        form.extend([("client_id", POST.0), ("client_secret", POST.1)]);
        json(house.http.post(house.url("/token")).form(&form).send().await.unwrap(), 200).await;
        let page = browser.page(house.url("/account/apps")).await;
        assert_eq!(texts(&page, ".items h2"), ["post"]);
        assert!(page.text(".items").unwrap().contains("Last used"));
        press(&browser, &page, "revoke-1", &[]).await;
        let page = browser.page(house.url("/account/apps")).await;
        assert!(texts(&page, ".items h2").is_empty());
    }
}

on_both_databases! {
    async fn r73_nobody_shuts_an_app_out_of_somebody_elses_account(house: House) {
        let (ada, grace) = (ada(&house).await, grace(&house).await);
        let held = tokens(&house, &ada, "openid offline_access").await;
        let page = ada.page(house.url("/account/apps")).await;
        let csrf = grace.page(house.url("/account/apps")).await;
        assert!(csrf.value("input[name=csrf]").is_none(), "she has none to shut out");
        let form = |csrf: String, app: &str| [("csrf", csrf), ("action", "revoke".to_owned()), ("app", app.to_owned())];
        let stolen = page.value("input[name=csrf]").unwrap();
        let answer = grace.http.post(house.url("/account/apps")).form(&form(stolen, "web")).send().await.unwrap();
        assert_eq!(answer.status(), 422, "a token of another session");
        // With a form of her own for an app of hers.
        let code = grace.authorize(&request("post")).await;
        assert!(matches!(code, Landing::Away(_)));
        let Landing::Away(back) = code else { unreachable!() };
        let code = crate::browser::query(&back).remove("code").unwrap();
        let mut redeem = redemption(&code);
        redeem.extend([("client_id", POST.0), ("client_secret", POST.1)]);
        json(house.http.post(house.url("/token")).form(&redeem).send().await.unwrap(), 200).await;
        let own = grace.page(house.url("/account/apps")).await;
        let foreign = press(&grace, &own, "revoke-1", &[("app", "web")]).await;
        let absent = press(&grace, &own, "revoke-1", &[("app", "nobody")]).await;
        assert_eq!((foreign.status, words(&foreign)), (404, words(&absent)));
        assert_eq!(refresh(&house, &held).await.0, 200, "Ada's stands");
    }
}
