//! Everything that can go wrong, as a table.

use std::fmt::Write as _;

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use super::{Guest, upload};
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

async fn line(table: &mut String, what: &str, answer: Response) {
    let status = answer.status().as_u16();
    let wait = answer.headers().contains_key("retry-after");
    let body: Value = answer.json().await.unwrap();
    let error = &body["error"];
    assert_eq!(
        (&body["success"], &body["code"], &body["message"]),
        (&json!(false), &error["code"], &error["message"]),
        "{what}"
    );
    write!(
        table,
        "{what}: {status} {}: {}",
        error["code"].as_str().unwrap(),
        error["message"].as_str().unwrap()
    )
    .unwrap();
    if let Some(details) = error.get("details") {
        write!(table, " {details}").unwrap();
    }
    writeln!(table, "{}", if wait { " (later)" } else { "" }).unwrap();
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

on_both_databases! {
    async fn the_errors_of_who_is_not_signed_in(house: House) {
        let mut table = String::new();
        let nobody = Guest::new(&house);
        let good = json!({ "email": "new@example.com", "password": PASSWORD, "name": "New" });
        let with = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            body
        };
        let long = "x".repeat(129);
        for (what, path, body) in [
            ("sign-up, nothing", "/sign-up/email", json!({})),
            ("sign-up, no address", "/sign-up/email", with("email", json!("user"))),
            ("sign-up, short and long", "/sign-up/email", json!({ "email": "n@b.example", "password": "1234567", "name": long })),
            ("sign-up, long", "/sign-up/email", with("password", json!(long))),
            ("sign-up, no name", "/sign-up/email", with("name", json!(" "))),
            ("sign-up, types", "/sign-up/email", json!({ "email": 1, "password": ["a"], "name": {}, "rememberMe": "yes" })),
            ("sign-up, taken", "/sign-up/email", with("email", json!("ADA@example.com"))),
            ("sign-in, nothing", "/sign-in/email", json!({})),
            ("sign-in, no address", "/sign-in/email", with("email", json!("ada"))),
            ("sign-in, wrong password", "/sign-in/email", json!({ "email": EMAIL, "password": "wrong" })),
            ("sign-in, nobody", "/sign-in/email", with("email", json!("nobody@example.com"))),
            ("sign-in, on to another site", "/sign-in/email", json!({ "email": EMAIL, "password": PASSWORD, "callbackURL": "https://evil.example/" })),
            ("forgot-password, nothing", "/forgot-password", json!({})),
            ("forgot-password, no address", "/request-password-reset", json!({ "email": "@" })),
            ("reset-password, nothing", "/reset-password", json!({})),
            ("reset-password, old link", "/reset-password", json!({ "token": "nonsense", "newPassword": PASSWORD })),
            ("send-verification-email, no address", "/send-verification-email", json!({ "email": "@" })),
        ] {
            line(&mut table, what, nobody.post(path, body).await).await;
        }
        line(&mut table, "verify-email, nothing", nobody.get("/verify-email").await).await;
        line(&mut table, "verify-email, old link", nobody.get("/verify-email?token=nonsense").await).await;
        line(&mut table, "verify-email, on to another site", nobody.get("/verify-email?token=a&callbackURL=//evil.example").await).await;

        for path in ["/update-user", "/change-password", "/change-email", "/delete-user", "/revoke-session", "/revoke-sessions", "/revoke-other-sessions"] {
            line(&mut table, &format!("{path}, nobody"), nobody.post(path, json!({})).await).await;
        }
        line(&mut table, "/list-sessions, nobody", nobody.get("/list-sessions").await).await;
        line(&mut table, "/v1/users, nobody", nobody.get("/v1/users").await).await;
        line(&mut table, "/v1/user/update, nobody", nobody.patch(json!({})).await).await;
        let bearer = send(nobody.request(Method::GET, "/get-session").bearer_auth("nonsense")).await;
        line(&mut table, "get-session, a token that is none", bearer).await;
        insta::assert_snapshot!("errors_of_nobody", table);
    }
}

