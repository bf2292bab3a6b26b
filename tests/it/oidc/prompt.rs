//! `prompt`, `max_age` and the hints: when a person is asked, and when not.

use super::code::{claims, redemption};
use crate::browser::{Browser, Landing, Page, query, request, request_with};
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::on_both_databases;

async fn page(browser: &Browser, params: &[(&str, String)]) -> Page {
    match browser.authorize(params).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("no page, but {url}"),
    }
}

async fn answer(
    browser: &Browser,
    params: &[(&str, String)],
) -> std::collections::HashMap<String, String> {
    match browser.authorize(params).await {
        Landing::Away(url) => query(&url),
        Landing::Page(page) => panic!("no answer, but {}", page.url),
    }
}

async fn auth_time(house: &House, code: &str) -> i64 {
    let tokens = json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await;
    claims(&tokens["id_token"])["auth_time"].as_i64().unwrap()
}

on_both_databases! {
    async fn oidc_core_3_1_2_1_prompt_none_never_shows_a_page(house: House) {
        let browser = Browser::new(&house);
        let silent = request_with("web", &[("prompt", "none")]);
        assert_eq!(answer(&browser, &silent).await["error"], "login_required");
        browser.sign_in(&house).await;
        assert_eq!(answer(&browser, &silent).await["error"], "consent_required");
        let first = auth_time(&house, &browser.code(&request("web")).await).await;
        house.clock.advance(5_000);
        let code = answer(&browser, &silent).await.remove("code").unwrap();
        assert_eq!(auth_time(&house, &code).await, first, "the same sign-in");
    }
}

on_both_databases! {
    async fn oidc_core_3_1_2_1_conformance_25_prompt_login_and_max_age_ask_for_the_password_again(house: House) {
        let browser = Browser::new(&house);
        let first = auth_time(&house, &browser.code(&request("web")).await).await;
        for changes in [("prompt", "login"), ("max_age", "3"), ("max_age", "0"), ("prompt", "login select_account")] {
            house.clock.advance(5_000);
            let params = request_with("web", &[changes]);
            let shown = page(&browser, &params).await;
            assert_eq!(shown.url.path(), "/sign-in", "{changes:?}");
            assert_eq!(shown.value("input[name=email]").as_deref(), Some(EMAIL), "who is asked");
            let done = browser.press(&shown, "sign-in", &[("password", PASSWORD)]).await;
            let Landing::Away(url) = done else { panic!("{changes:?}: no answer") };
            assert!(auth_time(&house, &query(&url)["code"]).await > first, "{changes:?}");
        }
        let relaxed = request_with("web", &[("max_age", "10000")]);
        let code = answer(&browser, &relaxed).await.remove("code").unwrap();
        assert!(auth_time(&house, &code).await > first, "it is told, and nobody was asked");
        let strict = request_with("web", &[("max_age", "1"), ("prompt", "none")]);
        house.clock.advance(5_000);
        assert_eq!(answer(&browser, &strict).await["error"], "login_required");
    }
}

on_both_databases! {
    async fn prompt_consent_asks_again_and_consent_is_remembered_per_scope(house: House) {
        let browser = Browser::new(&house);
        browser.code(&request_with("web", &[("scope", "openid")])).await;
        assert!(answer(&browser, &request_with("web", &[("scope", "openid")])).await.contains_key("code"));
        let asked = page(&browser, &request_with("web", &[("scope", "openid"), ("prompt", "consent")])).await;
        assert_eq!(asked.url.path(), "/consent");
        let wider = page(&browser, &request_with("web", &[("scope", "openid email")])).await;
        assert_eq!(wider.url.path(), "/consent");
        browser.press(&wider, "allow", &[]).await;
        // The narrower one is still allowed, and the wider one now too.
        for scope in ["openid", "openid email"] {
            assert!(answer(&browser, &request_with("web", &[("scope", scope)])).await.contains_key("code"), "{scope}");
        }
        let other = page(&browser, &request("spa")).await;
        assert_eq!(other.url.path(), "/consent", "another client's");
    }
}

