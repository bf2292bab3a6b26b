//! Links that a person makes and ends from their own page, and what an upstream gave out for them.

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};

use super::peers::{Forge, Instead, Scripted, own, set};
use super::{
    APP, End, SERVER, Scene, ask, go, is_gone, is_live, leave, local, returns, start, whose,
};
use crate::browser::{Browser, Landing, Page};
use crate::follow::soon;
use crate::for_each_database;
use crate::house::{Db, EMAIL, House};

const MINUTE: i64 = 60 * 1000;

fn browser(scene: &Scene) -> Browser {
    let upstream = scene.guild.issuer.trim_end_matches("/guild/");
    Browser::new(&scene.house).at_home_in(upstream)
}

async fn links(browser: &Browser, house: &House) -> Page {
    browser.page(house.url("/account/links")).await
}

/// The button of the page that has this name and this value, in a form that also holds it.
async fn press(browser: &Browser, page: &Page, fields: &[(&str, &str)]) -> Page {
    let csrf = page.value("input[name=csrf]").unwrap_or_else(|| panic!("{}", page.html));
    let mut form = vec![("csrf", csrf.as_str())];
    form.extend(fields);
    let mut response = browser.http.post(page.url.clone()).form(&form).send().await.unwrap();
    for _ in 0..6 {
        let Some(location) = response.headers().get("location") else { break };
        let to = response.url().join(location.to_str().unwrap()).unwrap();
        response = browser.http.get(to).send().await.unwrap();
    }
    let (url, status) = (response.url().clone(), response.status().as_u16());
    Page { url, status, html: response.text().await.unwrap() }
}

async fn id_of_link(house: &House, email: &str) -> String {
    let core = &house.app.core;
    let account = core.find_account(email).await.unwrap().unwrap();
    core.links(account.id).await.unwrap()[0].id.to_string()
}

for_each_database! {
    async fn whoever_is_signed_in_links_an_account_and_comes_in_by_it_from_then_on(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        scene.guild.person(
            json!({ "sub": "ada there", "name": "Somebody", "email": "ada@elsewhere.example" }),
        );
        let browser = browser(&scene);
        browser.sign_in(house).await;
        let page = links(&browser, house).await;
        let linked = press(&browser, &page, &[("action", "add"), ("upstream", "guild")]).await;
        assert_eq!(linked.url.path(), "/account/links", "{}", linked.html);
        assert!(linked.html.contains("The guild") && linked.html.contains("ada@elsewhere.example"));
        let ada = whose(house, &scene.go().await).await;
        assert_eq!(
            (ada.email.as_str(), ada.claims.name.as_deref()),
            (EMAIL, Some("Somebody")),
            "hers"
        );
        // She is told by mail, for it might not have been her.
        house.mail(EMAIL, "The guild now opens your").await;

        // It goes, and with it the sessions that it opened; hers stays, and the password is left.
        let by_guild = scene.go().await;
        let id = id_of_link(house, EMAIL).await;
        let page = links(&browser, house).await;
        let removed = press(&browser, &page, &[("action", "remove"), ("id", &id)]).await;
        assert!(!removed.html.contains("ada@elsewhere.example"), "{}", removed.html);
        assert!(!is_live(house, by_guild.token()).await);
        assert!(
            links(&browser, house).await.html.contains("The guild"),
            "signed in, and it may be linked again"
        );
        soon("what it gave out is given back", async || scene.guild.asked("revoke") == 1).await;
        assert_eq!(scene.guild.last("revoke")["token"], "the refresh token");
        // A stranger from now on.
        let other = whose(house, &scene.go().await).await;
        assert_ne!(other.id, ada.id);
    }
}

for_each_database! {
    async fn the_last_way_in_stays(db: Db) {
        let scene = Scene::open(db).await;
        let browser = Browser::new(&scene.house);
        let end = go(&browser, &scene.house, "guild").await;
        let id = id_of_link(&scene.house, "mia@example.com").await;
        let page = links(&browser, &scene.house).await;
        let told = press(&browser, &page, &[("action", "remove"), ("id", &id)]).await;
        assert!(told.text("[role=alert]").is_some(), "{}", told.html);
        assert_eq!(
            whose(&scene.house, &go(&Browser::new(&scene.house), &scene.house, "guild").await)
                .await
                .id,
            whose(&scene.house, &end).await.id
        );
        assert_eq!(scene.guild.asked("revoke"), 0);
    }
}

