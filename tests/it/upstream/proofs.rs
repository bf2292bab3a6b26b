//! What a callback and the code's exchange must prove beside `state` (R60).

use reqwest::header::ACCEPT;

use super::peers::{Scripted, own, set, without};
use super::{APP, End, Scene, ask, callback, changed, go, leave, returns, start, there_are, whose};
use crate::browser::{Browser, query};
use crate::house::Db;

const TO: [(&str, &str); 1] = [("redirect_to", APP)];

#[tokio::test(flavor = "multi_thread")]
async fn rfc7636_4_2_every_request_has_a_challenge_of_its_own() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let mut before = Vec::new();
    for _ in 0..3 {
        let asked = query(&leave(&browser, &house, "guild", &TO).await);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert_eq!(
            (asked["response_type"].as_str(), asked["redirect_uri"].as_str()),
            ("code", callback(&house, "guild").as_str())
        );
        assert_eq!(asked["scope"], "openid profile email");
        for name in ["state", "nonce", "code_challenge"] {
            assert!(asked[name].len() >= 22, "{name}: at least 128 bits");
            assert!(!before.contains(&asked[name]), "{name} once more");
            before.push(asked[name].clone());
        }
        assert!(!asked.contains_key("client_secret") && !asked.contains_key("code_verifier"));
    }
    assert!(matches!(go(&browser, &house, "guild").await, End::In(_)));
    let exchanged = guild.last("token");
    // RFC 7636 §4.1
    assert!((43..=128).contains(&exchanged["code_verifier"].len()));
    assert!(!exchanged.contains_key("client_secret"), "client_secret_basic");
}

/// RFC 9700 §4.5: whoever got hold of somebody's code brings it to a sign-in of their own.
#[tokio::test(flavor = "multi_thread")]
async fn r60_rfc9700_4_5_a_code_of_another_request() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let (victim, attacker) = (Browser::new(&house), Browser::new(&house));
    let stolen = returns(&victim, leave(&victim, &house, "guild", &TO).await).await;
    let own = returns(&attacker, leave(&attacker, &house, "guild", &TO).await).await;
    let injected = changed(&own, "code", Some(&query(&stolen)["code"]));
    assert_eq!(ask(&attacker, injected).await.error(), "upstream_refused");
    assert_eq!(guild.asked("token"), 1, "the upstream was asked, and compared the verifier");
    there_are(&house, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_another_nonce() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.claims = set("nonce", "another"));
    scene.refuses("upstream_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_no_nonce() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.claims = without("nonce"));
    scene.refuses("upstream_refused").await;
}

/// RFC 9207 §2.4: the answer of another issuer.
#[tokio::test(flavor = "multi_thread")]
async fn r60_rfc9207_2_4_another_iss() {
    let scene = Scene::open(Db::Sqlite).await;
    for other in ["https://other.example", scene.guild.issuer.trim_end_matches('/'), ""] {
        scene.guild.lie(|script| script.answer = set("iss", other));
        assert_eq!(scene.go().await.error(), "upstream_refused", "{other}");
    }
    assert_eq!(scene.guild.asked("token"), 0, "nobody was shown the code");
    scene.refuses("upstream_refused").await;
}

/// RFC 9207 §2.4: none, from one who promises it.
#[tokio::test(flavor = "multi_thread")]
async fn r60_rfc9207_2_4_no_iss_though_it_was_promised() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.answer = without("iss"));
    scene.refuses("upstream_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9207_2_4_no_iss_of_one_who_promises_none() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| {
        script.metadata = without("authorization_response_iss_parameter_supported");
        script.answer = without("iss");
    });
    assert_eq!(whose(&scene.house, &scene.go().await).await.email, "mia@example.com");
    // One that is there and wrong is wrong all the same.
    scene.guild.lie(|script| script.answer = set("iss", "https://other.example"));
    assert_eq!(scene.go().await.error(), "upstream_refused");
}

/// An error has an issuer, too (RFC 9207 §2): one that somebody else made up declines nothing.
#[tokio::test(flavor = "multi_thread")]
async fn r60_rfc9207_2_4_an_error_of_another_issuer() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| {
        script.answer = own(|it| {
            it.as_object_mut().unwrap().remove("code");
            it["error"] = "access_denied".into();
            it["iss"] = "https://other.example".into();
        });
    });
    scene.refuses("upstream_refused").await;
}

