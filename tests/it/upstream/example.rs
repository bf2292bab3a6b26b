//! The sections of `config.example.toml`, as an operator uncomments them and fills the ids in; only the
//! hosts are others.

use serde_json::json;

use super::peers::{CLIENT, Demo, Forge};
use super::{SERVER, callback, go, whose};
use crate::browser::{Browser, Landing};
use crate::house::{Db, House, Plot};

/// The section with that id.
fn section(id: &str) -> String {
    let example = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml"));
    let named = format!("# id = \"{id}\"");
    let sections = example.split("# [[upstreams]]\n").skip(1);
    let lines = sections.map(|it| it.split("\n\n").next().unwrap());
    let written = lines.into_iter().find(|it| it.starts_with(&named)).unwrap();
    let keys: Vec<_> = written.lines().map(|line| line.strip_prefix("# ").unwrap()).collect();
    let filled =
        keys.join("\n").replace("client_id = \"…\"", &format!("client_id = \"{}\"", CLIENT.0));
    let filled =
        filled.replace("client_secret = \"…\"", &format!("client_secret = \"{}\"", CLIENT.1));
    assert!(!filled.contains('…'), "{filled}");
    format!("[[upstreams]]\n{filled}\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn authentiks_works_as_it_stands() {
    let plot = Plot::new().await;
    let back = json!([format!("{}/auth/callback/authentik", plot.url)]);
    let demo = Demo::start_with(&plot.url, json!({ "redirect_uris": back })).await;
    let theirs = "https://authentik.example.com/application/o/countersign/";
    let written = section("authentik");
    assert!(written.contains(theirs), "{written}");
    let written = written.replace(theirs, &demo.issuer);
    let house = House::open_on(plot, Db::Sqlite, &format!("{SERVER}{written}")).await;
    let browser = Browser::new(&house).at_home_in(&demo.origin);
    let page = browser.page(house.url("/sign-in")).await;
    assert_eq!(page.text("#upstream-authentik").as_deref(), Some("Continue with Authentik"));
    let there = browser.page(super::start(&house, "authentik", &[("to", "account")])).await;
    let Landing::Page(page) = demo.enter(&browser, &there, "mia").await else { panic!() };
    assert_eq!((page.url.path(), page.status), ("/account", 200), "{}", page.html);
    let mia = house.app.core.find_account("mia@example.com").await.unwrap().unwrap();
    assert!(!mia.email_verified, "it is not trusted for addresses");
    let asked = demo.seen("/auth").await.remove(0);
    assert_eq!(asked["redirect_uri"], json!(callback(&house, "authentik")));
}

#[tokio::test(flavor = "multi_thread")]
async fn githubs_works_as_it_stands() {
    let forge = Forge::start().await;
    let written = section("github");
    for host in ["https://github.com/", "https://api.github.com/"] {
        assert!(written.contains(host), "{written}");
    }
    let own = format!("{}/", forge.origin);
    let written =
        written.replace("https://github.com/", &own).replace("https://api.github.com/", &own);
    let house = House::open_with(Db::Sqlite, &format!("{SERVER}{written}")).await;
    let mona = whose(&house, &go(&Browser::new(&house), &house, "github").await).await;
    assert_eq!((mona.email.as_str(), mona.email_verified), ("mona@example.com", false));
    assert_eq!(mona.claims.preferred_username.as_deref(), Some("octocat"));
    let asked = forge.asked("/login/oauth/authorize").remove(0);
    assert_eq!(asked["scope"], "read:user user:email");
}
