//! The authorization endpoint: what it refuses, and to whom it says so.

use crate::browser::{Browser, Landing, query, request, request_with};
use crate::house::{CALLBACK, House, json};
use crate::on_both_databases;

on_both_databases! {
    async fn rfc6749_4_1_2_1_conformance_20_nobody_is_redirected_until_client_and_redirect_uri_are_proven(house: House) {
        let browser = Browser::new(&house);
        let other_query = "http://127.0.0.1:9/callback?kept=2";
        let requests = [
            ("no client_id", request_with("web", &[("client_id", "")]), "invalid_request", "client_id"),
            ("an unknown client", request("nobody"), "invalid_client", "client_id"),
            ("no redirect_uri", request_with("web", &[("redirect_uri", "")]), "invalid_request", "redirect_uri"),
            ("another redirect_uri", request_with("web", &[("redirect_uri", "https://evil.example/")]), "invalid_request", "redirect_uri"),
            ("another query", request_with("web", &[("redirect_uri", other_query)]), "invalid_request", "redirect_uri"),
            ("no query", request_with("web", &[("redirect_uri", "http://127.0.0.1:9/callback")]), "invalid_request", "redirect_uri"),
            ("a longer one", request_with("web", &[("redirect_uri", &format!("{CALLBACK}&x=1"))]), "invalid_request", "redirect_uri"),
        ];
        for (what, params, code, parameter) in requests {
            let Landing::Page(page) = browser.authorize(&params).await else { panic!("{what}: redirected") };
            assert_eq!(page.status, 400, "{what}");
            assert!(page.html.contains(code), "{what}: the page shows {code}");
            assert!(page.html.contains(parameter), "{what}: the page names {parameter}");
            assert!(page.html.contains("req_"), "{what}: the page shows the request id");
        }
        for raw in ["client_id=web&client_id=web", "client_id=%ff", "client_id=web&redirect_uri=%00"] {
            let Landing::Page(page) = browser.open(house.url(&format!("/authorize?{raw}"))).await else { panic!("{raw}") };
            assert_eq!(page.status, 400, "{raw}");
        }
    }
}

/// The error that a request is redirected with.
async fn told(browser: &Browser, params: &[(&str, String)]) -> (String, String) {
    let Landing::Away(url) = browser.authorize(params).await else {
        panic!("not redirected: {params:?}")
    };
    assert!(url.as_str().starts_with(CALLBACK));
    assert!(url.fragment().is_none());
    let mut params = query(&url);
    assert!(params.contains_key("iss"), "RFC 9207");
    assert!(!params.contains_key("code"));
    let description = params.remove("error_description").unwrap();
    let is_allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(description.chars().all(is_allowed), "RFC 6749 4.1.2.1: {description}");
    let told = (params.remove("error").unwrap(), params.remove("state").unwrap_or_default());
    let mut rest: Vec<_> = params.into_keys().collect();
    rest.sort_unstable();
    assert_eq!(rest, ["iss", "kept"], "nothing else, and the registered query is kept");
    told
}

