//! Every security event is on record, with who, to whom, from where, and in which request.

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use countersign::core::audit::Recorded;

use crate::browser::{Browser, request};
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

/// The events since the house was opened, oldest first, without the keys that it made.
pub async fn events(house: &House) -> Vec<Recorded> {
    let mut events = house.app.core.audit_events(0, None, 1000).await.unwrap();
    events.reverse();
    events.retain(|event| event.event != "key.made");
    events
}

fn names(events: &[Recorded]) -> Vec<&str> {
    events.iter().map(|event| event.event.as_str()).collect()
}

on_both_databases! {
    async fn asvs_16_3_1_what_people_do_is_on_record(house: House) {
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/sign-up")).await;
        let fields = [("name", "Eve"), ("email", "eve@example.com"), ("password", "another horse")];
        browser.press(&page, "sign-up", &fields).await;
        let page = browser.page(house.url("/sign-out")).await;
        browser.press(&page, "sign-out", &[]).await;
        for (email, password) in [(EMAIL, "wrong horse"), ("nobody@example.com", PASSWORD), (EMAIL, PASSWORD)] {
            let page = browser.page(house.url("/sign-in")).await;
            browser.press(&page, "sign-in", &[("email", email), ("password", password)]).await;
        }
        let events = events(&house).await;
        assert_eq!(
            names(&events),
            [
                "account.created", "account.created", "session.opened", "session.ended",
                "sign_in.failed", "sign_in.failed", "session.opened",
            ]
        );
        let (ada, eve) = (&events[0], &events[1]);
        assert_eq!(ada.actor, "operator");
        assert_eq!(eve.actor, format!("account:{}", eve.account_id.unwrap()));
        assert_eq!(events[2].account_id, eve.account_id);
        assert_eq!(events[2].request_id, eve.request_id, "one request made both");
        assert_eq!(events[3].session_id, events[2].session_id);
        let (known, unknown) = (&events[4], &events[5]);
        assert_eq!((known.account_id, unknown.account_id), (ada.account_id, None));
        for event in &events[4..6] {
            assert_eq!((event.actor.as_str(), event.outcome.as_str()), ("anyone", "failure"));
        }
        for event in &events[1..] {
            assert_eq!(event.ip, "127.0.0.1");
            assert!(event.request_id.starts_with("req_"), "{event:?}");
            let written = format!("{event:?}");
            for secret in ["horse", "@example.com", "Eve"] {
                assert!(!written.contains(secret), "{written}");
            }
        }
    }
}

on_both_databases! {
    async fn what_the_operator_does_is_on_record(house: House) {
        let (core, now) = (&house.app.core, || house.clock.now());
        let id = core.find_account(EMAIL).await.unwrap().unwrap().id;
        core.set_password(id, Secret::new("another horse"), now()).await.unwrap();
        assert!(core.disable_account(id, now()).await.unwrap());
        assert!(!core.disable_account(id, now()).await.unwrap(), "and what changes nothing is not");
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/sign-in")).await;
        browser.press(&page, "sign-in", &[("email", EMAIL), ("password", "another horse")]).await;
        assert!(core.enable_account(id, now()).await.unwrap());
        let made = core.rotate_keys(None, now()).await.unwrap();
        assert!(core.retire_key(&made[0], now()).await.unwrap());
        assert!(core.delete_account(id, now()).await.unwrap());
        let taken = NewAccount { email: "not an address".to_owned(), ..NewAccount::default() };
        assert!(core.create_account(taken, now()).await.is_err());
        let all = events(&house).await;
        let mut expected = vec!["account.created", "password.changed", "account.disabled"];
        expected.extend(["sign_in.refused", "account.enabled"]);
        expected.extend(["key.rotated"; 4]);
        expected.extend(["key.retired", "account.deleted"]);
        assert_eq!(names(&all), expected);
        for event in all.iter().filter(|event| event.event != "sign_in.refused") {
            assert_eq!((event.actor.as_str(), event.outcome.as_str()), ("operator", "success"));
        }
        assert_eq!(all[5].detail["kid"], made[0].as_str());
        let of_ada = core.audit_events(0, Some(id), 1000).await.unwrap();
        assert_eq!(of_ada.len(), 6, "they outlive the account");
        assert_eq!(core.audit_events(0, None, 2).await.unwrap().len(), 2);
        assert!(core.audit_events(now() + 60_000, None, 9).await.unwrap().is_empty());
    }
}

on_both_databases! {
    async fn rfc9700_4_14_2_a_replay_is_on_record_with_the_request_that_it_came_in(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let refresh = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
        ];
        json(house.token(WEB, &refresh).send().await.unwrap(), 200).await;
        house.clock.advance(11_000);
        let replay = house.token(WEB, &refresh).header("x-request-id", "from-outside-7");
        json(replay.send().await.unwrap(), 400).await;
        json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 400).await;
        let all = events(&house).await;
        assert_eq!(
            names(&all),
            ["account.created", "session.opened", "grant.refresh_replayed", "grant.code_replayed"]
        );
        for event in &all[2..] {
            assert_eq!((event.actor.as_str(), event.outcome.as_str()), ("client:web", "failure"));
            assert_eq!(event.client_id.as_deref(), Some("web"));
            assert_eq!(event.account_id, all[1].account_id);
            assert_eq!(event.session_id, all[1].session_id);
            assert_eq!(event.ip, "127.0.0.1");
        }
        assert_eq!(all[2].request_id, "from-outside-7");
        assert_eq!(all[2].detail["grant"], all[3].detail["grant"]);
    }
}
