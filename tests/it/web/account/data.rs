//! A copy of all that is held of a person.

use std::fmt::Write as _;

use sea_orm::ConnectionTrait as _;
use serde_json::Value;

use super::{ada, grace, press};
use crate::browser::request_with;
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

on_both_databases! {
    async fn gdpr_15_20_the_copy_holds_everything_and_no_secret(house: House) {
        let browser = ada(&house).await;
        grace(&house).await;
        let code = browser.code(&request_with("web", &[("scope", "openid profile offline_access")])).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let keys = browser.page(house.url("/account/keys")).await;
        let key = press(&browser, &keys, "make", &[("name", "build server")]).await.text("#new-key").unwrap();
        crate::store::execute(&house, &format!("UPDATE accounts SET roles = '[\"admin\"]' WHERE email = '{EMAIL}'")).await;
        let made = serde_json::json!({ "name": "My app", "redirectUris": ["https://app.example/callback"] });
        let made = house.http.post(house.url("/api/authentication")).header("x-api-key", &key).json(&made);
        let made = json(made.send().await.unwrap(), 201).await["data"].clone();
        let page = browser.page(house.url("/account/data")).await;
        let form = [("csrf", page.value("input[name=csrf]").unwrap())];
        let answer = browser.http.post(house.url("/account/data")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), "application/json");
        assert_eq!(header("content-disposition"), "attachment; filename=\"account.json\"");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-content-type-options"), "nosniff");
        let text = answer.text().await.unwrap();
        let data: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(data["account"]["email"], EMAIL);
        assert_eq!(data["account"]["username"], "ada");
        assert_eq!(data["claims"]["birthdate"], "1815-12-10");
        assert_eq!(data["sessions"][0]["device"], "Firefox on Linux");
        assert_eq!(data["sessions"][0]["is_this_one"], true);
        assert_eq!(data["apps"][0]["name"], "Acme");
        assert_eq!(data["apps"][0]["scope"], serde_json::json!(["openid", "profile", "offline_access"]));
        assert_eq!(data["api_keys"][0]["name"], "build server");
        assert_eq!(data["applications"][0]["name"], "My app", "{made}");
        assert_eq!(data["known_devices"].as_array().unwrap().len(), 1);
        let events: Vec<_> = data["events"].as_array().unwrap().iter().map(|it| it["event"].as_str().unwrap()).collect();
        assert_eq!(events.first(), Some(&"data.exported"), "the download itself");
        assert_eq!(events.last(), Some(&"account.created"));
        assert!(!text.contains("grace"), "nobody else's");
        // Neither a secret nor what is stored in its place, in any spelling.
        let mut secrets = vec![PASSWORD.to_owned(), key, code, "argon2".to_owned(), "digest".to_owned(), "hash".to_owned()];
        secrets.extend(["access_token", "refresh_token", "id_token"].map(|name| tokens[name].as_str().unwrap().to_owned()));
        secrets.push(made["clientSecret"].as_str().unwrap().to_owned());
        for (table, column) in [("sessions", "token_digest"), ("api_keys", "digest"), ("grants", "code_digest"),
            ("devices", "digest"), ("clients", "secret_digest")] {
            let all = bytes(&house, table, column).await;
            assert!(!all.is_empty(), "{table}");
            for digest in all {
                secrets.extend(spellings(&digest));
            }
        }
        for secret in secrets {
            assert!(!text.contains(&secret), "{secret}");
        }
    }
}

async fn bytes(house: &House, table: &str, column: &str) -> Vec<Vec<u8>> {
    let mut options = sea_orm::ConnectOptions::new(&house.config.database.url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.unwrap();
    let sql = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

fn spellings(bytes: &[u8]) -> [String; 3] {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    [hex, STANDARD_NO_PAD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)]
}
