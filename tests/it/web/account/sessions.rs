//! Where a person is signed in.

use serde_json::json as value;

use super::{ada, all, grace, press, texts, words};
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;
use crate::rest::{post, told};

/// A session of an app's, by its token.
async fn app_session(house: &House) -> String {
    let body = value!({ "email": EMAIL, "password": PASSWORD });
    let (status, told) = told(post(house, "/api/auth/sign-in/email", &body)).await;
    assert_eq!(status, 200, "{told}");
    told["token"].as_str().unwrap().to_owned()
}

async fn works(house: &House, token: &str) -> u16 {
    let asked = house.http.get(house.url("/api/auth/list-sessions")).bearer_auth(token);
    asked.send().await.unwrap().status().as_u16()
}

on_both_databases! {
    async fn r32_a_person_sees_every_session_and_ends_any_of_them(house: House) {
        let (here, there) = (ada(&house).await, ada(&house).await);
        let app = app_session(&house).await;
        let page = here.page(house.url("/account/sessions")).await;
        assert_eq!(texts(&page, ".items h2"), ["Firefox on Linux This browser", "Unknown device", "Firefox on Linux"]);
        assert!(page.text(".items li").unwrap().contains("127.0.0.1"));
        assert_eq!(works(&house, &app).await, 200);
        // Names that tell the buttons apart for who does not see the list.
        let labels = all(&page, ".items button", "aria-label");
        assert!(labels.iter().all(|label| label.starts_with("Sign out: ")), "{labels:?}");
        let ids = all(&page, ".items button", "id");
        let ended = press(&here, &page, &ids[1], &[]).await;
        assert_eq!(ended.url.path(), "/account/sessions");
        assert_eq!(ended.text("[role=status]").as_deref(), Some("That session has ended."));
        assert_eq!(works(&house, &app).await, 401, "refused everywhere");
        assert_eq!(texts(&ended, ".items h2").len(), 2);
        // It was there on the page that is still open: ended once, and said to be gone then.
        let again = press(&here, &page, &ids[1], &[]).await;
        assert_eq!(again.status, 404);
        assert!(again.html.contains("not there any more"));
        let own = press(&here, &ended, &ids[0], &[]).await;
        assert_eq!(own.url.path(), "/signed-out");
        assert_eq!(here.page(house.url("/account")).await.url.path(), "/sign-in");
        assert_eq!(there.page(house.url("/account")).await.url.path(), "/account", "the other one goes on");
    }
}

on_both_databases! {
    async fn r32_all_others_end_or_all_and_with_them_what_apps_hold(house: House) {
        let (here, there) = (ada(&house).await, ada(&house).await);
        let app = app_session(&house).await;
        let page = here.page(house.url("/account/sessions")).await;
        let page = press(&here, &page, "others", &[]).await;
        assert_eq!(page.text("[role=status]").as_deref(), Some("You are signed out everywhere else."));
        assert_eq!(works(&house, &app).await, 401);
        assert_eq!(there.page(house.url("/account")).await.url.path(), "/sign-in");
        assert_eq!(texts(&page, ".items h2").len(), 1);
        let app = app_session(&house).await;
        assert_eq!(press(&here, &page, "all", &[]).await.url.path(), "/signed-out");
        assert_eq!(works(&house, &app).await, 401);
        assert_eq!(here.page(house.url("/account")).await.url.path(), "/sign-in");
    }
}

on_both_databases! {
    async fn r73_another_persons_session_reads_like_none(house: House) {
        let (ada, grace) = (ada(&house).await, grace(&house).await);
        let hers = ada.page(house.url("/account/sessions")).await;
        let id = hers.value("input[name=id]").unwrap();
        let page = grace.page(house.url("/account/sessions")).await;
        let button = all(&page, ".items button", "id").remove(0);
        let foreign = press(&grace, &page, &button, &[("id", &id)]).await;
        let none = house.app.core.new_id(house.clock.now()).to_string();
        for absent in [none.as_str(), "", "not an id"] {
            let absent = press(&grace, &page, &button, &[("id", absent)]).await;
            assert_eq!((foreign.status, words(&foreign)), (absent.status, words(&absent)));
        }
        assert_eq!(foreign.status, 404);
        assert_eq!(ada.page(house.url("/account")).await.url.path(), "/account");
    }
}

on_both_databases! {
    async fn of_very_many_sessions_those_used_last_are_listed_and_all_are_ended(house: House) {
        let here = ada(&house).await;
        let id = house.app.core.find_account(EMAIL).await.unwrap().unwrap().id;
        let first = app_session(&house).await;
        for _ in 0..104 {
            house.clock.advance(1000);
            app_session(&house).await;
        }
        let page = here.page(house.url("/account/sessions")).await;
        assert_eq!(texts(&page, ".items h2").len(), 100);
        assert!(texts(&page, ".items h2")[0].contains("This browser"));
        assert!(page.html.contains("And 6 more"), "{}", page.html);
        press(&here, &page, "others", &[]).await;
        assert_eq!(works(&house, &first).await, 401);
        let left = house.app.core.sessions(id, house.clock.now()).await.unwrap();
        assert_eq!(left.len(), 1);
    }
}
