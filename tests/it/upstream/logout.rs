//! The end of a session there and here: OpenID Connect Back-Channel Logout 1.0, and our own sign-out that
//! goes on to the upstream's.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::peers::{CLIENT, Demo, Edit, Scripted, Signature, own, set};
use super::{SERVER, Scene, go, is_live, whose};
use crate::browser::{Browser, Landing};
use crate::for_each_database;
use crate::house::{Db, House, Plot};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token as it should be (§2.4).
fn whole(guild: &Scripted, more: &Value) -> Value {
    let now = guild.now();
    let mut claims = json!({
        "iss": guild.issuer, "aud": CLIENT.0, "iat": now, "exp": now + 120,
        "jti": uuid::Uuid::from_u64_pair(u64::try_from(now).unwrap(), rand()).to_string(),
        "events": { EVENT: {} },
    });
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    claims
}

fn rand() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

async fn tell(house: &House, upstream: &str, token: &str) -> StatusCode {
    let at = house.url(&format!("/auth/backchannel-logout/{upstream}"));
    let response = house.http.post(at).form(&[("logout_token", token)]).send().await.unwrap();
    // §2.8
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    response.status()
}

/// Signed as the upstream signs, and told.
async fn told(scene: &Scene, claims: &Value) -> StatusCode {
    let token = scene.guild.sign(&json!({ "kid": "first", "typ": "logout+jwt" }), claims);
    tell(&scene.house, "guild", &token).await
}

/// Somebody comes in whose session there has this name.
async fn comes(scene: &Scene, sub: &str, sid: &'static str) -> String {
    scene.guild.person(json!({ "sub": sub, "email": format!("{sub}@example.com") }));
    scene.guild.lie(|script| script.claims = set("sid", sid));
    scene.go().await.token().to_owned()
}

for_each_database! {
    async fn backchannel_2_6_a_session_that_ends_there_ends_here(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        let (phone, laptop) = (comes(&scene, "mia", "s1").await, comes(&scene, "mia", "s2").await);
        let noah = comes(&scene, "noah", "s3").await;
        let live = async || {
            let mut live = Vec::new();
            for token in [&phone, &laptop, &noah] {
                live.push(is_live(house, token).await);
            }
            live
        };
        assert_eq!(live().await, [true; 3]);
        // By its name alone.
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sid": "s1" }))).await, 200);
        assert_eq!(live().await, [false, true, true]);
        // One that nobody has: there is nothing to end, and that is no failure.
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sid": "s9" }))).await, 200);
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sub": "nobody" }))).await, 200);
        // Both name one: another's session is not ended by a name that is not theirs.
        assert_eq!(
            told(&scene, &whole(&scene.guild, &json!({ "sub": "noah", "sid": "s2" }))).await,
            200
        );
        assert_eq!(live().await, [false, true, true]);
        // By the person: all of theirs.
        let again = comes(&scene, "mia", "s4").await;
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sub": "mia" }))).await, 200);
        assert_eq!(live().await, [false, false, true]);
        assert!(!is_live(house, &again).await);
    }
}

for_each_database! {
    async fn backchannel_2_6_a_session_whose_name_there_nobody_told_ends_with_its_person(db: Db) {
        let scene = Scene::open(db).await;
        let named = comes(&scene, "mia", "s1").await;
        scene.guild.repent();
        let nameless = scene.go().await.token().to_owned();
        // A name alone says nothing of it.
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sid": "s2" }))).await, 200);
        assert!(is_live(&scene.house, &nameless).await);
        // With the person it may be that one, and the other one is not.
        let about_her = json!({ "sub": "mia", "sid": "s2" });
        assert_eq!(told(&scene, &whole(&scene.guild, &about_her)).await, 200);
        assert!(!is_live(&scene.house, &nameless).await);
        assert!(is_live(&scene.house, &named).await);
    }
}

for_each_database! {
    async fn backchannel_2_6_a_session_that_began_with_a_password_is_not_the_upstreams_to_end(
        db: Db,
    ) {
        let scene = Scene::with(db, "trust_email = true", "").await;
        scene
            .guild
            .person(json!({ "sub": "ada", "email": crate::house::EMAIL, "email_verified": true }));
        let by_guild = scene.go().await.token().to_owned();
        let browser = Browser::new(&scene.house);
        browser.sign_in(&scene.house).await;
        assert_eq!(told(&scene, &whole(&scene.guild, &json!({ "sub": "ada" }))).await, 200);
        assert!(!is_live(&scene.house, &by_guild).await);
        assert!(browser.page(scene.house.url("/")).await.html.contains(crate::house::EMAIL));
    }
}

