//! What an upstream says of a person, and what becomes of it here.

use serde_json::{Value, json};

use super::peers::{Scripted, own, set, without};
use super::{SERVER, Scene, go, whose};
use crate::browser::{Browser, Landing, query, request_with};
use crate::for_each_database;
use crate::house::{Db, House};
use crate::oidc::code::redemption;

for_each_database! {
    async fn claims_are_refreshed_at_each_sign_in(db: Db) {
        let scene = Scene::open(db).await;
        let person = |name: &str, locale: &str| {
            json!({
                "sub": "mia", "email": "mia@example.com", "name": name, "given_name": name, "locale": locale,
                "picture": format!("https://pictures.example/{name}.png"),
            })
        };
        scene.guild.person(person("Mia", "fr"));
        let first = whose(&scene.house, &scene.go().await).await;
        assert_eq!(first.claims.name.as_deref(), Some("Mia"));
        assert_eq!(first.claims.given_name.as_deref(), Some("Mia"));
        assert_eq!(first.claims.locale.as_deref(), Some("fr"));
        assert_eq!(first.claims.picture.as_deref(), Some("https://pictures.example/Mia.png"));
        scene.guild.person(person("Maria", "en"));
        let second = whose(&scene.house, &scene.go().await).await;
        assert_eq!(second.id, first.id);
        assert_eq!(second.claims.name.as_deref(), Some("Maria"));
        assert_eq!(second.claims.locale.as_deref(), Some("en"));
    }
}

for_each_database! {
    async fn the_configuration_says_under_which_names_claims_come(db: Db) {
        let claims = "claims = { name = \"display_name\", email = \"mail\", nickname = \"https://guild.example/nick\" }";
        let scene = Scene::with(db, claims, "").await;
        scene.guild.person(json!({
            "sub": "mia", "display_name": "Mia", "mail": "mia@guild.example", "https://guild.example/nick": "Mimi",
            "name": "not this", "email": "nor@this.example",
        }));
        let mia = whose(&scene.house, &scene.go().await).await;
        assert_eq!(
            (mia.claims.name.as_deref(), mia.email.as_str()),
            (Some("Mia"), "mia@guild.example")
        );
        assert_eq!(mia.claims.nickname.as_deref(), Some("Mimi"));
    }
}

for_each_database! {
    async fn oidc_core_5_4_what_userinfo_adds_to_the_id_token(db: Db) {
        let scene = Scene::open(db).await;
        scene.guild.lie(|script| {
            script.claims = Box::new(|it| {
                for name in ["name", "email", "email_verified"] {
                    it.as_object_mut().unwrap().remove(name);
                }
            });
            script.userinfo = set("zoneinfo", "Europe/Paris");
        });
        let mia = whose(&scene.house, &scene.go().await).await;
        assert_eq!(
            (mia.email.as_str(), mia.claims.name.as_deref()),
            ("mia@example.com", Some("Mia"))
        );
        assert_eq!(mia.claims.zoneinfo.as_deref(), Some("Europe/Paris"));
    }
}

/// What the signature covers counts: userinfo raises no address that the ID token says is not proven.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_verified_only_where_nothing_says_otherwise() {
    let lodge = Scripted::start().await;
    let more = format!("{SERVER}{}", lodge.toml("lodge", "trust_email = true"));
    let house = House::open_with(Db::Sqlite, &more).await;
    lodge.lie(|script| {
        script.claims = set("email", "one@example.com");
        script.userinfo = without("email_verified");
        script.person = json!({ "sub": "one", "email": "two@example.com", "email_verified": true });
    });
    // The ID token has an address and that it is verified; userinfo has another, and says nothing of it.
    let end = go(&Browser::new(&house), &house, "lodge").await;
    let one = whose(&house, &end).await;
    assert_eq!((one.email.as_str(), one.email_verified), ("one@example.com", true));
    // None in the ID token, which says of one that it is verified: of whichever userinfo tells, it says
    // nothing.
    lodge.lie(|script| {
        script.person = json!({ "sub": "two", "email": "two@example.com" });
        script.claims = own(|it| {
            it.as_object_mut().unwrap().remove("email");
            it["email_verified"] = json!(true);
        });
        script.userinfo = set("email", "two@example.com");
    });
    let two = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
    assert_eq!((two.email.as_str(), two.email_verified), ("two@example.com", false));
    lodge.lie(|script| {
        script.person =
            json!({ "sub": "three", "email": "three@example.com", "email_verified": true });
        script.claims = set("email_verified", false);
        script.userinfo = set("email_verified", true);
    });
    let three = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
    assert!(!three.email_verified, "the two disagree");
}