/// Of two ways in one goes, whichever is asked for, however often and wherever at once.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_links_that_are_removed_at_once_one_stays() {
    for db in [Db::Sqlite, Db::Postgres] {
        let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
        let trusted = lodge.toml("lodge", "trust_email = true");
        let more = format!("{SERVER}{}{trusted}", guild.toml("guild", "trust_email = true"));
        let house = House::open_with(db, &more).await;
        let browser = Browser::new(&house);
        go(&browser, &house, "guild").await;
        let end = go(&browser, &house, "lodge").await;
        let mia = whose(&house, &end).await;
        let ids: Vec<String> = house
            .app
            .core
            .links(mia.id)
            .await
            .unwrap()
            .iter()
            .map(|it| it.id.to_string())
            .collect();
        assert_eq!(ids.len(), 2);
        let page = links(&browser, &house).await;
        let requests = (0..8).map(|n| press_now(&browser, &page, &ids[n % 2]));
        join_all(requests).await;
        assert_eq!(house.app.core.links(mia.id).await.unwrap().len(), 1, "{db:?}");
    }
}

async fn press_now(browser: &Browser, page: &Page, id: &str) {
    press(browser, page, &[("action", "remove"), ("id", id)]).await;
}

for_each_database! {
    async fn asvs_7_5_1_a_link_takes_a_sign_in_of_a_moment_ago_and_a_form_of_ours(db: Db) {
        let scene = Scene::open(db).await;
        let browser = browser(&scene);
        browser.sign_in(&scene.house).await;
        let page = links(&browser, &scene.house).await;
        let asked = scene.guild.asked("authorize");
        let forged = Page {
            html: page.html.replace("name=\"csrf\" value=\"", "name=\"csrf\" value=\"x"),
            ..page
        };
        press(&browser, &forged, &[("action", "add"), ("upstream", "guild")]).await;
        assert_eq!(scene.guild.asked("authorize"), asked);
        let page = links(&browser, &scene.house).await;
        scene.house.clock.advance(24 * 60 * MINUTE);
        let told = press(&browser, &page, &[("action", "add"), ("upstream", "guild")]).await;
        assert_eq!(scene.guild.asked("authorize"), asked, "{}", told.html);
        let ada = scene.house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        assert!(scene.house.app.core.links(ada.id).await.unwrap().is_empty());
    }
}

for_each_database! {
    async fn rfc6749_10_12_peer_cve_2026_9087_nobody_links_an_account_of_theirs_to_somebody_else(db: Db) {
        // Eve begins to link, and has Mia finish: or the other way round.
        let scene = Scene::open(db).await;
        let (house, guild) = (&scene.house, &scene.guild);
        local(house, "eve@example.com", true).await;
        let ada = Browser::new(house);
        ada.sign_in(house).await;
        let eve = Browser::new(house);
        let page = eve.page(house.url("/sign-in")).await;
        eve.press(
            &page,
            "sign-in",
            &[("email", "eve@example.com"), ("password", crate::house::PASSWORD)],
        )
        .await;
        let begin = async |browser: &Browser| {
            let page = links(browser, house).await;
            let csrf = page.value("input[name=csrf]").unwrap();
            let form = [("csrf", csrf.as_str()), ("action", "add"), ("upstream", "guild")];
            let response = browser.http.post(page.url).form(&form).send().await.unwrap();
            let there = response.headers()["location"].to_str().unwrap().parse().unwrap();
            returns(browser, there).await
        };
        guild.person(json!({ "sub": "eve there", "email": "eve@example.com" }));
        let eves = begin(&eve).await;
        assert_eq!(ask(&ada, eves.clone()).await.status(), 400, "a state of another browser");
        // Nor does a session that changed hands meanwhile finish it.
        let out = eve.page(house.url("/sign-out")).await;
        eve.press(&out, "sign-out", &[]).await;
        eve.sign_in(house).await;
        let end = ask(&eve, eves).await;
        let End::Goes(to) = &end else { panic!("{end:?}") };
        assert_ne!(
            crate::browser::query(to).get("what").map(String::as_str),
            Some("linked"),
            "{to}"
        );
        for email in [EMAIL, "eve@example.com"] {
            let account = house.app.core.find_account(email).await.unwrap().unwrap();
            assert!(house.app.core.links(account.id).await.unwrap().is_empty(), "{email}");
        }
        // One that opens another account already stays where it is.
        guild.person(json!({ "sub": "mia", "email": "mia@example.com" }));
        let mia = whose(house, &scene.go().await).await;
        let end = ask(&ada, begin(&ada).await).await;
        let End::Goes(to) = &end else { panic!("{end:?}") };
        assert_eq!(crate::browser::query(to)["problem"], "identity_taken");
        assert_eq!(whose(house, &scene.go().await).await.id, mia.id);
    }
}