on_both_databases! {
    async fn the_errors_of_ones_own_account(house: House) {
        let mut table = String::new();
        let nobody = Guest::new(&house);
        let ada = Guest::ada(&house).await;
        let key = house.ada_key().await;
        for path in ["/change-password", "/change-email", "/delete-user", "/revoke-session", "/revoke-sessions", "/revoke-other-sessions", "/sign-out"] {
            let body = json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD, "newEmail": "n@b.example", "token": "x" });
            let asked = nobody.request(Method::POST, path).bearer_auth(&key).json(&body);
            line(&mut table, &format!("{path}, by API key"), send(asked).await).await;
        }

        for (what, path, body) in [
            ("update-user, empty name", "/update-user", json!({ "name": "" })),
            ("update-user, address", "/update-user", json!({ "email": "n@b.example" })),
            ("change-password, nothing", "/change-password", json!({})),
            ("change-password, wrong", "/change-password", json!({ "currentPassword": "wrong", "newPassword": "another password" })),
            ("change-password, short", "/change-password", json!({ "currentPassword": PASSWORD, "newPassword": "short" })),
            ("change-email, nothing", "/change-email", json!({})),
            ("change-email, no address", "/change-email", json!({ "newEmail": "@" })),
            ("delete-user, wrong password", "/delete-user", json!({ "password": "wrong" })),
            ("revoke-session, nothing", "/revoke-session", json!({})),
            ("revoke-session, none", "/revoke-session", json!({ "token": "nonsense" })),
            ("send-verification-email, another's", "/send-verification-email", json!({ "email": "n@b.example" })),
            ("send-verification-email, proven", "/send-verification-email", json!({ "email": EMAIL })),
        ] {
            line(&mut table, what, ada.post(path, body).await).await;
        }
        line(&mut table, "users, no permission", ada.get("/v1/users").await).await;
        house.add_admin("root@example.com").await;
        let root = Guest::new(&house);
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        line(&mut table, "delete-user, the last admin", root.post("/delete-user", json!({})).await).await;
        insta::assert_snapshot!("errors_of_an_account", table);
    }
}

