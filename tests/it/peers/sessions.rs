//! Sessions that were somebody else's, and what a request says of where it came from.

use serde_json::Value;

use super::{text, tokens};
use crate::browser::{Browser, Landing, Page, query, request, request_with};
use crate::house::{EMAIL, House, PASSWORD, json};
use crate::oidc::code::claims;
use crate::on_both_databases;

async fn page(browser: &Browser, params: &[(&str, String)]) -> Page {
    match browser.authorize(params).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("no page, but {url}"),
    }
}

/// A request of nobody's browser, with these cookies.
async fn silently(house: &House, cookies: &[&[u8]]) -> (u16, String) {
    let mut url = house.url("/authorize");
    url.query_pairs_mut().extend_pairs(request_with("web", &[("prompt", "none")]));
    let mut asked = house.http.get(url);
    for cookie in cookies {
        asked = asked.header("cookie", *cookie);
    }
    let answer = asked.send().await.unwrap();
    let location = answer.headers().get("location").map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), location.to_owned())
}

/// The session cookie that signing in gives.
async fn session_cookie(house: &House, sent: &str) -> String {
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let shown = client.get(house.url("/sign-in")).header("cookie", sent).send().await.unwrap();
    let given = shown
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap().to_owned());
    let browser: Vec<String> =
        given.map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
    let html = scraper::Html::parse_document(&shown.text().await.unwrap());
    let inputs = scraper::Selector::parse("form:has(#sign-in) input").unwrap();
    let mut form: Vec<(String, String)> = html
        .select(&inputs)
        .filter_map(|input| {
            Some((
                input.attr("name")?.to_owned(),
                input.attr("value").unwrap_or_default().to_owned(),
            ))
        })
        .filter(|(name, _)| name != "email" && name != "password")
        .collect();
    form.extend([
        ("email".to_owned(), EMAIL.to_owned()),
        ("password".to_owned(), PASSWORD.to_owned()),
    ]);
    let jar = [vec![sent.to_owned()], browser].concat().join("; ");
    let done =
        client.post(house.url("/sign-in")).header("cookie", jar).form(&form).send().await.unwrap();
    assert!([302, 303].contains(&done.status().as_u16()), "R10: {}", done.status());
    let mut cookies =
        done.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let session = cookies.find_map(|cookie| cookie.strip_prefix("countersign_session=")).unwrap();
    session.split(';').next().unwrap().to_owned()
}

on_both_databases! {
    async fn peer_cve_2022_25896_what_a_browser_held_before_is_not_the_session_after(house: House) {
        let planted = "A".repeat(43);
        let sent = format!("countersign_session={planted}");
        let given = session_cookie(&house, &sent).await;
        assert_ne!(given, planted);
        let (_, location) = silently(&house, &[sent.as_bytes()]).await;
        assert!(location.contains("error=login_required"), "what was planted is worth nothing: {location}");
        let (_, location) = silently(&house, &[format!("countersign_session={given}").as_bytes()]).await;
        assert!(location.contains("error=consent_required"), "{location}");
    }
}

on_both_databases! {
    async fn peer_cve_2025_12390_a_session_that_has_ended_and_its_id_never_come_back(house: House) {
        let browser = Browser::new(&house);
        let first = tokens(&house, &browser, "openid").await;
        let old = session_cookie(&house, "").await;
        for _ in 0..2 {
            let shown = browser.page(house.url("/sign-out")).await;
            browser.press(&shown, "sign-out", &[]).await;
            let next = tokens(&house, &browser, "openid").await;
            assert_ne!(claims(&next["id_token"])["sid"], claims(&first["id_token"])["sid"]);
            assert_eq!(house.userinfo(text(&first, "access_token")).await.status(), 401);
        }
        let cookie = format!("countersign_session={old}");
        let (_, location) = silently(&house, &[cookie.as_bytes()]).await;
        assert!(!location.contains("login_required"), "another browser's session is its own: {location}");
    }
}