on_both_databases! {
    async fn prompt_create_leads_to_the_sign_up_page_and_back_to_the_app(house: House) {
        let browser = Browser::new(&house);
        let shown = page(&browser, &request_with("web", &[("prompt", "create"), ("login_hint", "new@example.com")])).await;
        assert_eq!(shown.url.path(), "/sign-up");
        assert_eq!(shown.value("input[name=email]").as_deref(), Some("new@example.com"));
        let fields = [("name", "New Person"), ("password", PASSWORD)];
        let Landing::Page(consent) = browser.press(&shown, "sign-up", &fields).await else { panic!("no consent") };
        assert_eq!(consent.url.path(), "/consent");
        let Landing::Away(url) = browser.press(&consent, "allow", &[]).await else { panic!("no answer") };
        let tokens = json(house.token(WEB, &redemption(&query(&url)["code"])).send().await.unwrap(), 200).await;
        let me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert_eq!(me["email"], "new@example.com");
        assert_eq!(me["email_verified"], false);
    }
}

on_both_databases! {
    async fn an_id_token_hint_names_whom_the_app_means(house: House) {
        let browser = Browser::new(&house);
        let tokens = json(house.token(WEB, &redemption(&browser.code(&request("web")).await)).send().await.unwrap(), 200).await;
        let hint = tokens["id_token"].as_str().unwrap();
        let silent = request_with("web", &[("prompt", "none"), ("id_token_hint", hint)]);
        assert!(answer(&browser, &silent).await.contains_key("code"));
        // Expired is as good (OIDC Core 3.1.2.1).
        house.clock.advance(2 * 60 * 60 * 1000);
        assert!(answer(&browser, &silent).await.contains_key("code"));
        // Another client's is not.
        let foreign = request_with("spa", &[("prompt", "none"), ("id_token_hint", hint)]);
        assert_eq!(answer(&browser, &foreign).await["error"], "invalid_request");
        // Somebody else is signed in.
        let other = Browser::new(&house);
        let shown = other.page(house.url("/sign-up")).await;
        let fields = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
        other.press(&shown, "sign-up", &fields).await;
        assert_eq!(answer(&other, &silent).await["error"], "login_required");
        let loud = request_with("web", &[("id_token_hint", hint)]);
        let shown = page(&other, &loud).await;
        assert_eq!(shown.url.path(), "/sign-in");
        assert_eq!(shown.value("input[name=email]").as_deref(), Some(""), "not Eve's");
    }
}

on_both_databases! {
    async fn sessions_end_when_idle_and_absolutely(house: House) {
        let day = 24 * 60 * 60 * 1000;
        let silent = request_with("web", &[("prompt", "none")]);
        let browser = Browser::new(&house);
        browser.complete(&request("web")).await;
        for _ in 0..4 {
            house.clock.advance(22 * day);
            assert!(answer(&browser, &silent).await.contains_key("code"), "in use");
        }
        house.clock.advance(2 * day);
        assert_eq!(answer(&browser, &silent).await["error"], "login_required", "90 days old");
        browser.complete(&request("web")).await;
        house.clock.advance(30 * day);
        assert_eq!(answer(&browser, &silent).await["error"], "login_required", "30 days idle");
    }
}

on_both_databases! {
    async fn oidc_core_3_1_2_1_prompt_select_account_lets_the_person_choose(house: House) {
        let browser = Browser::new(&house);
        let choose = request_with("web", &[("prompt", "select_account")]);
        // Nobody is signed in: there is nothing to choose from.
        assert_eq!(page(&browser, &choose).await.url.path(), "/sign-in");
        let first = auth_time(&house, &browser.code(&request("web")).await).await;
        house.clock.advance(5_000);
        let asked = page(&browser, &choose).await;
        assert_eq!(asked.url.path(), "/select-account");
        assert!(asked.text("p.who").unwrap().contains("Ada"), "who would go on");
        let Landing::Away(url) = browser.press(&asked, "continue", &[]).await else { panic!("no answer") };
        assert_eq!(auth_time(&house, &query(&url)["code"]).await, first, "no factor was asked for");
        // The choice counts for one request.
        let again = page(&browser, &choose).await;
        let Landing::Page(other) = browser.press(&again, "other", &[]).await else { panic!("away") };
        assert_eq!(other.url.path(), "/sign-in");
        assert_eq!(other.value("input[name=email]").as_deref(), Some(""));
        let Landing::Away(url) = browser.press(&again, "deny", &[]).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "access_denied");
    }
}