/// What an upstream gave out, of every row there is, as text.
async fn kept(house: &House) -> String {
    let db = house.database().await;
    let sql = "SELECT tokens FROM links";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "tokens").unwrap()).collect()
}

for_each_database! {
    async fn asvs_13_3_1_an_upstreams_tokens_are_kept_encrypted_and_given_back_with_the_account(
        db: Db,
    ) {
        let scene = Scene::open(db).await;
        let end = scene.go().await;
        let kept = kept(&scene.house).await;
        assert!(kept.len() > 100, "something is kept");
        for token in
            ["the access token", "the refresh token", "dGhlIGFjY2Vzcy", "eyJhbGciOiJSUzI1NiI"]
        {
            assert!(!kept.contains(token), "{kept}");
        }
        let mia = whose(&scene.house, &end).await;
        assert!(
            scene.house.app.core.delete_account(mia.id, scene.house.clock.now()).await.unwrap()
        );
        soon("it is given back", async || scene.guild.asked("revoke") == 1).await;
        assert!(is_gone(&scene.house, mia.id).await);
    }
}

for_each_database! {
    async fn asvs_13_3_1_what_an_upstream_gave_out_is_given_back_by_whoever_leaves(db: Db) {
        let scene = Scene::open(db).await;
        let browser = Browser::new(&scene.house);
        let mia = whose(&scene.house, &go(&browser, &scene.house, "guild").await).await;
        let page = browser.page(scene.house.url("/account/delete")).await;
        let done = press(&browser, &page, &[("confirm", "yes")]).await;
        assert_eq!(done.status, 200, "{}", done.html);
        assert!(is_gone(&scene.house, mia.id).await);
        soon("it is given back", async || scene.guild.asked("revoke") == 1).await;
        assert_eq!(scene.guild.last("revoke")["token"], "the refresh token");
    }
}

for_each_database! {
    async fn an_account_that_is_linked_already_may_be_linked_again_and_what_is_new_counts(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        scene.guild.person(json!({ "sub": "ada there", "email": "ada@elsewhere.example" }));
        let browser = browser(&scene);
        browser.sign_in(house).await;
        let add = [("action", "add"), ("upstream", "guild")];
        press(&browser, &links(&browser, house).await, &add).await;
        scene.guild.person(json!({ "sub": "ada there", "email": "ada@new.example" }));
        scene.guild.lie(|script| script.tokens = set("access_token", "another access token"));
        // Userinfo would be asked with it, and knows it not.
        scene.guild.lie(|script| {
            script.claims = own(|it| {
                it.as_object_mut().unwrap().remove("at_hash");
                it["name"] = json!("Ada");
            });
        });
        let again = press(&browser, &links(&browser, house).await, &add).await;
        assert_eq!(crate::browser::query(&again.url)["what"], "linked");
        assert!(again.html.contains("ada@new.example"), "{}", again.html);
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        assert_eq!(house.app.core.links(ada.id).await.unwrap().len(), 1);
        let told = house.app.core.upstream_token(ada.id, "guild", house.clock.now()).await.unwrap();
        assert_eq!(told.access_token.expose(), "another access token");
    }
}

for_each_database! {
    async fn r22_a_link_takes_a_sign_in_that_somebody_said_was_just_now(db: Db) {
        let forge = Forge::start().await;
        let house = House::open_with(db, &format!("{SERVER}{}", forge.toml("forge", ""))).await;
        let browser = Browser::new(&house);
        go(&browser, &house, "forge").await;
        let page = links(&browser, &house).await;
        assert!(page.html.contains("again=1") && !page.html.contains("add-forge"), "{}", page.html);
        // Nor does it become one there: the page that says so is shown to whoever is signed in.
        let again = [("next", "/account/links"), ("again", "1")];
        let end = ask(&browser, start(&house, "forge", &again)).await;
        let End::Goes(to) = &end else { panic!("{end:?}") };
        assert_eq!(crate::browser::query(to)["problem"], "sign_in_undated");
        let page = browser.page(to.clone()).await;
        assert_eq!(page.url.path(), "/sign-in", "{}", page.html);
        assert!(page.text("[role=alert]").unwrap().contains("The forge"));
        // A session that a password opened stays as recent as it was.
        forge.user(|it| it["id"] = json!(7));
        let at_home = Browser::new(&house).at_home_in(&forge.origin);
        at_home.sign_in(&house).await;
        let page = links(&at_home, &house).await;
        press(&at_home, &page, &[("action", "add"), ("upstream", "forge")]).await;
        let end = go(&at_home, &house, "forge").await;
        assert_eq!(whose(&house, &end).await.email, EMAIL);
        let page = links(&at_home, &house).await;
        assert!(!page.html.contains("again=1"), "{}", page.html);
    }
}

