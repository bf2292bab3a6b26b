//! Refresh tokens: rotation, replay, the grace of a lost answer, and every end that a chain has.

use serde_json::Value;

use super::code::{claims, redemption};
use crate::browser::{Browser, request, request_with};
use crate::house::{House, OTHER, SPA, WEB, json};
use crate::on_both_databases;

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn start(house: &House, scope: &str) -> Value {
    let code = Browser::new(house).code(&request_with("web", &[("scope", scope)])).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

async fn refresh(house: &House, tokens: &Value, status: u16) -> Value {
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    json(house.token(WEB, &form).send().await.unwrap(), status).await
}

on_both_databases! {
    async fn oidc_core_12_2_conformance_40_a_refresh_gives_new_tokens_about_the_same_sign_in(house: House) {
        let first = start(&house, "openid email").await;
        house.clock.advance(5_000);
        let second = refresh(&house, &first, 200).await;
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
        for claim in ["iss", "sub", "aud", "azp", "auth_time", "sid"] {
            assert_eq!(before[claim], after[claim], "{claim}");
        }
        assert!(after["iat"].as_i64() > before["iat"].as_i64());
        assert!(after.get("nonce").is_none());
        assert_eq!(house.userinfo(second["access_token"].as_str().unwrap()).await.status(), 200);
        let token = second["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", "openid email")];
        let foreign = json(house.token(OTHER, &form).send().await.unwrap(), 400).await;
        assert_eq!(foreign["error"], "invalid_grant", "another client's");
        let third = json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        assert_eq!(third["scope"], "openid email", "the scope that was granted");
    }
}

on_both_databases! {
    async fn conformance_41_a_client_may_be_registered_not_to_rotate(house: House) {
        let (id, secret) = crate::oidc::signer::register(&house, serde_json::json!({
            "redirect_uris": [crate::house::CALLBACK], "rotate_refresh_tokens": false,
            "grant_types": ["authorization_code", "refresh_token"],
        })).await;
        let client = (id.as_str(), secret.as_str());
        let code = Browser::new(&house).code(&request_with(&id, &[("scope", "openid")])).await;
        let first = json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await;
        let token = first["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        for _ in 0..3 {
            json(house.token(client, &form).send().await.unwrap(), 200).await;
            house.clock.advance(30_000);
        }
    }
}

on_both_databases! {
    async fn a_lost_answer_can_be_asked_for_again_within_the_grace(house: House) {
        let first = start(&house, "openid").await;
        let second = refresh(&house, &first, 200).await;
        house.clock.advance(9_000);
        let again = refresh(&house, &first, 200).await;
        let generation = |tokens: &Value| claims(&tokens["refresh_token"])["generation"].clone();
        assert_eq!(generation(&again), generation(&second), "the same successor");
        // Either of the two is as good, and the family lives on.
        let third = refresh(&house, &again, 200).await;
        refresh(&house, &third, 200).await;
    }
}

on_both_databases! {
    async fn rfc9700_4_14_2_a_superseded_token_ends_the_family(house: House) {
        let first = start(&house, "openid").await;
        let second = refresh(&house, &first, 200).await;
        house.clock.advance(10_000);
        assert_eq!(refresh(&house, &first, 400).await["error"], "invalid_grant");
        assert_eq!(refresh(&house, &second, 400).await["error"], "invalid_grant");
        assert_eq!(house.userinfo(second["access_token"].as_str().unwrap()).await.status(), 401);
    }
}

on_both_databases! {
    async fn peer_keycloak_50999_the_grace_ends_when_the_successor_is_used(house: House) {
        let first = start(&house, "openid").await;
        let second = refresh(&house, &first, 200).await;
        refresh(&house, &second, 200).await;
        assert_eq!(refresh(&house, &first, 400).await["error"], "invalid_grant");
    }
}

on_both_databases! {
    async fn rfc6749_6_the_scope_only_narrows_and_a_refused_refresh_uses_nothing_up(house: House) {
        let first = start(&house, "openid email api:read").await;
        let token = first["refresh_token"].as_str().unwrap();
        let ask = |scope: &'static str| {
            house.token(WEB, &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)])
        };
        let refused = json(ask("openid profile").send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "invalid_scope");
        let narrowed = json(ask("openid").send().await.unwrap(), 200).await;
        assert_eq!(narrowed["scope"], "openid");
        let me = json(house.userinfo(narrowed["access_token"].as_str().unwrap()).await, 200).await;
        assert!(me.get("email").is_none());
        // The new refresh token still stands for the whole grant.
        let whole = refresh(&house, &narrowed, 200).await;
        assert_eq!(whole["scope"], "openid email api:read");
    }
}