/// OpenID Connect Discovery §4.3, exactly: RFC 3986 §6.2.1.
#[tokio::test(flavor = "multi_thread")]
async fn r60_discovery_4_3_metadata_of_another_issuer() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.metadata = set("issuer", "https://other.example/guild/"));
    assert_eq!(
        ask(&Browser::new(&scene.house), start(&scene.house, "guild", &TO)).await.error(),
        "upstream_refused"
    );
    assert_eq!(scene.guild.asked("authorize"), 0, "nobody was sent there");
    scene.refuses("upstream_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r60_discovery_4_3_an_issuer_that_differs_by_its_last_slash_alone() {
    let scene = Scene::open(Db::Sqlite).await;
    let without_slash = scene.guild.issuer.trim_end_matches('/').to_owned();
    scene.guild.lie(|script| script.metadata = set("issuer", without_slash));
    scene.refuses("upstream_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_4_3_no_issuer_at_all() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.metadata = without("issuer"));
    let code = scene.go().await.error().to_owned();
    assert!(["upstream_refused", "upstream_unavailable"].contains(&code.as_str()), "{code}");
    there_are(&scene.house, 1, 0).await;
}

/// Both a code and an error, or neither, is no answer (RFC 6749 §4.1.2).
#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_4_1_2_an_answer_with_neither_code_nor_error_and_one_with_two() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
    let end = ask(&browser, changed(&back, "code", None)).await;
    assert_eq!(end.error(), "upstream_refused");
    let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
    let mut twice = back.clone();
    twice.query_pairs_mut().append_pair("code", "another");
    let end = ask(&browser, twice).await;
    assert!(matches!(end, End::Refused(_) | End::Stays(400, _)), "{end:?}");
    assert_eq!(guild.asked("token"), 0);
    there_are(&house, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_4_1_2_1_what_the_person_or_the_upstream_said_instead_of_yes() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    for (said, code) in [
        ("access_denied", "access_denied"),
        ("server_error", "upstream_unavailable"),
        ("temporarily_unavailable", "upstream_unavailable"),
        ("invalid_scope", "upstream_refused"),
        ("unauthorized_client", "upstream_refused"),
        ("login_required", "upstream_refused"),
        ("something of its own", "upstream_refused"),
    ] {
        guild.lie(|script| {
            script.answer = own(move |it| {
                it.as_object_mut().unwrap().remove("code");
                it["error"] = said.into();
            });
        });
        assert_eq!(go(&Browser::new(&house), &house, "guild").await.error(), code, "{said}");
    }
    there_are(&house, 1, 0).await;
}

/// R66: neither the code nor the words of an upstream's error reach the app or a page.
#[tokio::test(flavor = "multi_thread")]
async fn r66_peer_cve_2026_33758_nothing_that_an_upstream_says_is_repeated() {
    const EVIL: &str = "\"><script>alert(1)</script>";
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    for error in [EVIL, "access_denied"] {
        guild.lie(|script| {
            script.answer = own(move |it| {
                it.as_object_mut().unwrap().remove("code");
                it["error"] = error.into();
                it["error_description"] = EVIL.into();
                it["error_uri"] = "javascript:alert(1)".into();
            });
        });
        // To the app.
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        let response = browser.http.get(back).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        assert!(location.starts_with(&format!("{APP}#error=")), "{location}");
        let text = response.text().await.unwrap();
        // To the pages of ours.
        let back =
            returns(&browser, leave(&browser, &house, "guild", &[("to", "account")]).await).await;
        let page = browser.page(back).await;
        assert!(
            page.url.path() == "/sign-in" && page.text("[role=alert]").is_some(),
            "{}",
            page.html
        );
        // Where no state is right, nobody is sent anywhere.
        let stray =
            format!("{}?state=x&error={EVIL}&error_description={EVIL}", callback(&house, "guild"));
        let stray = browser.http.get(stray).header(ACCEPT, "text/html").send().await.unwrap();
        let stray = stray.text().await.unwrap();
        for said in [&location, &text, &page.html, &page.url.to_string(), &stray] {
            assert!(!said.contains("alert(1)") && !said.contains("script%3E"), "{said}");
        }
    }
    // What a page says is chosen from a list, whoever wrote its address.
    for problem in [EVIL, "Your account is blocked: call 555-0100", "access_denied2", ""] {
        let mut url = house.url("/sign-in");
        url.query_pairs_mut().append_pair("problem", problem).append_pair("upstream", problem);
        let page = browser.page(url).await;
        assert!(
            !page.html.contains("alert(1)") && !page.html.contains("555-0100"),
            "{}",
            page.html
        );
    }
    there_are(&house, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_5_2_a_refused_code() {
    let scene = Scene::open(Db::Sqlite).await;
    let refusal = r#"{"error":"invalid_grant","error_description":"<script>alert(1)</script>"}"#;
    scene.guild.lie(|script| {
        script.instead.insert("token", super::peers::Instead::Says(400, refusal.to_owned()));
    });
    scene.refuses("upstream_refused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_5_1_tokens_that_are_not_whole() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    for lie in [
        without("access_token"),
        without("id_token"),
        without("token_type"),
        set("token_type", "mac"),
        set("access_token", 5),
        set("access_token", ""),
        set("id_token", "a.b"),
        set("id_token", "a.b.c"),
        set("id_token", serde_json::Value::Null),
    ] {
        guild.lie(|script| script.tokens = lie);
        let code = go(&Browser::new(&house), &house, "guild").await.error().to_owned();
        assert!(["upstream_refused", "upstream_unavailable"].contains(&code.as_str()), "{code}");
    }
    there_are(&house, 1, 0).await;
    guild.repent();
    assert!(matches!(go(&Browser::new(&house), &house, "guild").await, End::In(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_unknown_or_switched_off_has_no_ways_in() {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let off = lodge.toml("lodge", "enabled = false");
    let more = format!("{}{}{off}", super::SERVER, guild.toml("guild", ""));
    let house = crate::house::House::open_with(Db::Sqlite, &more).await;
    let browser = Browser::new(&house);
    for upstream in ["lodge", "nobody", "GUILD", "guild%20", "..", "guild/x"] {
        assert_eq!(ask(&browser, start(&house, upstream, &TO)).await.status(), 404, "{upstream}");
        let at = format!("{}/auth/callback/{upstream}?code=x&state=y", house.issuer);
        assert_eq!(ask(&browser, at.parse().unwrap()).await.status(), 404, "{upstream}");
    }
    assert_eq!(lodge.asked("discovery"), 0);
    let page = browser.page(house.url("/sign-in")).await;
    assert!(
        page.html.contains("/auth/sign-in/guild") && !page.html.contains("lodge"),
        "{}",
        page.html
    );
}
