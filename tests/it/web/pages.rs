//! What every page has.

use crate::browser::{Browser, Landing, request, request_with};
use crate::house::{CALLBACK, Db, House};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_a_strict_policy_and_is_kept_by_nobody() {
    let house = House::open(Db::Sqlite).await;
    for path in ["/", "/sign-in", "/sign-up", "/sign-out", "/playground", "/nothing", "/authorize"]
    {
        let request = house.http.get(house.url(path)).header("accept", "text/html");
        let response = request.send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        let html = response.text().await.unwrap();
        for inline in ["<style", "style=", " onclick", " onload", "javascript:", "https://"] {
            assert!(!html.contains(inline), "{path}: {inline}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_follows_the_person_then_the_app_then_the_browser() {
    let house = House::open(Db::Sqlite).await;
    let french = |page: &crate::browser::Page| page.html.contains("<html lang=\"fr\"");
    let browser = Browser::in_language(&house, "de, fr;q=0.8");
    assert!(french(&browser.page(house.url("/sign-in")).await));
    let asked = request_with("web", &[("ui_locales", "en fr")]);
    let Landing::Page(page) = browser.authorize(&asked).await else { panic!("no page") };
    assert!(!french(&page), "the app's ui_locales");
    let mut switched = page.url.clone();
    switched.query_pairs_mut().append_pair("lang", "fr");
    assert!(french(&browser.page(switched).await), "the person's choice");
    let Landing::Page(page) = browser.authorize(&asked).await else { panic!("no page") };
    assert!(french(&page), "which is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_request_name_the_app_and_its_links() {
    let house = House::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
    for part in ["Acme", "https://acme.example/privacy", "https://acme.example/terms", "noopener"] {
        assert!(page.html.contains(part), "sign-in: {part}");
    }
    browser.sign_in(&house).await;
    let asked = request_with("web", &[("scope", "openid profile email offline_access api:read")]);
    let Landing::Page(page) = browser.authorize(&asked).await else { panic!("no page") };
    assert_eq!(page.url.path(), "/consent");
    for part in [
        "Acme",
        "127.0.0.1",
        "https://acme.example/privacy",
        "Ada Lovelace",
        "ada@example.com",
        "api:read",
    ] {
        assert!(page.html.contains(part), "consent: {part}");
    }
    // The redirect after the form leads to the app, which browsers check against form-action.
    let response = browser.http.get(page.url).send().await.unwrap();
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:9;"), "{policy}");
    assert!(CALLBACK.starts_with("http://127.0.0.1:9/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_request_holds_is_inert_on_a_page() {
    let house = House::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let evil = "\"><script>alert(1)</script>";
    let Landing::Page(page) =
        browser.authorize(&request_with("web", &[("login_hint", evil)])).await
    else {
        panic!("no page")
    };
    assert!(!page.html.contains("<script>alert"));
    assert_eq!(page.value("input[name=email]").as_deref(), Some(evil));
    let params = request_with("web", &[("redirect_uri", &format!("https://evil.example/{evil}"))]);
    let Landing::Page(page) = browser.authorize(&params).await else { panic!("redirected") };
    assert!(!page.html.contains("<script>alert"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_brand_is_on_every_page() {
    let directory = tempfile::tempdir().unwrap();
    let theme = directory.path().join("theme.css");
    let logo = directory.path().join("logo.svg");
    std::fs::write(&theme, ":root { --accent: teal }").unwrap();
    std::fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    let branding = format!(
        "[branding]\nname = \"Acme ID\"\ntheme = \"{}\"\nlogo = \"{}\"\n",
        theme.display(),
        logo.display()
    );
    let house = House::open_with(Db::Sqlite, &branding).await;
    let browser = Browser::new(&house);
    let page = browser.page(house.url("/sign-in")).await;
    for part in ["Acme ID", "/static/theme.css", "/static/logo"] {
        assert!(page.html.contains(part), "{part}");
    }
    let served = house.http.get(house.url("/static/logo")).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "image/svg+xml");
    let served = house.http.get(house.url("/static/theme.css")).send().await.unwrap();
    assert_eq!(served.text().await.unwrap(), ":root { --accent: teal }");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_is_off_where_the_configuration_says_so() {
    let house = House::open_with(Db::Sqlite, "[playground]\nenabled = false\n").await;
    assert_eq!(house.http.get(house.url("/playground")).send().await.unwrap().status(), 404);
    assert!(house.app.core.client("playground").is_none());
}

/// A host that serves one picture, and counts who asks.
async fn picture_host(
    bytes: &'static [u8],
) -> (String, std::sync::Arc<std::sync::atomic::AtomicU32>) {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = asked.clone();
    let router = axum::Router::new().fallback(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        async move { bytes }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/logo", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

fn client_with_logo(url: &str) -> String {
    format!(
        "[[clients]]\nclient_id = \"with/logo\"\nredirect_uris = [\"{CALLBACK}\"]\nlogo_uri = \"{url}\"\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_17_a_clients_logo_is_shown_from_our_own_host() {
    for db in [Db::Sqlite, Db::Postgres] {
        shows_the_logo(db).await;
    }
}

async fn shows_the_logo(db: Db) {
    let (url, asked) = picture_host(b"\x89PNG\r\n\x1a\n and so on").await;
    let house = House::open_with(db, &client_with_logo(&url)).await;
    let browser = Browser::new(&house);
    let Landing::Page(page) = browser.authorize(&request("with/logo")).await else {
        panic!("no page")
    };
    assert!(page.html.contains("src=\"/clients/with%2Flogo/logo\""), "{}", page.html);
    for _ in 0..3 {
        let logo = browser.http.get(house.url("/clients/with%2Flogo/logo")).send().await.unwrap();
        assert_eq!(logo.status(), 200);
        assert_eq!(logo.headers()["content-type"], "image/png");
        assert!(logo.headers()["content-security-policy"].to_str().unwrap().contains("sandbox"));
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1, "fetched once");
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2024_29891_what_is_no_picture_is_not_served_as_one() {
    let (url, _) =
        picture_host(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>").await;
    let house = House::open_with(Db::Sqlite, &client_with_logo(&url)).await;
    for path in ["/clients/with%2Flogo/logo", "/clients/web/logo", "/clients/nobody/logo"] {
        assert_eq!(house.http.get(house.url(path)).send().await.unwrap().status(), 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r67_a_registered_clients_logo_leads_the_server_nowhere_private() {
    let (url, asked) = picture_host(b"\x89PNG\r\n\x1a\n").await;
    let house = House::open(Db::Sqlite).await;
    for logo_uri in [url.clone(), url.replace("http:", "https:")] {
        let metadata = countersign::config::ClientMetadata {
            redirect_uris: vec![CALLBACK.to_owned()],
            logo_uri: Some(logo_uri),
            ..Default::default()
        };
        let made =
            house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
        let path = format!("/clients/{}/logo", made.client_id);
        assert_eq!(house.http.get(house.url(&path)).send().await.unwrap().status(), 404);
    }
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 0, "it was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_3_3_on_https_cookies_are_secure_and_this_hosts_alone() {
    let server = "[server]\npublic_url = \"https://id.example.com\"\n";
    let house = House::open_with(Db::Sqlite, server).await;
    let response = house.http.get(house.url("/sign-in")).send().await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-countersign_browser="), "{cookie}");
    for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(
        response.headers()["strict-transport-security"].to_str().unwrap().starts_with("max-age=")
    );
    assert_eq!(
        house.http.get(house.url("/playground")).send().await.unwrap().status(),
        404,
        "off in the open"
    );
}