on_both_databases! {
    async fn a_refresh_token_is_bound_to_its_client_and_is_no_other_kind_of_token(house: House) {
        let tokens = start(&house, "openid").await;
        let form = |kind: &str| {
            vec![("grant_type", "refresh_token".to_owned()),
                 ("refresh_token", tokens[kind].as_str().unwrap().to_owned())]
        };
        let as_pairs = |form: &[(&'static str, String)]| {
            form.iter().map(|(k, v)| (*k, v.clone())).collect::<Vec<_>>()
        };
        for kind in ["access_token", "id_token"] {
            let pairs = as_pairs(&form(kind));
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let refused = json(house.token(WEB, &pairs).send().await.unwrap(), 400).await;
            assert_eq!(refused["error"], "invalid_grant", "{kind}");
        }
        let pairs = form("refresh_token");
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let foreign = json(house.token(OTHER, &pairs).send().await.unwrap(), 400).await;
        assert_eq!(foreign["error"], "invalid_grant");
        let public = json(house.public_token(&pairs).send().await.unwrap(), 400).await;
        assert_eq!(public["error"], "invalid_grant");
        // None of it harmed the family.
        refresh(&house, &tokens, 200).await;
        let refused = house.userinfo(tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(refused.status(), 401);
    }
}

on_both_databases! {
    async fn without_offline_access_a_family_ends_with_the_session(house: House) {
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let bound = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let offline = request_with("web", &[("scope", "openid offline_access")]);
        let code = browser.code(&offline).await;
        let offline = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        assert!(claims(&offline["refresh_token"]).get("sid").is_none());

        let page = browser.page(house.url("/sign-out")).await;
        browser.press(&page, "sign-out", &[]).await;
        assert_eq!(refresh(&house, &bound, 400).await["error"], "invalid_grant");
        assert_eq!(house.userinfo(bound["access_token"].as_str().unwrap()).await.status(), 401);
        let offline = refresh(&house, &offline, 200).await;
        assert_eq!(house.userinfo(offline["access_token"].as_str().unwrap()).await.status(), 200);

        // What offline access does not outlive: a new password.
        let rules = &house.app.core;
        let ada = rules.find_account("ada@example.com").await.unwrap().unwrap();
        let new = countersign::core::Secret::new("another password");
        rules.set_password(ada.id, new, house.clock.now()).await.unwrap();
        assert_eq!(refresh(&house, &offline, 400).await["error"], "invalid_grant");
        assert_eq!(house.userinfo(offline["access_token"].as_str().unwrap()).await.status(), 401);
    }
}

on_both_databases! {
    async fn asvs_10_4_8_every_chain_ends_however_often_it_is_used(house: House) {
        let mut tokens = start(&house, "openid offline_access").await;
        for _ in 0..4 {
            house.clock.advance(20 * DAY);
            tokens = refresh(&house, &tokens, 200).await;
        }
        house.clock.advance(10 * DAY);
        assert_eq!(refresh(&house, &tokens, 400).await["error"], "invalid_grant");
    }
}

on_both_databases! {
    async fn an_app_in_use_keeps_its_persons_session_in_use(house: House) {
        let mut tokens = start(&house, "openid").await;
        for _ in 0..4 {
            house.clock.advance(20 * DAY);
            tokens = refresh(&house, &tokens, 200).await;
        }
        house.clock.advance(10 * DAY);
        assert_eq!(refresh(&house, &tokens, 400).await["error"], "invalid_grant", "90 days old");
    }
}

on_both_databases! {
    async fn a_refresh_adds_no_row(house: House) {
        let mut tokens = start(&house, "openid").await;
        let rows = crate::store::all_rows(&house).await;
        for _ in 0..5 {
            tokens = refresh(&house, &tokens, 200).await;
        }
        assert_eq!(crate::store::all_rows(&house).await, rows);
    }
}

on_both_databases! {
    async fn a_public_clients_refresh_tokens_rotate_too(house: House) {
        let code = Browser::new(&house).code(&request(SPA)).await;
        let first = json(house.public_token(&redemption(&code)).send().await.unwrap(), 200).await;
        let token = first["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let second = json(house.public_token(&form).send().await.unwrap(), 200).await;
        assert_ne!(second["refresh_token"], first["refresh_token"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_use_cannot_be_noted_fails_no_refresh() {
    use sea_orm::ConnectionTrait as _;
    let house = House::open(crate::house::Db::Sqlite).await;
    let tokens = start(&house, "openid").await;
    let options = sea_orm::ConnectOptions::new(&house.config.database.url);
    let db = sea_orm::Database::connect(options).await.unwrap();
    let refuse =
        "CREATE TRIGGER refuse BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END";
    db.execute_unprepared(refuse).await.unwrap();
    house.clock.advance(120_000);
    let next = refresh(&house, &tokens, 200).await;
    assert_eq!(claims(&next["refresh_token"])["generation"], 2);
}
