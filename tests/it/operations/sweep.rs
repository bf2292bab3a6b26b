//! What has expired leaves by itself, and nothing else does.

use countersign::store::{Store, sweep};
use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};

use crate::browser::{Browser, Landing, request, request_with};
use crate::house::{House, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;
use crate::store::rows;

const DAY: i64 = 24 * 60 * 60 * 1000;

async fn count(house: &House, table: &str) -> i64 {
    rows(house).await.into_iter().find(|(name, _)| name == table).unwrap().1
}

async fn connect(house: &House) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(&house.config.database.url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

on_both_databases! {
    async fn what_has_ended_leaves_after_a_week_and_what_has_expired_too(house: House) {
        let core = &house.app.core;
        let (left, stayed) = (Browser::new(&house), Browser::new(&house));
        for browser in [&left, &stayed] {
            let given = browser.code(&request("web")).await;
            json(house.token(WEB, &redemption(&given)).send().await.unwrap(), 200).await;
        }
        let page = left.page(house.url("/sign-out")).await;
        left.press(&page, "sign-out", &[]).await;
        core.sweep(house.clock.now() + DAY).await.unwrap(); // what is over within the hour
        assert_eq!(core.sweep(house.clock.now() + 6 * DAY).await.unwrap(), 0, "not yet");
        assert_eq!(core.sweep(house.clock.now() + 8 * DAY).await.unwrap(), 1, "the ended session");
        assert_eq!(count(&house, "sessions").await, 1);
        assert_eq!(count(&house, "grants").await, 2, "a grant stays as long as its tokens could come");
        assert_eq!(core.sweep(house.clock.now() + 96 * DAY).await.unwrap(), 0, "90 days and a week");
        assert_eq!(core.sweep(house.clock.now() + 98 * DAY).await.unwrap(), 3);
        assert_eq!((count(&house, "sessions").await, count(&house, "grants").await), (0, 0));
        assert_eq!(count(&house, "accounts").await, 1, "accounts are nobody's to sweep");
        let recorded = core.audit_events(0, None, 100).await.unwrap().len();
        assert!(recorded > 3);
        core.sweep(house.clock.now() + 364 * DAY).await.unwrap();
        assert_eq!(core.audit_events(0, None, 100).await.unwrap().len(), recorded);
        core.sweep(house.clock.now() + 366 * DAY).await.unwrap();
        assert_eq!(core.audit_events(0, None, 100).await.unwrap().len(), 0, "audit.keep");
    }
}

on_both_databases! {
    async fn a_code_that_nobody_redeemed_leaves_when_its_request_is_over(house: House) {
        let core = &house.app.core;
        let browser = Browser::new(&house);
        let redeemed = browser.code(&request("web")).await;
        json(house.token(WEB, &redemption(&redeemed)).send().await.unwrap(), 200).await;
        let page = match browser.authorize(&request_with("web", &[("prompt", "consent")])).await {
            Landing::Page(page) => page,
            Landing::Away(url) => panic!("{url}"),
        };
        // More than one batch; one of them is kept in mind.
        for _ in 0..3 {
            browser.code(&request("web")).await;
        }
        let Landing::Away(_) = browser.press(&page, "allow", &[]).await else { panic!("a page") };
        assert_eq!(count(&house, "grants").await, 5);
        house.clock.advance(59 * 60 * 1000);
        core.sweep(house.clock.now()).await.unwrap();
        assert_eq!(count(&house, "grants").await, 5, "its request could be answered again");
        let Landing::Page(twice) = browser.press(&page, "allow", &[]).await else { panic!("a second code") };
        assert_eq!(twice.status, 400);
        house.clock.advance(3 * 60 * 1000);
        let later = browser.code(&request("web")).await;
        core.sweep(house.clock.now()).await.unwrap();
        assert_eq!(count(&house, "grants").await, 2, "the one redeemed, and the newest");
        json(house.token(WEB, &redemption(&later)).send().await.unwrap(), 200).await;
        // A code that was used is still known for what it is: its replay ends all that it gave.
        let replayed = house.token(WEB, &redemption(&redeemed)).send().await.unwrap();
        assert_eq!(json(replayed, 400).await["error"], "invalid_grant");
        let replays = core.audit_events(0, None, 100).await.unwrap();
        assert!(replays.iter().any(|event| event.event == "grant.code_replayed"), "{replays:?}");
        let Landing::Page(late) = browser.press(&page, "allow", &[]).await else { panic!("a second code") };
        assert_eq!(late.status, 400, "the request is over");
    }
}

on_both_databases! {
    async fn codes_that_nobody_redeemed_leave_in_batches_on_every_node(house: House) {
        let browser = Browser::new(&house);
        browser.code(&request("web")).await;
        let db = connect(&house).await;
        let id = match db.get_database_backend() {
            // An id of the same time as the first one's.
            sea_orm::DbBackend::Sqlite => "unhex(substr(hex(g.id), 1, 20) || substr(hex(randomblob(6)), 1, 12))",
            _ => "overlay(g.id::text placing substr(gen_random_uuid()::text, 25) from 25)::uuid",
        };
        let (request, digest) = match db.get_database_backend() {
            sea_orm::DbBackend::Sqlite => ("randomblob(16)", "randomblob(32)"),
            _ => ("gen_random_uuid()", "sha256(gen_random_uuid()::text::bytea)"),
        };
        let columns = "client_id, account_id, session_id, code_expires_at, spent_at, redirect_uri, challenge, nonce, scope, \
                       offline, auth_time, amr, generation, rotated_at, expires_at, ended_at, created_at, claims, resources";
        let fill = format!(
            "INSERT INTO grants (id, request_id, code_digest, {columns}) SELECT {id}, {request}, {digest}, {columns} \
             FROM grants g CROSS JOIN (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1700) SELECT n FROM s) AS t"
        );
        db.execute_unprepared(&fill).await.unwrap();
        assert_eq!(count(&house, "grants").await, 1701);
        let second = house.another_node().await;
        house.clock.advance(2 * 60 * 60 * 1000);
        let now = house.clock.now();
        let sweeps = [&house, &second].map(|node| node.app.core.sweep(now));
        for swept in join_all(sweeps).await {
            swept.unwrap();
        }
        assert_eq!(count(&house, "grants").await, 0);
        assert_eq!(house.app.core.sweep(now).await.unwrap(), 0);
    }
}

on_both_databases! {
    async fn two_nodes_sweep_at_once_and_each_row_leaves_once(house: House) {
        let db = connect(&house).await;
        let now = house.clock.now();
        // 1,700 events: more than three batches.
        let fill = format!(
            "INSERT INTO audit_events (id, at, kind, outcome, actor, ip, request_id, detail) \
             SELECT {id}, n, 'x', 'success', 'server', '', '', '{{}}' FROM ({numbers}) AS t",
            id = match db.get_database_backend() {
                sea_orm::DbBackend::Sqlite => "randomblob(16)",
                _ => "gen_random_uuid()",
            },
            numbers = "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1700) \
                       SELECT n FROM s",
        );
        db.execute_unprepared(&fill).await.unwrap();
        db.close().await.unwrap();
        let second = house.another_node().await;
        let sweeps = [&house, &second].map(|node| node.app.core.sweep(now));
        let removed: u64 = join_all(sweeps).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(removed, 1700);
        assert_eq!(house.app.core.sweep(now).await.unwrap(), 0);
    }
}

on_both_databases! {
    async fn no_sweep_reads_a_table_from_end_to_end(house: House) {
        let store = Store::open(&house.config.database.url).await.unwrap();
        let db = connect(&house).await;
        let is_sqlite = db.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let nothing = uuid::Uuid::nil()..uuid::Uuid::nil();
        assert_eq!(sweep::remove_unredeemed(store.write(), &nothing).await.unwrap(), 0);
        for rows in sweep::EVERY {
            assert_eq!(sweep::remove(store.write(), rows, 0).await.unwrap(), 0, "{}", rows.name);
        }
        for rows in sweep::EVERY.into_iter().chain([sweep::UNREDEEMED]) {
            // An empty table is cheapest read whole; how it would be found otherwise is the question.
            let (explain, scan) = if is_sqlite {
                ("EXPLAIN QUERY PLAN ", "SCAN ")
            } else {
                for way in ["seqscan", "bitmapscan"] {
                    db.execute_unprepared(&format!("SET enable_{way} = off")).await.unwrap();
                }
                ("EXPLAIN ", "Seq Scan")
            };
            let inner = rows.sql().split_once("IN (").unwrap().1.trim_end_matches(')');
            let value = match (rows.sql().contains("$2"), is_sqlite) {
                (false, _) => "1000",
                (true, true) => "x'00'",
                (true, false) => "'00000000-0000-0000-0000-000000000000'",
            };
            let inner = inner.replace("$1", value).replace("$2", value);
            let sql = format!("{explain}{inner}");
            let statement = Statement::from_string(db.get_database_backend(), sql);
            let plan = db.query_all_raw(statement).await.unwrap();
            let column = if is_sqlite { 3 } else { 0 };
            let plan: Vec<String> =
                plan.iter().map(|row| row.try_get_by_index(column).unwrap()).collect();
            let plan = plan.join("\n");
            assert!(!plan.contains(scan), "{}: {plan}", rows.name);
            assert!(!plan.contains("Sort") && !plan.contains("TEMP B-TREE"), "{}: {plan}", rows.name);
        }
    }
}
