//! What is made here is at once an OAuth client, on every node; what is not active is none.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Person, path};
use crate::browser::{Browser, Landing, query, request};
use crate::follow::soon;
use crate::house::{CALLBACK, House, json as answer};
use crate::oidc::code::redemption;
use crate::on_both_databases;

fn client(made: &Value) -> (&str, &str) {
    (made["clientId"].as_str().unwrap(), made["clientSecret"].as_str().unwrap())
}

/// Waits until a node holds it as a client, or does not; asking it often would be guessing at secrets.
async fn until(node: &House, made: &Value, is_client: bool) {
    let id = client(made).0;
    soon("the node follows", async || node.app.core.client(id).is_some() == is_client).await;
}

const OWN: [(&str, &str); 1] = [("grant_type", "client_credentials")];

on_both_databases! {
    async fn an_application_is_a_client_on_another_node_at_once(house: House) {
        let (second, admin) = (house.another_node().await, Person::admin(&house).await);
        let made = admin.create(&json!({ "name": "Machine", "scope": "api:read" })).await;
        let tokens = answer(second.token(client(&made), &OWN).send().await.unwrap(), 200).await;
        assert_eq!(tokens["scope"], "api:read");
        // Held from the first use on: asked again, neither node asks the database.
        for node in [&house, &second] {
            let (answer, statements) = node.statements(node.token(client(&made), &OWN).send()).await;
            assert_eq!(answer.unwrap().status(), 200);
            assert!(statements <= 1, "beside the node's look at the revisions: {statements}");
        }
        let inactive = admin.create(&json!({ "name": "Off", "isActive": false })).await;
        assert_eq!(inactive["isActive"], false);
        assert_eq!(house.token(client(&inactive), &OWN).send().await.unwrap().status(), 401);
        admin.change(&inactive["id"], &json!({ "isActive": true })).await;
        for node in [&house, &second] {
            until(node, &inactive, true).await;
            assert_eq!(node.token(client(&inactive), &OWN).send().await.unwrap().status(), 200);
        }
    }
}

on_both_databases! {
    async fn r31_what_is_deactivated_stops_on_every_node_and_is_a_client_again_when_it_is_active(house: House) {
        let (second, admin) = (house.another_node().await, Person::admin(&house).await);
        let body = json!({ "name": "Acme", "redirectUris": [CALLBACK], "scope": "openid email offline_access" });
        let made = admin.create(&body).await;
        let mut params = request(client(&made).0);
        for (name, value) in &mut params {
            if *name == "scope" {
                "openid email offline_access".clone_into(value);
            }
        }
        params.push(("prompt", "consent".to_owned()));
        let browser = Browser::new(&house);
        // Through the real pages: the person is asked, and told who asks.
        let Landing::Page(sign_in) = browser.authorize(&params).await else { panic!("no page") };
        assert!(sign_in.html.contains("Acme"));
        let code = browser.code(&params).await;
        let tokens = answer(second.token(client(&made), &redemption(&code)).send().await.unwrap(), 200).await;
        let access = tokens["access_token"].as_str().unwrap();
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let own = answer(house.token(client(&made), &OWN).send().await.unwrap(), 200).await;
        let active = async |node: &House, token: &Value, by: (&str, &str)| {
            let form = [("token", token.as_str().unwrap())];
            answer(node.post("/introspect", by, &form).send().await.unwrap(), 200).await["active"].clone()
        };
        for node in [&house, &second] {
            assert_eq!(node.userinfo(access).await.status(), 200);
            assert_eq!(active(node, &tokens["access_token"], client(&made)).await, true);
        }

        // R7: PKCE is asked for of a client made here, confidential as it is.
        let bare: Vec<_> = params.iter().filter(|(name, _)| !name.starts_with("code_challenge")).cloned().collect();
        let Landing::Away(url) = browser.authorize(&bare).await else { panic!("no answer") };
        assert_eq!(query(&url)["error"], "invalid_request");

        let in_use = admin.ask(Method::DELETE, &path(&made["id"])).send().await.unwrap();
        let in_use = answer(in_use, 409).await;
        assert_eq!(in_use["error"]["code"], "CONFLICT");
        assert!(in_use["error"]["message"].as_str().unwrap().contains("Cannot delete (has dependencies)"));
        let bulk = admin.send(Method::DELETE, "/bulk", &json!({ "ids": [made["id"]] }), 200).await;
        assert_eq!(bulk["data"], json!({ "deleted": [], "failed": [made["id"]] }));

        let off = admin.change(&made["id"], &json!({ "isActive": false })).await;
        assert_eq!(off["isActive"], false);
        let renewal = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        for node in [&house, &second] {
            assert_eq!(node.userinfo(access).await.status(), 401, "at once, on every node");
            until(node, &made, false).await;
            assert_eq!(node.token(client(&made), &renewal).send().await.unwrap().status(), 401);
            assert_eq!(node.token(client(&made), &OWN).send().await.unwrap().status(), 401);
        }
        let Landing::Page(page) = browser.authorize(&params).await else { panic!("sent away") };
        assert_eq!(page.status, 400);

        admin.change(&made["id"], &json!({ "isActive": true })).await;
        for node in [&house, &second] {
            until(node, &made, true).await;
            assert_eq!(node.token(client(&made), &OWN).send().await.unwrap().status(), 200);
            assert_eq!(node.userinfo(access).await.status(), 401, "what had ended stays ended");
            let refused = node.token(client(&made), &renewal).send().await.unwrap();
            assert_eq!(answer(refused, 400).await["error"], "invalid_grant");
            assert_eq!(active(node, &tokens["access_token"], client(&made)).await, false);
        }
        assert_eq!(active(&house, &own["access_token"], client(&made)).await, false, "its own neither");

        assert_eq!(admin.delete(&made["id"]).await, 204, "nothing stands any more");
        for node in [&house, &second] {
            until(node, &made, false).await;
            assert_eq!(node.token(client(&made), &OWN).send().await.unwrap().status(), 401);
        }
    }
}

