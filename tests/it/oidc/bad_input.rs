//! Every parameter, wrong in every way: the error that the specification names, never a 500, never a
//! lost code or session.

use reqwest::Url;

use super::code::{claims, redemption};
use crate::browser::{Browser, Landing, VERIFIER, query, request};
use crate::house::{CALLBACK, House, WEB, json};
use crate::on_both_databases;

/// Ways in which one form parameter can be wrong: `None` takes it out.
pub(super) fn flaws(name: &str, value: &str) -> Vec<(&'static str, Option<String>)> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let good = encode(value);
    vec![
        ("missing", None),
        ("empty", Some(format!("{name}="))),
        ("repeated", Some(format!("{name}={good}&{name}={good}"))),
        ("oversized", Some(format!("{name}={}", "x".repeat(5000)))),
        ("not UTF-8", Some(format!("{name}=%ff%fe"))),
        ("a control character", Some(format!("{name}={good}%00"))),
        ("another value", Some(format!("{name}=nonsense"))),
        ("shortened", Some(format!("{name}={}", encode(&shortened(value))))),
        ("padded", Some(format!("{name}={good}+"))),
        ("another case", Some(format!("{name}={}", encode(&flip_case(value))))),
    ]
}

fn shortened(text: &str) -> String {
    let mut text = text.to_owned();
    text.pop();
    text
}

fn flip_case(text: &str) -> String {
    let flip = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    text.chars().map(flip).collect()
}

/// A body with one parameter replaced by its flaw.
pub(super) fn body(params: &[(&str, String)], name: &str, flaw: Option<&str>) -> String {
    let mut serializer = form_urlencoded::Serializer::new(String::new());
    for (known, value) in params.iter().filter(|(known, _)| *known != name) {
        serializer.append_pair(known, value);
    }
    let rest = serializer.finish();
    [Some(rest.as_str()), flaw].into_iter().flatten().collect::<Vec<_>>().join("&")
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

on_both_databases! {
    async fn r84_no_flaw_of_a_token_request_is_overlooked_and_none_spends_the_code(house: House) {
        let code = Browser::new(&house).code(&request("post")).await;
        let good: Vec<(&str, String)> = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.clone()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
            ("client_id", "post".to_owned()),
            ("client_secret", crate::house::POST.1.to_owned()),
        ];
        let known = ["invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type"];
        for (name, value) in &good {
            for (what, flaw) in flaws(name, value) {
                let request = house.http.post(house.url("/token")).header("content-type", FORM);
                let response = request.body(body(&good, name, flaw.as_deref())).send().await.unwrap();
                let status = response.status().as_u16();
                let answer: serde_json::Value = response.json().await.unwrap();
                let error = answer["error"].as_str().unwrap_or_default();
                assert!([400, 401].contains(&status), "{name} {what}: {status} {answer}");
                assert!(known.contains(&error), "{name} {what}: {answer}");
                assert_eq!(status == 401, error == "invalid_client", "{name} {what}: {answer}");
            }
        }
        let whole = body(&good, "", None);
        let response = house.http.post(house.url("/token")).header("content-type", FORM).body(whole).send().await.unwrap();
        json(response, 200).await;
    }
}

on_both_databases! {
    async fn no_flaw_of_an_authorization_request_ends_the_session_or_leaks_an_answer(house: House) {
        let browser = Browser::new(&house);
        browser.complete(&request("web")).await;
        let mut good = request("web");
        good.extend([("prompt", "none".to_owned()), ("max_age", "10000".to_owned()), ("response_mode", "query".to_owned())]);
        for (name, value) in &good {
            for (what, flaw) in flaws(name, value) {
                let url = house.url(&format!("/authorize?{}", body(&good, name, flaw.as_deref())));
                match browser.open(url).await {
                    Landing::Page(page) => {
                        assert_eq!(page.status, 400, "{name} {what}");
                        assert!(["client_id", "redirect_uri"].contains(name), "{name} {what}: a page");
                    }
                    Landing::Away(url) => {
                        assert!(url.as_str().starts_with(CALLBACK), "{name} {what}: {url}");
                        let answer = query(&url);
                        // Values that mean something else are no flaws: another state, nonce or
                        // challenge, a scope without its last value, no prompt.
                        assert!(answer.contains_key("code") != answer.contains_key("error"), "{name} {what}: {url}");
                        assert_eq!(answer["iss"], house.issuer, "{name} {what}");
                        if ["repeated", "oversized", "not UTF-8", "a control character"].contains(&what) {
                            assert_eq!(answer["error"], "invalid_request", "{name} {what}");
                        }
                    }
                }
            }
        }
        let silent = crate::browser::request_with("web", &[("prompt", "none")]);
        let Landing::Away(url) = browser.authorize(&silent).await else { panic!("the session is gone") };
        json(house.token(WEB, &redemption(&query(&url)["code"])).send().await.unwrap(), 200).await;
    }
}

