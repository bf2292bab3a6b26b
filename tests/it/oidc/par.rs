//! Pushed authorization requests (RFC 9126).

use serde_json::{Value, json as value};

use super::code::redemption;
use super::signer::register;
use crate::browser::{Browser, Landing, query, request, request_with};
use crate::house::{CALLBACK, EMAIL, House, OTHER, PASSWORD, SPA, WEB, json};
use crate::on_both_databases;

async fn push(house: &House, params: &[(&str, String)]) -> reqwest::Response {
    house.post("/par", WEB, params).send().await.unwrap()
}

async fn pushed(house: &House, params: &[(&str, String)]) -> String {
    let answer = json(push(house, params).await, 201).await;
    answer["request_uri"].as_str().unwrap().to_owned()
}

fn by_reference(client: &str, request_uri: &str) -> Vec<(&'static str, String)> {
    vec![("client_id", client.to_owned()), ("request_uri", request_uri.to_owned())]
}

on_both_databases! {
    async fn rfc9126_2_2_conformance_52_a_pushed_request_is_opened_by_its_reference(house: House) {
        let response = push(&house, &request("web")).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        let answer = json(response, 201).await;
        assert_eq!(answer["expires_in"], 90);
        let reference = answer["request_uri"].as_str().unwrap();
        let random = reference.strip_prefix("urn:ietf:params:oauth:request_uri:").unwrap();
        assert!(random.len() >= 43, "256 bits: {random}");
        let mut nested = request("web");
        nested.push(("request_uri", reference.to_owned()));
        assert_eq!(json(push(&house, &nested).await, 400).await["error"], "invalid_request");
        for method in ["GET", "PUT", "DELETE"] {
            let other = house.http.request(method.parse().unwrap(), house.url("/par"));
            assert_eq!(other.send().await.unwrap().status(), 405, "{method}");
        }
        // What stands beside the reference does not count (section 4).
        let mut params = by_reference("web", reference);
        params.extend([("scope", "openid phone".to_owned()), ("state", "another".to_owned())]);
        let url = Browser::new(&house).complete(&params).await;
        let answer = query(&url);
        assert!(url.as_str().starts_with(CALLBACK));
        assert_eq!(answer["state"], "a state/+ é");
        let tokens = json(house.token(WEB, &redemption(&answer["code"])).send().await.unwrap(), 200).await;
        assert_eq!(tokens["scope"], "openid profile email");
    }
}

on_both_databases! {
    async fn conformance_53_a_reference_is_good_until_its_request_has_its_answer(house: House) {
        let browser = Browser::new(&house);
        let reference = pushed(&house, &request("web")).await;
        let params = by_reference("web", &reference);
        // Reloaded while the person is still signing in.
        for _ in 0..2 {
            let Landing::Page(page) = browser.authorize(&params).await else { panic!("away") };
            assert_eq!(page.url.path(), "/sign-in");
        }
        browser.complete(&params).await;
        let refused = async |browser: &Browser, params: &[(&str, String)]| {
            let Landing::Page(page) = browser.authorize(params).await else { panic!("away") };
            assert_eq!(page.status, 400);
            page.text("code").unwrap_or_else(|| panic!("{}", page.html))
        };
        assert_eq!(refused(&browser, &params).await, "invalid_request_uri", "used");
        let reference = pushed(&house, &request("web")).await;
        assert_eq!(refused(&browser, &by_reference("spa", &reference)).await, "invalid_request_uri", "of another client");
        house.clock.advance(91_000);
        assert_eq!(refused(&browser, &by_reference("web", &reference)).await, "invalid_request_uri", "expired");
        let nonsense = "urn:ietf:params:oauth:request_uri:nonsense";
        assert_eq!(refused(&browser, &by_reference("web", nonsense)).await, "invalid_request_uri");
    }
}

on_both_databases! {
    async fn a_reference_is_answered_with_one_code_however_many_tabs(house: House) {
        let browser = Browser::new(&house);
        browser.complete(&request("web")).await;
        let reference = pushed(&house, &request("web")).await;
        let mut url = house.url("/authorize");
        url.query_pairs_mut().extend_pairs(by_reference("web", &reference));
        let tabs = (0..40).map(|_| browser.http.get(url.clone()).send());
        let answers = futures_util::future::join_all(tabs).await;
        let codes = answers.iter().filter(|answer| {
            let location = answer.as_ref().unwrap().headers().get("location");
            location.is_some_and(|location| location.to_str().unwrap().contains("code="))
        });
        assert_eq!(codes.count(), 1);
    }
}

