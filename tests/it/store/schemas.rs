//! Every schema that there was becomes today's, with all that is in it.

use countersign::config::ClientMetadata;
use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement,
};

use super::tables;
use crate::browser::{Browser, query, request, request_with};
use crate::for_each_database;
use crate::house::{EMAIL, House, WEB, json, new_postgres_database};
use crate::oidc::code::redemption;

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.unwrap()
}

async fn texts(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    rows.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// A database with the schema of so many migrations, and in it all that the house's has and it can
/// hold.
async fn as_of(steps: u32, house: &House) -> String {
    let from = house.config.database.url.as_str();
    let is_sqlite = from.starts_with("sqlite:");
    let url = if is_sqlite {
        format!("sqlite://{}/{steps}.db", house.directory.path().display())
    } else {
        new_postgres_database().await
    };
    let (old, new) = (connect(&with_mode(&url)).await, connect(from).await);
    Migrator::up(&old, Some(steps)).await.unwrap();
    if is_sqlite {
        let attach = format!("ATTACH DATABASE '{}' AS new", from.trim_start_matches("sqlite://"));
        old.execute_unprepared(&attach).await.unwrap();
    }
    // What others refer to comes first; the texts that are searched are written by triggers.
    let mut names = tables(&old).await;
    names.retain(|name| !name.starts_with("client_t"));
    names.sort_by_key(|name| match name.as_str() {
        "accounts" => 0,
        "sessions" => 1,
        _ => 2,
    });
    for table in names {
        if is_sqlite {
            let columns = format!("SELECT name FROM pragma_table_info('{table}', 'main')");
            let columns = texts(&old, &columns).await.join(", ");
            let copy =
                format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}");
            old.execute_unprepared(&copy).await.unwrap();
            continue;
        }
        // Columns that the old table lacks are left out.
        let copy = format!(
            "INSERT INTO {table} SELECT * FROM json_populate_record(NULL::{table}, $1::json)"
        );
        for row in texts(&new, &format!("SELECT row_to_json(t)::text FROM {table} t")).await {
            let copy = Statement::from_sql_and_values(DbBackend::Postgres, &copy, [row.into()]);
            old.execute_raw(copy).await.unwrap();
        }
    }
    old.close().await.unwrap();
    new.close().await.unwrap();
    url
}

/// SQLite makes the file only where that is asked for.
fn with_mode(url: &str) -> String {
    if url.starts_with("sqlite:") { format!("{url}?mode=rwc") } else { url.to_owned() }
}

for_each_database! {
    async fn of_every_earlier_schema_all_that_was_in_it_is_good_today(db: Db) {
        let house = House::open(db).await;
        let browser = Browser::new(&house);
        let code = browser.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        let metadata = ClientMetadata {
            client_name: Some("Of old".to_owned()),
            grant_types: Some(vec!["client_credentials".to_owned()]),
            scope: Some("api".to_owned()),
            ..ClientMetadata::default()
        };
        let now = house.clock.now();
        let client = house.app.core.register_client(metadata, now).await.unwrap().unwrap();
        let (id, secret) = (client.client_id.as_str(), client.client_secret.unwrap());
        let kids = |house: &House| house.app.core.keys(now).into_iter().map(|key| key.kid).collect::<Vec<_>>();
        let sub = json(house.userinfo(access).await, 200).await["sub"].clone();
        let events = house.app.core.audit_events(0, None, 100).await.unwrap().len();

        let all = u32::try_from(Migrator::migrations().len()).unwrap();
        for steps in 1..all {
            let mut config = house.config.clone();
            config.database.url = as_of(steps, &house).await;
            let today = house.restart(&config).await;
            assert_eq!(kids(&today), kids(&house), "{steps}: the same keys, and they open");
            assert_eq!(json(today.userinfo(access).await, 200).await["sub"], sub, "{steps}");
            let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
            json(today.token(WEB, &form).send().await.unwrap(), 200).await;
            let own = today.token((id, secret.expose()), &[("grant_type", "client_credentials")]);
            json(own.send().await.unwrap(), 200).await;
            // The session, and the consent that was given in it.
            let mut authorize = today.url("/authorize");
            authorize.query_pairs_mut().extend_pairs(request_with("web", &[("prompt", "none")]));
            let answer = browser.http.get(authorize).send().await.unwrap();
            let answer = query(&answer.headers()["location"].to_str().unwrap().parse().unwrap());
            assert!(answer.contains_key("code"), "{steps}: {answer:?}");
            Browser::new(&today).sign_in(&today).await;
            let people = today.app.core.find_account(EMAIL).await.unwrap().unwrap();
            assert_eq!((people.username.as_deref(), people.email_verified), (Some("ada"), true), "{steps}");
            if steps >= 3 {
                let known = today.app.core.audit_events(0, None, 100).await.unwrap().len();
                assert!(known > events, "{steps}: {known} events");
            }
        }
    }
}
