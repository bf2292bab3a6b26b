//! What every route answers, and every error.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use super::{PATH, Person, fields, path};
use crate::house::{House, json as answer};
use crate::on_both_databases;

/// Checks what is different each time, and takes it out.
fn redacted(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                let text = value.as_str().unwrap_or_default();
                match name.as_str() {
                    "id" | "clientId" | "userId" if value.is_string() => {
                        assert_eq!(uuid::Uuid::parse_str(text).unwrap().get_version_num(), 7);
                        *value = "[uuid]".into();
                    }
                    "createdAt" | "updatedAt" => {
                        assert!(text.len() == 24 && text.ends_with('Z'), "{text}");
                        *value = "[time]".into();
                    }
                    "clientSecret" => {
                        assert_eq!(text.len(), 43);
                        *value = "[secret]".into();
                    }
                    _ => *value = redacted(value.take()),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = redacted(value.take());
            }
        }
        _ => {}
    }
    value
}

on_both_databases! {
    async fn every_route_answers_as_documented(house: House) {
        let admin = Person::admin(&house).await;
        let new = json!({ "name": "New Feature", "description": "Feature description", "isActive": true });
        let made = admin.send(Method::POST, "", &new, 201).await;
        insta::assert_json_snapshot!("created", redacted(made.clone()));
        let id = path(&made["data"]["id"]);
        assert_eq!(made["data"]["id"], made["data"]["clientId"]);
        assert_eq!(made["data"]["userId"], admin.id.as_str());
        let read = admin.get(&id, 200).await;
        insta::assert_json_snapshot!("read", redacted(read.clone()));
        assert_eq!(read["data"].get("clientSecret"), None, "shown once");
        let more = json!({ "redirectUris": ["https://app.example/cb"], "logoUri": "https://app.example/l.png" });
        let changed = admin.send(Method::PUT, &id, &more, 200).await;
        insta::assert_json_snapshot!("changed", redacted(changed));
        insta::assert_json_snapshot!("list", redacted(admin.get("?limit=1", 200).await));
        let items = json!({ "items": [{ "name": "Second" }, { "name": "" }] });
        let bulk = admin.send(Method::POST, "/bulk", &items, 201).await;
        insta::assert_json_snapshot!("bulk_created", redacted(bulk.clone()));
        let ids = json!({ "ids": [bulk["data"]["created"][0]["id"], "nonsense"] });
        let deleted = admin.send(Method::DELETE, "/bulk", &ids, 200).await;
        let second = bulk["data"]["created"][0]["id"].clone();
        assert_eq!(deleted, json!({ "success": true, "data": { "deleted": [second], "failed": ["nonsense"] } }));
        let gone = admin.ask(Method::DELETE, &id).send().await.unwrap();
        assert_eq!((gone.status().as_u16(), gone.headers().get("content-type")), (204, None));
        assert_eq!(gone.text().await.unwrap(), "");
        admin.get(&id, 404).await;
    }
}

