//! Who may see the page, and where signing in leads.

use super::{GRACE, PAGES, ada, all, grace, press, texts};
use crate::browser::Browser;
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::on_both_databases;

on_both_databases! {
    async fn whoever_has_to_sign_in_first_comes_back_to_the_page_that_was_asked_for(house: House) {
        for path in PAGES {
            let browser = Browser::new(&house);
            let asked = browser.page(house.url(path)).await;
            assert_eq!(asked.url.path(), "/sign-in", "{path}");
            // A wrong password in between, and the language switch, lose nothing.
            let wrong = press(&browser, &asked, "sign-in", &[("email", EMAIL), ("password", "not it")]).await;
            let french = wrong.text("a[hreflang=fr]").unwrap();
            assert_eq!(french, "Français");
            let switch = all(&wrong, "a[hreflang=fr]", "href").remove(0);
            let page = browser.page(wrong.url.join(&switch).unwrap()).await;
            let there = press(&browser, &page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
            assert_eq!((there.url.path(), there.status), (path, 200));
            assert!(there.html.contains("<html lang=\"fr\""), "{path}");
        }
    }
}

on_both_databases! {
    async fn asvs_1_2_2_signing_in_leads_to_no_page_that_is_not_on_the_list(house: House) {
        for next in ["//evil.example", "https://evil.example/account", "/\\evil.example", "/sign-out", "/account/../authorize", "/account?x=//evil.example", ""] {
            let browser = Browser::new(&house);
            let mut url = house.url("/sign-in");
            url.query_pairs_mut().append_pair("next", next);
            let page = browser.page(url).await;
            assert!(!page.html.contains("evil.example"), "{next}");
            // Nor where a form is made up.
            let fields = [("email", EMAIL), ("password", PASSWORD), ("next", next)];
            assert_eq!(press(&browser, &page, "sign-in", &fields).await.url.path(), "/", "{next}");
        }
        let browser = ada(&house).await;
        assert_eq!(browser.page(house.url("/sign-in?next=/account/keys")).await.url.path(), "/account/keys");
        assert_eq!(browser.page(house.url("/sign-in?next=//evil.example")).await.url.path(), "/");
    }
}

on_both_databases! {
    async fn a_newcomer_who_asked_for_the_page_comes_back_to_it_too(house: House) {
        let browser = Browser::new(&house);
        let sign_in = browser.page(house.url("/account/profile")).await;
        let sign_up = all(&sign_in, "a[href^='/sign-up']", "href").remove(0);
        let page = browser.page(sign_in.url.join(&sign_up).unwrap()).await;
        let fields = [("name", "Grace"), ("email", GRACE), ("password", PASSWORD)];
        assert_eq!(press(&browser, &page, "sign-up", &fields).await.url.path(), "/account/profile");
    }
}

on_both_databases! {
    async fn r29_r34_a_form_from_elsewhere_changes_nothing(house: House) {
        let browser = ada(&house).await;
        let forms = ["/account/profile", "/account/links", "/account/sessions", "/account/apps", "/account/keys", "/account/data", "/account/delete", "/password", "/email"];
        // Another section's token is no better than none, nor is another session's.
        let other = ada(&house).await;
        let before = crate::store::rows(&house).await;
        let of_log = browser.page(house.url("/account/data")).await.value("input[name=csrf]").unwrap();
        for path in forms {
            for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
                let form = [("action", "all"), ("confirm", "yes"), ("current", PASSWORD)];
                let answer = browser.http.post(house.url(path)).header(name, value).form(&form).send().await.unwrap();
                assert_eq!(answer.status(), 403, "{path} {name}");
            }
            let foreign = other.page(house.url(path)).await.value("input[name=csrf]");
            // A list with nothing on it has no form.
            let foreign = foreign.unwrap_or_default();
            let tokens = [foreign.as_str(), "", "forged"];
            let tokens = tokens.into_iter().chain((path != "/account/data").then_some(of_log.as_str()));
            for token in tokens {
                let form = [("csrf", token), ("action", "all"), ("confirm", "yes"), ("current", PASSWORD),
                    ("password", "another long password"), ("email", "new@example.com"), ("app", "web"), ("name", "n")];
                let answer = browser.http.post(house.url(path)).form(&form).send().await.unwrap();
                assert_eq!(answer.status(), 422, "{path} {token}");
                assert!(answer.text().await.unwrap().contains("role=\"alert\""), "{path}");
            }
        }
        assert_eq!(browser.page(house.url("/account")).await.text("h1").as_deref(), Some("Ada Lovelace"));
        assert!(house.app.core.find_account(EMAIL).await.unwrap().is_some());
        assert_eq!(crate::store::rows(&house).await, before);
    }
}

on_both_databases! {
    async fn r75_a_disabled_account_has_no_page_from_the_next_request_on(house: House) {
        let browser = grace(&house).await;
        let page = browser.page(house.url("/account/sessions")).await;
        let id = house.app.core.find_account(GRACE).await.unwrap().unwrap().id;
        house.app.core.disable_account(id, house.clock.now()).await.unwrap();
        for path in PAGES {
            assert_eq!(browser.page(house.url(path)).await.url.path(), "/sign-in", "{path}");
        }
        assert_eq!(press(&browser, &page, "all", &[]).await.url.path(), "/sign-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_section_is_in_the_navigation_and_on_the_first_page() {
    let house = House::open(Db::Sqlite).await;
    let browser = ada(&house).await;
    let home = browser.page(house.url("/")).await;
    assert_eq!(all(&home, "#account", "href"), ["/account"]);
    let first = browser.page(house.url("/account")).await;
    let links = all(&first, "nav .rooms a", "href");
    assert_eq!(links, PAGES[1..]);
    for path in &links {
        let page = browser.page(house.url(path)).await;
        assert_eq!(all(&page, "nav.side li a", "href"), links, "{path}");
        assert_eq!(all(&page, "nav.side [aria-current=page]", "href"), std::slice::from_ref(path));
        assert_eq!(texts(&page, "h1").len(), 1, "{path}");
        let response = browser.http.get(house.url(path)).send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
    }
}
