//! In the middle of an app's authorization request: there, back, and on to the app.

use serde_json::json;

use super::peers::{Instead, Script, Scripted, own};
use super::{SERVER, Scene, ask, leave, returns, there_are};
use crate::browser::{Browser, Landing, Page, query, request, request_with};
use crate::for_each_database;
use crate::house::{Db, EMAIL, House, PASSWORD, WEB, json as json_of};
use crate::oidc::code::{claims, redemption};

type Lie = fn(&mut Script);

/// A browser that follows to the upstream as well, which asks nothing.
fn browser(scene: &Scene) -> Browser {
    Browser::new(&scene.house).at_home_in(&origin(&scene.guild))
}

fn origin(guild: &Scripted) -> String {
    guild.issuer.trim_end_matches("/guild/").to_owned()
}

async fn allowed(browser: &Browser, landing: Landing) -> reqwest::Url {
    let landing = match landing {
        Landing::Page(page) if page.url.path() == "/consent" => {
            browser.press(&page, "allow", &[]).await
        }
        other => other,
    };
    match landing {
        Landing::Away(url) => url,
        Landing::Page(page) => panic!("{}: {}", page.url, page.html),
    }
}

fn page_of(landing: Landing) -> Page {
    match landing {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

/// The address of an upstream's button.
fn button(page: &Page, upstream: &str) -> reqwest::Url {
    let html = scraper::Html::parse_document(&page.html);
    let link = format!("a[href^=\"/auth/sign-in/{upstream}\"]");
    let link = scraper::Selector::parse(&link).unwrap();
    let link = html.select(&link).next().unwrap_or_else(|| panic!("no button: {}", page.html));
    let words = link.text().collect::<String>();
    assert!(words.contains(&format!("The {upstream}")), "it says whose it is: {words}");
    page.url.join(link.attr("href").unwrap()).unwrap()
}

for_each_database! {
    async fn an_app_that_names_the_upstream_sees_no_page_of_ours_but_consent(db: Db) {
        let scene = Scene::open(db).await;
        let browser = browser(&scene);
        let landing = browser.authorize(&request_with("web", &[("upstream", "guild")])).await;
        let Landing::Page(consent) = &landing else { panic!("{landing:?}") };
        assert_eq!(consent.url.path(), "/consent", "{}", consent.html);
        let back = allowed(&browser, landing).await;
        assert_eq!(
            (query(&back)["state"].as_str(), &query(&back)["iss"]),
            ("a state/+ é", &scene.house.issuer)
        );
        let code = &query(&back)["code"];
        let tokens =
            json_of(scene.house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await;
        let id_token = claims(&tokens["id_token"]);
        let me = json_of(scene.house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200)
            .await;
        assert_eq!(
            (&me["email"], &me["sub"], &me["name"]),
            (&json!("mia@example.com"), &id_token["sub"], &json!("Mia"))
        );
        assert_ne!(id_token["amr"], json!(["pwd"]), "no password was given here");
        assert_eq!(id_token["nonce"], "n-0S6_WzA2Mj", "the app's, and not ours");
        there_are(&scene.house, 2, 1).await;

        // The next time neither we nor the upstream are asked.
        let asked = scene.guild.asked("authorize");
        let landing = browser.authorize(&request_with("web", &[("upstream", "guild")])).await;
        assert!(
            matches!(landing, Landing::Away(ref url) if query(url).contains_key("code")),
            "{landing:?}"
        );
        assert_eq!(scene.guild.asked("authorize"), asked);
    }
}

for_each_database! {
    async fn by_the_button_of_the_sign_in_page_and_of_the_sign_up_page(db: Db) {
        let scene = Scene::open(db).await;
        for at in ["/sign-in", "/sign-up"] {
            let browser = browser(&scene);
            let mut page = page_of(browser.authorize(&request("web")).await);
            assert_eq!(page.url.path(), "/sign-in");
            if at == "/sign-up" {
                let flow = page.url.query().unwrap().to_owned();
                page = browser.page(scene.house.url(&format!("/sign-up?{flow}"))).await;
            }
            let landing = browser.open(button(&page, "guild")).await;
            let code = query(&allowed(&browser, landing).await).remove("code").unwrap();
            let tokens =
                json_of(scene.house.token(WEB, &redemption(&code)).send().await.unwrap(), 200)
                    .await;
            assert!(tokens["access_token"].is_string());
        }
        there_are(&scene.house, 2, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_a_request_the_button_leads_in_as_well() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = browser(&scene);
    let page = browser.page(scene.house.url("/sign-in")).await;
    let home = page_of(browser.open(button(&page, "guild")).await);
    assert!(
        home.url.as_str().starts_with(&scene.house.issuer) && home.status == 200,
        "{}",
        home.url
    );
    assert!(browser.page(scene.house.url("/")).await.html.contains("mia@example.com"));
}

/// OpenID Connect Core §3.1.2.1: what the app asks of a sign-in is asked of whoever does it.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_2_1_prompt_max_age_and_login_hint_go_along() {
    let scene = Scene::open(Db::Sqlite).await;
    let asks = [
        ("upstream", "guild"),
        ("prompt", "login"),
        ("max_age", "3600"),
        ("login_hint", "mia@example.com"),
    ];
    let one = browser(&scene);
    allowed(&one, one.authorize(&request_with("web", &asks)).await).await;
    let asked = scene.guild.last("authorize");
    assert_eq!(
        (asked["prompt"].as_str(), asked["max_age"].as_str(), asked["login_hint"].as_str()),
        ("login", "3600", "mia@example.com")
    );
    // Consent is ours to ask for, not the upstream's.
    let asks = [("upstream", "guild"), ("prompt", "login consent")];
    browser(&scene).authorize(&request_with("web", &asks)).await;
    assert_eq!(scene.guild.last("authorize")["prompt"], "login");
    // What is not asked is not asked.
    browser(&scene).authorize(&request_with("web", &[("upstream", "guild")])).await;
    let asked = scene.guild.last("authorize");
    for name in ["prompt", "max_age", "login_hint"] {
        assert!(!asked.contains_key(name), "{name}");
    }
    // Outside of a request a hint may stand in the link.
    leave(
        &Browser::new(&scene.house),
        &scene.house,
        "guild",
        &[("to", "account"), ("login_hint", "x@y.example")],
    )
    .await;
}

/// §3.1.2.1: `prompt=login` means now, whoever is signed in.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_2_1_prompt_login_goes_there_again_and_the_time_is_that_of_now() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = browser(&scene);
    let auth_time = async |params: &[(&'static str, &str)]| {
        let landing = browser.authorize(&request_with("web", params)).await;
        let code = query(&allowed(&browser, landing).await).remove("code").unwrap();
        let tokens =
            json_of(scene.house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let id_token = claims(&tokens["id_token"]);
        (id_token["sub"].clone(), id_token["auth_time"].as_i64().unwrap())
    };
    let first = auth_time(&[("upstream", "guild"), ("max_age", "600")]).await;
    scene.house.clock.advance(100_000);
    assert_eq!(auth_time(&[("upstream", "guild"), ("max_age", "600")]).await, first);
    let again = auth_time(&[("upstream", "guild"), ("prompt", "login"), ("max_age", "600")]).await;
    assert!(again.0 == first.0 && again.1 >= first.1 + 100, "{first:?} {again:?}");
    assert_eq!(scene.guild.asked("authorize"), 2);
}

/// §3.1.3.7 (13): asked for a sign-in not older than that, an upstream that brings an older one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_3_7_13_a_sign_in_there_that_is_older_than_was_asked_for() {
    let scene = Scene::open(Db::Sqlite).await;
    for lie in [
        own(|it| it["auth_time"] = json!(it["auth_time"].as_i64().unwrap() - 3600)),
        own(|it| drop(it.as_object_mut().unwrap().remove("auth_time"))),
    ] {
        scene.guild.lie(|script| script.claims = lie);
        let landing = browser(&scene)
            .authorize(&request_with("web", &[("upstream", "guild"), ("max_age", "60")]))
            .await;
        let page = page_of(landing);
        assert_eq!(page.url.path(), "/sign-in");
        assert_eq!(query(&page.url)["problem"], "upstream_refused");
    }
    there_are(&scene.house, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_4_1_2_1_an_upstream_that_is_none_is_the_apps_mistake() {
    let scene = Scene::open(Db::Sqlite).await;
    for upstream in ["nobody", "GUILD", "guild lodge", "../guild", "<b>"] {
        let landing =
            browser(&scene).authorize(&request_with("web", &[("upstream", upstream)])).await;
        let Landing::Away(url) = landing else { panic!("{upstream}: {landing:?}") };
        let told = query(&url);
        assert_eq!(
            (told["error"].as_str(), told["state"].as_str()),
            ("invalid_request", "a state/+ é"),
            "{upstream}"
        );
        assert!(!url.as_str().contains("%3Cb"), "{url}");
    }
    assert_eq!(scene.guild.asked("authorize"), 0);
}

/// §3.1.2.1: `prompt=none` shows nothing, here or there.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_2_1_prompt_none_leads_nobody_away() {
    let scene = Scene::open(Db::Sqlite).await;
    let landing = browser(&scene)
        .authorize(&request_with("web", &[("upstream", "guild"), ("prompt", "none")]))
        .await;
    let Landing::Away(url) = landing else { panic!("{landing:?}") };
    assert_eq!(query(&url)["error"], "login_required");
    assert_eq!(scene.guild.asked("authorize"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9126_4_an_upstream_in_a_pushed_request() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = browser(&scene);
    let params = request_with("web", &[("upstream", "guild")]);
    let pushed = json_of(scene.house.post("/par", WEB, &params).send().await.unwrap(), 201).await;
    let landing = browser
        .authorize(&[
            ("client_id", WEB.0.to_owned()),
            ("request_uri", pushed["request_uri"].as_str().unwrap().to_owned()),
        ])
        .await;
    assert!(query(&allowed(&browser, landing).await).contains_key("code"));
    assert_eq!(scene.guild.asked("authorize"), 1);
}

for_each_database! {
    async fn whatever_goes_wrong_the_request_goes_on_by_another_way(db: Db) {
        let scene = Scene::open(db).await;
        let declined: Lie = |script| {
            script.answer = own(|it| {
                it.as_object_mut().unwrap().remove("code");
                it["error"] = json!("access_denied");
            });
        };
        let refused: Lie = |script| script.claims = own(|it| it["aud"] = json!("another"));
        let away: Lie =
            |script| drop(script.instead.insert("token", Instead::Says(503, String::new())));
        let taken: Lie = |script| {
            script.person = json!({ "sub": "eve", "email": EMAIL, "email_verified": true });
        };
        let nameless: Lie = |script| script.person = json!({ "sub": "eve" });
        for (code, lie) in [
            ("access_denied", declined),
            ("upstream_refused", refused),
            ("upstream_unavailable", away),
            ("link_required", taken),
            ("email_missing", nameless),
        ] {
            scene.guild.repent();
            scene.guild.person(json!({ "sub": "mia", "email": "mia@example.com" }));
            scene.guild.lie(lie);
            let browser = browser(&scene);
            let landing = browser.authorize(&request_with("web", &[("upstream", "guild")])).await;
            let page = page_of(landing);
            let asked = query(&page.url);
            assert_eq!(
                (page.url.path(), asked["problem"].as_str()),
                ("/sign-in", code),
                "{}",
                page.html
            );
            assert_eq!(asked["upstream"], "guild");
            let said = page.text("[role=alert]").unwrap_or_else(|| panic!("{code}: {}", page.html));
            assert!(said.contains("The guild") || code == "link_required", "{code}: {said}");
            assert!(!said.contains(code), "in words: {said}");
            // The password is another way, and the request is still the same one.
            let landing =
                browser.press(&page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
            let back = allowed(&browser, landing).await;
            assert_eq!(query(&back)["state"], "a state/+ é", "{code}");
            assert!(query(&back).contains_key("code"), "{code}: {back}");
        }
        there_are(&scene.house, 1, 5).await;
    }
}

/// The flow travels sealed: nobody takes it to another browser's sign-in, or writes one of their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_none_is_refused_before_anybody_leaves() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&scene.house);
    for flow in ["x", "https://evil.example/"] {
        let end = ask(&browser, super::start(&scene.house, "guild", &[("flow", flow)])).await;
        assert!(end.status() >= 400 && end.status() < 500, "{flow}");
    }
    assert_eq!(scene.guild.asked("authorize"), 0);
}

/// The app cancelled, or took too long: the answer of the upstream signs nobody in to a request that is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_over_meanwhile_leads_nowhere() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&scene.house);
    let page = page_of(browser.authorize(&request("web")).await);
    let response = browser.http.get(button(&page, "guild")).send().await.unwrap();
    let there = response.headers()["location"].to_str().unwrap().parse().unwrap();
    let back = returns(&browser, there).await;
    scene.house.clock.advance(2 * 60 * 60 * 1000);
    assert_eq!(ask(&browser, back).await.status(), 400);
    there_are(&scene.house, 1, 0).await;
}

/// Two upstreams, and an app that wants the one: the other is not offered in its place.
#[tokio::test(flavor = "multi_thread")]
async fn each_upstream_has_a_button_of_its_own() {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let more = format!("{SERVER}{}{}", guild.toml("guild", ""), lodge.toml("lodge", ""));
    let house = House::open_with(Db::Sqlite, &more).await;
    let browser = Browser::new(&house);
    let page = browser.page(house.url("/sign-in")).await;
    assert_ne!(button(&page, "guild"), button(&page, "lodge"));
    for (upstream, provider) in [("guild", &guild), ("lodge", &lodge)] {
        let response = browser.http.get(button(&page, upstream)).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&provider.issuer), "{location}");
    }
    let french = Browser::in_language(&house, "fr").page(house.url("/sign-in")).await;
    assert!(
        french.html.contains("The guild") && french.html.contains("Continuer"),
        "{}",
        french.html
    );
}
