//! A browser is one person's at a time, whichever cookies it holds.

use reqwest::Response;
use serde_json::{Value, json};

use super::better_auth::Guest;
use crate::house::{EMAIL, House, PASSWORD, json as read};
use crate::on_both_databases;

/// The names of the cookies that an answer has the browser forget.
fn forgotten(answer: &Response) -> Vec<String> {
    let all = answer.headers().get_all("set-cookie").iter().map(|it| it.to_str().unwrap());
    let gone = all.filter(|it| it.contains("Max-Age=0"));
    gone.map(|it| it.split('=').next().unwrap().to_owned()).collect()
}

async fn is_live(house: &House, token: &Value) -> bool {
    let ask = house.http.get(house.url("/auth/session")).bearer_auth(token.as_str().unwrap());
    ask.send().await.unwrap().status() == 200
}

fn bob() -> Value {
    json!({ "username": "bob", "email": "bob@example.com", "password": PASSWORD })
}

fn bobs() -> Value {
    json!({ "identifier": "bob", "password": PASSWORD })
}

fn adas() -> Value {
    json!({ "email": EMAIL, "password": PASSWORD })
}

on_both_databases! {
    async fn who_comes_in_by_the_pair_takes_the_browser_over(house: House) {
        let browser = Guest::ada(&house).await;
        let hers = browser.session().await["session"]["token"].clone();
        let entered = browser.post("/register", bob()).await;
        assert_eq!(forgotten(&entered), ["countersign_session"]);
        assert_eq!(entered.status(), 201);
        assert!(!is_live(&house, &hers).await, "hers is over");
        assert_eq!(read(browser.get("/profile").await, 200).await["data"]["username"], "bob");
        assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
        assert_eq!(browser.post("/logout", json!({})).await.status(), 200);

        let browser = Guest::ada(&house).await;
        let hers = browser.session().await["session"]["token"].clone();
        let entered = browser.post("/login", bobs()).await;
        assert_eq!(forgotten(&entered), ["countersign_session"]);
        assert_eq!(entered.status(), 200);
        assert!(!is_live(&house, &hers).await);
        assert_eq!(browser.post("/refresh", json!({})).await.status(), 200);
        assert_eq!(browser.post("/logout", json!({})).await.status(), 200);
        assert_eq!(browser.session().await, Value::Null);

        // And over another's pair.
        browser.post("/login", bobs()).await;
        let his = browser.session().await["session"]["token"].clone();
        let entered = browser.post("/login", json!({ "identifier": "ada", "password": PASSWORD })).await;
        assert_eq!((entered.status().as_u16(), forgotten(&entered)), (200, vec![]));
        assert!(!is_live(&house, &his).await);
        assert_eq!(browser.session().await["user"]["email"], EMAIL);
    }
}

on_both_databases! {
    async fn who_comes_in_by_the_sessions_cookie_takes_the_browser_over(house: House) {
        let browser = Guest::new(&house);
        let new = json!({ "email": "new@example.com", "password": PASSWORD, "name": "New" });
        for (path, body) in [("/sign-in/email", adas()), ("/sign-up/email", new)] {
            let first = if path == "/sign-in/email" { ("/register", bob()) } else { ("/login", bobs()) };
            assert!(browser.post(first.0, first.1).await.status().is_success());
            let his = browser.session().await["session"]["token"].clone();
            let entered = browser.post(path, body.clone()).await;
            assert_eq!(forgotten(&entered), ["access_token", "refresh_token"], "{path}");
            assert_eq!(entered.status(), 200, "{path}");
            assert!(!is_live(&house, &his).await, "{path}: his is over");
            for mine in ["/get-session", "/profile", "/sessions"] {
                assert_eq!(browser.get(mine).await.status(), 200, "{path} {mine}");
            }
            assert_eq!(browser.session().await["user"]["email"], body["email"]);
        }
    }
}

on_both_databases! {
    async fn a_pair_whose_access_token_is_over_is_still_its_persons(house: House) {
        let browser = Guest::new(&house);
        browser.post("/register", bob()).await;
        house.clock.advance(20 * 60 * 1000);
        let refresh = read(browser.post("/sign-in/email", adas()).await, 200).await;
        assert_eq!(refresh["user"]["email"], EMAIL);
        assert_eq!(browser.post("/refresh", json!({})).await.status(), 401, "no way back to his");
        assert_eq!(browser.session().await["user"]["email"], EMAIL);
    }
}

on_both_databases! {
    async fn ones_own_stay_side_by_side(house: House) {
        let browser = Guest::ada(&house).await;
        let first = browser.session().await["session"]["id"].clone();
        let entered = browser.post("/login", json!({ "identifier": "ada", "password": PASSWORD })).await;
        assert_eq!((entered.status().as_u16(), forgotten(&entered)), (200, vec![]));
        let entered = browser.post("/sign-in/email", adas()).await;
        assert_eq!((entered.status().as_u16(), forgotten(&entered)), (200, vec![]));
        let sessions = read(browser.get("/sessions").await, 200).await;
        assert_eq!(sessions["data"].as_array().unwrap().len(), 2);
        assert_eq!(browser.post("/logout", json!({})).await.status(), 200);
        assert_eq!(browser.session().await["session"]["id"], first, "the page's goes on");
    }
}
