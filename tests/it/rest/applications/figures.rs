//! A hundred thousand applications: what a list, a search and an export of them cost.

use std::collections::HashMap;

use countersign::store::applications::{Narrow, Sort, Window, counting, paging};
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};
use serde_json::json;
use uuid::Uuid;

use super::Person;
use crate::follow::soon;
use crate::house::House;
use crate::on_both_databases;
use crate::operations::node::Node;

const MANY: u32 = 100_000;
/// All of them are one person's.
const METADATA: &str = r#"{"client_name":"App","redirect_uris":["https://app.example/callback"],"grant_types":["authorization_code","refresh_token","client_credentials"],"response_types":["code"],"token_endpoint_auth_method":"client_secret_basic","require_pkce":true}"#;

/// Adds them, as SQL alone can in a moment.
async fn fill(db: &DatabaseConnection, owner: Uuid) {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => format!(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) \
             INSERT INTO clients (client_id, secret_digest, metadata, created_at, updated_at, owner_id, name, name_key, search) \
             SELECT printf('00000000-0000-7000-8000-%012x', i), randomblob(32), '{METADATA}', 1700000000000 + i, \
             1800000000000 - i * 7919 % {MANY}, $1, 'App ' || i, 'app ' || i, 'app ' || i || char(10) || 'number ' || (i * 7919) FROM n"
        ),
        _ => format!(
            "INSERT INTO clients (client_id, secret_digest, metadata, created_at, updated_at, owner_id, name, name_key, search) \
             SELECT '00000000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'), decode(repeat('00', 32), 'hex'), '{METADATA}', \
             1700000000000 + i, 1800000000000 - i * 7919 % {MANY}, $1, 'App ' || i, 'app ' || i, \
             'app ' || i || chr(10) || 'number ' || (i * 7919) FROM generate_series(1, {MANY}::bigint) AS i"
        ),
    };
    let fill = Statement::from_sql_and_values(db.get_database_backend(), sql, [owner.into()]);
    db.execute_raw(fill).await.unwrap();
    if db.get_database_backend() == DbBackend::Sqlite {
        db.execute_unprepared("ANALYZE").await.unwrap();
        return;
    }
    // What PostgreSQL does by itself after a while, as soon as nobody looks at what was before.
    soon("the rows are known to be visible", async || {
        db.execute_unprepared("VACUUM ANALYZE clients").await.unwrap();
        let sql = "SELECT relpages > 0 AND relallvisible >= relpages FROM pg_class WHERE relname = 'clients'";
        let look = Statement::from_string(DbBackend::Postgres, sql);
        let row = db.query_one_raw(look).await.unwrap().unwrap();
        row.try_get_by_index::<bool>(0).unwrap()
    })
    .await;
}

