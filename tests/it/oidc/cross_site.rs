//! An authorization request that a form of the app's own site posts, as browsers send it: without the
//! session's cookie.

use std::collections::HashMap;

use super::code::{claims, redemption};
use crate::browser::{Browser, Landing, query, request, request_with};
use crate::house::{House, WEB, json};
use crate::upstream::Scene;
use crate::{for_each_database, on_both_databases};

async fn answer(browser: &Browser, params: &[(&str, String)]) -> HashMap<String, String> {
    match browser.authorize_from_afar(params).await {
        Landing::Away(url) => query(&url),
        Landing::Page(page) => panic!("no answer, but {}", page.url),
    }
}

async fn auth_time(house: &House, code: &str) -> i64 {
    let tokens = json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await;
    claims(&tokens["id_token"])["auth_time"].as_i64().unwrap()
}

/// Pushes a request; what the browser brings of it.
async fn pushed(house: &House, params: &[(&str, String)]) -> Vec<(&'static str, String)> {
    let pushed = json(house.post("/par", WEB, params).send().await.unwrap(), 201).await;
    let reference = pushed["request_uri"].as_str().unwrap().to_owned();
    vec![("client_id", WEB.0.to_owned()), ("request_uri", reference)]
}

on_both_databases! {
    async fn conformance_18_24_a_post_from_another_site_finds_whoever_is_signed_in(house: House) {
        let browser = Browser::new(&house);
        let first = auth_time(&house, &browser.code(&request("web")).await).await;
        house.clock.advance(5_000);
        for changes in [&[][..], &[("prompt", "none")], &[("prompt", "none"), ("response_mode", "query")]] {
            let params = request_with("web", changes);
            let told = answer(&browser, &params).await;
            assert_eq!((told["state"].as_str(), &told["iss"]), ("a state/+ é", &house.issuer), "{changes:?}");
            assert_eq!(auth_time(&house, &told["code"]).await, first, "{changes:?}: nobody was asked");
            let told = answer(&browser, &pushed(&house, &params).await).await;
            assert_eq!(auth_time(&house, &told["code"]).await, first, "{changes:?}: pushed");
        }
        // A reference is used up by its answer, and not by the way there.
        let reference = pushed(&house, &request("web")).await;
        assert!(answer(&browser, &reference).await.contains_key("code"));
        let Landing::Page(again) = browser.authorize_from_afar(&reference).await else { panic!("twice") };
        assert_eq!(again.status, 400);
    }
}

on_both_databases! {
    async fn conformance_18_24_a_post_from_another_site_asks_whoever_has_to_be_asked(house: House) {
        let stranger = Browser::new(&house);
        let silent = request_with("web", &[("prompt", "none")]);
        assert_eq!(answer(&stranger, &silent).await["error"], "login_required");
        let Landing::Page(page) = stranger.authorize_from_afar(&request("web")).await else { panic!("away") };
        assert_eq!((page.status, page.url.path()), (200, "/sign-in"));
        let ada = Browser::new(&house);
        ada.sign_in(&house).await;
        assert_eq!(answer(&ada, &silent).await["error"], "consent_required");
        for (changes, at) in [(&[][..], "/consent"), (&[("prompt", "login")], "/sign-in")] {
            let landing = ada.authorize_from_afar(&request_with("web", changes)).await;
            let Landing::Page(page) = landing else { panic!("away") };
            assert_eq!((page.status, page.url.path()), (200, at));
        }
    }
}

on_both_databases! {
    async fn rfc6749_4_1_2_1_what_is_wrong_with_a_post_from_another_site_is_told_as_ever(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        for unproven in [("client_id", "nobody"), ("redirect_uri", "https://evil.example/")] {
            let landing = browser.authorize_from_afar(&request_with("web", &[unproven])).await;
            let Landing::Page(page) = landing else { panic!("{unproven:?}: sent away") };
            assert_eq!((page.status, page.url.path()), (400, "/authorize"), "{unproven:?}");
        }
        let told = answer(&browser, &request_with("web", &[("response_type", "token")])).await;
        assert_eq!(told["error"], "unsupported_response_type");
    }
}

for_each_database! {
    async fn an_upstream_that_a_post_from_another_site_names_is_gone_to_at_once(db: Db) {
        let scene = Scene::open(db).await;
        let origin = scene.guild.issuer.trim_end_matches("/guild/").to_owned();
        let wanted = request_with("web", &[("upstream", "guild")]);
        let reference = pushed(&scene.house, &wanted).await;
        for (n, params) in [wanted, reference].iter().enumerate() {
            let browser = Browser::new(&scene.house).at_home_in(&origin);
            let Landing::Page(page) = browser.authorize_from_afar(params).await else { panic!("away") };
            assert_eq!(page.url.path(), "/consent", "{}", page.html);
            assert_eq!(scene.guild.asked("authorize") as usize, n + 1);
        }
    }
}
