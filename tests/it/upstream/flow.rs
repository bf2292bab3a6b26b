//! In the middle of an app's authorization request: there, back, and on to the app.

use serde_json::json;

use super::peers::{Forge, Instead, Script, Scripted, own, without};
use super::{SERVER, Scene, ask, leave, returns, start, there_are};
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

/// The ID token that comes of a code.
async fn id_token(house: &House, back: &reqwest::Url) -> serde_json::Value {
    let code = query(back).remove("code").unwrap_or_else(|| panic!("{back}"));
    let tokens = json_of(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
    claims(&tokens["id_token"])
}

/// The sign-in there was so many seconds ago.
fn signed_in_ago(scene: &Scene, seconds: i64) {
    scene.guild.lie(|script| {
        script.claims =
            own(move |it| it["auth_time"] = json!(it["auth_time"].as_i64().unwrap() - seconds));
    });
}

/// R22: nobody is said to have signed in just now who did so an hour ago.
#[tokio::test(flavor = "multi_thread")]
async fn r22_oidc_core_2_an_app_is_told_the_time_that_the_upstream_told() {
    let scene = Scene::open(Db::Sqlite).await;
    signed_in_ago(&scene, 59 * 60);
    let browser = browser(&scene);
    let asks = [("upstream", "guild"), ("max_age", "3600")];
    let landing = browser.authorize(&request_with("web", &asks)).await;
    let told = id_token(&scene.house, &allowed(&browser, landing).await).await;
    let ago = scene.guild.now() - told["auth_time"].as_i64().unwrap();
    assert!((59 * 60..60 * 60).contains(&ago), "{ago} s");
}

/// §3.1.3.7: clocks differ by a minute at most, and a request is not asked for twice because of that.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_3_7_a_sign_in_of_just_now_by_a_clock_that_is_behind() {
    let scene = Scene::open(Db::Sqlite).await;
    signed_in_ago(&scene, 30);
    for asked in [("prompt", "login"), ("max_age", "1")] {
        let browser = browser(&scene);
        let began = scene.guild.now();
        let landing =
            browser.authorize(&request_with("web", &[("upstream", "guild"), asked])).await;
        let told = id_token(&scene.house, &allowed(&browser, landing).await).await;
        assert!(told["auth_time"].as_i64().unwrap() >= began, "{asked:?}");
    }
}

/// R22: an upstream that does not say when has not proven that it was now.
#[tokio::test(flavor = "multi_thread")]
async fn r22_prompt_login_and_an_upstream_that_tells_no_time() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.claims = without("auth_time"));
    let asks = [("upstream", "guild"), ("prompt", "login")];
    let page = page_of(browser(&scene).authorize(&request_with("web", &asks)).await);
    assert_eq!(
        (page.url.path(), query(&page.url)["problem"].as_str()),
        ("/sign-in", "upstream_refused")
    );
    // With it, a provider has to say so (§2).
    assert_eq!(scene.guild.last("authorize")["max_age"], "0");
    there_are(&scene.house, 1, 0).await;
    // Where nothing was asked of it, an app is told nothing of it either.
    let browser = browser(&scene);
    let landing = browser.authorize(&request_with("web", &[("upstream", "guild")])).await;
    let told = id_token(&scene.house, &allowed(&browser, landing).await).await;
    assert!(told.get("auth_time").is_none(), "{told}");
}

/// A house with a forge, which proves no time, and a client with a `default_max_age`.
async fn with_forge(db: Db) -> (House, Forge) {
    let forge = Forge::start().await;
    let strict = "[[clients]]\nclient_id = \"strict\"\nclient_secret = \"strict-secret-0123456789abcdef\"\n\
        redirect_uris = [\"http://127.0.0.1:9/callback?kept=1\"]\ndefault_max_age = 600\n";
    let more = format!("{strict}{SERVER}{}", forge.toml("forge", ""));
    (House::open_with(db, &more).await, forge)
}

for_each_database! {
    async fn r22_who_proves_no_time_is_not_asked_for_a_fresh_sign_in(db: Db) {
        let (house, forge) = with_forge(db).await;
        for (client, asked) in [
            ("web", ("prompt", "login")),
            ("web", ("max_age", "600")),
            ("strict", ("state", "its default_max_age")),
        ] {
            let browser = Browser::new(&house).at_home_in(&forge.origin);
            let asks = [("upstream", "forge"), asked];
            let page = page_of(browser.authorize(&request_with(client, &asks)).await);
            assert_eq!(
                (page.url.path(), query(&page.url)["problem"].as_str()),
                ("/sign-in", "sign_in_undated"),
                "{asked:?}"
            );
            let said = page.text("[role=alert]").unwrap();
            assert!(said.contains("The forge") && !said.contains("undated"), "{said}");
            // Nor by its button.
            let again = page_of(browser.open(button(&page, "forge")).await);
            assert_eq!(query(&again.url)["problem"], "sign_in_undated");
            // The password is another way, and the request is still the same one.
            let fields = [("email", EMAIL), ("password", PASSWORD)];
            let landing = browser.press(&again, "sign-in", &fields).await;
            let back = allowed(&browser, landing).await;
            assert!(query(&back).contains_key("code"), "{back}");
        }
        assert!(forge.asked("/login/oauth/authorize").is_empty(), "nobody was sent there");
    }
}