on_both_databases! {
    async fn r31_what_a_node_gave_before_it_heard_of_the_end_does_not_outlive_it(house: House) {
        use sea_orm::ConnectionTrait as _;
        let admin = Person::admin(&house).await;
        let made = admin.create(&json!({ "name": "Acme", "redirectUris": [CALLBACK], "scope": "openid profile email" })).await;
        let code = Browser::new(&house).code(&request(client(&made).0)).await;
        let tokens = answer(house.token(client(&made), &redemption(&code)).send().await.unwrap(), 200).await;
        admin.change(&made["id"], &json!({ "isActive": false })).await;
        // The node that gave it looks every second, and had not heard yet.
        let db = sea_orm::Database::connect(&house.config.database.url).await.unwrap();
        db.execute_unprepared("UPDATE grants SET ended_at = NULL").await.unwrap();
        db.close().await.unwrap();
        admin.change(&made["id"], &json!({ "isActive": true })).await;
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let refused = house.token(client(&made), &refresh).send().await.unwrap();
        assert_eq!(answer(refused, 400).await["error"], "invalid_grant");
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 401);
        // Said once more it ends nothing.
        let code = Browser::new(&house).code(&request(client(&made).0)).await;
        let tokens = answer(house.token(client(&made), &redemption(&code)).send().await.unwrap(), 200).await;
        admin.change(&made["id"], &json!({ "isActive": true })).await;
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 200);
    }
}

on_both_databases! {
    async fn of_many_who_delete_one_application_at_once_one_does_and_the_others_find_none(house: House) {
        let (second, admin) = (house.another_node().await, Person::admin(&house).await);
        for n in 0..4 {
            let made = admin.create(&json!({ "name": format!("N{n}") })).await;
            let deletions = (0..8).map(|n| {
                let node = if n % 2 == 0 { &house } else { &second };
                let url = node.url(&format!("/api/authentication{}", path(&made["id"])));
                let request = node.http.delete(url).bearer_auth(&admin.token);
                async move { request.send().await.unwrap().status().as_u16() }
            });
            let mut statuses = futures_util::future::join_all(deletions).await;
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 404, 404, 404, 404, 404, 404, 404]);
        }
    }
}

on_both_databases! {
    async fn two_who_change_one_application_at_once_both_have_their_way(house: House) {
        let admin = Person::admin(&house).await;
        let id = admin.create(&json!({ "name": "One" })).await["id"].clone();
        let put = path(&id);
        let changes = (0..6).map(|n| {
            let body = match n % 3 {
                0 => json!({ "logoUri": format!("https://a.example/{n}.png") }),
                1 => json!({ "policyUri": format!("https://a.example/{n}") }),
                _ => json!({ "description": format!("the {n}th") }),
            };
            let request = admin.ask(Method::PUT, &put).json(&body);
            async move { request.send().await.unwrap().status().as_u16() }
        });
        for status in futures_util::future::join_all(changes).await {
            assert_eq!(status, 200);
        }
        let all = admin.get(&put, 200).await["data"].clone();
        assert!(all["logoUri"].is_string() && all["policyUri"].is_string() && all["description"].is_string());
    }
}

on_both_databases! {
    async fn a_node_follows_what_changed_and_reads_all_when_it_cannot_tell(house: House) {
        use sea_orm::ConnectionTrait as _;
        let (second, admin) = (house.another_node().await, Person::admin(&house).await);
        let items: Value = (0..30).map(|n| json!({ "name": format!("N{n}") })).collect();
        let made = admin.send(Method::POST, "/bulk", &json!({ "items": items }), 201).await;
        let made = made["data"]["created"].as_array().unwrap().clone();
        soon("the second node holds them", async || {
            made.iter().all(|one| second.app.core.client(client(one).0).is_some())
        }).await;
        // As a release before this one does it: a change that is counted, and named nowhere.
        let db = sea_orm::Database::connect(&house.config.database.url).await.unwrap();
        let id = client(&made[0]).0;
        db.execute_unprepared(&format!("UPDATE clients SET disabled_at = 1 WHERE client_id = '{id}'")).await.unwrap();
        db.execute_unprepared("UPDATE revisions SET value = value + 1 WHERE name = 'clients'").await.unwrap();
        for node in [&house, &second] {
            soon("it is gone", async || node.app.core.client(id).is_none()).await;
            assert_eq!(node.token(client(&made[0]), &OWN).send().await.unwrap().status(), 401);
            assert_eq!(node.token(client(&made[1]), &OWN).send().await.unwrap().status(), 200);
        }
        db.close().await.unwrap();
    }
}
