//! App, Countersign, upstream, and back, and what people who come that way find here: in a headless
//! Chromium.

use serde_json::{Value, json};

use super::SERVER;
use super::peers::Demo;
use crate::house::{Db, House, Plot};
use crate::relying_parties::chromium::in_chromium;
use crate::relying_parties::openid_client::newcomer;

/// A house with an upstream, whose table in the configuration has more lines.
async fn open(db: Db, of_demo: &str) -> (House, Demo) {
    let plot = Plot::new().await;
    let demo = Demo::start(&plot.url).await;
    let [mia, noor] = ["Mia", "Noor"].map(|name| {
        json!({ "name": name, "email": format!("{}@example.com", name.to_lowercase()), "groups": ["Staff"] })
    });
    demo.people(json!({ "mia": mia, "noor": noor })).await;
    let house = House::open_on(plot, db, &format!("{SERVER}{}", demo.toml(of_demo))).await;
    (house, demo)
}

async fn triangle(db: Db, more: &[(&str, &str)]) {
    let (house, demo) = open(db, "").await;
    let app = newcomer(&house, &[]).await;
    let mut settings = vec![("UPSTREAM", demo.origin.as_str())];
    settings.extend(more);
    in_chromium(&house, "upstream.mjs", Some(&app), &settings).await;
    // What the app asked of the sign-in arrived where it was done.
    let asked = demo.seen("/auth").await;
    let wishes = |it: &&Value| it["prompt"] == "login";
    let [asked] = asked.iter().filter(wishes).collect::<Vec<_>>()[..] else { panic!("{asked:?}") };
    assert_eq!((&asked["max_age"], &asked["login_hint"]), (&json!("3600"), &json!("mia")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_triangle_with_javascript() {
    triangle(Db::Postgres, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_triangle_without_javascript() {
    triangle(Db::Sqlite, &[("JS", "off")]).await;
}

async fn out_of_both(db: Db, more: &[(&str, &str)]) {
    let (house, demo) = open(db, "sign_out = true").await;
    let mut settings = vec![("UPSTREAM", demo.origin.as_str())];
    settings.extend(more);
    in_chromium(&house, "upstream_out.mjs", None, &settings).await;
    // It was told whose session ended, each time.
    let asked = demo.seen("/session/end").await;
    assert!(
        asked.len() == 6 && asked.iter().all(|it| it["id_token_hint"].is_string()),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_both_from_every_page_with_javascript() {
    out_of_both(Db::Sqlite, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_both_from_every_page_without_javascript() {
    out_of_both(Db::Postgres, &[("JS", "off")]).await;
}

/// Each database meets one of the languages: the pages are the same.
async fn without_a_password(db: Db, how: &[(&str, &str)]) {
    let (house, demo) = open(db, "").await;
    let mut settings = vec![("UPSTREAM", demo.origin.as_str())];
    settings.extend(how);
    in_chromium(&house, "upstream_account.mjs", None, &settings).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_page_without_a_password_in_english() {
    without_a_password(Db::Postgres, &[("LOCALE", "en")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_page_without_a_password_in_french() {
    without_a_password(Db::Sqlite, &[("LOCALE", "fr")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_page_without_a_password_without_javascript() {
    without_a_password(Db::Sqlite, &[("JS", "off")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_alone() {
    let (house, demo) = open(Db::Sqlite, "").await;
    let app = newcomer(&house, &[]).await;
    let settings = [("UPSTREAM", demo.origin.as_str())];
    in_chromium(&house, "upstream_keyboard.mjs", Some(&app), &settings).await;
}
