//! Exactly one successor, and what becomes of a thief.

use futures_util::future::join_all;
use reqwest::header::COOKIE;
use serde_json::{Value, json};

use super::{
    LOGIN, LOGOUT, LOGOUT_ALL, PROFILE, Pair, REFRESH, bare, get, logged_in, registered, set,
};
use crate::house::{EMAIL, House, PASSWORD, json as body_of};
use crate::on_both_databases;
use crate::rest::{post, told};

/// The claims of a token, unverified.
fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

on_both_databases! {
    async fn fifty_refreshes_at_once_on_two_nodes_make_one_generation(house: House) {
        let node = house.another_node().await;
        let (pair, _) = registered(&house).await;
        let generation = claims(&pair.refresh)["generation"].as_i64().unwrap();
        let tries = (0..50).map(|n| {
            let house = if n % 2 == 0 { &house } else { &node };
            let request = pair.with(bare(house, REFRESH));
            async move { request.send().await.unwrap() }
        });
        let mut later = Vec::new();
        for response in join_all(tries).await {
            assert_eq!(response.status(), 200);
            later.push(Pair::of(&response));
        }
        for pair in &later {
            assert_eq!(claims(&pair.refresh)["generation"], generation + 1);
        }
        for pair in [&later[0], &later[49]] {
            assert_eq!(told(pair.with(get(&node, PROFILE))).await.0, 200, "all tabs go on");
        }
        // The successor is used: from now on the first token is a stolen one.
        let newest = later[0].with(bare(&node, REFRESH)).send().await.unwrap();
        assert_eq!(newest.status(), 200);
        let newest = Pair::of(&newest);
        let replay = pair.with(bare(&house, REFRESH)).send().await.unwrap();
        let cleared: Vec<_> = set(&replay).into_iter().map(|(name, value, _)| (name, value)).collect();
        let empty = |name: &str| (name.to_owned(), String::new());
        assert_eq!(cleared, [empty("access_token"), empty("refresh_token")]);
        assert_eq!(body_of(replay, 401).await["error"]["code"], "UNAUTHORIZED");
        for house in [&house, &node] {
            assert_eq!(told(newest.with(get(house, PROFILE))).await.0, 401, "it ends the session");
            assert_eq!(told(newest.with(bare(house, REFRESH))).await.0, 401);
        }
    }
}