on_both_databases! {
    async fn rfc9126_2_3_errors_are_those_of_the_request_as_json(house: House) {
        let with = |changes: &[(&'static str, &str)]| request_with("web", changes);
        let mut by_uri = request("web");
        by_uri.push(("request_uri", "urn:ietf:params:oauth:request_uri:x".to_owned()));
        let mut twice = request("web");
        twice.push(("scope", "openid".to_owned()));
        let cases = [
            (by_uri, 400),
            (twice, 400),
            (with(&[("redirect_uri", "")]), 400),
            (with(&[("redirect_uri", "https://evil.example/")]), 400),
            (with(&[("response_type", "token")]), 400),
            (with(&[("scope", "admin")]), 400),
            (with(&[("code_challenge_method", "plain")]), 400),
            (with(&[("request", "nonsense")]), 400),
            (with(&[("claims", "nonsense")]), 400),
            (with(&[("resource", "https://unknown.example")]), 400),
            (request("other app"), 401),
        ];
        let mut table = Vec::new();
        for (params, status) in cases {
            let error = json(push(&house, &params).await, status).await;
            table.push(format!("{} {}: {}", status, error["error"], error["error_description"]));
        }
        insta::assert_snapshot!("par_errors", table.join("\n"));
        let unauthenticated = house.http.post(house.url("/par")).form(&request("web")).send().await.unwrap();
        assert_eq!(json(unauthenticated, 401).await["error"], "invalid_client");
        let get = house.http.get(house.url("/par")).send().await.unwrap();
        assert_eq!(get.status(), 405);
        // A public client names itself.
        json(house.http.post(house.url("/par")).form(&request(SPA)).send().await.unwrap(), 201).await;
        // The form of another client's credentials is no way round.
        let foreign = house.token(OTHER, &[]).build().unwrap().headers()["authorization"].clone();
        let response = house.http.post(house.url("/par")).header("authorization", foreign)
            .form(&request("web")).send().await.unwrap();
        assert_eq!(json(response, 401).await["error"], "invalid_client");
    }
}

on_both_databases! {
    async fn rfc9126_6_a_client_that_must_push_gets_no_answer_otherwise(house: House) {
        let (id, secret) = register(&house, value!({
            "redirect_uris": [CALLBACK], "require_pushed_authorization_requests": true,
        })).await;
        let browser = Browser::new(&house);
        let Landing::Away(url) = browser.authorize(&request(&id)).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "invalid_request");
        let pushed = house.http.post(house.url("/par")).basic_auth(&id, Some(&secret)).form(&request(&id));
        let answer: Value = json(pushed.send().await.unwrap(), 201).await;
        let params = by_reference(&id, answer["request_uri"].as_str().unwrap());
        assert!(query(&browser.complete(&params).await).contains_key("code"));
    }
}

on_both_databases! {
    async fn a_push_takes_one_statement(house: House) {
        let mut least = u64::MAX;
        for _ in 0..4 {
            let (response, count) = house.statements(push(&house, &request("web"))).await;
            assert_eq!(response.status(), 201);
            least = least.min(count);
        }
        assert_eq!(least, 1);
    }
}

on_both_databases! {
    async fn what_was_pushed_to_one_node_is_opened_on_another(house: House) {
        let other = house.another_node().await;
        let reference = pushed(&house, &request("web")).await;
        let mut url = other.url("/authorize");
        url.query_pairs_mut().extend_pairs(by_reference("web", &reference));
        let response = other.http.get(url).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with("/sign-in?flow="), "{location}");
    }
}

on_both_databases! {
    async fn rfc9126_4_a_request_that_was_declined_is_used_up(house: House) {
        let browser = Browser::new(&house);
        let is_used_up = async |params: &[(&str, String)]| {
            for anybody in [&browser, &Browser::new(&house)] {
                let Landing::Page(page) = anybody.authorize(params).await else { panic!("away") };
                assert_eq!((page.status, page.text("code").as_deref()), (400, Some("invalid_request_uri")));
            }
        };
        // On the first page, before anybody signed in.
        let params = by_reference("web", &pushed(&house, &request("web")).await);
        let Landing::Page(first) = browser.authorize(&params).await else { panic!("away") };
        let Landing::Page(second) = browser.authorize(&params).await else { panic!("away") };
        let Landing::Away(url) = browser.press(&first, "deny", &[]).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "access_denied");
        is_used_up(&params).await;
        // What stood open in another tab leads to no second answer.
        let Landing::Page(told) = browser.press(&second, "deny", &[]).await else { panic!("away") };
        assert_eq!(told.status, 400, "{}", told.html);
        let asked = [("email", EMAIL), ("password", PASSWORD)];
        let Landing::Page(consent) = browser.press(&second, "sign-in", &asked).await else { panic!("away") };
        let Landing::Page(told) = browser.press(&consent, "allow", &[]).await else { panic!("a code") };
        assert_eq!(told.status, 400, "{}", told.html);
        // An error that nobody was asked about is an answer, too.
        let params = by_reference("web", &pushed(&house, &request_with("web", &[("prompt", "none")])).await);
        let Landing::Away(url) = Browser::new(&house).authorize(&params).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "login_required");
        is_used_up(&params).await;
        // A person may take their time: the reference has expired by then, the request has not.
        let params = by_reference("web", &pushed(&house, &request_with("web", &[("prompt", "consent")])).await);
        let Landing::Page(consent) = browser.authorize(&params).await else { panic!("away") };
        house.clock.advance(50 * 60 * 1000);
        house.app.core.sweep(house.clock.now()).await.unwrap();
        let Landing::Away(url) = browser.press(&consent, "allow", &[]).await else { panic!("a page") };
        assert!(query(&url).contains_key("code"), "{url}");
        // One that came through the browser is kept nowhere, and may be sent again.
        for _ in 0..2 {
            let Landing::Page(page) = browser.authorize(&request_with("web", &[("prompt", "consent")])).await else { panic!("away") };
            let Landing::Away(url) = browser.press(&page, "deny", &[]).await else { panic!("a page") };
            assert_eq!(query(&url)["error"], "access_denied");
        }
    }
}

on_both_databases! {
    async fn of_many_answers_to_a_pushed_request_one_is_given(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        for _ in 0..4 {
            let params = by_reference("web", &pushed(&house, &request_with("web", &[("prompt", "consent")])).await);
            let Landing::Page(consent) = browser.authorize(&params).await else { panic!("away") };
            let presses = (0..20).map(|n| browser.press(&consent, if n % 2 == 0 { "allow" } else { "deny" }, &[]));
            let landings = futures_util::future::join_all(presses).await;
            let answers = landings.iter().filter(|landing| matches!(landing, Landing::Away(_)));
            assert_eq!(answers.count(), 1, "{landings:?}");
        }
    }
}