for_each_database! {
    async fn r22_a_sign_in_whose_time_nobody_told_satisfies_no_max_age(db: Db) {
        let (house, forge) = with_forge(db).await;
        let browser = Browser::new(&house).at_home_in(&forge.origin);
        let landing = browser.authorize(&request_with("web", &[("upstream", "forge")])).await;
        let told = id_token(&house, &allowed(&browser, landing).await).await;
        assert!(told.get("auth_time").is_none(), "{told}");
        let page = page_of(browser.authorize(&request_with("web", &[("max_age", "600")])).await);
        assert_eq!(page.url.path(), "/sign-in");
        // Nor by a sign-in that was begun for nothing in particular, while the request waited.
        browser.open(start(&house, "forge", &[("to", "account")])).await;
        let flow = page.url.query().unwrap().to_owned();
        let still = browser.page(house.url(&format!("/authorize/continue?{flow}"))).await;
        assert_eq!(still.url.path(), "/sign-in");
        let asked = request_with("web", &[("max_age", "600"), ("prompt", "none")]);
        let Landing::Away(url) = browser.authorize(&asked).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "login_required");
    }
}

for_each_database! {
    async fn registration_1_0_4_prompt_create_goes_on_when_the_person_is_back(db: Db) {
        let scene = Scene::open(db).await;
        signed_in_ago(&scene, 50 * 60);
        for sub in ["mia", "mia", "noah"] {
            scene.guild.person(json!({ "sub": sub, "email": format!("{sub}@example.com") }));
            let browser = browser(&scene);
            let asks = [("upstream", "guild"), ("prompt", "create")];
            let landing = browser.authorize(&request_with("web", &asks)).await;
            let back = allowed(&browser, landing).await;
            assert!(query(&back).contains_key("code"), "{sub}: {back}");
            // For each request anew.
            let page = page_of(browser.authorize(&request_with("web", &[("prompt", "create")])).await);
            assert_eq!(page.url.path(), "/sign-up");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_1_0_4_prompt_create_by_one_that_tells_no_time() {
    let (house, forge) = with_forge(Db::Sqlite).await;
    let browser = Browser::new(&house).at_home_in(&forge.origin);
    let asks = [("upstream", "forge"), ("prompt", "create")];
    let landing = browser.authorize(&request_with("web", &asks)).await;
    let back = allowed(&browser, landing).await;
    assert!(query(&back).contains_key("code"), "{back}");
}

/// Registration 1.0 §2: what a client always wants is asked of the upstream as well.
#[tokio::test(flavor = "multi_thread")]
async fn registration_2_default_max_age_goes_along() {
    let strict = "[[clients]]\nclient_id = \"strict\"\nclient_secret = \"strict-secret-0123456789abcdef\"\n\
        redirect_uris = [\"http://127.0.0.1:9/callback?kept=1\"]\ndefault_max_age = 600\n";
    let scene = Scene::with(Db::Sqlite, "", strict).await;
    signed_in_ago(&scene, 50 * 60);
    let asks = [("upstream", "guild")];
    let page = page_of(browser(&scene).authorize(&request_with("strict", &asks)).await);
    assert_eq!(scene.guild.last("authorize")["max_age"], "600");
    assert_eq!(query(&page.url)["problem"], "upstream_refused");
    scene.guild.repent();
    let browser = browser(&scene);
    let landing = browser.authorize(&request_with("strict", &asks)).await;
    assert!(query(&allowed(&browser, landing).await).contains_key("code"));
    // What the request itself says counts first.
    let asks = [("upstream", "guild"), ("max_age", "60")];
    self::browser(&scene).authorize(&request_with("strict", &asks)).await;
    assert_eq!(scene.guild.last("authorize")["max_age"], "60");
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
        let end = ask(&browser, start(&scene.house, "guild", &[("flow", flow)])).await;
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
    let super::End::Goes(page) = ask(&browser, back).await else { panic!("not a page of ours") };
    let page = browser.page(page).await;
    assert!(page.status == 400 && page.html.contains("start again"), "{}", page.html);
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
