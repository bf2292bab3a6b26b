//! What we fetch from an upstream, and what happens when it is slow, down, huge, or says nonsense: that
//! sign-in says so, and nothing else is hurt (R67).

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use super::peers::{Instead, Scripted, own, set, without};
use super::{APP, End, SERVER, Scene, ask, go, leave, start, there_are};
use crate::browser::Browser;
use crate::host::Host;
use crate::house::{Db, House};

const UNAVAILABLE: &str = "upstream_unavailable";
const ENDPOINTS: [&str; 4] = ["discovery", "jwks", "token", "userinfo"];
const TO: [(&str, &str); 1] = [("redirect_to", APP)];

/// Whatever an endpoint does instead: refused as unavailable.
async fn unavailable(instead: impl Fn(&Scripted) -> Instead) {
    for endpoint in ENDPOINTS {
        let scene = Scene::open(Db::Sqlite).await;
        let instead = instead(&scene.guild);
        scene.guild.lie(|script| drop(script.instead.insert(endpoint, instead)));
        assert_eq!(scene.go().await.error(), UNAVAILABLE, "{endpoint}");
        scene.refuses(UNAVAILABLE).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r67_an_answer_of_two_megabytes() {
    let huge = format!("{{\"x\":\"{}\"}}", "x".repeat(2 << 20));
    unavailable(|_| Instead::Says(200, huge.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_json() {
    unavailable(|_| Instead::Says(200, "<html>503 Service Unavailable</html>".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_as_deep_as_a_stack() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    unavailable(|_| Instead::Says(200, format!("{{\"keys\":{deep}}}"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_shape() {
    unavailable(|_| Instead::Says(200, "[1, 2, 3]".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_error() {
    unavailable(|_| Instead::Says(503, "{}".to_owned())).await;
}

/// R67, CVE-2026-28512: where an endpoint sends us, nobody goes; what it sends might be a secret.
#[tokio::test(flavor = "multi_thread")]
async fn r67_peer_cve_2026_28512_redirects_are_not_followed() {
    for endpoint in ENDPOINTS {
        let scene = Scene::open(Db::Sqlite).await;
        let elsewhere = Host::http();
        let to = elsewhere.put("/x", "{\"sub\":\"mia\",\"keys\":[]}");
        scene.guild.lie(|script| drop(script.instead.insert(endpoint, Instead::Sends(to))));
        let code = scene.go().await.error().to_owned();
        assert!([UNAVAILABLE, "upstream_refused"].contains(&code.as_str()), "{endpoint}: {code}");
        assert_eq!(elsewhere.asked(), 0, "{endpoint}");
        there_are(&scene.house, 1, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r67_an_upstream_that_is_slow_is_given_up_and_holds_nobody_else_up() {
    let attempts = ENDPOINTS.map(|endpoint| async move {
        let Scene { house, guild } = Scene::open(Db::Sqlite).await;
        let late = Instead::Waits(Duration::from_secs(20));
        guild.lie(|script| drop(script.instead.insert(endpoint, late)));
        let browser = Browser::new(&house);
        let began = Instant::now();
        let (end, others) = tokio::join!(go(&browser, &house, "guild"), async {
            let other = Browser::new(&house);
            let began = Instant::now();
            other.sign_in(&house).await;
            began.elapsed()
        });
        assert_eq!(end.error(), UNAVAILABLE, "{endpoint}");
        let took = began.elapsed();
        assert!(took > Duration::from_secs(4), "{endpoint} has its five seconds: {took:?}");
        assert!(took < Duration::from_secs(19), "{endpoint}: {took:?}");
        assert!(others < took, "{endpoint}: {others:?}");
        there_are(&house, 1, 1).await;
    });
    join_all(attempts).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_down_shows_a_clear_page_and_hurts_nothing_else() {
    let (mut guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let more = format!("{SERVER}{}{}", guild.toml("guild", ""), lodge.toml("lodge", ""));
    let house = House::open_with(Db::Sqlite, &more).await;
    lodge.keep_time(&house.clock);
    let browser = Browser::new(&house);
    // Between start and callback: what is known of it is kept, and yet nobody comes in.
    let there = leave(&browser, &house, "guild", &TO).await;
    let back = super::returns(&browser, there).await;
    guild.close().await;
    assert_eq!(ask(&browser, back).await.error(), UNAVAILABLE);
    // Before it, once nothing is kept any more.
    house.clock.advance(48 * 60 * 60 * 1000);
    assert_eq!(ask(&browser, start(&house, "guild", &TO)).await.error(), UNAVAILABLE);
    let page = browser.page(start(&house, "guild", &[("to", "account")])).await;
    assert_eq!(page.url.path(), "/sign-in");
    let said = page.text("[role=alert]").unwrap();
    assert!(said.contains("The guild"), "it says which: {said}");
    // The other one, the password, and a house that starts meanwhile.
    assert!(matches!(go(&Browser::new(&house), &house, "lodge").await, End::In(_)));
    Browser::new(&house).sign_in(&house).await;
    let later = house.restart(&house.config).await;
    Browser::new(&later).sign_in(&later).await;
    let page = Browser::new(&later).page(later.url("/sign-in")).await;
    assert!(page.html.contains("/auth/sign-in/guild"), "it may be back in a moment");
}

/// Somewhere that nobody may be led to: it counts who knocks.
fn trap(address: &str) -> (u16, Arc<AtomicU32>) {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let knocks = Arc::new(AtomicU32::new(0));
    let counted = knocks.clone();
    std::thread::spawn(move || {
        for _ in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, knocks)
}

/// R67: metadata is a stranger's word. The host that the configuration names may be private; whatever
/// else its metadata names may not.
#[tokio::test(flavor = "multi_thread")]
async fn r67_peer_cve_2026_1180_metadata_that_names_an_address_of_ours() {
    let (port, knocks) = trap("127.0.0.2");
    for endpoint in ["jwks_uri", "token_endpoint", "userinfo_endpoint"] {
        for address in [
            format!("http://127.0.0.2:{port}/x"),
            format!("https://127.0.0.2:{port}/x"),
            format!("http://2130706434:{port}/x"),
            format!("http://[::ffff:127.0.0.2]:{port}/x"),
            "http://169.254.169.254/latest/meta-data".to_owned(),
            "https://10.0.0.1/x".to_owned(),
            "file:///etc/passwd".to_owned(),
            "ftp://127.0.0.2/x".to_owned(),
            "/relative".to_owned(),
            String::new(),
        ] {
            let scene = Scene::open(Db::Sqlite).await;
            scene.guild.lie(|script| script.metadata = set(endpoint, address.clone()));
            let code = scene.go().await.error().to_owned();
            assert!(
                [UNAVAILABLE, "upstream_refused"].contains(&code.as_str()),
                "{address}: {code}"
            );
            there_are(&scene.house, 1, 0).await;
        }
    }
    assert_eq!(knocks.load(Ordering::SeqCst), 0, "somebody knocked");
}

/// Where nobody's browser may be sent.
#[tokio::test(flavor = "multi_thread")]
async fn r67_an_authorization_endpoint_that_is_no_web_address() {
    for address in ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/sign-in", ""] {
        let scene = Scene::open(Db::Sqlite).await;
        scene.guild.lie(|script| script.metadata = set("authorization_endpoint", address));
        let end = ask(&Browser::new(&scene.house), start(&scene.house, "guild", &TO)).await;
        assert!(
            matches!(&end, End::Refused(code) if code.starts_with("upstream_")),
            "{address}: {end:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_3_1_an_authorization_endpoint_keeps_its_own_query() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let with_query = format!("{}authorize?tenant=a%26b", guild.issuer);
    guild.lie(|script| script.metadata = set("authorization_endpoint", with_query));
    let browser = Browser::new(&house);
    let there = leave(&browser, &house, "guild", &TO).await;
    assert_eq!(crate::browser::query(&there)["tenant"], "a&b");
    assert!(matches!(go(&browser, &house, "guild").await, End::In(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_lacks_what_is_needed() {
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        let scene = Scene::open(Db::Sqlite).await;
        scene.guild.lie(|script| script.metadata = without(name));
        let code = scene.go().await.error().to_owned();
        assert!([UNAVAILABLE, "upstream_refused"].contains(&code.as_str()), "{name}: {code}");
        there_are(&scene.house, 1, 0).await;
    }
}

/// Userinfo is optional (OpenID Connect Discovery §3): the ID token may hold all there is.
#[tokio::test(flavor = "multi_thread")]
async fn discovery_3_without_a_userinfo_endpoint() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| script.metadata = without("userinfo_endpoint"));
    assert!(matches!(scene.go().await, End::In(_)));
    assert_eq!(scene.guild.asked("userinfo"), 0);
}

/// A bad minute at the upstream is over when it is over, and not remembered for a day.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_wrong_is_not_kept() {
    let scene = Scene::open(Db::Sqlite).await;
    for endpoint in ENDPOINTS {
        scene.guild.lie(|script| {
            script.instead.insert(endpoint, Instead::Says(503, String::new()));
        });
        assert_eq!(scene.go().await.error(), UNAVAILABLE, "{endpoint}");
        scene.guild.repent();
        scene.house.clock.advance(61 * 1000);
        assert!(matches!(scene.go().await, End::In(_)), "{endpoint}");
        // For the next one everything is fetched anew.
        scene.house.clock.advance(48 * 60 * 60 * 1000);
    }
}

/// It is asked as the configuration says: by Basic, or in the form.
#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_2_3_1_the_secret_goes_where_the_configuration_says() {
    let scene = Scene::with(Db::Sqlite, "client_auth = \"client_secret_post\"", "").await;
    assert_eq!(scene.go().await.error(), "upstream_refused", "this one takes Basic alone");
    let sent = scene.guild.last("token");
    assert_eq!((sent["client_id"].as_str(), sent["client_secret"].as_str()), super::peers::CLIENT);
    let scene = Scene::with(Db::Sqlite, "client_auth = \"client_secret_basic\"", "").await;
    assert!(matches!(scene.go().await, End::In(_)));
}

/// What a person is called is no reason to turn them away.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_an_odd_kind_is_passed_over() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| {
        script.claims = set("groups", json!({ "Staff": true }));
        script.userinfo = own(|it| {
            it["name"] = json!({ "first": "Mia" });
            it["picture"] = json!(5);
            it["locale"] = json!(["fr"]);
            it["updated_at"] = json!("yesterday");
            it["address"] = json!("Main Street");
        });
    });
    let mia = super::whose(&scene.house, &scene.go().await).await;
    assert_eq!((mia.claims.name, mia.claims.picture, mia.claims.locale), (None, None, None));
}
