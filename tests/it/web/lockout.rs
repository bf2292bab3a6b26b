//! Failed passwords are counted, on every node and every way in.

use std::time::Duration;

use countersign::core::sessions::{Kind, Place, SignIn};
use countersign::core::{Failure, Refusal, Secret};
use futures_util::future::join_all;
use tokio::time::sleep;

use crate::browser::{Browser, Landing, Page};
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

fn place(ip: &str) -> Place {
    Place { ip: ip.to_owned(), user_agent: "curl/8".to_owned(), ..Place::default() }
}

/// What a try comes to; where too many are under way it comes again, as it is told to.
async fn try_at(house: &House, identifier: &str, password: &str, ip: &str) -> Result<(), Refusal> {
    let now = house.clock.now();
    loop {
        let asked = SignIn { identifier, password: Secret::new(password), kind: Kind::Browser };
        match house.app.core.sign_in(asked, None, place(ip), now).await {
            Ok(_) => return Ok(()),
            Err(Failure::Refused(Refusal::Busy { .. })) => sleep(Duration::from_millis(100)).await,
            Err(Failure::Refused(refusal)) => return Err(refusal),
            Err(Failure::Fault(fault)) => panic!("{fault}"),
        }
    }
}

fn is_locked(outcome: &Result<(), Refusal>) -> bool {
    matches!(outcome, Err(Refusal::Locked { retry_after: 1..=900 }))
}

async fn sign_in(house: &House, browser: &Browser, password: &str) -> Page {
    let page = browser.page(house.url("/sign-in")).await;
    let landing =
        browser.press(&page, "sign-in", &[("email", EMAIL), ("password", password)]).await;
    let Landing::Page(page) = landing else { panic!("{landing:?}") };
    page
}

on_both_databases! {
    async fn peer_cve_2025_54998_better_auth_9993_many_guesses_at_once_on_two_nodes_are_ten_tries(house: House) {
        let node = house.another_node().await;
        for identifier in [EMAIL, "nobody@example.com"] {
            let guesses = (0..200).map(|n| {
                let house = if n % 2 == 0 { &house } else { &node };
                // From many places, so that no other budget plays a part.
                let ip = format!("192.0.2.{n}");
                async move { try_at(house, identifier, "not the password", &ip).await }
            });
            let outcomes = join_all(guesses).await;
            let tried = outcomes.iter().filter(|it| **it == Err(Refusal::WrongCredentials)).count();
            let locked = outcomes.iter().filter(|it| is_locked(it)).count();
            assert_eq!((tried, locked), (10, 190), "{identifier}: {outcomes:?}");
        }
        // While it is locked even the right password is not looked at, by whichever name.
        for name in [EMAIL, " ADA@example.com", "ada"] {
            let outcome = try_at(&node, name, PASSWORD, "198.51.100.1").await;
            assert!(is_locked(&outcome), "{name}: {outcome:?}");
        }
        assert_eq!(house.mail(EMAIL, "is paused").await.link().path(), "/forgot-password");
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(try_at(&house, "ada", PASSWORD, "198.51.100.1").await, Ok(()));
        assert!(house.mails_now("nobody@example.com").is_empty());
    }
}

