//! App, Countersign, upstream, and back: in a headless Chromium.

use serde_json::{Value, json};

use super::SERVER;
use super::peers::Demo;
use crate::house::{Db, House, Plot};
use crate::relying_parties::chromium::in_chromium;
use crate::relying_parties::openid_client::newcomer;

async fn triangle(db: Db, more: &[(&str, &str)]) {
    let plot = Plot::new().await;
    let demo = Demo::start(&plot.url).await;
    let [mia, noor] = ["Mia", "Noor"].map(|name| {
        json!({ "name": name, "email": format!("{}@example.com", name.to_lowercase()), "groups": ["Staff"] })
    });
    demo.people(json!({ "mia": mia, "noor": noor })).await;
    let house = House::open_on(plot, db, &format!("{SERVER}{}", demo.toml(""))).await;
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
