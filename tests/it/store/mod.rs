//! The database: schema, durability, and what happens when two come at once.

mod schemas;
mod usernames;

use countersign::store::Store;
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};

use crate::house::{House, new_postgres_database};
use crate::on_both_databases;

/// Every table that there is, but for the one that says which migrations have run.
pub async fn tables(db: &DatabaseConnection) -> Vec<String> {
    let backend = db.get_database_backend();
    let list = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
    };
    let rows = db.query_all_raw(Statement::from_string(backend, list)).await.unwrap();
    let names = rows.iter().map(|row| row.try_get_by_index(0).unwrap());
    let mut names: Vec<String> = names.filter(|name| name != "seaql_migrations").collect();
    names.sort_unstable();
    names
}

/// How many rows each table of the first ones has.
pub async fn rows(house: &House) -> Vec<(String, i64)> {
    let first = ["accounts", "sessions", "grants", "consents", "clients", "signing_keys"];
    let mut counts = all_rows(house).await;
    counts.retain(|(table, _)| first.contains(&table.as_str()));
    counts
}

/// How many rows each table has.
pub async fn all_rows(house: &House) -> Vec<(String, i64)> {
    let mut options = sea_orm::ConnectOptions::new(&house.config.database.url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.unwrap();
    let mut counts = Vec::new();
    for table in tables(&db).await {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let row = db.query_one_raw(statement).await.unwrap().unwrap();
        counts.push((table, row.try_get::<i64>("", "n").unwrap()));
    }
    db.close().await.unwrap();
    counts
}

/// Runs a statement that no page has.
pub async fn execute(house: &House, sql: &str) {
    let mut options = sea_orm::ConnectOptions::new(&house.config.database.url);
    options.max_connections(1).sqlx_logging(false);
    let db = sea_orm::Database::connect(options).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_nodes_that_start_at_once_on_an_empty_database_all_come_up() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}/deep/er/c.db", directory.path().display());
    for url in [sqlite, new_postgres_database().await] {
        let keys = directory.path().join(if url.starts_with("sqlite") { "a" } else { "b" });
        let starts = (0..8).map(|_| {
            let mut config = countersign::config::Config::from_toml("").unwrap();
            config.database.url.clone_from(&url);
            config.keys.directory.clone_from(&keys);
            async move {
                let clock = countersign::core::Clock::default();
                countersign::core::Core::start(&config, Vec::new(), clock).await
            }
        });
        let mut published = Vec::new();
        for core in join_all(starts).await {
            let core = core.unwrap_or_else(|error| panic!("{url}: {error}"));
            published.push(core.jwks(core.clock().now()));
        }
        published.dedup();
        assert_eq!(published.len(), 1, "all have the same keys");
    }
}

on_both_databases! {
    async fn a_migrated_database_has_nothing_left_to_migrate(house: House) {
        let store = Store::open(&house.config.database.url).await.unwrap();
        assert!(!store.has_pending_migrations().await.unwrap());
        store.migrate().await.unwrap();
    }
}

on_both_databases! {
    async fn a_transaction_that_fails_leaves_nothing_and_harms_nobody_beside_it(house: House) {
        use countersign::store::{DbErr, revisions};
        let store = Store::open(&house.config.database.url).await.unwrap();
        let attempts = (0..40).map(|n| {
            let store = &store;
            async move {
                let outcome: Result<(), DbErr> = store.transaction(move |tx| Box::pin(async move {
                    revisions::bump(tx, "test").await?;
                    if n % 2 == 0 { Err(DbErr::Custom("no".to_owned())) } else { Ok(()) }
                })).await;
                assert_eq!(outcome.is_err(), n % 2 == 0);
            }
        });
        join_all(attempts).await;
        let all = revisions::all(store.read()).await.unwrap();
        assert_eq!(all.iter().find(|row| row.name == "test").unwrap().value, 20);
    }
}