for_each_database! {
    async fn backchannel_2_6_a_token_that_proves_nothing_ends_nothing(db: Db) {
        let scene = Scene::open(db).await;
        let session = comes(&scene, "mia", "s1").await;
        let about_her = json!({ "sub": "mia", "sid": "s1" });
        let now = scene.guild.now();
        let lies: [(&str, Edit); 17] = [
            ("another issuer", set("iss", "https://other.example")),
            (
                "an issuer without its slash",
                own(|it| it["iss"] = json!(it["iss"].as_str().unwrap().trim_end_matches('/'))),
            ),
            ("another audience", set("aud", "another")),
            ("another audience beside ours", set("aud", json!([CLIENT.0, "another"]))),
            ("no audience", own(|it| drop(it.as_object_mut().unwrap().remove("aud")))),
            (
                "about nobody",
                own(|it| {
                    for name in ["sub", "sid"] {
                        it.as_object_mut().unwrap().remove(name);
                    }
                }),
            ),
            (
                "an empty sub",
                own(|it| {
                    it["sub"] = json!("");
                    it.as_object_mut().unwrap().remove("sid");
                }),
            ),
            (
                "a sub that is a number",
                own(|it| {
                    it["sub"] = json!(5);
                    it.as_object_mut().unwrap().remove("sid");
                }),
            ),
            ("no events", own(|it| drop(it.as_object_mut().unwrap().remove("events")))),
            (
                "another event",
                set("events", json!({ "http://schemas.openid.net/event/other": {} })),
            ),
            ("an event that is no object", set("events", json!({ EVENT: true }))),
            ("events that are a list", set("events", json!([EVENT]))),
            // §2.4: what makes it an ID token makes it no logout token.
            ("a nonce", set("nonce", "n")),
            ("expired", set("exp", now - 3600)),
            ("no iat", own(|it| drop(it.as_object_mut().unwrap().remove("iat")))),
            ("of the future", set("iat", now + 3600)),
            ("no jti", own(|it| drop(it.as_object_mut().unwrap().remove("jti")))),
        ];
        for (what, lie) in lies {
            let mut claims = whole(&scene.guild, &about_her);
            lie(&mut claims);
            assert_eq!(told(&scene, &claims).await, 400, "{what}");
        }
        let good = whole(&scene.guild, &about_her);
        for signature in [
            Signature::None,
            Signature::Stranger,
            Signature::Broken,
            Signature::Hmac(Scripted::public_pem()),
            Signature::Hmac(CLIENT.1.as_bytes().to_vec()),
        ] {
            scene.guild.lie(|script| script.signature = signature);
            assert_eq!(told(&scene, &good).await, 400);
        }
        scene.guild.lie(|script| script.signature = Signature::Own);
        for none in ["", "x", "a.b.c"] {
            assert_eq!(tell(&scene.house, "guild", none).await, 400);
        }
        // An ID token is none, whatever type it says it has.
        let id_token = scene.guild.sign(&json!({ "kid": "first" }), &json!({
            "iss": scene.guild.issuer, "aud": CLIENT.0, "sub": "mia", "iat": now, "exp": now + 60,
        }));
        assert_eq!(tell(&scene.house, "guild", &id_token).await, 400);
        assert!(is_live(&scene.house, &session).await, "nothing ended");
        assert_eq!(told(&scene, &good).await, 200);
        assert!(!is_live(&scene.house, &session).await);
    }
}