async fn token_of(scene: &Scene, bearer: &str) -> (u16, Value) {
    let asked = scene.house.http.post(scene.house.url("/api/auth/get-access-token"));
    let body = json!({ "providerId": "guild" });
    let answer = asked.bearer_auth(bearer).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

for_each_database! {
    async fn rfc6749_6_an_upstreams_token_is_made_new_when_it_is_asked_for_and_once(db: Db) {
        let scene = Scene::open(db).await;
        let end = scene.go().await;
        let (status, told) = token_of(&scene, end.token()).await;
        assert_eq!((status, &told["accessToken"]), (200, &json!("the access token")), "{told}");
        assert_eq!(scene.guild.asked("token"), 1, "it is good");
        // Of twenty that ask at once when it has expired one makes it new.
        scene.house.clock.advance(6 * MINUTE);
        scene.guild.lie(|script| script.tokens = set("access_token", "another access token"));
        for (status, told) in join_all((0..20).map(|_| token_of(&scene, end.token()))).await {
            assert_eq!(
                (status, &told["accessToken"]),
                (200, &json!("another access token")),
                "{told}"
            );
        }
        assert_eq!(scene.guild.asked("token"), 2);
        let sent = scene.guild.last("token");
        assert_eq!(
            (sent["grant_type"].as_str(), sent["refresh_token"].as_str()),
            ("refresh_token", "the refresh token")
        );
        // One that the upstream takes back is no reason to end anything here.
        scene.house.clock.advance(6 * MINUTE);
        let refusal = "{\"error\":\"invalid_grant\"}".to_owned();
        scene.guild.lie(|script| drop(script.instead.insert("token", Instead::Says(400, refusal))));
        let (status, told) = token_of(&scene, end.token()).await;
        assert!((400..500).contains(&status), "{status} {told}");
        assert!(is_live(&scene.house, end.token()).await);
        // And nobody else's.
        let ada = json!({ "email": EMAIL, "password": crate::house::PASSWORD });
        let ada = scene
            .house
            .http
            .post(scene.house.url("/auth/sign-in"))
            .json(&ada)
            .send()
            .await
            .unwrap();
        let ada: Value = ada.json().await.unwrap();
        assert_eq!(token_of(&scene, ada["session"]["token"].as_str().unwrap()).await.0, 404);
        assert_eq!(token_of(&scene, "none").await.0, 401);
    }
}

/// The app's own token is the way to it; a relying party's is not (R50, API.md §1).
#[tokio::test(flavor = "multi_thread")]
async fn a_relying_party_does_not_get_an_upstreams_token() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = browser(&scene);
    let landing =
        browser.authorize(&crate::browser::request_with("web", &[("upstream", "guild")])).await;
    let Landing::Page(page) = landing else { panic!("{landing:?}") };
    let Landing::Away(url) = browser.press(&page, "allow", &[]).await else { panic!("no answer") };
    let code = crate::browser::query(&url).remove("code").unwrap();
    let form = crate::oidc::code::redemption(&code);
    let tokens =
        crate::house::json(scene.house.token(crate::house::WEB, &form).send().await.unwrap(), 200)
            .await;
    assert_eq!(token_of(&scene, tokens["access_token"].as_str().unwrap()).await.0, 401);
    // One that says nothing of how long it is good for is given as it is.
    scene.guild.lie(|script| {
        script.tokens = own(|it| drop(it.as_object_mut().unwrap().remove("expires_in")));
    });
    let there = leave(&browser, &scene.house, "guild", &[("redirect_to", APP)]).await;
    let end = ask(&browser, returns(&browser, there).await).await;
    scene.house.clock.advance(60 * MINUTE);
    assert_eq!(token_of(&scene, end.token()).await.1["accessToken"], "the access token");
}