on_both_databases! {
    async fn no_flaw_of_a_refresh_uses_the_token_up(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let token = tokens["refresh_token"].as_str().unwrap().to_owned();
        let good = vec![("grant_type", "refresh_token".to_owned()), ("refresh_token", token.clone()), ("scope", "openid".to_owned())];
        for (name, value) in &good {
            for (what, flaw) in flaws(name, value) {
                let is_fine = *name == "scope" && ["missing", "empty"].contains(&what);
                let request = house.token(WEB, &[]).header("content-type", FORM);
                if is_fine {
                    continue;
                }
                let response = request.body(body(&good, name, flaw.as_deref())).send().await.unwrap();
                assert_eq!(response.status(), 400, "{name} {what}");
            }
        }
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let refreshed = json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        assert_eq!(claims(&refreshed["refresh_token"])["generation"], 2, "the first use");
    }
}

on_both_databases! {
    async fn nothing_that_is_sent_anywhere_is_a_fault_of_ours(house: House) {
        let deep = "[".repeat(3000);
        let long = "x".repeat(3000);
        let paths = ["/", "/sign-in", "/sign-up", "/sign-out", "/consent", "/authorize", "/authorize/continue",
            "/token", "/userinfo", "/jwks", "/.well-known/openid-configuration", "/playground",
            "/clients/%ff/logo", "/static/%2e%2e/x", "//token", "/token/", "/TOKEN", "/./token"];
        for path in paths {
            for (kind, sent) in [(FORM, long.as_str()), (FORM, "a=%"), (FORM, "&&==&="), ("application/json", deep.as_str()),
                ("text/plain", "x"), ("multipart/form-data", "x"), ("", "x")] {
                for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"] {
                    let mut request = house.http.request(method.parse().unwrap(), house.url(path))
                        .header("cookie", "countersign_session=\"x; countersign_browser=;;=").header("accept-language", "\t;q=x,,");
                    if !kind.is_empty() {
                        request = request.header("content-type", kind);
                    }
                    let status = request.body(sent.to_owned()).send().await.unwrap().status();
                    assert!(status.as_u16() < 500, "{method} {path} {kind}: {status}");
                }
            }
        }
    }
}

/// More parameters than the 100 that are read, and far less than a body may hold.
fn parameters(count: usize) -> String {
    (0..count).map(|n| format!("&p{n}=x")).collect::<Vec<_>>().concat()
}

on_both_databases! {
    async fn a_form_of_more_parameters_than_any_request_needs_is_read_no_further(house: House) {
        let send = |path: &str, form: String| {
            house.http.post(house.url(path)).header("content-type", FORM).body(form).send()
        };
        for path in ["/token", "/par", "/introspect", "/revoke"] {
            let few = json(send(path, parameters(100)).await.unwrap(), 401).await;
            assert_eq!(few["error"], "invalid_client", "{path}: of these it is the client that is asked for");
            let many = json(send(path, parameters(6000)).await.unwrap(), 400).await;
            assert_eq!(many["error"], "invalid_request", "{path}");
            assert_eq!(many["error_description"], "p100 is one parameter too many", "{path}");
        }
        let good = body(&request("web"), "", None);
        let told = send("/authorize", format!("{good}{}", parameters(6000))).await.unwrap();
        let location = Url::parse(told.headers()["location"].to_str().unwrap()).unwrap();
        assert!(location.as_str().starts_with(CALLBACK), "{location}");
        assert_eq!(query(&location)["error"], "invalid_request");
        let buried = send("/authorize", format!("{}&{good}", parameters(6000))).await.unwrap();
        assert_eq!(buried.status(), 400, "a client that nobody reads of");
    }
}