/// Nobody may say here of themselves what an upstream may not say of them either.
#[tokio::test(flavor = "multi_thread")]
async fn r50_what_comes_from_elsewhere_is_held_to_the_same_rules() {
    let scene = Scene::open(Db::Sqlite).await;
    for (name, value) in [
        ("picture", json!("javascript:alert(1)")),
        ("picture", json!("data:text/html,x")),
        ("picture", json!("//x")),
        ("website", json!("javascript:alert(1)")),
        ("profile", json!("vbscript:x")),
        ("name", json!("x".repeat(20_000))),
        ("name", json!("a\u{202e}b\u{0}c\nd")),
        ("name", json!("")),
        ("locale", json!("x".repeat(500))),
        ("birthdate", json!("yesterday")),
        ("zoneinfo", json!("<b>")),
        ("phone_number", json!("call me")),
        ("address", json!({ "formatted": "x".repeat(50_000) })),
        ("preferred_username", json!("admin\u{0}")),
        ("updated_at", json!("now")),
        ("gender", json!({ "$ne": null })),
    ] {
        let told = value.clone();
        scene.guild.lie(|script| script.userinfo = set(name, told));
        let mia = whose(&scene.house, &scene.go().await).await;
        let kept = serde_json::to_value(&mia.claims).unwrap();
        let kept = kept.get(name).cloned().unwrap_or(Value::Null);
        if name == "name" {
            let kept = kept.as_str().unwrap_or_default();
            assert!(kept.chars().count() <= 255 && !kept.contains(char::is_control), "{kept:?}");
        } else {
            assert_ne!(kept, value, "{name}");
        }
    }
}

for_each_database! {
    async fn a_name_from_elsewhere_is_no_username_and_never_that_of_somebody_here(db: Db) {
        let scene = Scene::open(db).await;
        for (sub, wanted, told) in [
            ("1", json!("mia"), Some("mia")),
            // Ada has this one.
            ("2", json!("ada"), None),
            ("3", json!("ADA"), None),
            ("4", json!("any name at all!"), Some("any name at all!")),
            ("5", json!("mia"), Some("mia")),
            // Hers until a moment ago, and Ada's now.
            ("1", json!("ada"), None),
        ] {
            scene.guild.person(json!({ "sub": sub, "email": format!("p{sub}@example.com"), "preferred_username": wanted }));
            let who = whose(&scene.house, &scene.go().await).await;
            assert_eq!(who.username, None, "{wanted}");
            assert_eq!(who.claims.preferred_username.as_deref(), told, "{wanted}");
        }
    }
}

for_each_database! {
    async fn an_app_is_told_the_username_and_not_another_name_from_elsewhere(db: Db) {
        let scene = Scene::with(db, "trust_email = true", "").await;
        let email = crate::house::EMAIL;
        scene.guild.person(json!({ "sub": "ada there", "email": email, "email_verified": true, "preferred_username": "grace" }));
        let browser = Browser::new(&scene.house)
            .at_home_in(scene.guild.issuer.trim_end_matches("/guild/"));
        let asks = [("upstream", "guild")];
        let landing = browser.authorize(&request_with("web", &asks)).await;
        let Landing::Page(consent) = landing else { panic!("{landing:?}") };
        let Landing::Away(back) = browser.press(&consent, "allow", &[]).await else { panic!() };
        let code = query(&back).remove("code").unwrap();
        let form = redemption(&code);
        let tokens = crate::house::json(
            scene.house.token(crate::house::WEB, &form).send().await.unwrap(),
            200,
        )
        .await;
        let me = scene.house.userinfo(tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(crate::house::json(me, 200).await["preferred_username"], "ada");
    }
}

/// A number is as proven as whoever tells it says, and another one is not.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_5_1_a_number_is_verified_with_the_word_for_that_number() {
    let more = "claims = { phone_number = \"phone\", phone_number_verified = \"phone_is_theirs\" }";
    let scene = Scene::with(Db::Sqlite, more, "").await;
    for (phone, verified, expected) in [
        ("+33123456789", json!(true), Some(true)),
        ("+33123456789", Value::Null, Some(true)),
        ("+33987654321", Value::Null, None),
        ("+33987654321", json!("true"), None),
        ("+33987654321", json!(false), Some(false)),
    ] {
        scene.guild.person(json!({
            "sub": "mia", "email": "mia@example.com", "phone": phone, "phone_is_theirs": verified,
        }));
        let mia = whose(&scene.house, &scene.go().await).await;
        assert_eq!(mia.claims.phone_number.as_deref(), Some(phone));
        assert_eq!(mia.claims.phone_number_verified, expected, "{phone} {verified}");
    }
}

/// R63: JSON `true`, and nothing that only looks like it.
#[tokio::test(flavor = "multi_thread")]
async fn r63_what_is_not_json_true_proves_no_address() {
    let scene = Scene::with(Db::Sqlite, "trust_email = true", "").await;
    let email = crate::house::EMAIL;
    for told in [json!("true"), json!(1), json!("yes"), json!([true]), json!({ "is": true })] {
        let person = json!({ "sub": "eve", "email": email, "email_verified": told });
        scene.guild.person(person);
        let code = scene.go().await.error().to_owned();
        assert!(["link_required", "upstream_refused"].contains(&code.as_str()), "{told}: {code}");
    }
    super::there_are(&scene.house, 1, 0).await;
}
