//! What people do, in a headless Chromium that watches every page for trouble.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::openid_client::newcomer;
use super::{Program, app, node, path};
use crate::house::{Db, House, env};
use crate::on_both_databases;

/// Runs a program of `tests/browser` to its end.
pub async fn in_chromium(
    house: &House,
    program: &str,
    app: Option<&Program>,
    more: &[(&str, &str)],
) {
    let mut command = Command::new(node());
    command.arg(path(&format!("tests/browser/{program}"))).kill_on_drop(true);
    command
        .env("ISSUER", &house.issuer)
        .env("EMAIL", "grace@example.com")
        .env("PASSWORD", "a long password");
    command.env("COUNTERSIGN_TEST_CHROMIUM", env("COUNTERSIGN_TEST_CHROMIUM"));
    command.envs(more.iter().copied());
    if let Some(app) = app {
        command.env("APP", &app.url);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    command.env("HOURGLASS", format!("http://{}/", listener.local_addr().unwrap()));
    let output = tokio::select! {
        // Longer than the program gives itself: it can say where it was.
        output = tokio::time::timeout(Duration::from_mins(16), command.output()) => output,
        () = hourglass(house, listener) => panic!("time stands still"),
    };
    let output = output.unwrap_or_else(|_| panic!("{program} takes for ever")).unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {more:?}:\n{}", String::from_utf8_lossy(&text));
}

/// For whoever asks, an hour has gone by since anybody signed in.
async fn hourglass(house: &House, listener: TcpListener) {
    while let Ok((mut asked, _)) = listener.accept().await {
        // What is asked does not matter, but that it was read before the connection is closed.
        assert!(asked.read(&mut [0; 4096]).await.unwrap() > 0);
        let hour = 60 * 60 * 1000;
        let earlier = format!("UPDATE sessions SET auth_time = auth_time - {hour}");
        crate::store::execute(house, &earlier).await;
        let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
        asked.write_all(answer).await.unwrap();
    }
}

on_both_databases! {
    async fn the_main_job_with_and_without_javascript(house: House) {
        for (javascript, email) in [("on", "on@example.com"), ("off", "off@example.com")] {
            let app = app(&house, &node(), "tests/rp/openid_client_app.mjs", None).await;
            in_chromium(&house, "main_job.mjs", Some(&app), &[("JS", javascript), ("EMAIL", email)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_by_keyboard_alone() {
    let house = House::open(Db::Sqlite).await;
    let app = app(&house, &node(), "tests/rp/openid_client_app.mjs", None).await;
    in_chromium(&house, "keyboard.mjs", Some(&app), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground() {
    let house = House::open(Db::Sqlite).await;
    in_chromium(&house, "playground.mjs", None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_every_dress() {
    let house = House::open(Db::Sqlite).await;
    let app = app(&house, &node(), "tests/rp/openid_client_app.mjs", None).await;
    let notes = newcomer(&house, &[]).await;
    in_chromium(&house, "pages.mjs", Some(&app), &[("NOTES", &notes.url)]).await;
}

/// Each database meets one of the two: the pages are the same.
async fn the_ways_of_an_app_of_today(db: Db, how: &[(&str, &str)]) {
    let house = House::open(db).await;
    let notes = newcomer(&house, &[]).await;
    in_chromium(&house, "parties.mjs", Some(&notes), how).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_of_an_app_of_today_by_keyboard_with_javascript() {
    the_ways_of_an_app_of_today(Db::Postgres, &[("KEYS", "on")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_of_an_app_of_today_by_mouse_without_javascript() {
    the_ways_of_an_app_of_today(Db::Sqlite, &[("JS", "off")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_about_passwords_and_addresses() {
    let house = House::open(Db::Sqlite).await;
    let outbox = house.directory.path().join("outbox").display().to_string();
    in_chromium(&house, "accounts.mjs", None, &[("OUTBOX", &outbox)]).await;
}

/// Each database meets one of the languages: the pages are the same.
async fn all_that_the_account_page_offers(db: Db, how: &[(&str, &str)]) {
    let house = House::open(db).await;
    let app = app(&house, &node(), "tests/rp/openid_client_app.mjs", None).await;
    in_chromium(&house, "account.mjs", Some(&app), how).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_account_page_offers_in_english() {
    all_that_the_account_page_offers(Db::Sqlite, &[("LOCALE", "en")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_account_page_offers_in_french() {
    all_that_the_account_page_offers(Db::Postgres, &[("LOCALE", "fr")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_account_page_offers_without_javascript() {
    all_that_the_account_page_offers(Db::Postgres, &[("JS", "off")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_page_by_keyboard_alone() {
    let house = House::open(Db::Sqlite).await;
    in_chromium(&house, "account_keyboard.mjs", None, &[]).await;
}