on_both_databases! {
    async fn a_statement_that_fails_takes_nothing_of_others_back(house: House) {
        use countersign::store::{is_taken, revisions};
        let open = async || Store::open(&house.config.database.url).await.unwrap();
        let nodes = [open().await, open().await];
        let insert = async |store: &Store, jti: String| {
            let sql = format!("INSERT INTO revoked_tokens (jti, expires_at) VALUES ('{jti}', 1)");
            let statement = Statement::from_string(store.read().get_database_backend(), sql);
            store.write().execute_raw(statement).await
        };
        // By itself, and then there is nobody's work beside it.
        for turn in 0..3 {
            let outcome = insert(&nodes[0], "same".to_owned()).await;
            assert_eq!(outcome.is_ok(), turn == 0);
            assert!(outcome.err().is_none_or(|error| is_taken(&error)));
        }
        // Among others, of another node's, too.
        let works = (0..120).map(|n: usize| {
            let store = &nodes[n % 2];
            async move {
                match n % 6 {
                    0 | 1 => assert!(is_taken(&insert(store, "same".to_owned()).await.unwrap_err())),
                    2 | 3 => assert!(insert(store, format!("own-{n}")).await.is_ok()),
                    _ => {
                        let bump = store.transaction(|tx| Box::pin(revisions::bump(tx, "test")));
                        assert!(bump.await.is_ok());
                    }
                }
            }
        });
        join_all(works).await;
        let kept = all_rows(&house).await;
        assert_eq!(kept.iter().find(|(table, _)| table == "revoked_tokens").unwrap().1, 41);
        let all = revisions::all(nodes[0].read()).await.unwrap();
        assert_eq!(all.iter().find(|row| row.name == "test").unwrap().value, 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_what_it_acknowledged_and_checks_foreign_keys() {
    let house = House::open(crate::house::Db::Sqlite).await;
    let store = Store::open(&house.config.database.url).await.unwrap();
    for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let statement = Statement::from_string(
            DbBackend::Sqlite,
            format!("SELECT CAST({pragma} AS TEXT) AS v FROM pragma_{pragma}"),
        );
        let row = store.write().query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(row.try_get::<String>("", "v").unwrap(), value, "{pragma}");
    }
    let write = Statement::from_string(DbBackend::Sqlite, "DELETE FROM accounts");
    assert!(store.read().execute_raw(write).await.is_err(), "readers cannot write");
}

mod kek {
    use std::os::unix::fs::PermissionsExt as _;

    use countersign::config::Config;
    use countersign::core::{Clock, Core};

    async fn start(directory: &std::path::Path) -> Result<(), String> {
        let mut config = Config::from_toml("").unwrap();
        config.database.url = format!("sqlite://{}/c.db", directory.display());
        config.keys.directory = directory.join("keys");
        Core::start(&config, Vec::new(), Clock::default())
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_is_made_for_its_owner_alone_and_never_replaced_in_silence() {
        let directory = tempfile::tempdir().unwrap();
        start(directory.path()).await.unwrap();
        let file = directory.path().join("keys/key-encryption-key");
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        let refused = start(directory.path()).await.unwrap_err();
        assert!(
            refused.contains("others can read it") && refused.contains("chmod 600"),
            "{refused}"
        );

        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let key = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        let refused = start(directory.path()).await.unwrap_err();
        assert!(refused.contains("missing") && refused.contains("backup"), "{refused}");
        assert!(!file.exists());

        std::fs::write(&file, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let refused = start(directory.path()).await.unwrap_err();
        assert!(refused.contains("another key-encryption key"), "{refused}");

        std::fs::write(&file, key).unwrap();
        start(directory.path()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r88_without_the_database_the_answer_is_503_and_the_keys_are_still_served() {
    let house = House::open(crate::house::Db::Postgres).await;
    let own = house.http.clone();
    let browser = crate::browser::Browser::new(&house);
    browser.sign_in(&house).await;
    let code = browser.code(&crate::browser::request("web")).await;
    let form = crate::oidc::code::redemption(&code);
    let tokens = house.token(crate::house::WEB, &form).send().await.unwrap();
    let tokens = crate::house::json(tokens, 200).await;

    let name = house.config.database.url.rsplit('/').next().unwrap().to_owned();
    let server = crate::house::env("COUNTERSIGN_TEST_POSTGRES");
    let admin = sea_orm::Database::connect(sea_orm::ConnectOptions::new(server)).await.unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();

    let refused = house.userinfo(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(refused.headers()["retry-after"], "2");
    assert_eq!(crate::house::json(refused, 503).await["error"], "temporarily_unavailable");
    let page = browser.page(house.url("/")).await;
    assert_eq!(page.status, 503);
    assert!(page.html.contains("req_"), "the page shows the request id");
    for path in ["/jwks", "/.well-known/openid-configuration"] {
        assert_eq!(own.get(house.url(path)).send().await.unwrap().status(), 200, "{path}");
    }
}
