//! Many at once, each on its own.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEVELOPER, Person, fields, path, with_roles};
use crate::house::House;
use crate::on_both_databases;

on_both_databases! {
    async fn one_bad_item_does_not_stop_the_others(house: House) {
        let admin = Person::admin(&house).await;
        let items = json!([
            { "name": "Good" },
            { "name": "good" },
            {},
            "no object",
            { "name": "Bad", "redirectUris": ["javascript:alert(1)"] },
            { "name": "Also good", "redirectUris": ["https://a.example/cb"] },
            { "name": 5, "isActive": "yes" },
            null,
        ]);
        let answer = admin.send(Method::POST, "/bulk", &json!({ "items": items }), 201).await;
        let names: Vec<_> = answer["data"]["created"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
        assert_eq!(names, ["Good", "Also good"]);
        let failed = answer["data"]["failed"].as_array().unwrap();
        let expected = [
            (1, "You have another application with this name"),
            (2, "name: Name is required"),
            (3, "The body is not a JSON object that can be read"),
            (4, "redirectUris: javascript:alert(1): "),
            (6, "isActive: Expected true or false"),
            (7, "The body is not a JSON object that can be read"),
        ];
        assert_eq!(failed.len(), expected.len());
        for (failed, (at, error)) in failed.iter().zip(expected) {
            assert_eq!(failed["item"], items[at]);
            let told = failed["error"].as_str().unwrap();
            assert!(told.contains(error), "{told}");
        }
        let french = admin.ask(Method::POST, "/bulk").header("accept-language", "fr").json(&json!({ "items": [{}] }));
        let french: Value = french.send().await.unwrap().json().await.unwrap();
        assert_eq!(french["data"]["failed"][0]["error"], "name: Le nom est obligatoire");
        for created in answer["data"]["created"].as_array().unwrap() {
            assert_eq!(created["clientSecret"].as_str().unwrap().len(), 43);
        }
    }
}

on_both_databases! {
    async fn it_takes_one_to_a_hundred(house: House) {
        let admin = Person::admin(&house).await;
        let items = |many: usize| -> Value { (0..many).map(|n| json!({ "name": format!("N{n}") })).collect() };
        for items in [items(0), items(101), Value::Null, json!({}), json!("x")] {
            let error = admin.send(Method::POST, "/bulk", &json!({ "items": items }), 400).await;
            assert_eq!(fields(&error), ["items"]);
            let error = admin.send(Method::DELETE, "/bulk", &json!({ "ids": items }), 400).await;
            assert_eq!(fields(&error), ["ids"]);
        }
        let error = admin.send(Method::DELETE, "/bulk", &json!({ "ids": ["x", 5] }), 400).await;
        assert_eq!(fields(&error), ["ids"]);
        let made = admin.send(Method::POST, "/bulk", &json!({ "items": items(100) }), 201).await;
        let made = made["data"]["created"].as_array().unwrap();
        assert_eq!(made.len(), 100);
        assert_eq!(admin.list("").await.1["total"], 100);
        let ids: Vec<_> = made.iter().map(|item| item["id"].clone()).collect();
        let deleted = admin.send(Method::DELETE, "/bulk", &json!({ "ids": ids }), 200).await;
        assert_eq!(deleted["data"], json!({ "deleted": ids, "failed": [] }));
        assert_eq!(admin.list("").await.1["total"], 0);
    }
}

on_both_databases! {
    async fn peer_cve_2025_14777_64431_each_id_of_many_is_looked_at(house: House) {
        let node = with_roles(&house).await;
        let (one, other) = (Person::new(&node, "one", &[DEVELOPER]).await, Person::new(&node, "other", &[DEVELOPER]).await);
        let (mine, theirs) = (one.create(&json!({ "name": "Mine" })).await, other.create(&json!({ "name": "Theirs" })).await);
        let upper = mine["id"].as_str().unwrap().to_uppercase();
        let ids = json!([theirs["id"], "nonsense", mine["id"], mine["id"], "01890a5d-ac96-774b-bcce-b302099a8057", upper]);
        let answer = one.send(Method::DELETE, "/bulk", &json!({ "ids": ids }), 200).await;
        assert_eq!(answer["data"]["deleted"], json!([mine["id"]]));
        assert_eq!(answer["data"]["failed"], json!([theirs["id"], "nonsense", ids[4], ids[5]]));
        other.get(&path(&theirs["id"]), 200).await;
        // What is somebody else's cannot be made or taken over either.
        let items = json!({ "items": [{ "name": "x", "id": theirs["id"], "userId": other.id }] });
        let made = one.send(Method::POST, "/bulk", &items, 201).await;
        let made = &made["data"]["created"][0];
        assert_eq!(made["userId"], one.id.as_str());
        assert_ne!(made["id"], theirs["id"]);
    }
}
