//! Somebody who gets in by an account elsewhere alone, on the pages that ask others for their password.

use super::{Scene, go, signs_in, whose};
use crate::browser::{Browser, Landing, Page};
use crate::for_each_database;
use crate::house::{Db, EMAIL, PASSWORD};
use crate::web::account::{all, press};

const MIA: &str = "mia@example.com";
const LATER: i64 = 16 * 60 * 1000;

fn browser(scene: &Scene) -> Browser {
    let upstream = scene.guild.issuer.trim_end_matches("/guild/");
    Browser::new(&scene.house).at_home_in(upstream)
}

async fn mia(scene: &Scene) -> Browser {
    let browser = browser(scene);
    go(&browser, &scene.house, "guild").await.token();
    browser
}

/// Signs in again where the page says, and is back on it.
async fn again(browser: &Browser, page: &Page) -> Page {
    let href = all(page, "a#again", "href").remove(0);
    let asked = browser.page(page.url.join(&href).unwrap()).await;
    assert_eq!(asked.url.path(), "/sign-in");
    let door = all(&asked, "a#upstream-guild", "href").remove(0);
    match browser.open(asked.url.join(&door).unwrap()).await {
        Landing::Page(back) => back,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

for_each_database! {
    async fn whoever_has_no_password_sets_one_after_a_sign_in_of_a_moment_ago(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        let (here, there) = (mia(&scene).await, mia(&scene).await);
        let fresh = here.page(house.url("/password")).await;
        assert!(fresh.value("#current").is_none() && !fresh.html.contains("id=\"current\""), "{}", fresh.html);
        assert_eq!(fresh.text("h1").as_deref(), Some("Set a password"));
        house.clock.advance(LATER);
        let late = here.page(house.url("/password")).await;
        assert!(!late.html.contains("id=\"go\""), "{}", late.html);
        // The page of before does not get by.
        let refused = press(&here, &fresh, "go", &[("password", PASSWORD)]).await;
        assert_eq!(refused.status, 422, "{}", refused.html);
        assert!(refused.text("[role=alert]").unwrap().contains("Confirm that it is you"));
        assert!(!signs_in(house, MIA, PASSWORD).await);
        let back = again(&here, &late).await;
        assert_eq!(back.url.path(), "/password", "{}", back.html);
        // A password that will not do is told beside its field.
        let short = press(&here, &back, "go", &[("password", "short")]).await;
        assert_eq!((short.status, short.text("#password-wrong").is_some()), (422, true), "{}", short.html);
        let done = press(&here, &short, "go", &[("password", PASSWORD)]).await;
        assert_eq!(done.url.path(), "/done", "{}", done.html);
        assert_eq!(done.text("h1").as_deref(), Some("Your password is set"));
        assert!(signs_in(house, MIA, PASSWORD).await);
        assert_eq!(there.page(house.url("/account")).await.url.path(), "/sign-in", "everybody else is out");
        house.mail(MIA, "Your password at").await;
        // From now on it is asked for, by the page and by a form that leaves it out.
        let page = here.page(house.url("/password")).await;
        assert!(page.html.contains("id=\"current\""), "{}", page.html);
        let other = [("password", "another long password")];
        for refused in [press(&here, &fresh, "go", &other).await, press(&here, &page, "go", &other).await] {
            assert_eq!(refused.status, 422, "{}", refused.html);
        }
        assert!(signs_in(house, MIA, PASSWORD).await);
    }
}

for_each_database! {
    async fn a_session_that_an_upstream_opened_stays_one_when_a_password_is_set(db: Db) {
        let scene = Scene::with(db, "sign_out = true", "").await;
        let here = mia(&scene).await;
        let page = here.page(scene.house.url("/password")).await;
        let cookie = |response: &reqwest::Response| {
            response.headers().get_all("set-cookie").iter().any(|it| it.to_str().unwrap().contains("session="))
        };
        let csrf = page.value("input[name=csrf]").unwrap();
        let form = [("csrf", csrf.as_str()), ("password", PASSWORD), ("action", "go")];
        let response = here.http.post(page.url.clone()).form(&form).send().await.unwrap();
        assert!(response.status() == 303 && cookie(&response), "it has a new token");
        // The upstream's session is still behind it.
        let page = here.page(scene.house.url("/")).await;
        let Landing::Page(end) = here.press(&page, "sign-out", &[]).await else { panic!("away") };
        assert!(end.url.as_str().starts_with(&format!("{}end?", scene.guild.issuer)), "{}", end.url);
    }
}

for_each_database! {
    async fn whoever_has_no_password_changes_the_address_after_a_sign_in_of_a_moment_ago(db: Db) {
        let scene = Scene::open(db).await;
        let house = &scene.house;
        let here = mia(&scene).await;
        let fresh = here.page(house.url("/email")).await;
        assert!(!fresh.html.contains("id=\"current\""), "{}", fresh.html);
        house.clock.advance(LATER);
        let late = here.page(house.url("/email")).await;
        assert!(!late.html.contains("id=\"go\""), "{}", late.html);
        let wanted = [("email", "mia@new.example")];
        let refused = press(&here, &fresh, "go", &wanted).await;
        assert_eq!(refused.status, 422, "{}", refused.html);
        let back = again(&here, &late).await;
        assert_eq!(back.url.path(), "/email", "{}", back.html);
        let taken = press(&here, &back, "go", &[("email", EMAIL)]).await;
        assert_eq!((taken.status, taken.text("#email-wrong").is_some()), (422, true));
        assert_eq!(press(&here, &taken, "go", &wanted).await.url.path(), "/done");
        let link = house.mail("mia@new.example", "Confirm").await.link();
        let page = here.page(link).await;
        press(&here, &page, "go", &[]).await;
        let account = house.app.core.find_account("mia@new.example").await.unwrap().unwrap();
        // The identity is the upstream's subject, and not an address: she still gets in.
        assert_eq!(whose(house, &go(&browser(&scene), house, "guild").await).await.id, account.id);
    }
}

/// Nobody is locked out by a field that cannot be filled in.
#[tokio::test(flavor = "multi_thread")]
async fn what_whoever_has_no_password_sends_does_not_count_as_a_guess() {
    let scene = Scene::open(Db::Sqlite).await;
    let here = mia(&scene).await;
    for path in ["/password", "/email"] {
        let page = here.page(scene.house.url(path)).await;
        for _ in 0..12 {
            let fields = [("current", "a guess"), ("password", "short"), ("email", EMAIL)];
            let told = press(&here, &page, "go", &fields).await;
            assert_eq!(told.status, 422, "{path}: {}", told.html);
        }
    }
    let page = here.page(scene.house.url("/password")).await;
    assert_eq!(press(&here, &page, "go", &[("password", PASSWORD)]).await.url.path(), "/done");
}