on_both_databases! {
    async fn peer_cve_2026_7507_a_started_request_gives_its_starter_nothing_of_who_finishes_it(house: House) {
        let (attacker, ada) = (Browser::new(&house), Browser::new(&house));
        let started = page(&attacker, &request("web")).await;
        // Ada opens what the attacker began, and signs in there.
        let opened = ada.page(started.url.clone()).await;
        let Landing::Page(consent) = ada.press(&opened, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await else { panic!("away") };
        let flow = query(&consent.url)["flow"].clone();
        for path in ["/authorize/continue", "/sign-in", "/consent"] {
            let mut url = house.url(path);
            url.query_pairs_mut().append_pair("flow", &flow);
            match attacker.open(url).await {
                Landing::Page(page) => assert!(page.url.path() == "/sign-in" && !page.html.contains("Ada Lovelace") && !page.html.contains(EMAIL), "{path}: {}", page.url),
                Landing::Away(url) => panic!("{url}"),
            }
        }
        let Landing::Page(silent) = attacker.open(house.url("/")).await else { panic!("away") };
        assert!(!silent.html.contains(EMAIL));
    }
}

on_both_databases! {
    async fn peer_cve_2026_25748_ghsa_xmf8_cvqr_rfgj_a_credential_that_cannot_be_read_is_none(house: House) {
        let good = session_cookie(&house, "").await;
        let named = |value: &[u8]| [b"countersign_session=", value].concat();
        let other = named(b"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB");
        let good = named(good.as_bytes());
        let wrong: [Vec<&[u8]>; 9] = [
            vec![b"countersign_session"], vec![b"countersign_session=\xff\xfe"], vec![b"=;=;;;"], vec![b"countersign_session=\"\""],
            vec![b"countersign_session=%00"], vec![&other], vec![&good, &other], vec![&good[..good.len() - 1]], vec![b"\xff", &good],
        ];
        for cookies in wrong {
            let (status, location) = silently(&house, &cookies).await;
            assert_eq!(status, 303, "{cookies:?}");
            assert!(location.contains("error=login_required"), "{cookies:?}: {location}");
        }
        assert!(silently(&house, &[&good]).await.1.contains("consent_required"));
        for header in [&b"Bearer"[..], b"Bearer ", b"Bearer \xff\xfe", b"Bearer a,b", b"\xff", b"Bearer  a", b"Basic %%%", b"Bearer\ta"] {
            for path in ["/userinfo", "/token", "/introspect", "/revoke", "/par", "/register/x"] {
                let method = if path == "/userinfo" || path == "/register/x" { "GET" } else { "POST" };
                let asked = house.http.request(method.parse().unwrap(), house.url(path)).header("authorization", header);
                let told = if method == "POST" { asked.form(&[("token", "x"), ("grant_type", "client_credentials")]) } else { asked };
                assert_eq!(told.send().await.unwrap().status(), 401, "{path} {header:?}");
            }
        }
    }
}

on_both_databases! {
    async fn peer_ghsa_93m4_mfpg_c3xf_cve_2025_64101_what_a_request_says_of_its_host_names_nothing(house: House) {
        let headers = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"),
            ("forwarded", "host=evil.example;proto=https"), ("x-forwarded-server", "evil.example"), ("x-original-url", "/evil"), ("x-forwarded-port", "1")];
        let get = async |path: &str| {
            let mut asked = house.http.get(house.url(path));
            for (name, value) in headers {
                asked = asked.header(name, value);
            }
            asked.send().await.unwrap()
        };
        let document: Value = get("/.well-known/openid-configuration").await.json().await.unwrap();
        assert_eq!(document["issuer"], house.issuer);
        assert!(!document.to_string().contains("evil"));
        let mut register = house.http.post(house.url("/register"));
        for (name, value) in headers {
            register = register.header(name, value);
        }
        let made = register.json(&serde_json::json!({ "redirect_uris": ["https://a.example/cb"] })).send().await.unwrap();
        let made = json(made, 201).await;
        assert!(text(&made, "registration_client_uri").starts_with(&house.issuer));
        for path in ["/", "/sign-in", "/sign-up", "/sign-out", "/authorize?client_id=web&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fcallback%3Fkept%3D1&response_type=code&scope=openid"] {
            let answer = get(path).await;
            let said = format!("{:?}", answer.headers());
            assert!(!said.contains("evil"), "{path}: {said}");
            assert!(!answer.text().await.unwrap().contains("evil.example"), "{path}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2024_41657_no_origin_is_reflected(house: House) {
        for path in ["/token", "/userinfo", "/jwks", "/.well-known/openid-configuration", "/authorize", "/sign-in", "/consent", "/register", "/logout", "/"] {
            for origin in ["https://evil.example", "null", &house.issuer] {
                for method in ["OPTIONS", "GET", "POST"] {
                    let answer = house.http.request(method.parse().unwrap(), house.url(path)).header("origin", origin)
                        .header("access-control-request-method", "POST").send().await.unwrap();
                    let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap());
                    assert!(["", "*"].contains(&header("access-control-allow-origin")), "{method} {path} {origin}");
                    assert_eq!(header("access-control-allow-credentials"), "", "{method} {path} {origin}");
                }
            }
        }
    }
}
