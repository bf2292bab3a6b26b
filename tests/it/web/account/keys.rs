//! API keys: made, shown once, revoked.

use countersign::core::sessions::Place;

use super::{ada, all, grace, press, texts, words};
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

const MINUTE: i64 = 60 * 1000;

async fn works(house: &House, key: &str) -> u16 {
    let asked = house.http.get(house.url("/api/auth/list-sessions")).header("x-api-key", key);
    asked.send().await.unwrap().status().as_u16()
}

on_both_databases! {
    async fn r57_a_key_is_shown_once_and_a_reload_makes_no_other(house: House) {
        let browser = ada(&house).await;
        let page = browser.page(house.url("/account/keys")).await;
        assert!(page.html.contains("You have no API keys"));
        let made = press(&browser, &page, "make", &[("name", " build <server> "), ("lifetime", "30")]).await;
        assert_eq!((made.url.path(), made.url.query()), ("/account/keys", None), "no key in an address");
        let key = made.text("#new-key").unwrap();
        assert!(key.starts_with("pk_"), "{key}");
        assert_eq!(texts(&made, ".items h2"), ["build <server>"]);
        assert!(made.text(".items").unwrap().contains("Works until"), "{}", made.html);
        for _ in 0..2 {
            let again = browser.page(made.url.clone()).await;
            assert!(!again.html.contains(&key), "shown once");
            assert_eq!(texts(&again, ".items h2").len(), 1);
            assert!(again.html.contains(&key[..7]), "told apart by how it begins");
        }
        assert_eq!(works(&house, &key).await, 200);
        let page = browser.page(house.url("/account/keys")).await;
        assert!(page.text(".items").unwrap().contains("Last used"));
        let revoked = press(&browser, &page, &all(&page, ".items button", "id")[0], &[]).await;
        assert!(revoked.text("[role=status]").is_some() && texts(&revoked, ".items h2").is_empty());
        assert_eq!(works(&house, &key).await, 401);
        // One without an end, and one that has come to it.
        let page = press(&browser, &page, "make", &[("name", "a"), ("lifetime", "never")]).await;
        assert!(page.text(".items").unwrap().contains("Works until you revoke it"));
        let page = press(&browser, &page, "make", &[("name", "b"), ("lifetime", "30")]).await;
        let short = page.text("#new-key").unwrap();
        house.clock.advance(31 * 24 * 60 * MINUTE);
        assert_eq!(works(&house, &short).await, 401);
    }
}

on_both_databases! {
    async fn what_is_wrong_with_a_name_stands_beside_it(house: House) {
        let browser = ada(&house).await;
        let page = browser.page(house.url("/account/keys")).await;
        let long = "x".repeat(65);
        for (name, words) in [(" ", "Say what the key is for."), (&long, "Choose a name of at most 64 characters.")] {
            let refused = press(&browser, &page, "make", &[("name", name)]).await;
            assert_eq!((refused.status, refused.text("#name-wrong").as_deref()), (422, Some(words)));
            assert_eq!(refused.value("#name").as_deref(), Some(name), "what was typed stays");
        }
        let id = house.app.core.find_account(EMAIL).await.unwrap().unwrap().id;
        for number in 0..50 {
            let name = format!("key {number}");
            house.app.core.create_api_key(id, &name, None, &Place::default(), house.clock.now()).await.unwrap();
        }
        let refused = press(&browser, &page, "make", &[("name", "one more")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text("[role=alert]").unwrap().contains("50 keys"));
    }
}

on_both_databases! {
    async fn a_key_takes_a_sign_in_of_a_moment_ago(house: House) {
        let browser = ada(&house).await;
        let fresh = browser.page(house.url("/account/keys")).await;
        house.clock.advance(16 * MINUTE);
        let refused = press(&browser, &fresh, "make", &[("name", "late")]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.text("[role=alert]").unwrap().contains("signed in too long ago"), "{}", refused.html);
        assert!(refused.value("#make").is_none() && texts(&refused, ".items h2").is_empty());
        // From there it is one password away, and leads back here, in the same session.
        let again = all(&refused, "#again", "href").remove(0);
        let asked = browser.page(refused.url.join(&again).unwrap()).await;
        assert_eq!(asked.url.path(), "/sign-in");
        assert_eq!(asked.value("input[name=email]").as_deref(), Some(EMAIL));
        let sessions = crate::store::rows(&house).await;
        let back = press(&browser, &asked, "sign-in", &[("password", PASSWORD)]).await;
        assert_eq!(back.url.path(), "/account/keys");
        let made = press(&browser, &back, "make", &[("name", "now")]).await;
        assert!(made.text("#new-key").is_some());
        assert_eq!(crate::store::rows(&house).await, sessions, "the session is the same");
    }
}

on_both_databases! {
    async fn r73_another_persons_key_reads_like_none(house: House) {
        let (ada, grace) = (ada(&house).await, grace(&house).await);
        let page = ada.page(house.url("/account/keys")).await;
        let made = press(&ada, &page, "make", &[("name", "hers")]).await;
        let (key, id) = (made.text("#new-key").unwrap(), made.value("input[name=id]").unwrap());
        let page = grace.page(house.url("/account/keys")).await;
        let page = press(&grace, &page, "make", &[("name", "own")]).await;
        let button = all(&page, ".items button", "id").remove(0);
        let foreign = press(&grace, &page, &button, &[("id", &id)]).await;
        let none = house.app.core.new_id(house.clock.now()).to_string();
        let absent = press(&grace, &page, &button, &[("id", &none)]).await;
        assert_eq!((foreign.status, words(&foreign)), (404, words(&absent)));
        assert_eq!(works(&house, &key).await, 200);
    }
}
