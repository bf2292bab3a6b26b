//! What is ours to answer for, in each dialect's shape.

use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::{post, shaped, told};
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

on_both_databases! {
    async fn what_fails_on_our_side_is_told_in_every_dialects_shape_and_not_why(house: House) {
        let key = house.ada_key().await;
        // A row that nobody can read, as no release of ours has ever written one.
        let db = sea_orm::Database::connect(&house.config.database.url).await.unwrap();
        db.execute_unprepared("UPDATE accounts SET claims = 'unreadable-row'").await.unwrap();
        db.close().await.unwrap();
        let login = json!({ "email": EMAIL, "identifier": EMAIL, "password": PASSWORD });
        let mut all = Vec::new();
        for (dialect, by_key, by_password) in [
            ("better_auth", "/api/auth/get-session", Some("/api/auth/sign-in/email")),
            ("better_auth under /v1", "/v1/users", None),
            ("bearer", "/auth/session", Some("/auth/sign-in")),
            ("applications", "/api/authentication", None),
            ("cookie_pair", "/api/auth/profile", Some("/api/auth/login")),
            ("token_pair", "/api/v1/auth/me", Some("/api/v1/auth/login")),
        ] {
            let answer = house.http.get(house.url(by_key)).header("x-api-key", &key).send().await.unwrap();
            assert_eq!(answer.headers()["cache-control"], "no-store", "{dialect}");
            let body = shaped(crate::house::json(answer, 500).await);
            assert!(!body.to_string().contains("unreadable-row"), "{body}");
            if let Some(path) = by_password {
                let (status, again) = told(post(&house, path, &login)).await;
                assert_eq!((status, shaped(again)), (500, body.clone()), "{path}");
            }
            all.push(json!([dialect, body]));
        }
        insta::assert_json_snapshot!("faults", all);
    }
}
