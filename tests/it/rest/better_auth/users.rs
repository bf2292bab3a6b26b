//! `GET /v1/users`.

use serde_json::{Value, json};

use super::{Guest, refusal, told};
use crate::house::{EMAIL, House, PASSWORD, json as read};
use crate::on_both_databases;

async fn emails(guest: &Guest<'_>, query: &str) -> Vec<String> {
    let told = read(guest.get(&format!("/v1/users?{query}")).await, 200).await;
    let items = told["data"]["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["email"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn a_list_is_paged_sorted_and_filtered(house: House) {
        house.add_admin("root@example.com").await;
        let root = Guest::new(&house);
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        for n in [3, 1, 2] {
            house.clock.advance(1000);
            Guest::newcomer(&house, &format!("n{n}@example.com")).await;
        }
        let by_age = ["n2@example.com", "n1@example.com", "n3@example.com", "root@example.com", EMAIL];
        assert_eq!(emails(&root, "").await, by_age, "the newest first");
        for sort in ["createdAt", "created_at"] {
            let oldest = emails(&root, &format!("sort={sort}&order=asc")).await;
            assert!(oldest.iter().rev().eq(by_age.iter()), "{oldest:?}");
        }
        assert_eq!(emails(&root, "sort=email&order=asc&limit=2&offset=1").await, ["n1@example.com", "n2@example.com"]);
        let page = read(root.get("/v1/users?limit=2&offset=4").await, 200).await["data"].clone();
        assert_eq!(page["pagination"], json!({ "limit": 2, "offset": 4, "total": 5 }));
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert!(emails(&root, "offset=4294967295").await.is_empty());
        assert_eq!(read(root.get("/v1/users").await, 200).await["data"]["pagination"]["limit"], 50);

        assert_eq!(emails(&root, "email=%20N1%40example.COM").await, ["n1@example.com"]);
        assert!(emails(&root, "email=n1").await.is_empty(), "all of it, or nobody's");
        for username in ["ada", "ADA", "%20Ada%20"] {
            assert_eq!(emails(&root, &format!("username={username}")).await, [EMAIL], "one in any case");
        }
        for nobodys in ["username=%00", "username=ada%00", "username=a%25", "email=%00", "email=%00%40example.com"] {
            assert!(emails(&root, nobodys).await.is_empty(), "{nobodys}");
        }
        assert_eq!(refusal(root.get("/v1/users?id=%00").await).await, told(400, "VALIDATION_ERROR"));
        assert_eq!(refusal(root.get("/v1/users?sort=%00&order=%00").await).await, told(400, "VALIDATION_ERROR"));
        assert_eq!(emails(&root, "emailVerified=true&sort=email&order=asc").await, [EMAIL, "root@example.com"]);
        assert_eq!(emails(&root, "email_verified=false").await.len(), 3);
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        assert_eq!(emails(&root, &format!("id={}", ada.id)).await, [EMAIL]);
        house.app.core.disable_account(ada.id, house.clock.now()).await.unwrap();
        let disabled = read(root.get("/v1/users?isActive=false").await, 200).await["data"].clone();
        assert_eq!((&disabled["items"][0]["email"], &disabled["items"][0]["isActive"], &disabled["pagination"]["total"]), (&json!(EMAIL), &json!(false), &json!(1)));

        // A name for the password's hash is no filter, and the list shows none (ASVS 8.2.3).
        let told = root.get("/v1/users").await.text().await.unwrap();
        for secret in ["argon2", "password", "hash", "email_key"] {
            assert!(!told.contains(secret), "{secret}");
        }
    }
}

on_both_databases! {
    async fn asvs_8_2_1_the_list_is_for_who_may_read_it_and_only_as_long_as_that(house: House) {
        let id = house.add_admin("root@example.com").await;
        let root = Guest::new(&house);
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        assert_eq!(root.get("/v1/users").await.status(), 200);
        assert_eq!(refusal(Guest::ada(&house).await.get("/v1/users").await).await, told(403, "FORBIDDEN"));
        let by_key = house.http.get(house.url("/v1/users")).header("x-api-key", house.ada_key().await);
        assert_eq!(refusal(by_key.send().await.unwrap()).await, told(403, "FORBIDDEN"));
        house.app.core.disable_account(id, house.clock.now()).await.unwrap();
        assert_eq!(refusal(root.get("/v1/users").await).await, told(401, "UNAUTHORIZED"));
        // An address that waits for its proof is nobody's to find.
        house.app.core.enable_account(id, house.clock.now()).await.unwrap();
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        let ada = Guest::ada(&house).await;
        ada.good("/change-email", json!({ "newEmail": "wanted@example.com" })).await;
        assert_eq!(emails(&root, "email=wanted%40example.com").await, Vec::<String>::new());
        let told = read(root.get("/v1/users?username=ada").await, 200).await;
        let ada = &told["data"]["items"][0];
        assert_eq!((&ada["email"], &ada["emailVerified"]), (&json!(EMAIL), &Value::Bool(true)));
    }
}