on_both_databases! {
    async fn peer_cve_2025_24806_cve_2026_47203_the_names_of_one_account_share_one_count(house: House) {
        for name in [EMAIL, "ada", "ADA@EXAMPLE.COM", " ada@example.com ", "ada"].repeat(2) {
            let outcome = try_at(&house, name, "not the password", "192.0.2.1").await;
            assert_eq!(outcome, Err(Refusal::WrongCredentials), "{name}");
        }
        assert!(is_locked(&try_at(&house, EMAIL, PASSWORD, "192.0.2.1").await));
        let events = house.app.core.audit_events(0, None, 100).await.unwrap();
        let failed = events.iter().filter(|it| it.event == "sign_in.failed").count();
        assert_eq!(failed, 11, "what was not looked at is on record, too");
        // A right password in between begins anew; many right ones at once are no failures.
        house.clock.advance(15 * 60 * 1000);
        for _ in 0..3 {
            for _ in 0..9 {
                let outcome = try_at(&house, EMAIL, "not the password", "192.0.2.1").await;
                assert_eq!(outcome, Err(Refusal::WrongCredentials));
            }
            assert_eq!(try_at(&house, EMAIL, PASSWORD, "192.0.2.1").await, Ok(()));
        }
        let outcomes = join_all((0..30).map(|_| try_at(&house, EMAIL, PASSWORD, "192.0.2.1"))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        // Nine are no ten, and the window is over after a while.
        house.clock.advance(15 * 60 * 1000);
        for _ in 0..2 {
            for _ in 0..9 {
                let outcome = try_at(&house, EMAIL, "not the password", "192.0.2.2").await;
                assert_eq!(outcome, Err(Refusal::WrongCredentials));
            }
            house.clock.advance(15 * 60 * 1000);
        }
    }
}

on_both_databases! {
    async fn a_stranger_locks_nobody_out_of_a_browser_they_use(house: House) {
        let known = Browser::new(&house);
        known.sign_in(&house).await;
        let page = known.page(house.url("/sign-out")).await;
        known.press(&page, "sign-out", &[]).await;
        let stranger = Browser::new(&house);
        for _ in 0..10 {
            assert_eq!(sign_in(&house, &stranger, "not the password").await.status, 422);
        }
        let page = stranger.page(house.url("/sign-in")).await;
        let csrf = page.value("input[name=csrf]").unwrap();
        let form = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];
        let locked = stranger.http.post(house.url("/sign-in")).form(&form).send().await.unwrap();
        assert_eq!(locked.status(), 429);
        let wait: u64 = locked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        let html = locked.text().await.unwrap();
        assert!(html.contains("sign-in is paused") && html.contains("/forgot-password"), "{html}");
        // The person is let in where they were before, and has a budget of their own there.
        for _ in 0..9 {
            assert_eq!(sign_in(&house, &known, "not the password").await.status, 422);
        }
        assert_eq!(sign_in(&house, &known, PASSWORD).await.url.path(), "/");
        // A new password ends the pause.
        house.mail(EMAIL, "is paused").await;
        let page = stranger.page(house.url("/forgot-password")).await;
        stranger.press(&page, "go", &[("email", EMAIL)]).await;
        let link = house.mail(EMAIL, "Choose a new password").await.link();
        let page = stranger.page(link).await;
        stranger.press(&page, "go", &[("password", "an entirely new password")]).await;
        let home = sign_in(&house, &stranger, "an entirely new password").await;
        assert_eq!(home.url.path(), "/");
    }
}

on_both_databases! {
    async fn api_3_without_rate_limits_an_address_has_no_budget_and_an_account_is_locked_all_the_same(house: House) {
        let mut config = house.config.clone();
        config.rate_limits.enabled = false;
        let house = house.restart(&config).await;
        for n in 0..101 {
            let name = format!("p{n}@example.com");
            let outcome = try_at(&house, &name, "not the password", "192.0.2.1").await;
            assert_eq!(outcome, Err(Refusal::WrongCredentials), "{n}");
        }
        for _ in 0..10 {
            let outcome = try_at(&house, EMAIL, "not the password", "192.0.2.1").await;
            assert_eq!(outcome, Err(Refusal::WrongCredentials));
        }
        assert!(is_locked(&try_at(&house, EMAIL, PASSWORD, "192.0.2.1").await));
    }
}

on_both_databases! {
    async fn one_address_has_a_hundred_failures_an_hour_over_everything(house: House) {
        let guess = async |n: usize, ip: &str| {
            try_at(&house, &format!("p{n}@example.com"), "not the password", ip).await
        };
        for n in 0..100 {
            let ip = format!("2001:db8:1:2::{n:x}");
            assert_eq!(guess(n, &ip).await, Err(Refusal::WrongCredentials), "{n}");
        }
        let slowed = try_at(&house, EMAIL, PASSWORD, "2001:db8:1:2:ffff::1").await;
        assert!(matches!(slowed, Err(Refusal::SlowDown { retry_after: 1..=3600 })), "{slowed:?}");
        assert_eq!(try_at(&house, EMAIL, PASSWORD, "2001:db8:1:3::1").await, Ok(()));
        house.clock.advance(60 * 60 * 1000);
        assert_eq!(try_at(&house, EMAIL, PASSWORD, "2001:db8:1:2:ffff::1").await, Ok(()));
    }
}
