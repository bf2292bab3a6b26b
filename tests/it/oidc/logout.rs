//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use reqwest::Url;
use serde_json::json as value;

use super::code::redemption;
use super::signer::register;
use crate::browser::{Browser, Landing, Page, query, request, request_with};
use crate::house::{CALLBACK, House, WEB, json};
use crate::on_both_databases;

const AFTER: &str = "http://127.0.0.1:9/bye?kept=1";

/// An app whose person is signed in, and the ID token that it has.
struct App {
    id: String,
    browser: Browser,
    id_token: String,
}

async fn app(house: &House) -> App {
    let metadata = value!({ "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [AFTER] });
    let (id, secret) = register(house, metadata).await;
    let browser = Browser::new(house);
    let code = browser.code(&request(&id)).await;
    let tokens =
        json(house.token((&id, &secret), &redemption(&code)).send().await.unwrap(), 200).await;
    App { id, browser, id_token: tokens["id_token"].as_str().unwrap().to_owned() }
}

fn logout(house: &House, params: &[(&str, &str)]) -> Url {
    let mut url = house.url("/logout");
    url.query_pairs_mut().extend_pairs(params);
    url
}

impl App {
    async fn is_signed_in(&self) -> bool {
        let silent = request_with(&self.id, &[("prompt", "none")]);
        let Landing::Away(url) = self.browser.authorize(&silent).await else { panic!("a page") };
        let answer = query(&url);
        assert!(answer.contains_key("code") || answer["error"] == "login_required", "{answer:?}");
        answer.contains_key("code")
    }

    async fn leave(&self, house: &House, params: &[(&str, &str)]) -> Landing {
        self.browser.open(logout(house, params)).await
    }

    async fn page(&self, house: &House, params: &[(&str, &str)]) -> Page {
        match self.leave(house, params).await {
            Landing::Page(page) => page,
            Landing::Away(url) => panic!("sent to {url}"),
        }
    }
}

on_both_databases! {
    async fn conformance_58_with_a_hint_the_session_ends_and_the_person_is_back_in_the_app(house: House) {
        let app = app(&house).await;
        // An expired hint is as good.
        house.clock.advance(2 * 60 * 60 * 1000);
        let hint = ("id_token_hint", app.id_token.as_str());
        let params = [hint, ("post_logout_redirect_uri", AFTER), ("state", "a state/+ é")];
        let Landing::Away(url) = app.leave(&house, &params).await else { panic!("a page") };
        assert!(url.as_str().starts_with(AFTER), "the registered query is kept: {url}");
        let mut answer = query(&url);
        assert_eq!(answer.remove("state").as_deref(), Some("a state/+ é"));
        assert_eq!(answer.into_keys().collect::<Vec<_>>(), ["kept"], "and nothing else");
        assert!(!app.is_signed_in().await);
        // Nobody is signed in any more: the same answer.
        assert!(matches!(app.leave(&house, &params).await, Landing::Away(_)));
    }
}

on_both_databases! {
    async fn conformance_59_without_a_hint_the_person_is_asked_and_stays_here(house: House) {
        let app = app(&house).await;
        let id = ("client_id", app.id.as_str());
        let cases = [vec![], vec![("state", "x")], vec![("post_logout_redirect_uri", AFTER)],
            vec![id, ("post_logout_redirect_uri", AFTER), ("state", "x")]];
        for params in &cases {
            let page = app.page(&house, params).await;
            assert_eq!(page.url.path(), "/sign-out", "{params:?}");
            assert!(app.is_signed_in().await, "only asked");
        }
        let page = app.page(&house, &cases[3]).await;
        let Landing::Page(done) = app.browser.press(&page, "sign-out", &[]).await else { panic!("away") };
        assert!(done.text("h1").unwrap().contains("signed out"));
        assert!(!app.is_signed_in().await);
    }
}

on_both_databases! {
    async fn conformance_59_a_wrong_hint_or_address_is_an_error_and_nobody_is_signed_out(house: House) {
        let app = app(&house).await;
        let hint = ("id_token_hint", app.id_token.as_str());
        let (head, _) = app.id_token.rsplit_once('.').unwrap();
        let altered = format!("{head}.AAAA");
        let more = format!("{AFTER}&more=1");
        let cases = [
            (vec![("id_token_hint", altered.as_str()), ("post_logout_redirect_uri", AFTER)], "id_token_hint"),
            (vec![("id_token_hint", "nonsense")], "id_token_hint"),
            (vec![hint, ("post_logout_redirect_uri", "https://evil.example/")], "post_logout_redirect_uri"),
            (vec![hint, ("post_logout_redirect_uri", &more)], "post_logout_redirect_uri"),
            (vec![hint, ("client_id", "web")], "client_id"),
        ];
        for (params, names) in cases {
            let page = app.page(&house, &params).await;
            assert_eq!(page.status, 400, "{names}");
            assert!(page.html.contains(names), "{names} is named");
            assert!(app.is_signed_in().await, "{names}");
        }
        let twice = logout(&house, &[hint, ("state", "1"), ("state", "2")]);
        assert_eq!(app.browser.page(twice).await.status, 400);
    }
}

on_both_databases! {
    async fn asvs_10_6_2_a_hint_about_somebody_else_signs_nobody_out_in_silence(house: House) {
        let app = app(&house).await;
        let elsewhere = Browser::new(&house);
        let code = elsewhere.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        // An ID token of another session: the person at this browser is asked.
        let page = app.page(&house, &[("id_token_hint", tokens["id_token"].as_str().unwrap())]).await;
        assert_eq!(page.url.path(), "/sign-out");
        assert!(page.html.contains("Acme"), "who asks is named");
        assert!(app.is_signed_in().await);
        // The right one, with no address to go back to: signed out, and a page that says so.
        let page = app.page(&house, &[("id_token_hint", &app.id_token)]).await;
        assert_eq!(page.url.path(), "/signed-out");
        assert!(page.text("h1").unwrap().contains("signed out"));
    }
}

on_both_databases! {
    async fn rpinitiated_2_a_request_by_post_is_the_same(house: House) {
        let app = app(&house).await;
        let form = [("id_token_hint", app.id_token.as_str()), ("post_logout_redirect_uri", AFTER), ("state", "s")];
        let request = app.browser.http.post(house.url("/logout")).form(&form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303, "so that the browser comes with its cookie");
        let next = house.url(response.headers()["location"].to_str().unwrap());
        let Landing::Away(url) = app.browser.open(next).await else { panic!("a page") };
        assert_eq!(query(&url)["state"], "s");
        assert!(!app.is_signed_in().await);
    }
}

on_both_databases! {
    async fn rpinitiated_2_3_the_errors_of_the_end_session_endpoint(house: House) {
        let app = app(&house).await;
        let hint = ("id_token_hint", app.id_token.as_str());
        let long = "x".repeat(5000);
        let cases = [
            ("a hint that is none", vec![("id_token_hint", "nonsense")]),
            ("a hint of another client", vec![hint, ("client_id", "web")]),
            ("an address that is not registered", vec![hint, ("post_logout_redirect_uri", "https://evil.example/")]),
            ("a parameter twice", vec![hint, ("state", "1"), ("state", "2")]),
            ("a parameter that is too long", vec![hint, ("state", long.as_str())]),
        ];
        let mut table = Vec::new();
        for (what, params) in cases {
            let page = app.page(&house, &params).await;
            let code = page.text("code").unwrap();
            table.push(format!("{what}: page {} {code}: {}", page.status, page.text("main p").unwrap()));
        }
        insta::assert_snapshot!("logout_errors", table.join("\n"));
        assert!(app.is_signed_in().await);
    }
}
