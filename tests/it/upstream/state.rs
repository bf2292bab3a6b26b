//! `state`: of this browser, of this upstream, of this request, once, for ten minutes (R59, RFC 9700
//! §4.7.1).

use futures_util::future::join_all;
use reqwest::header::SET_COOKIE;
use serde_json::Value;

use super::peers::Scripted;
use super::{
    APP, End, SERVER, Scene, ask, callback, changed, go, leave, returns, start, there_are, whose,
};
use crate::browser::{Browser, query};
use crate::for_each_database;
use crate::house::{Db, House, Plot};
use crate::operations::audit::events;

const TO: [(&str, &str); 1] = [("redirect_to", APP)];
const MINUTE: i64 = 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn r59_peer_cve_2026_47158_a_state_of_another_browser() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    let (mine, other) = (Browser::new(&house), Browser::new(&house));
    let back = returns(&mine, leave(&mine, &house, "guild", &TO).await).await;
    assert_eq!(ask(&other, back.clone()).await.status(), 400);
    // One who has set out, too: it is not any cookie that counts.
    leave(&other, &house, "guild", &TO).await;
    assert_eq!(ask(&other, back.clone()).await.status(), 400);
    there_are(&house, 1, 0).await;
    // Nobody else uses mine up.
    assert_eq!(whose(&house, &ask(&mine, back).await).await.email, "mia@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_peer_ghsa_x445_f3h2_j279_a_state_of_another_upstream() {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let more = format!("{SERVER}{}{}", guild.toml("guild", ""), lodge.toml("lodge", ""));
    let house = House::open_with(Db::Sqlite, &more).await;
    let browser = Browser::new(&house);
    let from_guild = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
    // RFC 9700 §4.4: the code and the state of one, carried to the callback of the other.
    let mut mixed = callback(&house, "lodge").parse::<reqwest::Url>().unwrap();
    mixed.set_query(from_guild.query());
    assert_eq!(ask(&browser, mixed.clone()).await.status(), 400);
    let mixed = changed(&mixed, "iss", Some(&lodge.issuer));
    assert_eq!(ask(&browser, mixed).await.status(), 400);
    assert_eq!(lodge.asked("token"), 0, "the code of one was not shown to the other");
    there_are(&house, 1, 0).await;
    assert!(matches!(go(&browser, &house, "lodge").await, End::In(_)));
}

for_each_database! {
    async fn r59_r64_peer_cve_2025_46815_a_state_twice(db: Db) {
        let Scene { house, guild } = Scene::open(db).await;
        let browser = Browser::new(&house);
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        assert!(matches!(ask(&browser, back.clone()).await, End::In(_)));
        assert_eq!(ask(&browser, back.clone()).await.status(), 400);
        // With another code, which is fresh.
        let code = query(&returns(&browser, leave(&browser, &house, "guild", &TO).await).await)
            .remove("code")
            .unwrap();
        assert_eq!(ask(&browser, changed(&back, "code", Some(&code))).await.status(), 400);
        assert_eq!(guild.asked("token"), 1);
        there_are(&house, 2, 1).await;
        // A refusal uses it up as well.
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        let declined = changed(&changed(&back, "code", None), "error", Some("access_denied"));
        assert_eq!(ask(&browser, declined).await.error(), "access_denied");
        assert_eq!(ask(&browser, back).await.status(), 400);
        there_are(&house, 2, 1).await;
    }
}

for_each_database! {
    async fn r59_r64_two_hundred_callbacks_with_one_state_at_once(db: Db) {
        let Scene { house, guild } = Scene::open(db).await;
        let second = house.another_node().await;
        let browser = Browser::new(&house);
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        let mut elsewhere = back.clone();
        elsewhere.set_port(second.url("/").port()).unwrap();
        let callbacks = (0..200)
            .map(|n| ask(&browser, if n % 2 == 0 { back.clone() } else { elsewhere.clone() }));
        let ends = join_all(callbacks).await;
        let came_in = ends.iter().filter(|end| matches!(end, End::In(_))).count();
        // Whoever has the cookie still is told at the app.
        let lost = End::Refused("sign_in_lost".to_owned());
        let is_refused = |end: &&End| matches!(end, End::Stays(400, _)) || **end == lost;
        let refused = ends.iter().filter(is_refused).count();
        assert_eq!((came_in, refused), (1, 199));
        assert_eq!(guild.asked("token"), 1, "one exchange");
        there_are(&house, 2, 1).await;
    }
}

