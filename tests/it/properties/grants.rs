//! Scope only narrows, and a code opens to its own verifier alone, whatever is tried.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::runner;
use crate::browser::{Browser, Landing, query, request_with};
use crate::house::{CALLBACK, Db, House, WEB, json};
use crate::oidc::code::{claims, redemption};

/// What a client may ask for, and what not: one of others', one that does not exist.
const SCOPES: [&str; 9] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
    "api:read",
    "api:write",
    "admin",
];
const UNREGISTERED: &str = "admin";

fn set(text: &str) -> BTreeSet<String> {
    text.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn scope_of(tokens: &Value) -> BTreeSet<String> {
    let said = set(tokens["scope"].as_str().unwrap());
    let inside = set(claims(&tokens["access_token"])["scope"].as_str().unwrap());
    assert_eq!(said, inside, "the answer and the token say the same");
    said
}

fn some_scopes() -> impl Strategy<Value = String> {
    // Mostly without the one that may not be asked for.
    let size = prop_oneof![4 => Just(8_usize), 1 => Just(9)];
    size.prop_flat_map(|size| proptest::sample::subsequence(&SCOPES[..size], 1..=size))
        .prop_shuffle()
        .prop_map(|values| values.join(" "))
}

#[test]
fn rfc6749_6_scope_never_widens_over_any_sequence_of_grants_and_refreshes() {
    let runtime = Runtime::new().unwrap();
    for db in [Db::Sqlite, Db::Postgres] {
        let house = runtime.block_on(House::open(db));
        let browser = Browser::new(&house);
        let sequences = (some_scopes(), proptest::collection::vec(some_scopes(), 1..6));
        runner(32)
            .run(&sequences, |(wanted, refreshes)| {
                runtime.block_on(sequence(&house, &browser, &wanted, &refreshes));
                Ok(())
            })
            .unwrap();
    }
}

async fn sequence(house: &House, browser: &Browser, wanted: &str, refreshes: &[String]) {
    let own = [("grant_type", "client_credentials"), ("scope", wanted)];
    let answer = house.token(WEB, &own).send().await.unwrap();
    if answer.status() == 200 {
        let given = scope_of(&json(answer, 200).await);
        assert!(given.is_subset(&set(wanted)));
        assert!(given.iter().all(|value| value.starts_with("api:")), "about nobody: {given:?}");
    } else {
        assert_eq!(json(answer, 400).await["error"], "invalid_scope");
    }

    let params = request_with("web", &[("scope", wanted)]);
    let answer = query(&browser.complete(&params).await);
    let Some(code) = answer.get("code") else {
        assert_eq!(answer["error"], "invalid_scope");
        assert!(set(wanted).contains(UNREGISTERED), "{wanted}");
        return;
    };
    assert!(!set(wanted).contains(UNREGISTERED), "{wanted}");
    let mut tokens = json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await;
    let granted = scope_of(&tokens);
    assert!(granted.is_subset(&set(wanted)));
    for asked in refreshes {
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh),
            ("scope", asked.as_str()),
        ];
        let answer = house.token(WEB, &form).send().await.unwrap();
        if set(asked).is_subset(&granted) {
            tokens = json(answer, 200).await;
            assert_eq!(scope_of(&tokens), set(asked));
            assert_eq!(tokens.get("id_token").is_some(), set(asked).contains("openid"));
            if set(asked).contains("openid") {
                let me = house.userinfo(tokens["access_token"].as_str().unwrap()).await;
                let me = json(me, 200).await;
                for (claim, scope) in
                    [("email", "email"), ("name", "profile"), ("address", "address")]
                {
                    assert_eq!(
                        me.get(claim).is_some(),
                        set(asked).contains(scope),
                        "{asked}: {me}"
                    );
                }
            }
        } else {
            // Nothing was used up: the same token goes into the next round.
            assert_eq!(json(answer, 400).await["error"], "invalid_scope", "{asked}");
        }
    }
}

#[test]
fn rfc7636_4_6_only_the_right_verifier_redeems() {
    let runtime = Runtime::new().unwrap();
    for db in [Db::Sqlite, Db::Postgres] {
        let house = runtime.block_on(House::open(db));
        let browser = Browser::new(&house);
        let verifier = || "[A-Za-z0-9._~-]{43,128}";
        let tries = (verifier(), verifier(), any::<u16>(), "[A-Za-z0-9._~-]");
        runner(24)
            .run(&tries, |(right, other, at, new)| {
                runtime.block_on(redeem(&house, &browser, &right, &wrong(&right, other, at, &new)));
                Ok(())
            })
            .unwrap();
    }
}

/// Others than the right one: unlike it, and like it in all but one character.
fn wrong(right: &str, other: String, at: u16, new: &str) -> Vec<String> {
    let at = usize::from(at) % right.len();
    let mut replaced = right.to_owned();
    replaced.replace_range(at..=at, new);
    let challenge = countersign::jose::digest::s256(right);
    let all = [
        other,
        replaced,
        challenge,
        right[..right.len() - 1].to_owned(),
        format!("{right}{new}"),
        right.to_ascii_uppercase(),
        format!("{right} "),
        String::new(),
    ];
    all.into_iter().filter(|wrong| wrong != right).collect()
}

async fn redeem(house: &House, browser: &Browser, right: &str, wrong: &[String]) {
    let challenge = countersign::jose::digest::s256(right);
    let code = browser.code(&request_with("web", &[("code_challenge", &challenge)])).await;
    let attempt = async |verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier),
        ];
        house.token(WEB, &form).send().await.unwrap()
    };
    for wrong in wrong {
        let refused = json(attempt(wrong).await, 400).await;
        assert_eq!(refused["error"], "invalid_grant", "{wrong:?} for {right:?}");
    }
    json(attempt(right).await, 200).await;
    // `plain` is refused outright (R7).
    let plain =
        request_with("web", &[("code_challenge", right), ("code_challenge_method", "plain")]);
    let Landing::Away(url) = browser.authorize(&plain).await else { panic!("a page") };
    assert_eq!(query(&url)["error"], "invalid_request");
}
