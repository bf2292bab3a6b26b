//! Whoever prepares an account for somebody else, or takes one over, by way of an upstream (CVE-2026-47164,
//! CVE-2026-9092, CVE-2026-3009; "pre-hijacked accounts", Sudhodanan and Paverd 2022).

use serde_json::json;

use super::peers::Scripted;
use super::{
    APP, End, SERVER, Scene, ask, changed, go, is_gone, is_live, leave, local, reconfigured,
    returns, signs_in, there_are, whose,
};
use crate::browser::{Browser, Landing, Page, query, request_with};
use crate::follow::soon;
use crate::for_each_database;
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::operations::audit::events;

const EVE: &str = "eve was here first";
const MIA: &str = "mia@example.com";
const NEW: &str = "an entirely new password";
/// What a browser says of the page that leads it there, where to, and whether it goes on.
type Led<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, &'a str)], bool);

const TO: [(&str, &str); 1] = [("redirect_to", APP)];

/// One upstream that is trusted for addresses, and one that is not.
async fn two(db: Db) -> (House, Scripted, Scripted) {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let trusted = lodge.toml("lodge", "trust_email = true");
    let more = format!("{SERVER}{}{trusted}", guild.toml("guild", ""));
    (House::open_with(db, &more).await, guild, lodge)
}

async fn sign_up(house: &House, email: &str, password: &str) {
    let browser = Browser::new(house);
    let page = browser.page(house.url("/sign-up")).await;
    let fields = [("name", "Eve"), ("email", email), ("password", password)];
    let landing = browser.press(&page, "sign-up", &fields).await;
    assert!(matches!(&landing, Landing::Page(page) if page.status == 200), "{landing:?}");
}