on_both_databases! {
    async fn conformance_21_29_what_is_wrong_with_a_proven_clients_request_goes_back_to_it(house: House) {
        let browser = Browser::new(&house);
        let long = "x".repeat(5000);
        let with = |changes: &[(&'static str, &str)]| request_with("web", changes);
        let twice = |name: &'static str| {
            let mut params = request("web");
            params.push((name, "again".to_owned()));
            params
        };
        let cases = [
            (with(&[("response_type", "")]), "invalid_request"),
            (with(&[("response_type", "token")]), "unsupported_response_type"),
            (with(&[("response_type", "code id_token")]), "unsupported_response_type"),
            (with(&[("response_mode", "fragment")]), "invalid_request"),
            (with(&[("scope", "")]), "invalid_scope"),
            (with(&[("scope", "openid  email")]), "invalid_scope"),
            (with(&[("scope", "openid admin")]), "invalid_scope"),
            (with(&[("code_challenge", "short")]), "invalid_request"),
            (with(&[("code_challenge", "")]), "invalid_request"),
            (with(&[("code_challenge_method", "plain")]), "invalid_request"),
            (with(&[("code_challenge_method", "")]), "invalid_request"),
            (with(&[("prompt", "none login")]), "invalid_request"),
            (with(&[("prompt", "whatever")]), "invalid_request"),
            (with(&[("max_age", "-1")]), "invalid_request"),
            (with(&[("max_age", "soon")]), "invalid_request"),
            (with(&[("id_token_hint", "nonsense")]), "invalid_request"),
            (with(&[("request", "e30.e30.")]), "invalid_request_object"),
            (with(&[("claims", "[]")]), "invalid_request"),
            (with(&[("claims", "{\"userinfo\":1}")]), "invalid_request"),
            (with(&[("claims", "{\"userinfo\":{\"name\":true}}")]), "invalid_request"),
            (with(&[("resource", "https://api.example/unknown")]), "invalid_target"),
            (with(&[("request_uri", "https://a.example/r")]), "request_uri_not_supported"),
            (with(&[("nonce", &long)]), "invalid_request"),
            (with(&[("login_hint", &long)]), "invalid_request"),
            (twice("nonce"), "invalid_request"),
            (twice("scope"), "invalid_request"),
            (request_with("spa", &[("code_challenge", ""), ("code_challenge_method", "")]), "invalid_request"),
        ];
        for (params, error) in cases {
            let (told, state) = told(&browser, &params).await;
            assert_eq!(told, error, "{params:?}");
            assert_eq!(state, "a state/+ é", "{params:?}");
        }
        let mut unknown_twice = request("web");
        unknown_twice.extend([("x", "1".to_owned()), ("x", "2".to_owned())]);
        assert_eq!(told(&browser, &unknown_twice).await.0, "invalid_request");
        // A state that cannot be read is not sent back.
        let (error, state) = told(&browser, &with(&[("state", &long)])).await;
        assert_eq!((error.as_str(), state.as_str()), ("invalid_request", ""));
    }
}

on_both_databases! {
    async fn conformance_19_unknown_parameters_and_hints_break_nothing(house: House) {
        let mut params = request("web");
        for (name, value) in [("display", "popup"), ("ui_locales", "fr en"), ("claims_locales", "xx"),
            ("acr_values", "1 2"), ("login_hint", "someone@example.com"), ("extra", "foobar")] {
            params.push((name, value.to_owned()));
        }
        params.reverse();
        assert!(query(&Browser::new(&house).complete(&params).await).contains_key("code"));
    }
}

on_both_databases! {
    async fn conformance_18_a_post_from_another_site_is_as_good_as_a_get(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        browser.complete(&request("web")).await;
        let response = browser.http.post(house.url("/authorize")).form(&request("web"))
            .header("origin", "https://app.example").header("sec-fetch-site", "cross-site")
            .send().await.unwrap();
        assert_eq!(response.status(), 303);
        assert!(response.headers()["location"].to_str().unwrap().contains("code="));
        let wrong = browser.http.post(house.url("/authorize")).body("{}")
            .header("content-type", "application/json").send().await.unwrap();
        assert_eq!(wrong.status(), 415);
        let huge = browser.http.post(house.url("/authorize")).header("content-type", "application/x-www-form-urlencoded")
            .body("x".repeat(70_000)).send().await.unwrap();
        assert_eq!(huge.status(), 413);
        assert_eq!(browser.http.put(house.url("/authorize")).send().await.unwrap().status(), 405);
    }
}

on_both_databases! {
    async fn conformance_56_a_person_may_decline_on_every_page(house: House) {
        let browser = Browser::new(&house);
        for (prompt, email) in [("login", false), ("create", false), ("consent", true)] {
            if email {
                browser.sign_in(&house).await;
            }
            let params = request_with("web", &[("prompt", prompt)]);
            let Landing::Page(page) = browser.authorize(&params).await else { panic!("no page") };
            let Landing::Away(url) = browser.press(&page, "deny", &[]).await else { panic!("no answer") };
            let params = query(&url);
            assert_eq!(params["error"], "access_denied", "{prompt}");
            assert_eq!(params["state"], "a state/+ é");
        }
    }
}

on_both_databases! {
    async fn an_altered_or_old_flow_is_told_plainly_and_a_reload_breaks_nothing(house: House) {
        let browser = Browser::new(&house);
        let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
        let again = browser.page(page.url.clone()).await;
        assert_eq!((again.status, again.url.path()), (200, "/sign-in"));
        let mut altered = page.url.as_str().to_owned();
        let last = altered.pop().unwrap();
        altered.push(if last == 'A' { 'B' } else { 'A' });
        assert_eq!(browser.page(altered.parse().unwrap()).await.status, 400);
        assert_eq!(browser.page(house.url("/consent")).await.status, 400);
        house.clock.advance(60 * 60 * 1000);
        let old = browser.page(page.url).await;
        assert_eq!(old.status, 400);
        assert!(old.html.contains("start again"), "{}", old.html);
    }
}

on_both_databases! {
    async fn opening_the_sign_in_page_writes_nothing(house: House) {
        let rows = crate::store::all_rows(&house).await;
        assert!(rows.len() > 15, "{rows:?}");
        let browser = Browser::new(&house);
        for _ in 0..5 {
            browser.authorize(&request("web")).await;
        }
        assert_eq!(crate::store::all_rows(&house).await, rows);
    }
}

on_both_databases! {
    async fn token_requests_that_are_wrong_get_the_error_of_rfc6749_5_2(house: House) {
        let web = crate::house::WEB;
        let cases: [(&[(&str, &str)], &str); 6] = [
            (&[], "invalid_request"),
            (&[("grant_type", "password"), ("username", "a"), ("password", "b")], "unsupported_grant_type"),
            (&[("grant_type", "authorization_code"), ("grant_type", "refresh_token")], "invalid_request"),
            (&[("grant_type", "authorization_code")], "invalid_request"),
            (&[("grant_type", "refresh_token")], "invalid_request"),
            (&[("grant_type", "client_credentials"), ("scope", "openid")], "invalid_scope"),
        ];
        for (form, error) in cases {
            let body = json(house.token(web, form).send().await.unwrap(), 400).await;
            assert_eq!(body["error"], error, "{form:?}");
        }
        let post = |body: Vec<u8>, kind: &'static str| {
            house.http.post(house.url("/token")).header("content-type", kind).body(body).send()
        };
        let form = "application/x-www-form-urlencoded";
        let json_body = json(post(b"{}".to_vec(), "application/json").await.unwrap(), 400).await;
        assert_eq!(json_body["error"], "invalid_request");
        let binary = json(post(b"grant_type=%ff%fe".to_vec(), form).await.unwrap(), 400).await;
        assert_eq!(binary["error"], "invalid_request");
        let huge = json(post(vec![b'x'; 70_000], form).await.unwrap(), 413).await;
        assert_eq!(huge["error"], "invalid_request");
        let get = json(house.http.get(house.url("/token")).send().await.unwrap(), 405).await;
        assert_eq!(get["error"], "invalid_request");
        let unauthorized = [("grant_type", "client_credentials")];
        let body = json(house.token(crate::house::OTHER, &unauthorized).send().await.unwrap(), 400).await;
        assert_eq!(body["error"], "unauthorized_client");
    }
}