for_each_database! {
    async fn backchannel_2_6_a_token_once_more_ends_nothing_that_began_since(db: Db) {
        let scene = Scene::open(db).await;
        comes(&scene, "mia", "s1").await;
        let token = scene
            .guild
            .sign(&json!({ "kid": "first" }), &whole(&scene.guild, &json!({ "sub": "mia" })));
        assert_eq!(tell(&scene.house, "guild", &token).await, 200);
        let later = comes(&scene, "mia", "s2").await;
        tell(&scene.house, "guild", &token).await;
        assert!(is_live(&scene.house, &later).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn backchannel_2_5_only_the_upstream_whose_route_it_is() {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let more =
        format!("{SERVER}{}{}", guild.toml("guild", ""), lodge.toml("lodge", "enabled = false"));
    let house = House::open_with(Db::Sqlite, &more).await;
    for upstream in ["nobody", "lodge"] {
        assert_eq!(tell(&house, upstream, "x").await, 400, "{upstream}");
    }
    let at = house.url("/auth/backchannel-logout/guild");
    assert_eq!(house.http.get(at.clone()).send().await.unwrap().status(), 405);
    let json_of = house.http.post(at).json(&json!({ "logout_token": "x" })).send().await.unwrap();
    assert!(json_of.status() == 400 || json_of.status() == 415, "{}", json_of.status());
}

/// A real provider, a real person: she signs out there, and is out here.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_at_the_upstream_is_signed_out_here() {
    let plot = Plot::new().await;
    let demo = Demo::start(&plot.url).await;
    let house = House::open_on(plot, Db::Sqlite, &format!("{SERVER}{}", demo.toml(""))).await;
    let browser = Browser::new(&house).at_home_in(&demo.origin);
    let there = super::leave(&browser, &house, "demo", &[("to", "account")]).await;
    let page = browser.page(there).await;
    let Landing::Page(home) = demo.enter(&browser, &page, "mia").await else { panic!("away") };
    assert!(home.html.contains("mia@example.com"), "{}", home.html);
    let out = browser.page(format!("{}session/end", demo.issuer).parse().unwrap()).await;
    browser.press(&out, "leave", &[]).await;
    let home = browser.page(house.url("/")).await;
    assert!(!home.html.contains("mia@example.com"), "{}", home.html);
}

/// `sign_out = true`: our sign-out goes on to theirs (OpenID Connect RP-Initiated Logout 1.0 §2).
#[tokio::test(flavor = "multi_thread")]
async fn rp_initiated_2_our_sign_out_goes_on_to_the_upstreams_where_the_operator_wishes() {
    for wishes in [true, false] {
        let plot = Plot::new().await;
        let demo = Demo::start(&plot.url).await;
        let more = format!("{SERVER}{}", demo.toml(&format!("sign_out = {wishes}")));
        let house = House::open_on(plot, Db::Sqlite, &more).await;
        let browser = Browser::new(&house).at_home_in(&demo.origin);
        let there = super::leave(&browser, &house, "demo", &[("to", "account")]).await;
        let page = browser.page(there).await;
        demo.enter(&browser, &page, "mia").await;
        demo.seen("").await;
        let page = browser.page(house.url("/sign-out")).await;
        let landing = browser.press(&page, "sign-out", &[]).await;
        let Landing::Page(page) = landing else { panic!("{landing:?}") };
        assert!(!browser.page(house.url("/")).await.html.contains("mia@example.com"), "out here");
        let asked = demo.seen("/session/end").await;
        if wishes {
            assert_eq!(asked.len(), 1);
            assert!(
                asked[0]["id_token_hint"].is_string() || asked[0]["client_id"] == CLIENT.0,
                "{asked:?}"
            );
            // The provider asks, and brings the person back where it is told to.
            assert!(page.url.as_str().starts_with(&demo.origin), "{}", page.url);
            let back = browser.press(&page, "leave", &[]).await;
            let Landing::Page(back) = back else { panic!("{back:?}") };
            assert!(back.url.as_str().starts_with(&house.issuer), "{}", back.url);
        } else {
            assert!(asked.is_empty());
            assert!(page.url.as_str().starts_with(&house.issuer), "{}", page.url);
        }
    }
}

/// A person who came by a password is not taken to an upstream that they have not come from.
#[tokio::test(flavor = "multi_thread")]
async fn sign_out_of_a_session_of_our_own_stays_here() {
    let scene = Scene::with(Db::Sqlite, "sign_out = true", "").await;
    let browser = Browser::new(&scene.house);
    browser.sign_in(&scene.house).await;
    let page = browser.page(scene.house.url("/sign-out")).await;
    assert!(matches!(browser.press(&page, "sign-out", &[]).await, Landing::Page(_)));
    assert_eq!(scene.guild.asked("end"), 0);
    let end = go(&browser, &scene.house, "guild").await;
    assert_eq!(whose(&scene.house, &end).await.email, "mia@example.com");
}