on_both_databases! {
    async fn asvs_8_2_3_the_errors_of_the_list_of_users(house: House) {
        let mut table = String::new();
        house.add_admin("root@example.com").await;
        let root = Guest::new(&house);
        root.good("/sign-in/email", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        for query in ["limit=0", "limit=101", "limit=-1", "limit=1e1", "offset=4294967296", "offset=x", "sort=password_hash",
            "sort=updated_at", "order=up", "password_hash=x", "passwordHash=x&claims=x", "roles=admin", "id=1", "emailVerified=maybe", "limit=1&limit=2"] {
            line(&mut table, &format!("users?{query}"), root.get(&format!("/v1/users?{query}")).await).await;
        }
        insta::assert_snapshot!("errors_of_the_list", table);
    }
}

on_both_databases! {
    async fn r69_the_errors_of_a_profile(house: House) {
        let mut table = String::new();
        let ada = Guest::ada(&house).await;
        line(&mut table, "update, invalid", ada.patch(json!({ "name": "", "email": "@" })).await).await;
        Guest::newcomer(&house, "new@example.com").await;
        line(&mut table, "update, taken", ada.patch(json!({ "email": "New@Example.com" })).await).await;
        let text = ada.request(Method::PATCH, "/v1/user/update").header("content-type", "text/plain").body("name=x");
        line(&mut table, "update, text", send(text).await).await;
        let twice = ada.request(Method::PATCH, "/v1/user/update").form(&[("name", "a"), ("name", "b")]);
        line(&mut table, "update, a name twice", send(twice).await).await;
        let broken = ada.request(Method::PATCH, "/v1/user/update").header("content-type", "multipart/form-data; boundary=x").body("--x\r\nno");
        line(&mut table, "update, a broken form", send(broken).await).await;
        let huge = vec![b'a'; 6 * 1024 * 1024 + 1];
        let huge = ada.request(Method::PATCH, "/v1/user/update").header("content-type", "application/x-www-form-urlencoded").body(huge);
        line(&mut table, "update, huge", send(huge).await).await;
        for (what, image) in [
            ("text", b"no picture".to_vec()),
            ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
            ("a torn PNG", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
            ("5 MB and a byte", vec![0; 5 * 1024 * 1024 + 1]),
        ] {
            let asked = ada.request(Method::PATCH, "/v1/user/update").header("content-type", "multipart/form-data; boundary=x");
            let asked = asked.body(upload("../../a.png", "image/png", &image));
            line(&mut table, &format!("update, {what} for a picture"), send(asked).await).await;
        }
        for image in ["javascript:alert(1)", "/avatar.jpg", "https://me:secret@example.com/a.jpg"] {
            line(&mut table, &format!("update, {image}"), ada.patch(json!({ "image": image })).await).await;
        }
        line(&mut table, "update-user, no URL", ada.post("/update-user", json!({ "image": "avatar" })).await).await;
        assert_eq!(ada.session().await["user"]["image"], Value::Null);
        let cross = ada.request(Method::PATCH, "/v1/user/update").header("origin", "https://evil.example").json(&json!({ "name": "x" }));
        line(&mut table, "update, from another site", send(cross).await).await;
        insta::assert_snapshot!("errors_of_a_profile", table);
    }
}

on_both_databases! {
    async fn asvs_1_5_3_the_errors_of_any_body(house: House) {
        let mut table = String::new();
        let nobody = Guest::new(&house);
        let key = house.ada_key().await;
        let good = json!({ "email": EMAIL, "password": PASSWORD });
        let post = |path: &str, kind: &str, body: &str| {
            nobody.request(Method::POST, path).header("content-type", kind).body(body.to_owned())
        };
        line(&mut table, "malformed", send(post("/sign-in/email", "application/json", "{")).await).await;
        line(&mut table, "a member twice", send(post("/sign-in/email", "application/json", r#"{"email":"a@b.example","email":"b@b.example"}"#)).await).await;
        line(&mut table, "text", send(post("/sign-in/email", "text/plain", "{}")).await).await;
        let huge = format!(r#"{{"email":"{}"}}"#, "a".repeat(1024 * 1024));
        line(&mut table, "huge", send(post("/sign-in/email", "application/json", &huge)).await).await;
        let compressed = post("/sign-in/email", "application/json", "{}").header("content-encoding", "gzip");
        line(&mut table, "compressed", send(compressed).await).await;
        let cross = nobody.request(Method::POST, "/sign-in/email").header("origin", "https://evil.example").json(&good);
        line(&mut table, "sign-in from another site", send(cross).await).await;
        line(&mut table, "another method", send(nobody.request(Method::DELETE, "/sign-in/email")).await).await;
        line(&mut table, "another method under /v1", send(nobody.request(Method::POST, "/v1/health")).await).await;
        line(&mut table, "nothing there", nobody.get("/v1/nothing").await).await;
        let bob = Guest::newcomer(&house, "bob@example.com").await;
        let both = bob.request(Method::GET, "/get-session").bearer_auth(&key);
        line(&mut table, "two people at once", send(both).await).await;
        insta::assert_snapshot!("errors_of_any_body", table);
    }
}

on_both_databases! {
    async fn the_errors_of_a_while_later(house: House) {
        let mut table = String::new();
        let nobody = Guest::new(&house);
        let ada = Guest::ada(&house).await;
        Guest::newcomer(&house, "bob@example.com").await;
        house.clock.advance(15 * 60 * 1000);
        line(&mut table, "change-email, long after the sign-in", ada.post("/change-email", json!({ "newEmail": "n@b.example" })).await).await;
        line(&mut table, "update of the address, likewise", ada.patch(json!({ "name": "x", "email": "n@b.example" })).await).await;
        line(&mut table, "delete-user, likewise", ada.post("/delete-user", json!({})).await).await;
        assert_eq!(ada.session().await["user"]["name"], "Ada Lovelace", "all or nothing");
        let late = Guest::ada(&house).await;
        for n in 0..4 {
            let answer = late.post("/change-email", json!({ "newEmail": format!("n{n}@b.example") })).await;
            if n < 3 {
                assert_eq!(answer.status(), 200);
            } else {
                line(&mut table, "change-email, once too often", answer).await;
            }
        }
        house.app.core.disable_account(house.app.core.find_account(EMAIL).await.unwrap().unwrap().id, house.clock.now()).await.unwrap();
        line(&mut table, "sign-in, disabled", nobody.post("/sign-in/email", json!({ "email": EMAIL, "password": PASSWORD })).await).await;
        for _ in 0..10 {
            nobody.post("/sign-in/email", json!({ "email": "bob@example.com", "password": "wrong" })).await;
        }
        let locked = nobody.post("/sign-in/email", json!({ "email": "bob@example.com", "password": PASSWORD })).await;
        line(&mut table, "sign-in, locked", locked).await;
        insta::assert_snapshot!("errors_of_a_while_later", table);
    }
}

on_both_databases! {
    async fn messages_follow_accept_language_and_codes_do_not(house: House) {
        let guest = Guest::new(&house);
        let body = json!({ "email": "x", "password": "short" });
        let asked = guest.request(Method::POST, "/sign-up/email").header("accept-language", "fr-CA, en;q=0.5").json(&body);
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.headers()["content-language"], "fr");
        insta::assert_json_snapshot!("in_french", crate::house::json(answer, 422).await);
        let asked = guest.request(Method::POST, "/forgot-password").header("accept-language", "fr").json(&json!({ "email": EMAIL }));
        let told = crate::house::json(asked.send().await.unwrap(), 200).await;
        assert_eq!(told["message"], "E-mail de réinitialisation du mot de passe envoyé");
        house.mail(EMAIL, "nouveau mot de passe").await;
    }
}