async fn press(browser: &Browser, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    match browser.press(page, button, fields).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

/// Whoever reads the mail for that address chooses a new password.
async fn reset(house: &House, email: &str) {
    let browser = Browser::new(house);
    let page = browser.page(house.url("/forgot-password")).await;
    press(&browser, &page, "go", &[("email", email)]).await;
    let page = browser.page(house.mail(email, "Choose a new password").await.link()).await;
    let done = press(&browser, &page, "go", &[("password", NEW)]).await;
    assert_eq!(done.status, 200, "{}", done.html);
}

for_each_database! {
    async fn r63_peer_cve_2026_47164_whoever_signed_up_first_with_her_address_does_not_get_her(
        db: Db,
    ) {
        let (house, _guild, _lodge) = two(db).await;
        sign_up(&house, MIA, EVE).await;
        let eves = house.app.core.find_account(MIA).await.unwrap().unwrap();
        assert!(!eves.email_verified);
        // Mia arrives, and her upstream is trusted: Eve's account is not hers.
        for _ in 0..2 {
            assert_eq!(go(&Browser::new(&house), &house, "lodge").await.error(), "link_required");
        }
        let after = house.app.core.find_account(MIA).await.unwrap().unwrap();
        assert!(after.id == eves.id && !after.email_verified, "nothing was proven");
        // She reads the mail, and so the account is hers; Eve's password and session are gone.
        reset(&house, MIA).await;
        assert!(!signs_in(&house, MIA, EVE).await);
        let mia = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        assert_eq!((mia.id, mia.email_verified), (eves.id, true));
        assert!(signs_in(&house, MIA, NEW).await);
    }
}

for_each_database! {
    async fn r63_peer_cve_2026_9092_whoever_took_her_address_at_an_upstream_that_proves_none_loses_it(
        db: Db,
    ) {
        let (house, guild, _lodge) = two(db).await;
        guild.person(json!({ "sub": "eve", "name": "Mia", "email": MIA, "email_verified": true }));
        let eve = Browser::new(&house);
        let end = go(&eve, &house, "guild").await;
        let taken = whose(&house, &end).await;
        assert!(
            (taken.email.as_str(), taken.email_verified) == (MIA, false),
            "its word proves nothing"
        );
        assert!(is_live(&house, end.token()).await);
        // Mia finds her address taken, and reads her mail.
        reset(&house, MIA).await;
        assert!(!is_live(&house, end.token()).await, "Eve is out");
        // And her way in is gone with her: she is a stranger to an account that is proven now.
        assert_eq!(go(&eve, &house, "guild").await.error(), "link_required");
        assert!(signs_in(&house, MIA, NEW).await);
        let mia = house.app.core.find_account(MIA).await.unwrap().unwrap();
        assert_eq!((mia.id, mia.email_verified), (taken.id, true));
    }
}

for_each_database! {
    async fn what_a_link_gave_goes_with_it_where_an_address_is_proven_by_somebody_else(db: Db) {
        let guild = Scripted::start().await;
        let staff = "role_claim = \"groups\"\nroles = { \"Staff\" = \"staff\" }";
        let roles = "[roles]\nadmin = [\"*\"]\nstaff = [\"users:read\"]\n";
        let more = format!("{SERVER}{}{roles}", guild.toml("guild", staff));
        let house = House::open_with(db, &more).await;
        guild.person(json!({ "sub": "eve", "email": MIA, "groups": ["Staff"] }));
        let eves = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
        assert_eq!((eves.roles.as_slice(), eves.email_verified), (&["staff".to_owned()][..], false));
        reset(&house, MIA).await;
        let mia = house.app.core.find_account(MIA).await.unwrap().unwrap();
        assert_eq!((mia.id, mia.email_verified), (eves.id, true));
        assert!(mia.roles.is_empty(), "{:?}", mia.roles);
        soon("what it gave out is given back", async || guild.asked("revoke") == 1).await;
    }
}

for_each_database! {
    async fn a_link_that_its_owner_made_outlives_a_forgotten_password(db: Db) {
        let (house, _guild, lodge) = two(db).await;
        local(&house, MIA, true).await;
        let mia = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        reset(&house, MIA).await;
        assert_eq!(
            whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await.id,
            mia.id
        );
        assert_eq!(lodge.asked("token"), 2);
    }
}

for_each_database! {
    async fn r64_peer_cve_2026_3009_whoever_is_disabled_meanwhile_does_not_finish(db: Db) {
        let (house, _guild, _lodge) = two(db).await;
        let browser = Browser::new(&house);
        let before = go(&browser, &house, "guild").await;
        let mia = whose(&house, &before).await;
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        house.app.core.disable_account(mia.id, house.clock.now()).await.unwrap();
        assert_eq!(ask(&browser, back).await.error(), "account_disabled");
        assert_eq!(go(&browser, &house, "guild").await.error(), "account_disabled");
        assert!(!is_live(&house, before.token()).await);
        there_are(&house, 2, 1).await;
        house.app.core.enable_account(mia.id, house.clock.now()).await.unwrap();
        assert_eq!(whose(&house, &go(&browser, &house, "guild").await).await.id, mia.id);
    }
}

for_each_database! {
    async fn whoever_was_deleted_begins_anew(db: Db) {
        let (house, _guild, _lodge) = two(db).await;
        let browser = Browser::new(&house);
        let mia = whose(&house, &go(&browser, &house, "guild").await).await;
        let back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        house.app.core.delete_account(mia.id, house.clock.now()).await.unwrap();
        assert!(is_gone(&house, mia.id).await);
        let again = whose(&house, &ask(&browser, back).await).await;
        assert_ne!(again.id, mia.id, "nothing of the old account is left to come back to");
        there_are(&house, 2, 1).await;
    }
}

for_each_database! {
    async fn r64_peer_cve_2026_3009_an_upstream_that_is_switched_off_meanwhile_finishes_nothing(
        db: Db,
    ) {
        let (house, guild, _lodge) = two(db).await;
        let browser = Browser::new(&house);
        let mut back = returns(&browser, leave(&browser, &house, "guild", &TO).await).await;
        let off = format!("{SERVER}{}", guild.toml("guild", "enabled = false"));
        let later = house.restart(&reconfigured(&house, &off)).await;
        back.set_port(later.url("/").port()).unwrap();
        assert_eq!(ask(&browser, back).await.status(), 404);
        assert_eq!(guild.asked("token"), 0);
        there_are(&house, 1, 0).await;
    }
}

for_each_database! {
    async fn r59_asvs_3_5_1_nobody_is_signed_in_by_a_link_that_somebody_else_prepared(db: Db) {
        // Login CSRF: Eve sends Mia the callback that she has not used, and Mia would work in Eve's account.
        let (house, guild, _lodge) = two(db).await;
        guild.person(json!({ "sub": "eve", "email": "eve@example.com" }));
        let (eve, ada) = (Browser::new(&house), Browser::new(&house));
        let prepared = returns(&eve, leave(&eve, &house, "guild", &TO).await).await;
        ada.sign_in(&house).await;
        assert_eq!(ask(&ada, prepared.clone()).await.status(), 400);
        // Nor with the code in a sign-in of the victim's own: the verifier is another.
        let own = returns(&ada, leave(&ada, &house, "guild", &TO).await).await;
        let mixed = changed(&own, "code", Some(&query(&prepared)["code"]));
        assert_eq!(ask(&ada, mixed).await.error(), "upstream_refused");
        assert!(ada.page(house.url("/")).await.html.contains(EMAIL), "still who she was");
        there_are(&house, 1, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r29_asvs_3_5_1_a_page_of_another_site_starts_no_sign_in_by_itself() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let issuer = &house.issuer;
    let account = [("to", "account")];
    let (own, app) = (format!("{issuer}/sign-in"), "http://127.0.0.1:9/app/welcome");
    let led: [Led<'_>; 12] = [
        ("none", None, &TO, true),
        ("same-origin", None, &TO, true),
        ("same-origin", None, &account, true),
        ("cross-site", Some(app), &TO, true),
        ("same-site", Some("https://front.example/"), &TO, true),
        ("cross-site", Some(&own), &account, true),
        ("cross-site", None, &TO, false),
        ("same-site", None, &TO, false),
        ("cross-site", None, &account, false),
        ("cross-site", Some("https://evil.example/?https://front.example/"), &TO, false),
        ("cross-site", Some("https://front.example.evil.example/"), &TO, false),
        ("cross-site", Some("https://evil.example/"), &[("next", "/email")], false),
    ];
    for (site, page, to, goes_on) in led {
        let browser = Browser::new(&house);
        let url = super::start(&house, "guild", to);
        let ask = |accept: &'static str| {
            let request = browser.http.get(url.clone()).header("sec-fetch-site", site);
            let request = page.into_iter().fold(request, |it, page| it.header("referer", page));
            request.header("accept", accept).send()
        };
        let answer = ask("text/html").await.unwrap();
        let status = answer.status().as_u16();
        assert_eq!(status, if goes_on { 303 } else { 403 }, "{site} {page:?} {to:?}");
        if goes_on {
            continue;
        }
        let mut cookies = answer.headers().get_all("set-cookie").iter();
        let is_trip =
            |it: &reqwest::header::HeaderValue| it.to_str().unwrap().contains("_upstream_");
        assert!(!cookies.any(is_trip), "{site} {page:?}: nothing has begun");
        // The person decides, on a page of ours.
        let shown = Page { url: url.clone(), status, html: answer.text().await.unwrap() };
        let href = shown.attribute("main a.button", "href").unwrap();
        assert_eq!(url.join(&href).unwrap(), url);
        let told = ask("application/json").await.unwrap();
        assert_eq!(told.status(), 403);
        let told: serde_json::Value = told.json().await.unwrap();
        assert_eq!(told["error"]["code"], "FORBIDDEN", "{told}");
    }
    assert_eq!(guild.asked("token"), 0);
    // An app's authorization request comes from wherever the app is.
    let browser = Browser::new(&house);
    let mut url = house.url("/authorize");
    url.query_pairs_mut().extend_pairs(request_with("web", &[("upstream", "guild")]));
    for place in ["/auth/sign-in/guild?flow=", "/guild/authorize?"] {
        let request = browser.http.get(url.clone()).header("sec-fetch-site", "cross-site");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 303, "{url}");
        url = url.join(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert!(url.as_str().contains(place), "{url}");
    }
}

for_each_database! {
    async fn r42_wrong_passwords_lock_the_ways_that_an_upstream_opens(db: Db) {
        let (house, _guild, lodge) = two(db).await;
        lodge.keep_time(&house.clock);
        let account = local(&house, MIA, true).await;
        let mine = Browser::new(&house);
        // By a trusted address, which would link.
        let lock = async || {
            for _ in 0..10 {
                assert!(!signs_in(&house, MIA, "not her password").await);
            }
            assert!(!signs_in(&house, MIA, PASSWORD).await, "locked");
        };
        lock().await;
        assert_eq!(go(&Browser::new(&house), &house, "lodge").await.error(), "account_locked");
        there_are(&house, 2, 0).await;
        assert!(house.app.core.links(account.id).await.unwrap().is_empty());
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(whose(&house, &go(&mine, &house, "lodge").await).await.id, account.id);
        // By the link. In a browser that was hers before she comes in: strangers lock nobody out.
        lock().await;
        let stranger = Browser::new(&house);
        assert_eq!(go(&stranger, &house, "lodge").await.error(), "account_locked");
        assert_eq!(whose(&house, &go(&mine, &house, "lodge").await).await.id, account.id);
        // On a page of ours it is said in words, and on record.
        let back = returns(&stranger, leave(&stranger, &house, "lodge", &[("to", "account")]).await).await;
        let End::Goes(page) = ask(&stranger, back).await else { panic!("not a page of ours") };
        let alert = stranger.page(page).await.text("[role=alert]").unwrap();
        assert!(alert.contains("too many wrong passwords"), "{alert}");
        let refused = events(&house).await.into_iter().filter(|it| it.event == "sign_in.refused");
        assert_eq!(refused.count(), 3);
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(whose(&house, &go(&stranger, &house, "lodge").await).await.id, account.id);
    }
}

for_each_database! {
    async fn asvs_7_2_4_a_sign_in_by_an_upstream_replaces_the_session_that_was_there(db: Db) {
        let (house, _guild, _lodge) = two(db).await;
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let end = go(&browser, &house, "guild").await;
        assert!(matches!(end, End::In(_)));
        let home = browser.page(house.url("/")).await;
        assert!(home.html.contains(MIA) && !home.html.contains(EMAIL), "{}", home.html);
    }
}
