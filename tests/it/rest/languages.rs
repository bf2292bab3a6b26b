//! Whatever has words says in which language they are (API.md §1, RFC 9110 §8.5).

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::better_auth::Guest;
use crate::house::{EMAIL, House, PASSWORD};
use crate::on_both_databases;

/// What an answer in French says; it says that it is.
async fn french(what: &str, answer: Response, status: u16) -> Value {
    let language =
        answer.headers().get("content-language").map(|it| it.to_str().unwrap().to_owned());
    let kept = answer.headers().get("cache-control").map(|it| it.to_str().unwrap().to_owned());
    assert_eq!(answer.status().as_u16(), status, "{what}");
    assert_eq!(language.as_deref(), Some("fr"), "{what}");
    assert_eq!(kept.as_deref(), Some("no-store"), "{what}");
    answer.json().await.unwrap()
}

on_both_databases! {
    async fn rfc9110_8_5_every_answer_with_words_names_their_language(house: House) {
        let guest = Guest::ada(&house).await;
        let ask = async |method: Method, path: &str, body: Value| {
            let asked = guest.http.request(method, house.url(path)).header("accept-language", "fr");
            asked.json(&body).send().await.unwrap()
        };
        let email = json!({ "email": "new@example.com" });
        for path in ["/api/auth/forgot-password", "/api/auth/forget-password", "/api/auth/request-password-reset"] {
            let told = french(path, ask(Method::POST, path, email.clone()).await, 200).await;
            assert_eq!(told["message"], "E-mail de réinitialisation du mot de passe envoyé");
        }
        french("update-user", ask(Method::POST, "/api/auth/update-user", email).await, 400).await;
        ask(Method::POST, "/api/auth/forgot-password", json!({ "email": EMAIL })).await;
        let token = house.token_in_mail(EMAIL, "nouveau mot de passe", 1).await;
        let reset = json!({ "token": token, "password": PASSWORD });
        french("reset-password", ask(Method::POST, "/api/auth/reset-password", reset).await, 200).await;

        // Dialect C's words for what could not be made, and dialect E's for who leaves.
        house.add_admin("root@example.com").await;
        let entered = ask(Method::POST, "/api/v1/auth/login", json!({ "email": "root@example.com", "password": PASSWORD })).await;
        let entered: Value = entered.json().await.unwrap();
        let token = entered["tokens"]["accessToken"].as_str().unwrap();
        let by_root = async |path: &str, body: Value| {
            let asked = house.http.post(house.url(path)).header("accept-language", "fr").bearer_auth(token);
            asked.json(&body).send().await.unwrap()
        };
        let bulk = by_root("/api/authentication/bulk", json!({ "items": [{}] })).await;
        let bulk = french("bulk", bulk, 201).await;
        assert_eq!(bulk["data"]["failed"][0]["error"], "name: Le nom est obligatoire");
        french("logout", by_root("/api/v1/auth/logout", json!({})).await, 200).await;

        for path in ["/v1/nothing", "/auth/nothing", "/api/authentication/a/b", "/api/auth/nothing", "/api/users",
            "/health/nothing", "/api/v1/nothing"] {
            french(path, ask(Method::GET, path, json!({})).await, 404).await;
        }

        guest.good("/sign-in/email", json!({ "email": EMAIL, "password": PASSWORD })).await;
        french("delete-user", ask(Method::POST, "/api/auth/delete-user", json!({ "password": PASSWORD })).await, 200).await;
    }
}