for_each_database! {
    async fn r59_a_state_of_more_than_ten_minutes_ago(db: Db) {
        let Scene { house, guild: _guild } = Scene::open(db).await;
        let browser = Browser::new(&house);
        let late = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        house.clock.advance(10 * MINUTE + 1000);
        assert_eq!(ask(&browser, late.clone()).await.error(), "sign_in_lost");
        assert_eq!(ask(&browser, late).await.status(), 400, "and forgotten");
        there_are(&house, 1, 0).await;
        // Of a page of ours that page says so.
        let late = returns(&browser, leave(&browser, &house, "guild", &[("next", "/email")]).await).await;
        house.clock.advance(10 * MINUTE + 1000);
        let End::Goes(page) = ask(&browser, late).await else { panic!("not a page of ours") };
        let page = browser.page(page).await;
        let alert = page.text("[role=alert]").unwrap();
        assert!(alert.contains("took more than ten minutes"), "{alert}");
        let in_time = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        house.clock.advance(10 * MINUTE - 5000);
        assert!(matches!(ask(&browser, in_time).await, End::In(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_a_state_that_is_absent_or_none_of_ours() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
    let state = query(&back)["state"].clone();
    let cut = state[..state.len() - 1].to_owned();
    let doubled = format!("{state}{state}");
    let long = "x".repeat(6000);
    for other in ["", "x", &cut, &doubled, &long, "%00", "../..", "' OR 1=1 --", "é"] {
        assert_eq!(
            ask(&browser, changed(&back, "state", Some(other))).await.status(),
            400,
            "{other}"
        );
    }
    assert_eq!(ask(&browser, changed(&back, "state", None)).await.status(), 400);
    // RFC 6749 §3.1: no parameter twice.
    let mut twice = back.clone();
    twice.query_pairs_mut().append_pair("state", &state);
    assert_eq!(ask(&browser, twice).await.status(), 400);
    assert_eq!(ask(&browser, callback(&house, "guild").parse().unwrap()).await.status(), 400);
    assert_eq!(guild.asked("token"), 0);
    there_are(&house, 1, 0).await;
    assert!(matches!(ask(&browser, back).await, End::In(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_two_tabs_do_not_disturb_each_other() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    let browser = Browser::new(&house);
    let mut tabs = Vec::new();
    for _ in 0..3 {
        tabs.push(returns(&browser, leave(&browser, &house, "guild", &TO).await).await);
    }
    for back in tabs {
        assert!(matches!(ask(&browser, back).await, End::In(_)));
    }
    // Hundreds that were left open leave a browser that still works.
    for _ in 0..60 {
        leave(&browser, &house, "guild", &TO).await;
    }
    assert!(matches!(go(&browser, &house, "guild").await, End::In(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_what_binds_it_to_the_browser_is_a_cookie_of_this_host_alone() {
    let guild = Scripted::start().await;
    for (public_url, prefix) in [("", ""), ("https://id.example", "__Host-")] {
        let plot = Plot::new().await;
        let public = if public_url.is_empty() { plot.url.clone() } else { public_url.to_owned() };
        let server =
            SERVER.replace("[server]\n", &format!("[server]\npublic_url = \"{public}\"\n"));
        let more = format!("{server}{}", guild.toml("guild", ""));
        let house = House::open_on(plot, Db::Sqlite, &more).await;
        let response = house.http.get(start(&house, "guild", &TO)).send().await.unwrap();
        let there: reqwest::Url = response.headers()["location"].to_str().unwrap().parse().unwrap();
        assert_eq!(query(&there)["redirect_uri"], format!("{public}/auth/callback/guild"));
        let state = &query(&there)["state"];
        assert!(state.len() >= 22, "at least 128 bits: {state}");
        let cookies = response.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
        let ours = cookies.filter(|it| it.contains("countersign_upstream_")).collect::<Vec<_>>();
        let [cookie] = ours[..] else { panic!("{ours:?}") };
        assert!(cookie.starts_with(&format!("{prefix}countersign_upstream_")), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=3600"] {
            assert!(cookie.split("; ").any(|it| it == attribute), "{cookie}");
        }
        assert_eq!(cookie.contains("Secure"), !prefix.is_empty(), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
        let value = cookie.split(['=', ';']).nth(1).unwrap();
        assert_ne!(value, state, "the one does not tell the other");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_error_in_the_words_of_the_dialect() {
    let Scene { house, guild: _guild } = Scene::open(Db::Sqlite).await;
    let at = format!("{}?code=x&state=y", callback(&house, "guild"));
    let response = house.http.get(at).header("accept", "application/json").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (400, &"no-store".parse().unwrap())
    );
    let told: Value = response.json().await.unwrap();
    assert!(told["error"]["code"].is_string() && told["error"]["message"].is_string(), "{told}");
}

/// R91: what was refused is on record, for whom there is anybody to name, and from where.
#[tokio::test(flavor = "multi_thread")]
async fn r91_asvs_16_3_1_a_federated_sign_in_that_is_refused_is_audited() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let refusals = async || {
        let events = events(&house).await;
        let failed = events.into_iter().filter(|it| it.event == "sign_in.failed");
        failed
            .map(|it| (it.detail["upstream"].clone(), it.detail["why"].clone()))
            .collect::<Vec<_>>()
    };
    guild.person(serde_json::json!({ "sub": "eve", "email": crate::house::EMAIL }));
    assert_eq!(go(&Browser::new(&house), &house, "guild").await.error(), "link_required");
    guild.lie(|script| script.claims = super::peers::set("aud", "another"));
    assert_eq!(go(&Browser::new(&house), &house, "guild").await.error(), "upstream_refused");
    guild.repent();
    let browser = Browser::new(&house);
    let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
    house.clock.advance(11 * MINUTE);
    assert_eq!(ask(&browser, back.clone()).await.error(), "sign_in_lost");
    let told = ["link_required", "upstream_refused", "sign_in_lost"];
    let expected: Vec<_> =
        told.iter().map(|why| (Value::from("guild"), Value::from(*why))).collect();
    let mut seen = refusals().await;
    seen.sort_by_key(|(_, why)| told.iter().position(|it| why == it));
    assert_eq!(seen, expected);
    // Whoever only knocks, with nothing in hand, costs no row.
    assert_eq!(ask(&Browser::new(&house), back).await.status(), 400);
    assert_eq!(refusals().await.len(), 3);
}