on_both_databases! {
    async fn a_session_lives_a_week_from_its_last_refresh_and_its_access_tokens_a_quarter_of_an_hour(house: House) {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let (first, _) = registered(&house).await;
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(told(first.with(get(&house, PROFILE))).await.0, 401);
        house.clock.advance(6 * DAY);
        let response = first.with(bare(&house, REFRESH)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let second = Pair::of(&response);
        house.clock.advance(6 * DAY);
        let response = second.with(bare(&house, REFRESH)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let third = Pair::of(&response);
        house.clock.advance(7 * DAY);
        let late = third.with(bare(&house, REFRESH)).send().await.unwrap();
        assert_eq!(set(&late).len(), 2, "cookies that are good for nothing are cleared");
        assert_eq!(late.status(), 401);
    }
}

on_both_databases! {
    async fn who_changes_the_password_stays_signed_in_and_nobody_else(house: House) {
        let (here, _) = registered(&house).await;
        let (there, _) = logged_in(&house, "johndoe", "securePassword123").await;
        let body = json!({ "currentPassword": "securePassword123", "newPassword": "anotherPassword123" });
        let changed = here.with(post(&house, "/api/auth/change-password", &body)).send().await.unwrap();
        assert_eq!(changed.status(), 200);
        let names: Vec<_> = set(&changed).into_iter().map(|(name, ..)| name).collect();
        assert_eq!(names, ["access_token", "refresh_token"], "what carries the session on, and nothing else");
        let next = Pair::of(&changed);
        assert_eq!(told(next.with(get(&house, PROFILE))).await.0, 200);
        let kept = next.with(bare(&house, REFRESH)).send().await.unwrap();
        assert_eq!(kept.status(), 200, "nobody takes it for a thief's");
        let kept = Pair::of(&kept);
        assert_eq!(told(kept.with(get(&house, PROFILE))).await.0, 200);
        assert_eq!(told(there.with(get(&house, PROFILE))).await.0, 401);
        assert_eq!(told(here.with(bare(&house, REFRESH))).await.0, 401, "the one from before it is");
        assert_eq!(told(kept.with(get(&house, PROFILE))).await.0, 401);
    }
}

on_both_databases! {
    async fn a_short_token_is_no_way_to_a_longer_one(house: House) {
        let (pair, _) = registered(&house).await;
        let end = claims(&pair.access)["exp"].as_i64().unwrap();
        for _ in 0..2 {
            for request in [
                get(&house, "/api/auth/get-session").bearer_auth(&pair.access),
                get(&house, "/api/auth/get-session").header(COOKIE, format!("access_token={}", pair.access)),
            ] {
                let (status, whole) = told(request).await;
                assert_eq!((status, &whole["user"]["email"]), (200, &json!("john@example.com")));
                let token = whole["session"]["token"].as_str().unwrap();
                assert_eq!(claims(token)["exp"], end, "as long as the one that was shown");
                assert_eq!(told(get(&house, PROFILE).bearer_auth(token)).await.0, 200);
            }
            house.clock.advance(10 * 60 * 1000);
        }
        assert_eq!(told(get(&house, "/api/auth/get-session").bearer_auth(&pair.access)).await.0, 401);
    }
}

on_both_databases! {
    async fn logout_ends_one_session_and_logout_all_every_one(house: House) {
        let (here, _) = registered(&house).await;
        let (there, _) = logged_in(&house, "johndoe", "securePassword123").await;
        let (adas, _) = logged_in(&house, EMAIL, PASSWORD).await;
        assert_eq!(told(there.with(bare(&house, LOGOUT))).await.0, 200);
        assert_eq!(told(there.with(get(&house, PROFILE))).await.0, 401);
        assert_eq!(told(there.with(bare(&house, REFRESH))).await.0, 401);
        assert_eq!(told(here.with(get(&house, PROFILE))).await.0, 200);
        let (there, _) = logged_in(&house, "johndoe", "securePassword123").await;
        let body = json!({ "email": "john@example.com", "password": "securePassword123" });
        let (_, elsewhere) = told(post(&house, "/auth/sign-in", &body)).await;
        let token = elsewhere["session"]["token"].as_str().unwrap();
        assert_eq!(told(here.with(bare(&house, LOGOUT_ALL))).await.0, 200);
        for pair in [&here, &there] {
            assert_eq!(told(pair.with(get(&house, PROFILE))).await.0, 401);
            assert_eq!(told(pair.with(bare(&house, REFRESH))).await.0, 401);
        }
        assert_eq!(told(get(&house, "/auth/session").bearer_auth(token)).await.0, 401, "in every dialect");
        assert_eq!(told(adas.with(get(&house, PROFILE))).await.0, 200, "others' live on");
        let outcomes = join_all((0..8).map(|_| told(adas.with(bare(&house, LOGOUT))))).await;
        assert!(outcomes.iter().any(|(status, _)| *status == 200));
        assert!(outcomes.iter().all(|(status, _)| matches!(status, 200 | 401)), "{outcomes:?}");
    }
}

on_both_databases! {
    async fn an_account_that_is_disabled_or_deleted_is_out_at_once(house: House) {
        let (pair, _) = registered(&house).await;
        let account = house.app.core.find_account("john@example.com").await.unwrap().unwrap();
        house.app.core.disable_account(account.id, house.clock.now()).await.unwrap();
        let login = |password: &str| {
            post(&house, LOGIN, &json!({ "identifier": "johndoe", "password": password }))
        };
        let (status, body) = told(login("securePassword123")).await;
        assert_eq!((status, body["error"]["code"].as_str()), (403, Some("FORBIDDEN")));
        assert_eq!(told(login("wrongPassword123")).await.0, 401);
        assert_eq!(told(pair.with(get(&house, PROFILE))).await.0, 401);
        assert_eq!(told(pair.with(bare(&house, REFRESH))).await.0, 401);
        house.app.core.delete_account(account.id, house.clock.now()).await.unwrap();
        assert_eq!(told(get(&house, PROFILE).bearer_auth(&pair.access)).await.0, 401);
        let refresh = bare(&house, REFRESH).header(COOKIE, format!("refresh_token={}", pair.refresh));
        assert_eq!(told(refresh).await.0, 401);
    }
}
