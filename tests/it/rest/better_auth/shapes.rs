//! What each route answers when all is well, and the cookies that go with it.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Guest, shape};
use crate::house::{Db, EMAIL, House, PASSWORD, json as read};
use crate::on_both_databases;

const NEW: &str = "User@Example.com";

/// The cookies that an answer sets, without their values.
fn cookies(answer: &Response) -> Vec<String> {
    let set = answer.headers().get_all("set-cookie").iter();
    let mut cookies: Vec<_> = set
        .map(|cookie| {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let name = name.trim_end_matches(|c: char| c.is_ascii_hexdigit());
            let value = if value.is_empty() { "" } else { "…" };
            // Ninety days, less what has passed of them.
            let (rest, age) = attributes.split_once("Max-Age=").unwrap_or((attributes, ""));
            match age.parse() {
                Ok(7_775_000..=7_776_000) => format!("{name}={value};{rest}Max-Age=<90 days>"),
                _ => format!("{name}={value};{attributes}"),
            }
        })
        .collect();
    cookies.sort();
    cookies
}

on_both_databases! {
    async fn every_route_answers_as_documented(house: House) {
        let guest = Guest::new(&house);
        let mut told: Vec<(String, Value)> = Vec::new();
        let mut note = |what: &str, value: Value| told.push((what.to_owned(), shape(value, &house)));

        note("get-session, nobody", guest.session().await);
        note("health", read(guest.get("/v1/health").await, 200).await);
        let body = json!({ "email": NEW, "password": PASSWORD, "name": " John Doe " });
        let answer = guest.post("/sign-up/email", body).await;
        note("sign-up, cookies", json!(cookies(&answer)));
        assert_eq!(answer.headers()["cache-control"], "no-store");
        note("sign-up", read(answer, 200).await);
        note("get-session", guest.session().await);
        let session = read(guest.get("/session").await, 200).await;
        assert_eq!(session["session"]["id"], guest.session().await["session"]["id"], "by its alias");
        let answer = guest.post("/sign-out", json!({})).await;
        note("sign-out, cookies", json!(cookies(&answer)));
        note("sign-out", read(answer, 200).await);
        assert_eq!(guest.session().await, Value::Null);

        let credentials = json!({ "email": " user@EXAMPLE.com", "password": PASSWORD });
        let answer = guest.post("/sign-in/email", credentials.clone()).await;
        note("sign-in, cookies", json!(cookies(&answer)));
        note("sign-in", read(answer, 200).await);
        let mut briefly = credentials.clone();
        briefly["rememberMe"] = json!(false);
        briefly["callbackURL"] = json!("/dashboard");
        let answer = guest.post("/sign-in", briefly).await;
        note("sign-in for now, cookies", json!(cookies(&answer)));
        let entered = read(answer, 200).await;
        note("sign-in and go on", json!([entered["redirect"], entered["url"]]));

        note("list-sessions", read(guest.get("/list-sessions").await, 200).await);
        note("update-user", guest.good("/update-user", json!({ "name": "Jack" })).await);
        note("change-email", guest.good("/change-email", json!({ "newEmail": "j@b.example" })).await);
        note("update", read(guest.patch(json!({ "name": "John Updated" })).await, 200).await);
        note("send-verification-email", guest.good("/send-verification-email", json!({ "email": NEW })).await);
        let token = house.token_in_mail(NEW, "Confirm", 2).await;
        note("verify-email", read(guest.get(&format!("/verify-email?token={token}")).await, 200).await);
        let passwords = json!({ "currentPassword": PASSWORD, "newPassword": "another password" });
        let answer = guest.post("/change-password", passwords).await;
        note("change-password, cookies", json!(cookies(&answer)));
        note("change-password", read(answer, 200).await);
        note("revoke-other-sessions", guest.good("/revoke-other-sessions", json!({})).await);
        let own = guest.session().await["session"]["token"].clone();
        let answer = guest.post("/revoke-session", json!({ "token": own })).await;
        assert_eq!(cookies(&answer).len(), 1, "its own session's cookie goes");
        note("revoke-session", read(answer, 200).await);
        assert_eq!(guest.session().await, Value::Null);

        note("forgot-password", guest.good("/forgot-password", json!({ "email": NEW })).await);
        let token = house.token_in_mail(NEW, "Choose a new password", 1).await;
        let reset = json!({ "token": token, "password": PASSWORD });
        note("reset-password", guest.good("/reset-password", reset).await);
        guest.good("/sign-in/email", credentials.clone()).await;
        note("revoke-sessions", guest.good("/revoke-sessions", json!({})).await);
        assert_eq!(guest.session().await, Value::Null);
        guest.good("/sign-in/email", credentials.clone()).await;
        let answer = guest.request(Method::POST, "/delete-user").send().await.unwrap();
        note("delete-user, cookies", json!(cookies(&answer)));
        note("delete-user", read(answer, 200).await);
        assert_eq!(guest.post("/sign-in/email", credentials).await.status(), 401);

        let key = house.ada_key().await;
        let by_key = house.http.get(house.url("/api/auth/get-session")).header("x-api-key", key);
        note("get-session by API key", read(by_key.send().await.unwrap(), 200).await);
        house.add_admin("root@example.com").await;
        let root = Guest::new(&house);
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        note("users", read(root.get("/v1/users?limit=1").await, 200).await);

        let told: Vec<_> = told.iter().map(|(what, it)| json!({ "what": what, "answer": it })).collect();
        insta::assert_json_snapshot!("answers", told);
    }
}

on_both_databases! {
    async fn every_alias_is_the_route_itself(house: House) {
        let guest = Guest::new(&house);
        let new = json!({ "email": NEW, "password": PASSWORD, "name": "John" });
        assert_eq!(guest.good("/sign-up", new).await["user"]["email"], NEW);
        for alias in ["/forgot-password", "/forget-password", "/request-password-reset"] {
            assert_eq!(guest.good(alias, json!({ "email": NEW })).await["success"], true, "{alias}");
        }
        house.mails(NEW, "Choose a new password", 3).await;
        let credentials = json!({ "email": NEW, "password": PASSWORD });
        assert_eq!(guest.good("/sign-in", credentials).await["redirect"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_3_3_on_https_the_cookies_are_this_hosts_alone() {
    let more = "\n[server]\npublic_url = \"https://id.example\"\n";
    let house = House::open_with(Db::Sqlite, more).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let answer = Guest::new(&house).post("/sign-in/email", body).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let cookies = cookies(&answer);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in cookies {
        assert!(cookie.starts_with("__Host-countersign_"), "{cookie}");
        for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
}