/// How the database does it.
async fn plan(db: &DatabaseConnection, mut statement: Statement) -> String {
    let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let explain = if is_sqlite { "EXPLAIN QUERY PLAN " } else { "EXPLAIN " };
    statement.sql = format!("{explain}{}", statement.sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    let column = if is_sqlite { 3 } else { 0 };
    let lines: Vec<String> = rows.iter().map(|row| row.try_get_by_index(column).unwrap()).collect();
    lines.join("\n")
}

/// Whether a table is read from its beginning to its end.
fn reads_a_table(plan: &str) -> bool {
    plan.lines().any(|line| {
        line.contains("Seq Scan")
            || line.contains("SCAN ")
                && !line.contains(" INDEX ")
                && !line.contains("SCAN (subquery")
    })
}

on_both_databases! {
    async fn list_and_search_at_100_000_rows_stay_on_an_index(house: House) {
        let admin = Person::admin(&house).await;
        let db = Database::connect(&house.config.database.url).await.unwrap();
        let owner = Uuid::parse_str(&admin.id).unwrap();
        fill(&db, owner).await;
        let text = |text: &str| Some(text.to_owned());
        let narrows = [
            ("all", Narrow::default()),
            ("active", Narrow { active: Some(true), ..Narrow::default() }),
            ("inactive", Narrow { active: Some(false), ..Narrow::default() }),
            ("a name", Narrow { name_key: text("app 777"), ..Narrow::default() }),
            ("an id", Narrow { client_id: text("00000000-0000-7000-8000-000000000309"), ..Narrow::default() }),
            ("a part", Narrow { search: text("number 791892081"), ..Narrow::default() }),
            ("a short part", Narrow { search: text("77"), ..Narrow::default() }),
        ];
        for (what, narrow) in narrows {
            for owner in [None, Some(owner)] {
                let narrow = Narrow { owner, ..narrow.clone() };
                let backend = db.get_database_backend();
                let counted = plan(&db, counting(backend, &narrow)).await;
                assert!(!reads_a_table(&counted), "counting {what}: {counted}");
                for (sort, descending, skip) in [(Sort::CreatedAt, true, 0), (Sort::UpdatedAt, true, 0), (Sort::Name, false, 0), (Sort::CreatedAt, true, 90_000)] {
                    let window = Window { sort, descending, skip, take: 10 };
                    let listed = plan(&db, paging(backend, &narrow, window)).await;
                    assert!(!reads_a_table(&listed), "{what} by {sort:?} from {skip}: {listed}");
                }
            }
        }
        db.close().await.unwrap();

        // And it answers what it should.
        let (names, pages) = admin.list("?page=10000").await;
        assert_eq!((names.last().unwrap().as_str(), &pages["total"]), ("App 1", &json!(MANY)));
        let (names, pages) = admin.list("?search=UMBER%20791892081").await;
        assert_eq!((names, &pages["total"]), (vec!["App 99999".to_owned()], &json!(1)));
        assert_eq!(admin.list("?sortBy=name&sortOrder=asc&search=ap&limit=1").await.1["total"], json!(MANY));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_100_000_adds_at_most_64_mb() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), &[]).await;
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args([
            "user",
            "create",
            "--email",
            "a@example.com",
            "--name",
            "A",
            "--role",
            "admin",
            "--password-stdin",
            "--json",
        ])
        .current_dir(directory.path())
        .stdin(std::process::Stdio::from(password(directory.path())))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let http = reqwest::Client::new();
    let body = json!({ "email": "a@example.com", "password": crate::house::PASSWORD });
    let signed_in =
        http.post(format!("{}/api/v1/auth/login", node.issuer)).json(&body).send().await.unwrap();
    let signed_in = crate::house::json(signed_in, 200).await;
    let token = signed_in["tokens"]["accessToken"].as_str().unwrap();
    let file = format!("sqlite://{}/data/countersign.db", directory.path().display());
    let db = Database::connect(file).await.unwrap();
    fill(&db, Uuid::parse_str(signed_in["user"]["id"].as_str().unwrap()).unwrap()).await;
    db.close().await.unwrap();

    let mut told = HashMap::new();
    for format in ["csv", "xlsx"] {
        node.reset_peak();
        let before = node.memory("VmRSS");
        let url = format!("{}/api/authentication/export?format={format}", node.issuer);
        let mut answer = http.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let (mut bytes, mut lines) = (0, 0);
        while let Some(chunk) = answer.chunk().await.unwrap() {
            bytes += chunk.len();
            lines += chunk.split(|&byte| byte == b'\n').count() - 1;
        }
        let added = node.memory("VmHWM").saturating_sub(before);
        eprintln!("{format}: {bytes} bytes, {} MB more", added / 1024 / 1024);
        assert!(format == "xlsx" || lines == MANY as usize + 1, "{lines} lines");
        told.insert(format, added);
    }
    assert!(told.values().all(|added| *added <= 64 * 1024 * 1024), "{told:?}");
}

fn password(directory: &std::path::Path) -> std::fs::File {
    let file = directory.join("password");
    std::fs::write(&file, crate::house::PASSWORD).unwrap();
    std::fs::File::open(file).unwrap()
}
