//! Forgotten and changed passwords, confirmed and changed addresses: through the pages and the mails.

use scraper::{Html, Selector};

use crate::browser::{Browser, Landing, Page, query, request};
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

const NEW: &str = "an entirely new password";
const ZOE: &str = "zoe@example.com";

async fn press(browser: &Browser, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    match browser.press(page, button, fields).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

/// The page behind the first link that begins like this.
async fn follow(browser: &Browser, page: &Page, start: &str) -> Page {
    let selector = Selector::parse(&format!("main a[href^=\"{start}\"]")).unwrap();
    let html = Html::parse_document(&page.html);
    let link = html.select(&selector).next();
    let href = link.unwrap_or_else(|| panic!("no {start} on {}", page.html)).attr("href").unwrap();
    let url = page.url.join(href).unwrap();
    browser.page(url).await
}

async fn sign_in(house: &House, browser: &Browser, who: &str, password: &str) -> Page {
    let page = browser.page(house.url("/sign-in")).await;
    press(browser, &page, "sign-in", &[("email", who), ("password", password)]).await
}

async fn sign_up(house: &House, browser: &Browser, email: &str, password: &str) -> Page {
    let page = browser.page(house.url("/sign-up")).await;
    let fields = [("name", "Zoe"), ("email", email), ("password", password)];
    press(browser, &page, "sign-up", &fields).await
}

async fn forget(house: &House, browser: &Browser, email: &str) -> Page {
    let page = browser.page(house.url("/forgot-password")).await;
    press(browser, &page, "go", &[("email", email)]).await
}

async fn is_verified(house: &House, email: &str) -> bool {
    house.app.core.find_account(email).await.unwrap().unwrap().email_verified
}

on_both_databases! {
    async fn a_forgotten_password_is_replaced_and_the_flow_goes_on(house: House) {
        // Signed in elsewhere, with a grant.
        let elsewhere = Browser::new(&house);
        let code = elsewhere.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let refresh = tokens["refresh_token"].as_str().unwrap();

        let browser = Browser::new(&house);
        let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
        let page = follow(&browser, &page, "/forgot-password?flow=").await;
        assert!(page.value("input[name=flow]").is_some());
        let sent = press(&browser, &page, "go", &[("email", EMAIL)]).await;
        assert_eq!((sent.url.path(), sent.status), ("/done", 200));
        let mail = house.mail(EMAIL, "Choose a new password").await;
        let link = mail.link();
        assert_eq!(link.path(), "/reset-password");
        // A program that reads mail opens the link; that uses nothing up.
        for _ in 0..2 {
            assert_eq!(house.http.get(link.clone()).send().await.unwrap().status(), 200);
        }
        // The link is opened in another browser, as on a phone.
        let phone = Browser::new(&house);
        let page = phone.page(link.clone()).await;
        let short = press(&phone, &page, "go", &[("password", "short")]).await;
        assert_eq!(short.status, 422);
        let done = press(&phone, &short, "go", &[("password", NEW)]).await;
        assert!(done.html.contains("Your password is set"), "{}", done.html);
        house.mail(EMAIL, "Your password at Countersign has changed").await;

        // Once is enough.
        let again = phone.page(link).await;
        assert_eq!(again.status, 400);
        assert!(again.html.contains("This link no longer works"), "{}", again.html);
        // Whatever the old password opened has ended.
        assert!(!elsewhere.page(house.url("/")).await.html.contains(EMAIL));
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        assert_eq!(house.token(WEB, &form).send().await.unwrap().status(), 400);
        // And the flow goes on.
        let page = follow(&phone, &done, "/sign-in?flow=").await;
        let wrong = press(&phone, &page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(wrong.status, 422);
        let mut landing = phone.press(&page, "sign-in", &[("email", EMAIL), ("password", NEW)]).await;
        if let Landing::Page(page) = &landing {
            landing = phone.press(page, "allow", &[]).await;
        }
        let Landing::Away(url) = landing else { panic!("{landing:?}") };
        assert_eq!(query(&url)["state"], "a state/+ é");
        assert!(query(&url).contains_key("code"));
    }
}

on_both_databases! {
    async fn forgetting_tells_nobody_who_has_an_account_and_mails_three_times_an_hour(house: House) {
        let browser = Browser::new(&house);
        let mut answers = Vec::new();
        for email in [EMAIL, "nobody@example.com", EMAIL, EMAIL, EMAIL] {
            let page = forget(&house, &browser, email).await;
            answers.push((page.status, page.url.to_string(), page.text("main").unwrap()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let mails = house.mails(EMAIL, "Choose a new password", 3).await;
        assert!(house.mails_now("nobody@example.com").is_empty());
        // A newer link voids the older ones.
        let mut live = Vec::new();
        for mail in mails {
            if browser.page(mail.link()).await.status == 200 {
                live.push(mail.link());
            }
        }
        assert_eq!(live.len(), 1, "{live:?}");
        house.clock.advance(61 * 60 * 1000);
        assert_eq!(browser.page(live.remove(0)).await.status, 400, "an hour is over");
        forget(&house, &browser, EMAIL).await;
        house.mails(EMAIL, "Choose a new password", 4).await;
    }
}

on_both_databases! {
    async fn peer_cve_2026_18963_asvs_6_5_1_a_link_works_once_however_often_it_is_pressed(house: House) {
        let browser = Browser::new(&house);
        forget(&house, &browser, EMAIL).await;
        let link = house.mail(EMAIL, "Choose a new password").await.link();
        let token = countersign::core::Secret::new(query(&link).remove("token").unwrap());
        let node = house.another_node().await;
        let (now, place) = (house.clock.now(), countersign::core::sessions::Place::default());
        let purpose = countersign::core::proofs::Purpose::ResetPassword;
        let tries = (0..16).map(|n| {
            let core = if n % 2 == 0 { &house.app.core } else { &node.app.core };
            let password = countersign::core::Secret::new(format!("new password {n}"));
            core.set_password_by_link(purpose, &token, password, &place, now)
        });
        let outcomes = futures_util::future::join_all(tries).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        // A link of one purpose is none of another.
        forget(&house, &browser, EMAIL).await;
        let link = house.mails(EMAIL, "Choose a new password", 2).await[1].link();
        let mut other = link.clone();
        other.set_path("/verify-email");
        assert_eq!(browser.page(other).await.status, 400);
        assert_eq!(browser.page(link).await.status, 200);
    }
}

on_both_databases! {
    async fn an_address_is_confirmed_in_the_browser_that_signed_up(house: House) {
        let browser = Browser::new(&house);
        let home = sign_up(&house, &browser, ZOE, PASSWORD).await;
        assert!(home.html.contains("not confirmed yet"), "{}", home.html);
        let first = house.mail(ZOE, "Confirm your email address").await;
        let sent = press(&browser, &home, "verify", &[]).await;
        assert_eq!(sent.url.path(), "/done");
        let second = house.mails(ZOE, "Confirm your email address", 2).await.remove(1);
        assert_eq!(browser.page(first.link()).await.status, 400, "the newer one counts");
        let page = browser.page(second.link()).await;
        assert!(page.html.contains(ZOE) && !page.html.contains("type=\"password\""), "{}", page.html);
        assert!(!is_verified(&house, ZOE).await);
        let done = press(&browser, &page, "go", &[]).await;
        assert!(done.html.contains("Your address is confirmed"), "{}", done.html);
        assert!(is_verified(&house, ZOE).await);
        let home = browser.page(house.url("/")).await;
        assert!(home.html.contains(ZOE) && !home.html.contains("not confirmed yet"));
    }
}

on_both_databases! {
    async fn a_confirmed_address_leads_back_to_an_app_that_still_waits(house: House) {
        for finish_first in [false, true] {
            let browser = Browser::new(&house);
            let email = if finish_first { "first@example.com" } else { "later@example.com" };
            let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
            let page = follow(&browser, &page, "/sign-up?flow=").await;
            let fields = [("name", "Zoe"), ("email", email), ("password", PASSWORD)];
            let consent = press(&browser, &page, "sign-up", &fields).await;
            assert_eq!(consent.url.path(), "/consent");
            let page = browser.page(house.mail(email, "Confirm your email").await.link()).await;
            if finish_first {
                let answer = browser.press(&consent, "allow", &[]).await;
                assert!(matches!(answer, Landing::Away(_)), "{answer:?}");
                let done = press(&browser, &page, "go", &[]).await;
                follow(&browser, &done, "/").await;
                assert!(!done.html.contains("/authorize/continue"), "{}", done.html);
            } else {
                let done = press(&browser, &page, "go", &[]).await;
                let consent = follow(&browser, &done, "/authorize/continue?flow=").await;
                assert_eq!(consent.url.path(), "/consent");
            }
        }
    }
}

on_both_databases! {
    async fn peer_ghsa_g38m_r43w_p2q7_a_squatter_keeps_nothing_when_the_owner_confirms(house: House) {
        let squatter = Browser::new(&house);
        sign_up(&house, &squatter, ZOE, PASSWORD).await;
        let page = squatter.page(house.url("/email")).await;
        press(&squatter, &page, "go", &[("current", PASSWORD), ("email", "squatter@example.com")]).await;
        let trap = house.mail("squatter@example.com", "Confirm your new email").await.link();
        // The owner of the address opens the link in a browser of her own.
        let link = house.mail(ZOE, "Confirm your email address").await.link();
        let owner = Browser::new(&house);
        let page = owner.page(link).await;
        let unset = press(&owner, &page, "go", &[]).await;
        assert_eq!(unset.status, 422, "a press alone confirms nothing here");
        assert!(!is_verified(&house, ZOE).await);
        press(&owner, &page, "go", &[("password", NEW)]).await;
        assert!(is_verified(&house, ZOE).await);
        assert!(!squatter.page(house.url("/")).await.html.contains(ZOE), "signed out");
        assert_eq!(squatter.page(trap).await.status, 400, "the pending change is void");
        assert_eq!(sign_in(&house, &Browser::new(&house), ZOE, PASSWORD).await.status, 422);
        assert_eq!(sign_in(&house, &owner, ZOE, NEW).await.url.path(), "/");
    }
}

on_both_databases! {
    async fn peer_cve_2026_44166_a_squatter_keeps_nothing_when_the_owner_resets(house: House) {
        let squatter = Browser::new(&house);
        sign_up(&house, &squatter, ZOE, PASSWORD).await;
        let verify = house.mail(ZOE, "Confirm your email address").await.link();
        let code = squatter.code(&request("web")).await;
        let owner = Browser::new(&house);
        forget(&house, &owner, ZOE).await;
        let link = house.mail(ZOE, "Choose a new password").await.link();
        let page = owner.page(link).await;
        press(&owner, &page, "go", &[("password", NEW)]).await;
        assert!(is_verified(&house, ZOE).await, "the mail proved it");
        assert!(!squatter.page(house.url("/")).await.html.contains(ZOE));
        assert_eq!(house.token(WEB, &redemption(&code)).send().await.unwrap().status(), 400);
        assert_eq!(squatter.page(verify).await.status, 400);
        assert_eq!(sign_in(&house, &squatter, ZOE, PASSWORD).await.status, 422);
    }
}

on_both_databases! {
    async fn asvs_7_4_3_a_changed_password_signs_everybody_else_out(house: House) {
        let (here, elsewhere) = (Browser::new(&house), Browser::new(&house));
        here.sign_in(&house).await;
        elsewhere.sign_in(&house).await;
        let code = elsewhere.code(&request("web")).await;
        let page = here.page(house.url("/password")).await;
        let wrong = press(&here, &page, "go", &[("current", "not it"), ("password", NEW)]).await;
        assert_eq!(wrong.status, 422);
        let beside = "input[name=current][aria-invalid=true]";
        assert!(Html::parse_document(&wrong.html).select(&Selector::parse(beside).unwrap()).next().is_some());
        let done = press(&here, &wrong, "go", &[("current", PASSWORD), ("password", NEW)]).await;
        assert!(done.html.contains("Your password has changed"), "{}", done.html);
        assert!(here.page(house.url("/")).await.html.contains(EMAIL), "still here");
        assert!(!elsewhere.page(house.url("/")).await.html.contains(EMAIL));
        assert_eq!(house.token(WEB, &redemption(&code)).send().await.unwrap().status(), 400);
        let mail = house.mail(EMAIL, "Your password at Countersign has changed").await;
        assert!(mail.text.contains("Firefox on Linux") && mail.text.contains("127.0.0.1"), "{}", mail.text);
        assert!(!mail.raw.contains(NEW) && !mail.raw.contains(PASSWORD));
        assert_eq!(sign_in(&house, &elsewhere, EMAIL, NEW).await.url.path(), "/");
    }
}

on_both_databases! {
    async fn asvs_7_5_1_a_new_address_counts_once_it_is_proven(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let page = browser.page(house.url("/email")).await;
        let wanted = [("current", PASSWORD), ("email", "Countess@Example.com")];
        let sent = press(&browser, &page, "go", &wanted).await;
        assert!(sent.html.contains("Confirm your new address"), "{}", sent.html);
        let old = house.mail(EMAIL, "is about to change").await;
        assert!(old.text.contains("Countess@Example.com"));
        let link = house.mail("Countess@Example.com", "Confirm your new email").await.link();
        // Until then it opens nothing.
        let other = Browser::new(&house);
        assert_eq!(sign_in(&house, &other, "countess@example.com", PASSWORD).await.status, 422);
        forget(&house, &other, "countess@example.com").await;
        // Somebody else who opens the link is not asked to lend a hand.
        let stranger = other.page(link.clone()).await;
        assert!(stranger.text("form").is_none(), "{}", stranger.html);
        let page = browser.page(link.clone()).await;
        let done = press(&browser, &page, "go", &[]).await;
        assert!(done.html.contains("Your email address has changed"), "{}", done.html);
        house.mail(EMAIL, "has changed").await;
        assert_eq!(browser.page(link).await.status, 400);
        assert!(is_verified(&house, "countess@example.com").await);
        assert_eq!(sign_in(&house, &other, EMAIL, PASSWORD).await.status, 422);
        assert_eq!(sign_in(&house, &other, "COUNTESS@example.com", PASSWORD).await.url.path(), "/");
        assert!(house.mails_now("countess@example.com").is_empty(), "no reset link for what was not proven");
    }
}

on_both_databases! {
    async fn r46_an_address_that_got_an_account_meanwhile_stays_with_it(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let page = browser.page(house.url("/email")).await;
        press(&browser, &page, "go", &[("current", PASSWORD), ("email", ZOE)]).await;
        let link = house.mail(ZOE, "Confirm your new email").await.link();
        sign_up(&house, &Browser::new(&house), ZOE, PASSWORD).await;
        let page = browser.page(link).await;
        let refused = press(&browser, &page, "go", &[]).await;
        assert_eq!(refused.status, 422);
        assert!(house.app.core.find_account(EMAIL).await.unwrap().is_some());
        // And one that has an account is refused at once.
        let page = browser.page(house.url("/email")).await;
        let refused = press(&browser, &page, "go", &[("current", PASSWORD), ("email", ZOE)]).await;
        assert_eq!(refused.status, 422);
    }
}

on_both_databases! {
    async fn a_sign_in_from_a_new_device_is_told(house: House) {
        let browser = Browser::in_language(&house, "fr");
        sign_up(&house, &browser, ZOE, PASSWORD).await;
        house.mail(ZOE, "Confirmez votre adresse").await;
        let page = browser.page(house.url("/sign-out")).await;
        press(&browser, &page, "sign-out", &[]).await;
        sign_in(&house, &browser, ZOE, PASSWORD).await;
        // Known here since the sign-up; elsewhere not, until once.
        let other = Browser::in_language(&house, "fr");
        sign_in(&house, &other, ZOE, PASSWORD).await;
        let mail = house.mail(ZOE, "Nouvelle connexion").await;
        assert!(mail.text.contains("Firefox sur Linux") && mail.text.contains("127.0.0.1"), "{}", mail.text);
        assert_eq!(mail.link().path(), "/forgot-password");
        let page = other.page(house.url("/sign-out")).await;
        press(&other, &page, "sign-out", &[]).await;
        sign_in(&house, &other, ZOE, PASSWORD).await;
        forget(&house, &other, ZOE).await;
        house.mail(ZOE, "Choisissez un nouveau mot de passe").await;
        house.mail(ZOE, "Nouvelle connexion").await;
    }
}
