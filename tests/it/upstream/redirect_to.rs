//! `redirect_to`: the app's address, as API.md §2 B has it, before anybody leaves (R65).

use reqwest::header::SET_COOKIE;

use super::{End, Scene, ask, go, leave, returns, start};
use crate::browser::{Browser, query};
use crate::house::Db;

/// Ours are `http://127.0.0.1:9/app` and `https://front.example`.
const EVIL: [&str; 34] = [
    // Another path, or one that only begins alike.
    "http://127.0.0.1:9/",
    "http://127.0.0.1:9/apple",
    "http://127.0.0.1:9/app.evil",
    "http://127.0.0.1:9/app/../evil",
    "http://127.0.0.1:9/app/..%2fevil/../../evil",
    "http://127.0.0.1:9/app/%2e%2e/evil",
    "http://127.0.0.1:9/APP",
    // Another host, port or scheme.
    "http://127.0.0.1:9.evil.example/app",
    "http://127.0.0.1:90/app",
    "http://127.0.0.1/app",
    "https://127.0.0.1:9/app",
    "http://127.0.0.2:9/app",
    "http://localhost:9/app",
    "https://evil.example/app",
    "https://front.example.evil.example/",
    "https://evilfront.example/",
    "https://sub.front.example/",
    "https://front.example./",
    "https://front.example:444/",
    "http://front.example/",
    // Somebody before the host.
    "http://127.0.0.1:9@evil.example/app",
    "http://user@127.0.0.1:9/app",
    "http://user:word@127.0.0.1:9/app",
    "http://@evil.example:9/app",
    // What parsers read in two ways.
    "http://127.0.0.1:9\\@evil.example/app",
    "http://127.0.0.1:9/app\\..\\evil",
    "http:\\\\127.0.0.1:9/app",
    "http://127.0.0.1:9/app\n",
    "http://127.0.0.1:9/app\t/x",
    "http://127.0.0.1:9/app\u{0}",
    // No address at all.
    "/app",
    "//evil.example/app",
    "javascript:alert(1)//http://127.0.0.1:9/app",
    "nonsense",
];

#[tokio::test(flavor = "multi_thread")]
async fn r65_an_address_that_is_no_app_of_ours_is_refused_before_anybody_leaves() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    for evil in EVIL {
        let response =
            house.http.get(start(&house, "guild", &[("redirect_to", evil)])).send().await.unwrap();
        assert_eq!(response.status(), 400, "{evil:?}");
        assert!(!response.headers().contains_key("location"), "{evil:?}");
        assert!(!response.headers().contains_key(SET_COOKIE), "{evil:?}");
        assert!(!response.text().await.unwrap().contains("evil.example"), "{evil:?}");
    }
    let twice = [("redirect_to", super::APP), ("redirect_to", "https://evil.example/")];
    let browser = Browser::new(&house);
    assert_eq!(ask(&browser, start(&house, "guild", &twice)).await.status(), 400);
    assert_eq!(guild.asked("authorize"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_every_address_of_an_app_of_ours_is_where_one_comes_back_to() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    for good in [
        "http://127.0.0.1:9/app",
        "http://127.0.0.1:9/app/",
        "http://127.0.0.1:9/app/deep/er?x=1&y=%23",
        "http://127.0.0.1:9/app?x=http://evil.example",
        "https://front.example",
        "https://front.example/any/where",
        "https://FRONT.example:443/x",
    ] {
        let browser = Browser::new(&house);
        let back = leave(&browser, &house, "guild", &[("redirect_to", good)]).await;
        let back = returns(&browser, back).await;
        let response = browser.http.get(back).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        let (to, fragment) = location.split_once('#').unwrap();
        let expected: reqwest::Url = good.parse().unwrap();
        assert_eq!(to.parse::<reqwest::Url>().unwrap(), expected, "{good}");
        assert!(fragment.starts_with("session_token=") && !fragment.contains('#'), "{fragment}");
        // RFC 9700 §4.2: a token is in no cache, and goes nowhere by a referrer.
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r65_a_fragment_of_the_apps_own_does_not_mix_with_ours() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let to = [("redirect_to", "http://127.0.0.1:9/app#session_token=evil&x=")];
    let end = ask(&browser, start(&house, "guild", &to)).await;
    if let End::Goes(there) = end {
        let back = returns(&browser, there).await;
        let response = browser.http.get(back).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        assert!(!location.contains("evil") && location.matches('#').count() == 1, "{location}");
    } else {
        assert_eq!(end.status(), 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_one_the_first_app_is_where_one_comes_back_to() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let there = leave(&browser, &house, "guild", &[]).await;
    // Where one came from is our own business, and not the upstream's.
    assert!(!there.as_str().contains("app"), "{there}");
    assert!(query(&there)["state"].len() < 512);
    let back = returns(&browser, there).await;
    let response = browser.http.get(back).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.starts_with("http://127.0.0.1:9/app#session_token="), "{location}");
    assert!(matches!(go(&browser, &house, "guild").await, End::In(_)));
}

/// Where our own pages go on to is one of our own pages.
#[tokio::test(flavor = "multi_thread")]
async fn r65_what_our_pages_go_on_to_is_no_way_out_of_the_house() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/%09/evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "http://127.0.0.1:9@evil.example/",
        "@evil.example",
        ".evil.example",
    ] {
        let browser = Browser::new(&house);
        let there = leave(&browser, &house, "guild", &[("next", next)]).await;
        // To its very end: `page` fails where it leads out.
        let page = browser.page(returns(&browser, there).await).await;
        assert!(page.url.as_str().starts_with(&house.issuer), "{next}: {}", page.url);
        assert!(!page.html.contains("href=\"javascript"), "{next}");
        assert!(!page.html.contains("//evil.example\""), "{next}: {}", page.html);
    }
}
