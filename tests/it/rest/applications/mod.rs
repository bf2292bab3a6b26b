//! Dialect C, `applications`.

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::house::{House, PASSWORD, json as answer};

mod bulk;
mod clients;
mod document;
mod export;
mod figures;
mod listing;
mod permissions;
mod shapes;

const PATH: &str = "/api/authentication";

/// Everything that there is to do with one's own applications, under a name of the test's.
const DEVELOPER: &str = "developer";

/// Somebody with an account, signed in by a first-party app.
struct Person<'a> {
    house: &'a House,
    id: String,
    token: String,
}

/// The same house with roles of its own. The first must stay, for the issuer's sake.
async fn with_roles(house: &House) -> House {
    let mut config = house.config.clone();
    let own = ["create", "read", "update", "delete"].map(|verb| format!("authentication:{verb}"));
    config.roles.0.insert(DEVELOPER.to_owned(), own.to_vec());
    config.roles.0.insert("reader".to_owned(), vec!["authentication:read".to_owned()]);
    house.restart(&config).await
}

impl<'a> Person<'a> {
    async fn new(house: &'a House, name: &str, roles: &[&str]) -> Self {
        let email = format!("{name}@example.com");
        let new = NewAccount {
            email: email.clone(),
            email_verified: true,
            password: Some(Secret::new(PASSWORD)),
            roles: roles.iter().map(|&role| role.to_owned()).collect(),
            ..NewAccount::default()
        };
        let account = house.app.core.create_account(new, house.clock.now()).await.unwrap();
        let body = json!({ "email": email, "password": PASSWORD });
        let signed_in = house.http.post(house.url("/api/v1/auth/login")).json(&body);
        let signed_in = answer(signed_in.send().await.unwrap(), 200).await;
        let token = signed_in["tokens"]["accessToken"].as_str().unwrap().to_owned();
        Self { house, id: account.id.to_string(), token }
    }

    async fn admin(house: &'a House) -> Self {
        Self::new(house, "admin", &["admin"]).await
    }

    fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.house.url(&format!("{PATH}{path}"));
        self.house.http.request(method, url).bearer_auth(&self.token)
    }

    async fn get(&self, path: &str, status: u16) -> Value {
        answer(self.ask(Method::GET, path).send().await.unwrap(), status).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        answer(self.ask(method, path).json(body).send().await.unwrap(), status).await
    }

    /// Makes an application, and shows it.
    async fn create(&self, body: &Value) -> Value {
        self.send(Method::POST, "", body, 201).await["data"].clone()
    }

    async fn change(&self, id: &Value, body: &Value) -> Value {
        self.send(Method::PUT, &path(id), body, 200).await["data"].clone()
    }

    /// The status of a deletion.
    async fn delete(&self, id: &Value) -> u16 {
        let deleted = self.ask(Method::DELETE, &path(id)).send().await.unwrap();
        deleted.status().as_u16()
    }

    async fn list(&self, query: &str) -> (Vec<String>, Value) {
        let listed = self.get(query, 200).await["data"].clone();
        let name = |item: &Value| item["name"].as_str().unwrap().to_owned();
        let names = listed["items"].as_array().unwrap().iter().map(name).collect();
        (names, listed["pagination"].clone())
    }
}

fn path(id: &Value) -> String {
    format!("/{}", id.as_str().unwrap())
}

/// The code and the details' fields of an error.
fn fields(error: &Value) -> Vec<&str> {
    assert_eq!(error["success"], false, "{error}");
    assert_eq!(error["error"]["code"], "VALIDATION_ERROR", "{error}");
    let details = error["error"]["details"].as_array().unwrap();
    details.iter().map(|detail| detail["field"].as_str().unwrap()).collect()
}
