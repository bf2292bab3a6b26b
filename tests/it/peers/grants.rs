//! Codes and refresh tokens that were worth more than they should have been.

use serde_json::{Value, json as value};

use super::{is_active, refresh, text, tokens};
use crate::browser::{Browser, CHALLENGE, Landing, VERIFIER, query, request, request_with};
use crate::house::{CALLBACK, House, OTHER, WEB, json};
use crate::oidc::code::{claims, redemption};
use crate::oidc::signer::register;
use crate::on_both_databases;

async fn redeem(house: &House, client: (&str, &str), form: &[(&str, &str)]) -> (u16, Value) {
    let answer = house.token(client, form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

on_both_databases! {
    async fn peer_cve_2026_16089_cve_2026_55672_a_code_and_a_refresh_token_are_their_clients_alone(house: House) {
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let (status, told) = redeem(&house, OTHER, &redemption(&code)).await;
        assert_eq!((status, &told["error"]), (400, &"invalid_grant".into()));
        // Not by a name in the body either.
        let mut renamed = redemption(&code);
        renamed.push(("client_id", WEB.0));
        assert_eq!(redeem(&house, OTHER, &renamed).await.1["error"], "invalid_client");
        let (status, given) = redeem(&house, WEB, &redemption(&code)).await;
        assert_eq!(status, 200, "and it was not spent");
        let token = text(&given, "refresh_token");
        assert_eq!(refresh(&house, OTHER, token).await.1["error"], "invalid_grant");
        assert_eq!(refresh(&house, WEB, token).await.0, 200);
    }
}

on_both_databases! {
    async fn peer_cve_2026_28513_each_binding_of_a_code_is_checked_on_its_own(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let wrong = [
            ("redirect_uri", "http://127.0.0.1:9/other"),
            ("code_verifier", "0000000000000000000000000000000000000000000"),
        ];
        // One wrong and all others right; then two.
        for set in [&wrong[..1], &wrong[1..], &wrong[..]] {
            let mut form = redemption(&code);
            form.retain(|(name, _)| !set.iter().any(|(wrong, _)| wrong == name));
            form.extend(set);
            assert_eq!(redeem(&house, WEB, &form).await.1["error"], "invalid_grant", "{set:?}");
        }
        assert_eq!(redeem(&house, OTHER, &redemption(&code)).await.1["error"], "invalid_grant");
        assert_eq!(redeem(&house, WEB, &redemption(&code)).await.0, 200);
    }
}

on_both_databases! {
    async fn peer_cve_2023_48228_cve_2024_23647_pkce_is_neither_skipped_nor_downgraded(house: House) {
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let bare = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
        let empty: Vec<_> = bare.into_iter().chain([("code_verifier", "")]).collect();
        let as_plain: Vec<_> = bare.into_iter().chain([("code_verifier", CHALLENGE)]).collect();
        for form in [&bare[..], &empty, &as_plain] {
            assert_eq!(redeem(&house, WEB, form).await.1["error"], "invalid_grant", "{form:?}");
        }
        // And a verifier for a request that had no challenge.
        let none = [("code_challenge", ""), ("code_challenge_method", "")];
        let code = browser.code(&request_with("web", &none)).await;
        assert_eq!(redeem(&house, WEB, &redemption(&code)).await.1["error"], "invalid_grant");
        for changes in [&none[..], &[("code_challenge", VERIFIER), ("code_challenge_method", "plain")]] {
            let Landing::Away(url) = browser.authorize(&request_with("spa", changes)).await else { panic!("a page") };
            assert_eq!(query(&url)["error"], "invalid_request", "a public client: {changes:?}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_4282_values_of_one_kind_are_none_of_another(house: House) {
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let given = tokens(&house, &browser, "openid").await;
        let pushed = json(house.post("/par", WEB, &request("web")).send().await.unwrap(), 201).await;
        let reference = text(&pushed, "request_uri");
        let random = reference.rsplit(':').next().unwrap();
        let (access, next, id) = (text(&given, "access_token"), text(&given, "refresh_token"), text(&given, "id_token"));
        for other in [random, reference, access, next, id] {
            assert_eq!(redeem(&house, WEB, &redemption(other)).await.1["error"], "invalid_grant", "{other} as a code");
        }
        for other in [code.as_str(), random, reference, access, id] {
            assert_eq!(refresh(&house, WEB, other).await.1["error"], "invalid_grant", "{other} as a refresh token");
        }
        for other in [code.as_str(), random, next, id] {
            assert_eq!(house.userinfo(other).await.status(), 401, "{other} as an access token");
        }
        for other in [&code, access, next, &format!("urn:ietf:params:oauth:request_uri:{code}")] {
            let params = [("client_id", "web".to_owned()), ("request_uri", other.to_owned())];
            match browser.authorize(&params).await {
                Landing::Page(page) => assert_eq!(page.status, 400, "{other} as a reference"),
                Landing::Away(url) => panic!("{url}"),
            }
        }
        assert_eq!(redeem(&house, WEB, &redemption(&code)).await.0, 200, "what was tried harmed nothing");
    }
}

on_both_databases! {
    async fn peer_cve_2026_9802_a_restart_revives_no_superseded_refresh_token(house: House) {
        let first = tokens(&house, &Browser::new(&house), "openid").await;
        let (status, second) = refresh(&house, WEB, text(&first, "refresh_token")).await;
        assert_eq!(status, 200);
        house.clock.advance(11_000);
        let again = house.restart(&house.config).await;
        assert_eq!(refresh(&again, WEB, text(&first, "refresh_token")).await.1["error"], "invalid_grant");
        assert_eq!(refresh(&again, WEB, text(&second, "refresh_token")).await.1["error"], "invalid_grant", "its family is over");
        assert!(!is_active(&again, text(&second, "access_token")).await);
    }
}

on_both_databases! {
    async fn peer_keycloak_49213_a_refresh_that_fails_uses_nothing_up(house: House) {
        use sea_orm::ConnectionTrait as _;
        let first = tokens(&house, &Browser::new(&house), "openid").await;
        let options = sea_orm::ConnectOptions::new(&house.config.database.url);
        let db = sea_orm::Database::connect(options).await.unwrap();
        db.execute_unprepared("ALTER TABLE grants RENAME TO grants_away").await.unwrap();
        let (status, told) = refresh(&house, WEB, text(&first, "refresh_token")).await;
        assert!(status >= 500, "{status} {told}");
        assert!(told["error"].is_string() && !told.to_string().contains("grants"), "{told}");
        db.execute_unprepared("ALTER TABLE grants_away RENAME TO grants").await.unwrap();
        house.clock.advance(60_000);
        let (status, second) = refresh(&house, WEB, text(&first, "refresh_token")).await;
        assert_eq!((status, &claims(&second["refresh_token"])["generation"]), (200, &2.into()));
    }
}

on_both_databases! {
    async fn peer_keycloak_31296_what_was_revoked_stays_so_after_a_restart(house: House) {
        let given = tokens(&house, &Browser::new(&house), "openid").await;
        let own = json(house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        let access = [text(&given, "access_token"), text(&own, "access_token")];
        for token in access {
            assert!(is_active(&house, token).await);
            house.post("/revoke", WEB, &[("token", token)]).send().await.unwrap();
        }
        let again = house.restart(&house.config).await;
        for token in access {
            assert!(!is_active(&again, token).await);
        }
        assert_eq!(again.userinfo(access[0]).await.status(), 401);
    }
}

on_both_databases! {
    async fn peer_cve_2026_43983_cve_2025_53942_a_refresh_looks_at_the_person_the_app_and_the_revocation(house: House) {
        let (id, secret) = register(&house, value!({
            "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"], "skip_consent": true,
        })).await;
        let client = (id.as_str(), secret.as_str());
        let browser = Browser::new(&house);
        let take = async || {
            let params = request_with(&id, &[("scope", "openid offline_access"), ("prompt", "consent")]);
            let code = browser.code(&params).await;
            json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await
        };
        let (revoked, of_client, of_person) = (take().await, take().await, take().await);
        house.post("/revoke", client, &[("token", text(&revoked, "refresh_token"))]).send().await.unwrap();
        assert_eq!(refresh(&house, client, text(&revoked, "refresh_token")).await.1["error"], "invalid_grant");
        let now = house.clock.now();
        assert!(house.app.core.disable_client(&id, true, now).await.unwrap());
        assert_eq!(refresh(&house, client, text(&of_client, "refresh_token")).await.0, 401);
        assert!(house.app.core.disable_client(&id, false, now).await.unwrap());
        let code = browser.code(&request("web")).await;
        let ada = house.app.core.find_account(crate::house::EMAIL).await.unwrap().unwrap();
        assert!(house.app.core.disable_account(ada.id, now).await.unwrap());
        assert_eq!(refresh(&house, client, text(&of_person, "refresh_token")).await.1["error"], "invalid_grant");
        assert_eq!(redeem(&house, WEB, &redemption(&code)).await.1["error"], "invalid_grant", "a code that waits, too");
    }
}

on_both_databases! {
    async fn peer_cve_2024_52287_no_grant_gives_a_scope_that_the_client_is_not_registered_for(house: House) {
        let (id, secret) = register(&house, value!({
            "redirect_uris": [CALLBACK], "scope": "openid email api:read",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        })).await;
        let client = (id.as_str(), secret.as_str());
        for scope in ["api:write", "api:read api:write", "admin", "openid"] {
            let form = [("grant_type", "client_credentials"), ("scope", scope)];
            assert_eq!(redeem(&house, client, &form).await.1["error"], "invalid_scope", "{scope}");
        }
        let browser = Browser::new(&house);
        let wide = request_with(&id, &[("scope", "openid api:write")]);
        let Landing::Away(url) = browser.authorize(&wide).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "invalid_scope");
        let pushed = house.post("/par", client, &wide).send().await.unwrap();
        assert_eq!(json(pushed, 400).await["error"], "invalid_scope");
        let code = browser.code(&request_with(&id, &[("scope", "openid api:read")])).await;
        let given = json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await;
        for scope in ["openid api:write", "openid email"] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", text(&given, "refresh_token")), ("scope", scope)];
            assert_eq!(redeem(&house, client, &form).await.1["error"], "invalid_scope", "{scope}");
        }
    }
}

on_both_databases! {
    async fn peer_ghsa_7qjx_gp9h_65qj_every_grant_is_for_the_clients_that_registered_for_it(house: House) {
        let (id, secret) = register(&house, value!({ "redirect_uris": [CALLBACK], "grant_types": ["authorization_code"] })).await;
        let (service, key) = register(&house, value!({ "grant_types": ["client_credentials"] })).await;
        let (app, service) = ((id.as_str(), secret.as_str()), (service.as_str(), key.as_str()));
        let code = Browser::new(&house).code(&request("web")).await;
        let refused = [
            (app, vec![("grant_type", "client_credentials")]),
            (app, vec![("grant_type", "refresh_token"), ("refresh_token", "x")]),
            (service, redemption(&code)),
            (service, vec![("grant_type", "refresh_token"), ("refresh_token", "x")]),
        ];
        for (client, form) in refused {
            let (status, told) = redeem(&house, client, &form).await;
            assert_eq!((status, &told["error"]), (400, &"unauthorized_client".into()), "{form:?}");
        }
        for response in ["authorize", "par"] {
            let params = request(service.0);
            if response == "par" {
                let answer = house.post("/par", service, &params).send().await.unwrap();
                assert_eq!(answer.status(), 400);
            } else {
                match Browser::new(&house).authorize(&params).await {
                    Landing::Page(page) => assert_eq!(page.status, 400),
                    Landing::Away(url) => panic!("{url}"),
                }
            }
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_18218_what_a_client_had_before_it_was_disabled_stays_dead(house: House) {
        let (id, secret) = register(&house, value!({
            "redirect_uris": [CALLBACK], "skip_consent": true, "scope": "openid profile email offline_access api:read",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        })).await;
        let client = (id.as_str(), secret.as_str());
        let node = house.another_node().await;
        // The node looks for a client it does not know; from then on it holds it.
        let held = node.app.core.find_client(&id, house.clock.now()).await.unwrap().unwrap();
        let browser = Browser::new(&house);
        let take = async |scope: &str| {
            let code = browser.code(&request_with(&id, &[("scope", scope)])).await;
            json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await
        };
        let own = async || json(house.token(client, &[("grant_type", "client_credentials")]).send().await.unwrap(), 200).await;
        let active = async |token: &str| {
            let told = house.post("/introspect", client, &[("token", token)]).send().await.unwrap();
            json(told, 200).await["active"] == true
        };
        let (online, offline, by_itself) = (take("openid").await, take("openid offline_access").await, own().await);
        let code = browser.code(&request(&id)).await;
        let pushed = json(house.post("/par", client, &request(&id)).send().await.unwrap(), 201).await;
        for set in [&online, &offline, &by_itself] {
            assert!(active(text(set, "access_token")).await);
        }
        let now = house.clock.now();
        assert!(house.app.core.disable_client(&id, true, now).await.unwrap());
        assert_eq!(house.userinfo(text(&online, "access_token")).await.status(), 401);
        // A node that has not heard yet still gives tokens.
        let late = node.app.core.client_credentials(&held, None, &[], house.clock.now()).await.unwrap();
        assert!(house.app.core.disable_client(&id, false, house.clock.now()).await.unwrap());
        for token in [text(&online, "access_token"), text(&offline, "access_token"), text(&by_itself, "access_token"),
            text(&online, "refresh_token"), text(&offline, "refresh_token"), &late.access_token] {
            assert!(!active(token).await, "{token}");
        }
        for set in [&online, &offline] {
            assert_eq!(refresh(&house, client, text(set, "refresh_token")).await.1["error"], "invalid_grant");
            assert_eq!(house.userinfo(text(set, "access_token")).await.status(), 401);
        }
        assert_eq!(redeem(&house, client, &redemption(&code)).await.1["error"], "invalid_grant");
        // What it is given now is good at once, on this node and on a new one; a request that waits goes on.
        let fresh = own().await;
        assert!(active(text(&fresh, "access_token")).await);
        let reference = [("client_id", id.clone()), ("request_uri", text(&pushed, "request_uri").to_owned())];
        let code = browser.code(&reference).await;
        let again = json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await;
        assert!(active(text(&again, "access_token")).await);
        let restarted = house.restart(&house.config).await;
        let ask = async |token: &str| {
            let told = restarted.post("/introspect", client, &[("token", token)]).send().await.unwrap();
            json(told, 200).await["active"] == true
        };
        assert!(ask(text(&fresh, "access_token")).await);
        assert!(!ask(text(&by_itself, "access_token")).await && !ask(&late.access_token).await);
        // A clock that is behind does not lift the cut-off: the newest one wins.
        for disabled in [true, false] {
            assert!(house.app.core.disable_client(&id, disabled, now - 3_600_000).await.unwrap());
        }
        assert!(!active(text(&by_itself, "access_token")).await && !active(&late.access_token).await);
    }
}
