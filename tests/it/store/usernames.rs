//! Usernames that differ in case alone, from before they were one.

use countersign::store::{Store, accounts};
use migrations::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, Database, Statement};

use crate::house::new_postgres_database;

/// The schema as it was when each case was a username of its own.
const BEFORE: u32 = 6;
const INSERT: &str = "INSERT INTO accounts (id, email, email_key, email_verified, username, claims, roles, \
                      created_at, updated_at) VALUES ($1, $2, $3, FALSE, $4, '{}', '[]', 0, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn of_two_names_that_become_one_the_older_account_keeps_it_and_nobody_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}/c.db?mode=rwc", directory.path().display());
    for url in [sqlite, new_postgres_database().await] {
        let db = Database::connect(&url).await.unwrap();
        Migrator::up(&db, Some(BEFORE)).await.unwrap();
        let long = "A".repeat(30);
        let small = long.to_lowercase();
        let names = ["ada", "Ada", "ADA", "bob", long.as_str(), small.as_str()];
        for (n, name) in (1..).zip(names) {
            let id = uuid::Uuid::from_u128(n << 100 | n);
            let email = format!("{n}@example.com");
            let values = [id.into(), email.clone().into(), email.into(), name.into()];
            let backend = db.get_database_backend();
            db.execute_raw(Statement::from_sql_and_values(backend, INSERT, values)).await.unwrap();
        }
        db.close().await.unwrap();

        let store = Store::open(url.trim_end_matches("?mode=rwc")).await.unwrap();
        store.migrate().await.unwrap();
        let all = accounts::all(store.read()).await.unwrap();
        let names: Vec<_> = all.iter().filter_map(|account| account.username.as_deref()).collect();
        let cut = format!("{}_00000006", "a".repeat(21));
        assert_eq!(
            names,
            ["ada", "Ada_00000002", "ADA_00000003", "bob", long.as_str(), cut.as_str()]
        );
        for (name, email) in [("ADA", "1@example.com"), ("Bob", "4@example.com")] {
            let found = accounts::by_username(store.read(), name).await.unwrap().unwrap();
            assert_eq!(found.email, email);
        }
        let taken = "UPDATE accounts SET username = 'BOB' WHERE username = 'ada'";
        let error = store.write().execute_unprepared(taken).await.unwrap_err();
        assert!(countersign::store::is_taken(&error), "{error}");
    }
}