on_both_databases! {
    async fn every_documented_error(house: House) {
        let admin = Person::admin(&house).await;
        let nobody = Person::new(&house, "nobody", &[]).await;
        let id = admin.create(&json!({ "name": "One" })).await["id"].clone();
        let mut told = String::new();
        let url = house.url(PATH);
        let mut tell = async |what: &str, request: reqwest::RequestBuilder| {
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let allow = response.headers().get("allow").map(|allow| allow.to_str().unwrap().to_owned());
            assert_eq!(response.headers()["content-type"], "application/json", "{what}");
            let body: Value = response.json().await.unwrap();
            writeln!(told, "{what}: {status} {}", serde_json::to_string(&body).unwrap()).unwrap();
            if let Some(allow) = allow {
                writeln!(told, "  allow: {allow}").unwrap();
            }
        };
        let post = |body: Value| admin.ask(Method::POST, "").json(&body);
        tell("nobody", house.http.get(url.clone())).await;
        tell("a token of nobody", house.http.get(url.clone()).bearer_auth("nonsense")).await;
        tell("without the permission", nobody.ask(Method::GET, "")).await;
        tell("nothing in it", post(json!({}))).await;
        let wrong = json!({ "name": 5, "description": [], "isActive": "yes" });
        tell("wrong types", post(wrong)).await;
        tell("a long name", post(json!({ "name": "n".repeat(256) }))).await;
        tell("two lines", post(json!({ "name": "a\nb" }))).await;
        tell("a metadata type", post(json!({ "name": "a", "redirectUris": "x" }))).await;
        tell("a redirect URI", post(json!({ "name": "a", "redirectUris": ["http://app.example/cb"] }))).await;
        tell("a method", post(json!({ "name": "a", "tokenEndpointAuthMethod": "magic" }))).await;
        tell("a name that is there", post(json!({ "name": "ONE" }))).await;
        tell("an unknown id", admin.ask(Method::GET, "/01890a5d-ac96-774b-bcce-b302099a8057")).await;
        tell("an id that is none", admin.ask(Method::GET, "/nonsense")).await;
        tell("a page", admin.ask(Method::GET, "?page=0&limit=101&sortBy=secret&sortOrder=up&filter[secretDigest]=a")).await;
        tell("an unknown path", admin.ask(Method::GET, "/a/b")).await;
        tell("a method that is not there", admin.ask(Method::PATCH, "")).await;
        tell("another media type", admin.ask(Method::POST, "").body("name=a").header("content-type", "text/plain")).await;
        let raw = |body: String| admin.ask(Method::POST, "").header("content-type", "application/json").body(body);
        tell("no JSON", raw("{".to_owned())).await;
        tell("a member twice", raw(r#"{"name":"a","name":"b"}"#.to_owned())).await;
        tell("too large", raw(format!("{{\"name\":\"{}\"}}", "n".repeat(1024 * 1024)))).await;
        tell("a bulk of none", admin.ask(Method::POST, "/bulk").json(&json!({ "items": [] }))).await;
        tell("an export of no kind", admin.ask(Method::GET, "/export?format=pdf")).await;
        tell("in French", post(json!({})).header("accept-language", "fr")).await;
        for redirect_uris in [json!(["http://app.example/cb"]), json!("x"), json!([])] {
            let body = json!({ "name": "a", "redirectUris": redirect_uris, "tokenEndpointAuthMethod": "none" });
            tell("metadata, in French", post(body).header("accept-language", "fr")).await;
        }
        let key = house.http.get(url.clone()).bearer_auth(&admin.token).header("x-api-key", "pk_nonsense");
        tell("a bad key beside a good token", key).await;
        insta::assert_snapshot!("errors", told);
        let head = admin.ask(Method::HEAD, &path(&id)).send().await.unwrap();
        assert_eq!(head.status(), 200);
    }
}

on_both_databases! {
    async fn r24_r48_r52_r76_what_is_not_the_callers_to_say_is_not_heard(house: House) {
        let admin = Person::admin(&house).await;
        let body = json!({
            "name": "Mine", "userId": "01890a5d-ac96-774b-bcce-b302099a8057", "id": "x", "clientId": "x",
            "createdAt": "2000-01-01T00:00:00.000Z", "clientSecret": "mine", "skipConsent": true,
            "resources": ["https://api.example"], "rotateRefreshTokens": false,
            "selfRegistered": false, "owner_id": "x", "registration_client_uri": 5,
            "redirectUris": ["https://app.example/cb"],
        });
        let made = admin.create(&body).await;
        assert_eq!(made["userId"], admin.id.as_str());
        assert_ne!(made["clientSecret"], "mine");
        for privilege in ["skipConsent", "resources", "rotateRefreshTokens"] {
            assert_eq!(made.get(privilege), None, "{privilege}");
        }
        let changed = admin.change(&made["id"], &body).await;
        assert_eq!((&changed["userId"], &changed["createdAt"]), (&made["userId"], &made["createdAt"]));
        let client = house.app.core.client(made["id"].as_str().unwrap()).unwrap();
        assert!(!client.skips_consent && client.resources.is_empty() && client.rotates && client.requires_pkce);
        assert!(!client.has_secret(&countersign::core::Secret::new("mine")));

        // Of those of the command line, what an operator trusts more than others stays the operator's.
        let metadata = countersign::config::ClientMetadata {
            redirect_uris: vec!["https://own.example/cb".to_owned()],
            skip_consent: Some(true),
            ..Default::default()
        };
        let own = house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
        let theirs = format!("/{}", own.client_id);
        let evil = json!({ "redirectUris": ["https://evil.example/cb"] });
        let refused = admin.send(Method::PUT, &theirs, &evil, 403).await;
        assert_eq!(refused["error"]["code"], "FORBIDDEN");
        let off = admin.send(Method::PUT, &theirs, &json!({ "isActive": false }), 200).await;
        assert_eq!((&off["data"]["isActive"], &off["data"]["userId"]), (&json!(false), &Value::Null));
        assert_eq!(house.app.core.client(&own.client_id).map(|client| client.id.clone()), None);
    }
}

on_both_databases! {
    async fn rfc7591_2_the_metadata_comes_in_and_goes_out_in_camel_case(house: House) {
        let admin = Person::admin(&house).await;
        let said = json!({
            "redirectUris": ["https://app.example/cb"], "postLogoutRedirectUris": ["https://app.example/bye"],
            "tokenEndpointAuthMethod": "private_key_jwt", "jwksUri": "https://app.example/jwks",
            "grantTypes": ["authorization_code"], "logoUri": "https://app.example/l.png",
            "policyUri#fr": "https://app.example/fr", "clientUri": "https://app.example",
            "contacts": ["ops@app.example"], "requirePkce": false, "defaultMaxAge": 60, "scope": "openid api:read",
        });
        let mut body = said.clone();
        body["name"] = "Whole".into();
        let made = admin.create(&body).await;
        for (name, value) in said.as_object().unwrap() {
            assert_eq!(&made[name], value, "{name}");
        }
        assert_eq!(made.get("clientSecret"), None, "it has a key");

        // One member is changed, the others stay; null takes it back; a secret that is needed is made.
        let id = &made["id"];
        let changed = admin.change(id, &json!({ "defaultMaxAge": null, "requirePkce": null })).await;
        assert_eq!(changed.get("defaultMaxAge"), None);
        assert_eq!(changed["requirePkce"], true, "R7: on unless it is said");
        assert_eq!(changed["contacts"], said["contacts"]);
        let secret = json!({ "tokenEndpointAuthMethod": "client_secret_post", "jwksUri": null });
        let changed = admin.change(id, &secret).await;
        assert_eq!(changed["clientSecret"].as_str().unwrap().len(), 43);
        assert_eq!(admin.change(id, &json!({ "name": "Other" })).await.get("clientSecret"), None);
        let client = house.app.core.client(id.as_str().unwrap()).unwrap();
        let secret = countersign::core::Secret::new(changed["clientSecret"].as_str().unwrap());
        assert!(client.has_secret(&secret) && client.name == "Other", "and it stays");

        // What follows from the redirect URIs follows them.
        let machine = admin.create(&json!({ "name": "Machine" })).await;
        assert_eq!(machine["grantTypes"], json!(["client_credentials"]));
        let uris = json!({ "redirectUris": ["http://127.0.0.1:9/cb"] });
        let both = admin.change(&machine["id"], &uris).await;
        let all = json!(["authorization_code", "refresh_token", "client_credentials"]);
        assert_eq!((&both["grantTypes"], &both["responseTypes"]), (&all, &json!(["code"])));
        let none = admin.change(&machine["id"], &json!({ "redirectUris": [] })).await;
        assert_eq!((&none["grantTypes"], &none["responseTypes"]), (&machine["grantTypes"], &json!([])));
        let public = json!({ "tokenEndpointAuthMethod": "none", "redirectUris": ["https://a.example/"] });
        let public = admin.change(&machine["id"], &public).await;
        assert_eq!(public["grantTypes"], json!(["authorization_code", "refresh_token"]));
        let nowhere = json!({ "name": "x", "tokenEndpointAuthMethod": "none" });
        let error = admin.send(Method::POST, "", &nowhere, 400).await;
        assert_eq!(fields(&error), ["redirectUris"]);

        // R2: whatever a redirect URI must not be, it must not be here.
        for uri in ["javascript:alert(1)", "https://a.example/#f", "https://u@a.example/", "https://*.example/",
            "https://a.example/..", "http://a.example/", "https://a.example/?code=1"] {
            let body = json!({ "name": "Bad", "redirectUris": [uri] });
            assert_eq!(fields(&admin.send(Method::POST, "", &body, 400).await), ["redirectUris"], "{uri}");
            let put = json!({ "redirectUris": [uri] });
            assert_eq!(fields(&admin.send(Method::PUT, &path(id), &put, 400).await), ["redirectUris"], "{uri}");
        }
        let twice = json!({ "redirectUris": [], "redirect_uris": [] });
        assert_eq!(admin.send(Method::PUT, &path(id), &twice, 400).await["error"]["code"], "VALIDATION_ERROR");
    }
}

on_both_databases! {
    async fn r29_another_site_changes_nothing_with_a_browsers_cookie(house: House) {
        let admin = Person::admin(&house).await;
        let cookie = format!("access_token={}", admin.token);
        let ask = async |origin: &str| {
            let request = house.http.post(house.url(PATH)).header("cookie", &cookie);
            let request = request.header("origin", origin).json(&json!({ "name": origin }));
            request.send().await.unwrap()
        };
        let refused = answer(ask("https://evil.example").await, 403).await;
        assert_eq!(refused["error"]["code"], "FORBIDDEN");
        assert_eq!(ask("null").await.status(), 403);
        assert_eq!(ask(&house.config.server.public_url).await.status(), 201);
    }
}
