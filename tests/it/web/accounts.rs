//! Signing up, in and out.

use crate::browser::{Browser, Landing, Page, request};
use crate::house::{Db, EMAIL, House, PASSWORD, json};
use crate::on_both_databases;

async fn press(browser: &Browser, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    match browser.press(page, button, fields).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

on_both_databases! {
    async fn a_newcomer_makes_an_account_and_is_signed_in(house: House) {
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/sign-up")).await;
        let fields = [("name", " Grace Hopper "), ("email", "Grace@Example.com"), ("password", "pässwörd")];
        let home = press(&browser, &page, "sign-up", &fields).await;
        assert_eq!(home.url.path(), "/");
        assert!(home.html.contains("Grace Hopper"));
        // The address is one, however it is written; the spelling typed is kept.
        let again = Browser::new(&house);
        let page = again.page(house.url("/sign-in")).await;
        let home = press(&again, &page, "sign-in", &[("email", " GRACE@example.COM "), ("password", "pässwörd")]).await;
        assert_eq!(home.url.path(), "/");
        assert!(home.html.contains("Grace@Example.com"));
    }
}

on_both_databases! {
    async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(house: House) {
        let browser = Browser::new(&house);
        let long = "x".repeat(129);
        let cases = [
            ("name", "", "new@example.com", PASSWORD),
            ("name", long.as_str(), "new@example.com", PASSWORD),
            ("email", "N", "not an address", PASSWORD),
            ("email", "N", EMAIL, PASSWORD),
            ("password", "N", "new@example.com", "short"),
            ("password", "N", "new@example.com", long.as_str()),
        ];
        for (field, name, email, password) in cases {
            let page = browser.page(house.url("/sign-up")).await;
            let fields = [("name", name), ("email", email), ("password", password)];
            let refused = press(&browser, &page, "sign-up", &fields).await;
            assert_eq!(refused.status, 422, "{field}");
            assert!(refused.text("[role=alert]").is_some(), "{field}: a summary");
            let described = format!("input[name={field}][aria-invalid=true][aria-describedby]");
            assert!(refused.html.contains(password).eq(&false), "{field}: the password is not repeated");
            assert!(scraper::Html::parse_document(&refused.html)
                .select(&scraper::Selector::parse(&described).unwrap()).next().is_some(), "{field}: {}", refused.html);
            assert_eq!(refused.value("input[name=email]").as_deref(), Some(email), "{field}: kept");
        }
    }
}

on_both_databases! {
    async fn rfc6819_5_1_4_an_unknown_address_and_a_wrong_password_look_the_same(house: House) {
        let mut pages = Vec::new();
        for (email, password) in [(EMAIL, "wrong password"), ("nobody@example.com", PASSWORD), ("@", "x"), (EMAIL, "")] {
            let browser = Browser::new(&house);
            let page = browser.page(house.url("/sign-in")).await;
            let refused = press(&browser, &page, "sign-in", &[("email", email), ("password", password)]).await;
            assert_eq!(refused.status, 422);
            assert_eq!(refused.value("input[name=email]").as_deref(), Some(email));
            pages.push(refused.text("[role=alert]").unwrap());
        }
        pages.dedup();
        assert_eq!(pages.len(), 1, "{pages:?}");
    }
}

on_both_databases! {
    async fn a_disabled_account_is_told_so_after_the_right_password_alone(house: House) {
        let core = &house.app.core;
        let ada = core.find_account(EMAIL).await.unwrap().unwrap();
        let signed_in = Browser::new(&house);
        signed_in.sign_in(&house).await;
        core.disable_account(ada.id, house.clock.now()).await.unwrap();
        let home = signed_in.page(house.url("/")).await;
        assert!(!home.html.contains(EMAIL), "the session has ended");
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/sign-in")).await;
        let wrong = press(&browser, &page, "sign-in", &[("email", EMAIL), ("password", "wrong password")]).await;
        let right = press(&browser, &page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_ne!(wrong.text("[role=alert]"), right.text("[role=alert]"));
        assert_eq!(right.status, 422);
    }
}

on_both_databases! {
    async fn signing_out_ends_the_session_and_not_only_the_cookie(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let page = browser.page(house.url("/")).await;
        assert!(page.html.contains("Ada Lovelace"));
        // The cookie as a thief would have kept it.
        let response = browser.http.get(house.url("/sign-in")).send().await.unwrap();
        assert_eq!(response.status(), 303, "signed in already");
        let page = browser.page(house.url("/sign-out")).await;
        let done = press(&browser, &page, "sign-out", &[]).await;
        assert!(done.html.contains("signed out"), "{}", done.html);
        assert!(!browser.page(house.url("/")).await.html.contains("Ada Lovelace"));
    }
}

on_both_databases! {
    async fn r27_signing_in_again_gives_another_cookie_for_the_same_session(house: House) {
        use reqwest::header::{COOKIE, SET_COOKIE};
        let sign_in = async |cookies: &str| {
            let get = house.http.get(house.url("/sign-in")).header(COOKIE, "countersign_browser=").send().await.unwrap();
            let browser = get.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
            let html = get.text().await.unwrap();
            let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let form = [("email", EMAIL), ("password", PASSWORD), ("csrf", csrf.as_str())];
            let response = house.http.post(house.url("/sign-in")).form(&form)
                .header(COOKIE, format!("{browser}; {cookies}")).send().await.unwrap();
            assert_eq!(response.status(), 303);
            let set = response.headers()[SET_COOKIE].to_str().unwrap().to_owned();
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
            set.split(';').next().unwrap().to_owned()
        };
        let is_live = async |cookie: &str| {
            let home = house.http.get(house.url("/")).header("accept", "text/html");
            let home = home.header(COOKIE, cookie).send().await.unwrap();
            home.text().await.unwrap().contains("Ada Lovelace")
        };
        let planted = "countersign_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let first = sign_in(planted).await;
        assert_ne!(first, planted, "fixation");
        assert!(!is_live(planted).await);
        let sessions = crate::store::rows(&house).await;
        let second = sign_in(&first).await;
        assert_ne!(first, second);
        assert!(!is_live(&first).await && is_live(&second).await);
        assert_eq!(crate::store::rows(&house).await, sessions, "the session is the same");
        assert!(!is_live(&format!("{second}; {planted}")).await, "two of one name are none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_elsewhere_does_nothing() {
    let house = House::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let page = browser.page(house.url("/sign-in")).await;
    let fields = [("email", EMAIL), ("password", PASSWORD), ("csrf", "forged")];
    let refused = press(&browser, &page, "sign-in", &fields).await;
    assert_eq!(refused.status, 422);
    assert!(!browser.page(house.url("/")).await.html.contains("Ada Lovelace"));
    // Another browser's token is no better, nor another form's.
    let other = Browser::new(&house);
    let foreign = other.page(house.url("/sign-in")).await;
    let token = foreign.value("input[name=csrf]").unwrap();
    let fields = [("email", EMAIL), ("password", PASSWORD), ("csrf", token.as_str())];
    assert_eq!(press(&browser, &page, "sign-in", &fields).await.status, 422);
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        for path in ["/sign-in", "/sign-up", "/sign-out", "/consent"] {
            let response = house
                .http
                .post(house.url(path))
                .header(name, value)
                .form(&[("a", "b")])
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 403, "{path} {name}");
        }
    }
    let json_body = house.http.post(house.url("/sign-in")).json(&1).send().await.unwrap();
    assert_eq!(json_body.status(), 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_given_by_a_form_that_was_shown_to_this_very_session() {
    let house = House::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    browser.sign_in(&house).await;
    let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
    let shown = press(&browser, &page, "allow", &[("csrf", "forged")]).await;
    assert_eq!(shown.url.path(), "/consent", "asked again");
    // "Not you?" leads to the sign-in page of the same request, with nobody's address in it.
    let other = press(&browser, &page, "other", &[]).await;
    assert_eq!(other.url.path(), "/sign-in");
    assert_eq!(other.value("input[name=email]").as_deref(), Some(""));
    assert!(matches!(browser.press(&page, "allow", &[]).await, Landing::Away(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_queue_of_passwords_the_answer_is_503_with_retry_after() {
    let house = House::open_with(Db::Sqlite, "[passwords]\nthreads = 1\nqueue = 1\n").await;
    let browser = Browser::new(&house);
    let page = browser.page(house.url("/sign-in")).await;
    let csrf = page.value("input[name=csrf]").unwrap();
    let form = [("email", EMAIL), ("password", "wrong password"), ("csrf", csrf.as_str())];
    let attempts = (0..12).map(|_| browser.http.post(house.url("/sign-in")).form(&form).send());
    let mut busy = 0;
    for response in futures_util::future::join_all(attempts).await {
        let response = response.unwrap();
        if response.status() == 503 {
            assert_eq!(response.headers()["retry-after"], "1");
            busy += 1;
        } else {
            assert_eq!(response.status(), 422);
        }
    }
    assert!(busy > 0);
    // Others do not wait for passwords.
    json(house.http.get(house.url("/jwks")).send().await.unwrap(), 200).await;
}
