//! What happened to an account, in plain words.

use super::{ada, all, grace, press, texts};
use crate::browser::Browser;
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

on_both_databases! {
    async fn r91_a_person_reads_what_happened_with_device_and_place(house: House) {
        let stranger = Browser::new(&house);
        let page = stranger.page(house.url("/sign-in")).await;
        press(&stranger, &page, "sign-in", &[("email", EMAIL), ("password", "not the password")]).await;
        let browser = ada(&house).await;
        let page = browser.page(house.url("/account/log")).await;
        let seen = texts(&page, ".log h2");
        assert_eq!(seen, ["Signed in This browser", "A wrong password was entered Stopped", "The account was made"]);
        let rows = texts(&page, ".log li");
        assert!(rows[0].contains("Firefox on Linux · 127.0.0.1") && rows[0].contains("UTC"), "{}", rows[0]);
        assert!(rows[2].contains("By the people who run this service"), "{}", rows[2]);
        let mut french = page.url.clone();
        french.set_query(Some("lang=fr"));
        let french = browser.page(french).await;
        assert_eq!(texts(&french, ".log h2")[1], "Un mot de passe erroné a été saisi Bloqué");
        assert!(texts(&french, ".log li")[0].contains("Firefox sur Linux"), "{}", texts(&french, ".log li")[0]);
    }
}

on_both_databases! {
    async fn r77_the_log_goes_on_where_a_page_ended_and_nowhere_else(house: House) {
        let browser = ada(&house).await;
        for number in 0..60 {
            // Several in one millisecond, too.
            house.clock.advance(number % 2);
            let page = browser.page(house.url("/account/profile")).await;
            press(&browser, &page, "save", &[("nickname", &format!("n{number}"))]).await;
        }
        let mut page = browser.page(house.url("/account/log")).await;
        let mut counts = Vec::new();
        let mut first_mark = None;
        loop {
            counts.push(texts(&page, ".log h2").len());
            let Some(next) = all(&page, "#older", "href").pop() else { break };
            first_mark.get_or_insert(next.clone());
            page = browser.page(page.url.join(&next).unwrap()).await;
            assert_eq!(all(&page, "#newest", "href"), ["/account/log"]);
        }
        assert_eq!(counts, [25, 25, 12], "60 changes, a sign-in, the beginning: none twice, none left out");
        assert_eq!(texts(&page, ".log h2").last().unwrap(), "The account was made");
        // A mark of somebody else's, or one that was altered, is the beginning of one's own.
        let mark = first_mark.unwrap();
        let grace = grace(&house).await;
        let own = texts(&grace.page(house.url("/account/log")).await, ".log h2");
        for mark in [mark.as_str(), &mark[..mark.len() - 1], "/account/log?from=x", "/account/log?from="] {
            assert_eq!(texts(&grace.page(house.url(mark)).await, ".log h2"), own, "{mark}");
        }
        assert!(own.iter().all(|event| event != "The profile was changed"));
        assert_eq!(press(&grace, &grace.page(house.url("/password")).await, "go",
            &[("current", PASSWORD), ("password", "another long password")]).await.url.path(), "/done");
        let seen = texts(&grace.page(house.url("/account/log")).await, ".log h2");
        assert_eq!(seen[0], "The password was changed This browser");
    }
}
