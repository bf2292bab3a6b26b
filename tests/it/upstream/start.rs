//! Better Auth's client reaches the same start: `signIn.social`, `signIn.oauth2` (API.md §2 A).

use reqwest::Url;
use serde_json::{Value, json};

use super::{APP, End, Scene, ask, go, returns, there_are, whose};
use crate::browser::Browser;
use crate::for_each_database;
use crate::house::Db;
use crate::rest::better_auth::client::Node;

/// Where the client would send its browser.
fn url(told: &Value) -> Url {
    assert_eq!(told["redirect"], true, "{told}");
    told["url"].as_str().unwrap().parse().unwrap()
}

for_each_database! {
    async fn better_auths_client_comes_in_by_an_upstream(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        let mut node = Node::start(house);
        for (call, name) in [("signIn.social", "provider"), ("signIn.oauth2", "providerId")] {
            let callback = format!("{APP}/done?x=1");
            let told =
                node.good("a", call, json!([{ name: "guild", "callbackURL": callback }])).await;
            let begin = url(&told);
            assert_eq!(begin.path(), "/auth/sign-in/guild");
            let browser = Browser::new(house);
            let End::Goes(there) = ask(&browser, begin).await else { panic!("{call}") };
            let back = returns(&browser, there).await;
            let response = browser.http.get(back).send().await.unwrap();
            let location: Url = response.headers()["location"].to_str().unwrap().parse().unwrap();
            assert!(
                location.as_str().starts_with(&format!("{callback}#session_token=")),
                "{location}"
            );
            // And in this browser the client finds its session by its cookie.
            let session =
                browser.http.get(house.url("/api/auth/get-session")).send().await.unwrap();
            assert_eq!(session.json::<Value>().await.unwrap()["user"]["email"], "mia@example.com");
        }
        there_are(house, 2, 2).await;
    }
}

/// A path is the app's: below the URL that the configuration has of it. What is accepted is gone to.
#[tokio::test(flavor = "multi_thread")]
async fn the_documented_callback_url_is_a_path_of_the_app() {
    let scene = Scene::open(Db::Sqlite).await;
    let house = &scene.house;
    let answer_to = async |callback: &str, origin: Option<&str>| {
        let body = json!({ "provider": "guild", "callbackURL": callback });
        let mut asked = house.http.post(house.url("/api/auth/sign-in/social")).json(&body);
        if let Some(origin) = origin {
            asked = asked.header("origin", origin);
        }
        asked.send().await.unwrap()
    };
    for (callback, origin, ends) in [
        ("/welcome", None, "http://127.0.0.1:9/app/welcome"),
        ("/welcome?tab=1", Some("http://127.0.0.1:9"), "http://127.0.0.1:9/app/welcome?tab=1"),
        ("/app/welcome", None, "http://127.0.0.1:9/app/welcome"),
        ("/", None, "http://127.0.0.1:9/app/"),
        ("/welcome", Some("https://front.example"), "https://front.example/welcome"),
        ("https://front.example/a", None, "https://front.example/a"),
    ] {
        let answer = answer_to(callback, origin).await;
        assert_eq!(answer.status(), 200, "{callback}");
        let begin = url(&answer.json().await.unwrap());
        let browser = Browser::new(house);
        let End::Goes(there) = ask(&browser, begin).await else { panic!("{callback} is refused") };
        let back = returns(&browser, there).await;
        let response = browser.http.get(back).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(&format!("{ends}#session_token=")), "{callback}: {location}");
    }
    // Countersign's own pages are no app.
    for callback in
        [format!("{}/account", house.issuer), "/../x".to_owned(), "/%2e%2e/x".to_owned()]
    {
        let answer = answer_to(&callback, None).await;
        assert_eq!(answer.status(), 403, "{callback}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "INVALID_CALLBACK_URL");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_better_auths_client_leads_nowhere_else() {
    let scene = Scene::open(Db::Sqlite).await;
    let mut node = Node::start(&scene.house);
    for (call, name) in [("signIn.social", "provider"), ("signIn.oauth2", "providerId")] {
        // It asks for the address, and does not go there itself.
        let quiet = json!([{ name: "guild", "callbackURL": APP, "disableRedirect": true }]);
        let told = node.good("a", call, quiet).await;
        assert!(told["url"].is_string() && told["redirect"] == false, "{told}");
        for (provider, callback) in [
            ("nobody", APP),
            ("guild", "https://evil.example/app"),
            ("guild", "http://127.0.0.1:9@evil.example/app"),
            ("guild", "//evil.example"),
            ("guild", "javascript:alert(1)"),
            ("guild", "http://127.0.0.1:9/apple"),
        ] {
            let (status, code) =
                node.bad("a", call, json!([{ name: provider, "callbackURL": callback }])).await;
            assert!(
                (400..=404).contains(&status) && !code.is_empty(),
                "{provider} {callback}: {status}"
            );
        }
    }
    let body = json!({ "callbackURL": APP });
    for path in ["/api/auth/sign-in/social", "/api/auth/sign-in/oauth2"] {
        let answer = scene.house.http.post(scene.house.url(path)).json(&body).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{path} for no provider");
    }
    assert_eq!(scene.guild.asked("authorize"), 0);
}

/// R50: the token of one dialect is good in every other.
#[tokio::test(flavor = "multi_thread")]
async fn r50_whoever_came_by_an_upstream_is_signed_in_everywhere() {
    let scene = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&scene.house);
    let end = go(&browser, &scene.house, "guild").await;
    for path in [
        "/auth/session",
        "/auth/profile",
        "/api/auth/profile",
        "/api/v1/auth/me",
        "/api/auth/get-session",
    ] {
        let answer = scene.house.http.get(scene.house.url(path)).bearer_auth(end.token()).send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert!(answer.text().await.unwrap().contains("mia@example.com"), "{path}");
    }
    // And the end of it is the end everywhere.
    let out =
        scene.house.http.post(scene.house.url("/auth/sign-out")).bearer_auth(end.token()).send();
    assert_eq!(out.await.unwrap().status(), 200);
    assert!(!browser.page(scene.house.url("/")).await.html.contains("mia@example.com"));
    // Nobody has a password who never gave one.
    for password in ["", " ", "mia", "null"] {
        assert!(!super::signs_in(&scene.house, "mia@example.com", password).await);
    }
    let again = whose(&scene.house, &go(&browser, &scene.house, "guild").await).await;
    assert_eq!(again.email, "mia@example.com");
}
