//! Who may do what, and to whose.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{DEVELOPER, PATH, Person, fields, path, with_roles};
use crate::house::{House, json as answer};
use crate::on_both_databases;

/// Every route, with a body that is as it should be.
fn routes(id: &str) -> [(Method, String, Value, u16); 8] {
    [
        (Method::GET, String::new(), Value::Null, 200),
        (Method::GET, "/export".to_owned(), Value::Null, 200),
        (Method::GET, format!("/{id}"), Value::Null, 200),
        (Method::POST, String::new(), json!({ "name": "Another" }), 201),
        (Method::POST, "/bulk".to_owned(), json!({ "items": [{ "name": "Third" }] }), 201),
        (Method::PUT, format!("/{id}"), json!({ "name": "Changed" }), 200),
        (
            Method::DELETE,
            "/bulk".to_owned(),
            json!({ "ids": ["01890a5d-ac96-774b-bcce-b302099a8057"] }),
            200,
        ),
        (Method::DELETE, format!("/{id}"), Value::Null, 204),
    ]
}

async fn ask(
    node: &House,
    token: Option<&str>,
    (method, path, body, _): &(Method, String, Value, u16),
) -> (u16, Value) {
    let mut request = node.http.request(method.clone(), node.url(&format!("{PATH}{path}")));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if !body.is_null() {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

on_both_databases! {
    async fn r72_r73_every_route_asks_for_its_permission_and_reaches_ones_own(house: House) {
        let node = with_roles(&house).await;
        let owner = Person::new(&node, "owner", &[DEVELOPER]).await;
        let other = Person::new(&node, "other", &[DEVELOPER]).await;
        let reader = Person::new(&node, "reader", &["reader"]).await;
        let user = Person::new(&node, "user", &["unknown-role"]).await;
        let admin = Person::admin(&node).await;
        let made = owner.create(&json!({ "name": "One" })).await;
        let id = made["id"].as_str().unwrap();
        for route in &routes(id) {
            let what = format!("{} {}", route.0, route.1);
            let is_its = route.1.contains(id);
            let (status, body) = ask(&node, None, route).await;
            assert_eq!((status, &body["error"]["code"]), (401, &json!("UNAUTHORIZED")), "{what}: nobody");
            let (status, body) = ask(&node, Some(&user.token), route).await;
            assert_eq!((status, &body["error"]["code"]), (403, &json!("FORBIDDEN")), "{what}: user");
            let (status, body) = ask(&node, Some(&reader.token), route).await;
            let expected = match (&route.0, is_its) {
                (&Method::GET, true) => 404,
                (&Method::GET, false) => 200,
                _ => 403,
            };
            assert_eq!(status, expected, "{what}: reader: {body}");
            let (status, body) = ask(&node, Some(&other.token), route).await;
            assert_eq!(status, if is_its { 404 } else { route.3 }, "{what}: other: {body}");
        }
        let absent = ask(&node, Some(&other.token), &routes("01890a5d-ac96-774b-bcce-b302099a8057")[2]).await;
        assert_eq!(absent, ask(&node, Some(&other.token), &routes(id)[2]).await, "foreign is as absent");
        for (route, at) in routes(id).iter().zip([&owner, &owner, &admin, &owner, &owner, &admin, &owner, &admin]) {
            let (status, body) = ask(&node, Some(&at.token), route).await;
            assert_eq!(status, route.3, "{} {}: {body}", route.0, route.1);
        }
        // Everybody's are on the admin's list, one's own on others'.
        let total = async |person: &Person<'_>| person.list("?limit=1").await.1["total"].clone();
        assert_eq!((total(&owner).await, total(&other).await, total(&admin).await), (json!(2), json!(2), json!(4)));
        assert_eq!(owner.list(&format!("?filter[userId]={}", other.id)).await.0, [""; 0]);
        assert_eq!(admin.list(&format!("?filter[userId]={}", other.id)).await.0.len(), 2);

        // R75: a disabled account is nobody from the next request on.
        let account = uuid::Uuid::parse_str(&owner.id).unwrap();
        assert!(node.app.core.disable_account(account, node.clock.now()).await.unwrap());
        assert_eq!(ask(&node, Some(&owner.token), &routes(id)[0]).await.0, 401);
    }
}

on_both_databases! {
    async fn an_api_key_and_a_cookie_open_them_too(house: House) {
        let admin = Person::admin(&house).await;
        let id = uuid::Uuid::parse_str(&admin.id).unwrap();
        let place = countersign::core::sessions::Place::default();
        let now = house.clock.now();
        let (key, _) = house.app.core.create_api_key(id, "ci", None, &place, now).await.unwrap();
        for (name, value) in [
            ("x-api-key", key.expose().to_owned()),
            ("authorization", format!("Bearer {}", key.expose())),
            ("cookie", format!("access_token={}", admin.token)),
        ] {
            let body = json!({ "name": name });
            let made = house.http.post(house.url(PATH)).header(name, value).json(&body);
            let made = answer(made.send().await.unwrap(), 201).await;
            assert_eq!(made["data"]["userId"], admin.id.as_str());
        }
        // A token of a relying party's opens nothing here (API.md §1).
        let form = [("grant_type", "client_credentials")];
        let tokens = answer(house.token(crate::house::WEB, &form).send().await.unwrap(), 200).await;
        let token = tokens["access_token"].as_str().unwrap();
        let refused = house.http.get(house.url(PATH)).bearer_auth(token).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
}

on_both_databases! {
    async fn peer_cve_2026_9796_3121_nobody_gives_an_application_more_than_they_have(house: House) {
        let node = with_roles(&house).await;
        let dev = Person::new(&node, "dev", &[DEVELOPER]).await;
        let made = dev.create(&json!({ "name": "One", "scope": "authentication:read api:read" })).await;
        assert_eq!(made["scope"], "authentication:read api:read");
        for scope in ["users:read", "api:read authentication:any", "*", "authentication:*", "users:*"] {
            let body = json!({ "name": "Two", "scope": scope });
            let error = dev.send(Method::POST, "", &body, 400).await;
            assert_eq!(fields(&error), ["scope"], "{scope}");
            let error = dev.send(Method::PUT, &path(&made["id"]), &json!({ "scope": scope }), 400).await;
            assert_eq!(fields(&error), ["scope"], "{scope}");
        }
        // And a token of one is nobody's here, whatever its scope.
        let client = (made["id"].as_str().unwrap(), made["clientSecret"].as_str().unwrap());
        let tokens = node.token(client, &[("grant_type", "client_credentials")]).send().await.unwrap();
        let tokens = answer(tokens, 200).await;
        assert_eq!(tokens["scope"], "authentication:read api:read");
        let refused = node.http.get(node.url(PATH)).bearer_auth(tokens["access_token"].as_str().unwrap());
        assert_eq!(refused.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
}

on_both_databases! {
    async fn what_was_done_by_whom_is_on_record_and_goes_with_the_owner(house: House) {
        let node = with_roles(&house).await;
        let dev = Person::new(&node, "dev", &[DEVELOPER]).await;
        let admin = Person::admin(&node).await;
        let one = dev.create(&json!({ "name": "One" })).await;
        dev.change(&one["id"], &json!({ "name": "Two" })).await;
        admin.change(&one["id"], &json!({ "isActive": false })).await;
        admin.change(&one["id"], &json!({ "isActive": true })).await;
        assert_eq!(dev.delete(&one["id"]).await, 204);
        let events = node.app.core.audit_events(0, None, 100).await.unwrap();
        let of_it = events.iter().rev().filter(|event| event.client_id.as_deref() == one["id"].as_str());
        let of_it: Vec<_> = of_it.map(|event| (event.event.as_str(), event.actor.clone())).collect();
        let (dev_actor, admin_actor) = (format!("account:{}", dev.id), format!("account:{}", admin.id));
        assert_eq!(of_it, [
            ("client.registered", dev_actor.clone()),
            ("client.changed", dev_actor.clone()),
            ("client.disabled", admin_actor.clone()),
            ("client.enabled", admin_actor),
            ("client.deleted", dev_actor),
        ]);

        let left = dev.create(&json!({ "name": "Left" })).await;
        let client = (left["id"].as_str().unwrap(), left["clientSecret"].as_str().unwrap());
        let form = [("grant_type", "client_credentials")];
        assert_eq!(node.token(client, &form).send().await.unwrap().status(), 200);
        let id = uuid::Uuid::parse_str(&dev.id).unwrap();
        assert!(node.app.core.delete_account(id, node.clock.now()).await.unwrap());
        assert_eq!(node.token(client, &form).send().await.unwrap().status(), 401);
        admin.get(&path(&left["id"]), 404).await;
        crate::follow::soon("the other node forgets it", async || {
            house.token(client, &form).send().await.unwrap().status() == 401
        }).await;
    }
}
