//! `sign_out = true`: what our sign-out makes of it, wherever it is asked for, and whatever the upstream
//! does meanwhile (OpenID Connect RP-Initiated Logout 1.0 §2).

use std::time::Duration;

use reqwest::Url;
use serde_json::json;

use super::peers::{CLIENT, Instead, Scripted, set};
use super::{SERVER, Scene, go};
use crate::browser::{Browser, Landing, Page, query};
use crate::follow::soon;
use crate::for_each_database;
use crate::house::{Db, House, Plot};
use crate::web::account::all;

fn origin(guild: &Scripted) -> &str {
    guild.issuer.trim_end_matches("/guild/")
}

/// Mia's browser, by way of the guild.
async fn mia(scene: &Scene) -> Browser {
    let browser = Browser::new(&scene.house);
    go(&browser, &scene.house, "guild").await.token();
    browser
}

/// Where a page's forms may lead, beside ourselves.
async fn form_action(browser: &Browser, url: Url) -> String {
    let response = browser.http.get(url).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let list = policy.split(';').find_map(|it| it.trim().strip_prefix("form-action 'self'"));
    list.unwrap_or_else(|| panic!("{policy}")).trim().to_owned()
}

/// Every page with a form that ends this browser's session, and the form's button.
const PAGES: [(&str, &str); 5] = [
    ("/", "sign-out"),
    ("/account", "sign-out"),
    ("/sign-out", "sign-out"),
    ("/account/sessions", "end"),
    ("/account/sessions", "all"),
];

async fn press(browser: &Browser, page: &Page, button: &str) -> Url {
    let own = all(page, ".items button", "id");
    let button = if button == "end" { own[0].as_str() } else { button };
    match browser.press(page, button, &[]).await {
        Landing::Away(url) => url,
        Landing::Page(page) => panic!("stays at {}", page.url),
    }
}

for_each_database! {
    async fn rp_initiated_2_from_every_page_it_goes_on_to_the_upstream_and_browsers_let_it(db: Db) {
        let scene = Scene::with(db, "sign_out = true", "").await;
        for (path, button) in PAGES {
            let browser = mia(&scene).await;
            let at = scene.house.url(path);
            // CSP 3 §6.4.2: browsers hold the redirect that follows a form to the page's policy.
            assert_eq!(form_action(&browser, at.clone()).await, origin(&scene.guild), "{path}");
            let page = browser.page(at).await;
            let there = press(&browser, &page, button).await;
            assert!(there.as_str().starts_with(&format!("{}end?", scene.guild.issuer)), "{there}");
            let asked = query(&there);
            assert_eq!((asked["client_id"].as_str(), asked["id_token_hint"].len() > 100), (CLIENT.0, true));
            assert_eq!(browser.page(scene.house.url("/account")).await.url.path(), "/sign-in", "{path}");
            // And back, as the upstream brings them.
            let back = Url::parse_with_params(&asked["post_logout_redirect_uri"], [("state", &asked["state"])]);
            let page = browser.page(back.unwrap()).await;
            assert_eq!(page.url.path(), "/signed-out", "{path} {button}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rp_initiated_2_its_forms_may_lead_to_where_the_upstream_says_that_sessions_end() {
    let scene = Scene::with(Db::Sqlite, "sign_out = true", "").await;
    scene
        .guild
        .lie(|script| script.metadata = set("end_session_endpoint", "https://out.example/end"));
    let browser = mia(&scene).await;
    for (path, _) in PAGES {
        assert_eq!(form_action(&browser, scene.house.url(path)).await, "https://out.example");
    }
    let page = browser.page(scene.house.url("/")).await;
    assert!(
        press(&browser, &page, "sign-out").await.as_str().starts_with("https://out.example/end?")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_operator_does_not_wish_it_forms_lead_nowhere_else() {
    let scene = Scene::with(Db::Sqlite, "", "").await;
    let browser = mia(&scene).await;
    for (path, _) in PAGES {
        assert_eq!(form_action(&browser, scene.house.url(path)).await, "", "{path}");
    }
}

/// What is known of the upstream counts, old or not: nobody waits for it to be told again.
#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_silent_by_now_is_not_asked_where_sessions_end() {
    let scene = Scene::with(Db::Sqlite, "sign_out = true", "").await;
    let browser = mia(&scene).await;
    scene.house.clock.advance(2 * 60 * 60 * 1000);
    for endpoint in ["discovery", "jwks"] {
        silence(&scene.guild, endpoint);
    }
    let before = ["discovery", "jwks"].map(|endpoint| scene.guild.asked(endpoint));
    let page = browser.page(scene.house.url("/")).await;
    let there = press(&browser, &page, "sign-out").await;
    assert!(there.as_str().starts_with(&format!("{}end?", scene.guild.issuer)), "{there}");
    assert_eq!(["discovery", "jwks"].map(|endpoint| scene.guild.asked(endpoint)), before);
}

fn silence(guild: &Scripted, endpoint: &'static str) {
    guild.lie(|script| {
        script.instead.insert(endpoint, Instead::Waits(Duration::from_hours(1)));
    });
}

for_each_database! {
    async fn a_silent_upstream_of_which_nothing_is_known_holds_nobody_in(db: Db) {
        let scene = Scene::with(db, "sign_out = true", "").await;
        let browser = mia(&scene).await;
        // Another node has not heard of it yet, and will not.
        let node = scene.house.another_node().await;
        silence(&scene.guild, "discovery");
        let before = scene.guild.asked("discovery");
        let page = browser.page(node.url("/sign-out")).await;
        assert_eq!(form_action(&browser, node.url("/")).await, origin(&scene.guild));
        assert_eq!(scene.guild.asked("discovery"), before, "a page waits for nobody");
        let csrf = page.value("input[name=csrf]").unwrap();
        let request = browser.http.post(node.url("/sign-out"));
        let request = request.form(&[("csrf", csrf.as_str()), ("action", "sign-out")]);
        let leaving = tokio::spawn(request.send());
        soon("the upstream is asked", async || scene.guild.asked("discovery") > before).await;
        // The person has had enough, and closes the window.
        leaving.abort();
        leaving.await.unwrap_err();
        assert_eq!(browser.page(scene.house.url("/account")).await.url.path(), "/sign-in");
    }
}

/// The hint is for the upstream alone, and is made of what it gave out itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_without_tokens_leads_there_without_a_hint() {
    let plot = Plot::new().await;
    let guild = Scripted::start().await;
    let more = format!("{SERVER}{}", guild.toml("guild", "sign_out = true"));
    let house = House::open_on(plot, Db::Sqlite, &more).await;
    let browser = Browser::new(&house);
    go(&browser, &house, "guild").await.token();
    crate::store::execute(&house, "UPDATE links SET tokens = NULL").await;
    let page = browser.page(house.url("/")).await;
    let asked = query(&press(&browser, &page, "sign-out").await);
    assert_eq!((asked.get("id_token_hint"), asked["client_id"].as_str()), (None, CLIENT.0));
    assert_eq!(json!(asked["state"]).as_str().unwrap().len(), 43);
}
