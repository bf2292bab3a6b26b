//! How answers travel: in the query, or posted by a form.

use scraper::{Html, Selector};

use crate::browser::{Browser, Landing, Page, request, request_with};
use crate::house::{CALLBACK, EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

/// The form of an answer: its action and its fields.
fn form(page: &Page) -> (String, Vec<(String, String)>) {
    let html = Html::parse_document(&page.html);
    let form = Selector::parse("form").unwrap();
    let form = html.select(&form).next().unwrap_or_else(|| panic!("no form: {}", page.html));
    assert_eq!(form.attr("method"), Some("post"));
    assert!(form.attr("data-send").is_some(), "the script sends it");
    let inputs = Selector::parse("input").unwrap();
    let fields = form.select(&inputs).map(|input| {
        let text = |name| input.attr(name).unwrap().to_owned();
        (text("name"), text("value"))
    });
    (form.attr("action").unwrap().to_owned(), fields.collect())
}

fn page(landing: Landing) -> Page {
    match landing {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

on_both_databases! {
    async fn form_post_2_the_answer_is_posted_with_nothing_in_the_query(house: House) {
        let browser = Browser::new(&house);
        let params = request_with("web", &[("response_mode", "form_post")]);
        let sign_in = page(browser.authorize(&params).await);
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        let consent = page(browser.press(&sign_in, "sign-in", &fields).await);
        let answer = page(browser.press(&consent, "allow", &[]).await);
        let (action, fields) = form(&answer);
        assert_eq!(action, CALLBACK, "the registered query is kept, and nothing added");
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["code", "state", "iss"]);
        assert_eq!(fields[1].1, "a state/+ é");
        assert_eq!(fields[2].1, house.issuer);
        json(house.token(WEB, &redemption(&fields[0].1)).send().await.unwrap(), 200).await;
        // From a live session at once, and the policy lets the form go to the app and nowhere else.
        let mut url = house.url("/authorize");
        url.query_pairs_mut().extend_pairs(&params);
        let response = browser.http.get(url).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let policy = response.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self' http://127.0.0.1:9;"), "{policy}");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    }
}

on_both_databases! {
    async fn conformance_31_errors_are_posted_too(house: House) {
        let browser = Browser::new(&house);
        let cases: [(&[(&str, &str)], &str); 3] = [
            (&[("response_mode", "form_post"), ("prompt", "none")], "login_required"),
            (&[("response_mode", "form_post"), ("scope", "openid admin")], "invalid_scope"),
            (&[("response_mode", "form_post"), ("response_type", "token")], "unsupported_response_type"),
        ];
        for (changes, error) in cases {
            let (action, fields) = form(&page(browser.authorize(&request_with("web", changes)).await));
            assert_eq!(action, CALLBACK);
            assert_eq!(fields[0], ("error".to_owned(), error.to_owned()));
            assert_eq!(fields[2].0, "state");
        }
        let unknown = request_with("web", &[("response_mode", "fragment")]);
        let Landing::Away(url) = browser.authorize(&unknown).await else { panic!("a page") };
        assert!(url.query().unwrap().contains("error=invalid_request"), "{url}");
    }
}

on_both_databases! {
    async fn peer_cve_2024_21637_what_comes_back_by_form_post_is_inert(house: House) {
        let browser = Browser::new(&house);
        let state = "\"><script>alert(1)</script>";
        let params = request_with("web", &[("response_mode", "form_post"), ("prompt", "none"), ("state", state)]);
        let answer = page(browser.authorize(&params).await);
        assert!(!answer.html.contains("<script>alert"), "{}", answer.html);
        let (_, fields) = form(&answer);
        assert_eq!(fields[2], ("state".to_owned(), state.to_owned()));
        assert_eq!(answer.html.matches("<script").count(), 1, "our own file alone");
    }
}

on_both_databases! {
    async fn cancelling_posts_the_denial(house: House) {
        let browser = Browser::new(&house);
        let mut params = request("web");
        params.push(("response_mode", "form_post".to_owned()));
        let sign_in = page(browser.authorize(&params).await);
        let (_, fields) = form(&page(browser.press(&sign_in, "deny", &[]).await));
        assert_eq!(fields[0].1, "access_denied");
    }
}
