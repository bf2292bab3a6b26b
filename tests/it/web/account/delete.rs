//! The account goes.

use super::{GRACE, ada, grace, press};
use crate::browser::{Browser, request_with};
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

on_both_databases! {
    async fn r31_a_person_who_says_so_twice_is_gone_with_all_that_was_theirs(house: House) {
        let (browser, other) = (ada(&house).await, ada(&house).await);
        let code = browser.code(&request_with("web", &[("scope", "openid offline_access")])).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let page = browser.page(house.url("/account/delete")).await;
        assert!(page.html.contains(EMAIL));
        for (current, confirm, field) in [(PASSWORD, "", "confirm"), ("wrong", "yes", "current"), ("", "yes", "current")] {
            let refused = press(&browser, &page, "delete", &[("current", current), ("confirm", confirm)]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.text(&format!("#{field}-wrong")).is_some(), "{field}: {}", refused.html);
            assert!(house.app.core.find_account(EMAIL).await.unwrap().is_some());
        }
        let done = press(&browser, &page, "delete", &[("current", PASSWORD), ("confirm", "yes")]).await;
        assert_eq!(done.url.path(), "/done");
        assert_eq!(done.text("h1").as_deref(), Some("Your account is deleted"));
        for browser in [&browser, &other] {
            assert_eq!(browser.page(house.url("/account")).await.url.path(), "/sign-in");
        }
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 401);
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        assert_eq!(house.token(WEB, &form).send().await.unwrap().status(), 400);
        let page = browser.page(house.url("/sign-in")).await;
        assert_eq!(press(&browser, &page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await.status, 422);
        // The address is free, and whoever takes it begins with nothing.
        let next = Browser::new(&house);
        let page = next.page(house.url("/sign-up")).await;
        let fields = [("name", "Another Ada"), ("email", EMAIL), ("password", PASSWORD)];
        assert_eq!(press(&next, &page, "sign-up", &fields).await.url.path(), "/");
        let apps = next.page(house.url("/account/apps")).await;
        assert!(apps.html.contains("You have not let any app in yet"));
    }
}

on_both_databases! {
    async fn r76_the_last_administrator_stays(house: House) {
        house.add_admin("root@example.com").await;
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/account/delete")).await;
        let page = press(&browser, &page, "sign-in", &[("email", "root@example.com"), ("password", PASSWORD)]).await;
        let fields = [("current", PASSWORD), ("confirm", "yes")];
        let refused = press(&browser, &page, "delete", &fields).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text("[role=alert]").unwrap().contains("only administrator left"));
        house.add_admin("second@example.com").await;
        assert_eq!(press(&browser, &page, "delete", &fields).await.url.path(), "/done");
    }
}

on_both_databases! {
    async fn without_a_password_it_takes_a_sign_in_of_a_moment_ago(house: House) {
        let browser = grace(&house).await;
        // As one that was made elsewhere.
        crate::store::execute(&house, &format!("UPDATE accounts SET password_hash = NULL WHERE email = '{GRACE}'")).await;
        let fresh = browser.page(house.url("/account/delete")).await;
        assert!(fresh.value("#current").is_none(), "there is none to ask for");
        house.clock.advance(16 * 60 * 1000);
        let late = browser.page(house.url("/account/delete")).await;
        assert!(late.html.contains("id=\"again\"") && !late.html.contains("id=\"delete\""));
        assert_eq!(press(&browser, &fresh, "delete", &[("confirm", "yes")]).await.status, 422);
        house.clock.advance(-16 * 60 * 1000);
        assert_eq!(press(&browser, &fresh, "delete", &[("confirm", "yes")]).await.url.path(), "/done");
        assert!(house.app.core.find_account(GRACE).await.unwrap().is_none());
    }
}
