//! What one node, or the command line, changes, every node follows within seconds.

use std::time::Duration;

use serde_json::Value;

use crate::browser::{Browser, request};
use crate::house::{House, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

async fn kids(house: &House) -> Vec<String> {
    let jwks = json(house.http.get(house.url("/jwks")).send().await.unwrap(), 200).await;
    let mut kids: Vec<_> = jwks["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    kids.sort();
    kids
}

/// Waits until it holds, for five seconds at most.
pub async fn soon<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within twenty seconds: {what}");
}

async fn signed_by(house: &House) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let form = [("grant_type", "client_credentials")];
    let tokens = json(house.token(WEB, &form).send().await.unwrap(), 200).await;
    let head = tokens["access_token"].as_str().unwrap().split('.').next().unwrap().to_owned();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

on_both_databases! {
    async fn oidc_core_10_1_1_conformance_08_a_new_key_is_published_before_it_signs_on_every_node(house: House) {
        let second = house.another_node().await;
        let old = kids(&house).await;
        let old_signer = signed_by(&second).await;
        let made = house.app.core.rotate_keys(None, house.clock.now()).await.unwrap();
        assert_eq!(made.len(), 4);
        soon("the second node publishes the next keys", async || kids(&second).await.len() == 8).await;
        assert_eq!(signed_by(&second).await, old_signer, "but does not sign with them");

        // A token of the old key, taken before the turn and used after it.
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        house.clock.advance(5 * 60 * 1000);
        for node in [&house, &second] {
            assert!(made.contains(&signed_by(node).await), "publish_ahead is over");
        }
        assert_eq!(second.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 200);
        assert_eq!(kids(&second).await.len(), 8, "the last ones stay while what they signed may be used");
        house.clock.advance(90 * 24 * 60 * 60 * 1000);
        let now = kids(&second).await;
        assert!(old.iter().all(|kid| !now.contains(kid)), "and leave when it has expired");
    }
}

on_both_databases! {
    async fn a_retired_key_verifies_nothing_any_more(house: House) {
        let second = house.another_node().await;
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let access = tokens["access_token"].as_str().unwrap();
        for node in [&house, &second] {
            assert_eq!(node.userinfo(access).await.status(), 200, "the node has seen it before");
        }
        let kid = signed_by(&house).await;
        assert!(house.app.core.retire_key(&kid, house.clock.now()).await.unwrap());
        assert_eq!(house.userinfo(access).await.status(), 401);
        assert_ne!(signed_by(&house).await, kid, "another one signs at once");
        soon("the second node forgets it", async || !kids(&second).await.contains(&kid)).await;
        assert_eq!(second.userinfo(access).await.status(), 401);
        assert_eq!(signed_by(&second).await, signed_by(&house).await);
        assert!(!house.app.core.retire_key(&kid, house.clock.now()).await.unwrap(), "once");
    }
}

on_both_databases! {
    async fn rfc9068_4_a_token_that_was_seen_before_expires_all_the_same(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let (access, lifetime) = (&tokens["access_token"], &tokens["expires_in"]);
        let access = access.as_str().unwrap();
        for status in [200, 200] {
            assert_eq!(house.userinfo(access).await.status(), status);
        }
        house.clock.advance(lifetime.as_i64().unwrap() * 1000);
        assert_eq!(house.userinfo(access).await.status(), 401);
    }
}

on_both_databases! {
    async fn a_key_is_retired_together_with_its_successor_or_not_at_all(house: House) {
        let signer = signed_by(&house).await;
        // Nothing more can be written once the key has been retired: as if the node ended there.
        let refuse = if house.config.database.url.starts_with("sqlite:") {
            "CREATE TRIGGER no_more BEFORE INSERT ON signing_keys BEGIN SELECT RAISE(ABORT, 'no more'); END"
        } else {
            "ALTER TABLE signing_keys ADD CONSTRAINT no_more CHECK (retired_at IS NOT NULL) NOT VALID"
        };
        crate::store::execute(&house, refuse).await;
        assert!(house.app.core.retire_key(&signer, house.clock.now()).await.is_err());
        let second = house.another_node().await;
        for node in [&house, &second] {
            assert_eq!(signed_by(node).await, signer, "there is one that signs");
        }
        let allow = if house.config.database.url.starts_with("sqlite:") {
            "DROP TRIGGER no_more"
        } else {
            "ALTER TABLE signing_keys DROP CONSTRAINT no_more"
        };
        crate::store::execute(&house, allow).await;
        assert!(house.app.core.retire_key(&signer, house.clock.now()).await.unwrap());
        assert_ne!(signed_by(&house).await, signer);
        let events = house.app.core.audit_events(0, None, 2).await.unwrap();
        let mut names: Vec<_> = events.iter().map(|event| event.event.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["key.made", "key.retired"]);
    }
}

on_both_databases! {
    async fn a_next_key_that_is_retired_before_it_signs_gets_a_successor(house: House) {
        let made = house.app.core.rotate_keys(None, house.clock.now()).await.unwrap();
        let before = signed_by(&house).await;
        for kid in &made {
            assert!(house.app.core.retire_key(kid, house.clock.now()).await.unwrap());
        }
        assert_eq!(signed_by(&house).await, before, "nothing has changed yet");
        assert_eq!(kids(&house).await.len(), 8, "others are next");
        house.clock.advance(5 * 60 * 1000);
        let after = signed_by(&house).await;
        assert!(after != before && !made.contains(&after));
        house.clock.advance(24 * 60 * 60 * 1000);
        assert_eq!(signed_by(&house).await, after, "without an end");
    }
}

on_both_databases! {
    async fn a_key_that_is_retired_while_the_next_one_waits_has_one_successor(house: House) {
        let core = &house.app.core;
        let waiting = core.rotate_keys(None, house.clock.now()).await.unwrap();
        let compromised = signed_by(&house).await;
        assert!(core.retire_key(&compromised, house.clock.now()).await.unwrap());
        let successor = signed_by(&house).await;
        assert!(successor != compromised && !waiting.contains(&successor));
        // What waited never signs, and is not said to be next.
        let listed = core.keys(house.clock.now());
        let of = |kid: &str| listed.iter().find(|key| key.kid == kid).unwrap();
        let algorithm = &of(&successor).algorithm;
        let phases: Vec<&str> = listed.iter().filter(|key| &key.algorithm == algorithm).map(|key| key.phase.name()).collect();
        assert_eq!(phases, ["current", "last"]);
        house.clock.advance(5 * 60 * 1000);
        assert_eq!(signed_by(&house).await, successor);
        // And it is in nobody's way.
        let made = core.rotate_keys(None, house.clock.now()).await.unwrap();
        house.clock.advance(5 * 60 * 1000);
        assert!(made.contains(&signed_by(&house).await));
    }
}

on_both_databases! {
    async fn a_client_made_or_deleted_on_one_node_is_so_on_the_other(house: House) {
        let second = house.another_node().await;
        let metadata = countersign::config::ClientMetadata {
            client_name: Some("New".to_owned()),
            grant_types: Some(vec!["client_credentials".to_owned()]),
            scope: Some("api".to_owned()),
            ..Default::default()
        };
        let made = house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
        let secret = made.client_secret.unwrap();
        let ask = async |node: &House| {
            let client = (made.client_id.as_str(), secret.expose());
            node.token(client, &[("grant_type", "client_credentials")]).send().await.unwrap().status()
        };
        assert_eq!(ask(&house).await, 200);
        soon("the second node knows it", async || ask(&second).await == 200).await;
        assert!(house.app.core.delete_client(&made.client_id, house.clock.now()).await.unwrap());
        assert_eq!(ask(&house).await, 401);
        soon("the second node forgets it", async || ask(&second).await == 401).await;
    }
}
