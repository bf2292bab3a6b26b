//! Every operation that the OpenAPI description names, asked by nobody, a user, a disabled user and an
//! admin (OWASP ASVS 8.2.1): what is not open to all is closed to who has not what it asks for.

use std::collections::BTreeSet;

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use reqwest::Method;
use serde_json::{Value, json};

use super::{post, told};
use crate::house::{House, json};
use crate::on_both_databases;

/// What needs no credential: ways in, how the server is, and what says that nobody is signed in. A
/// refresh token is not a credential of the request but what it is about.
const OPEN: &[&str] = &[
    "get /",
    "get /health",
    "get /v1/health",
    "get /api/auth/get-session",
    "get /api/auth/session",
    "post /api/auth/forget-password",
    "post /api/auth/forgot-password",
    "post /api/auth/login",
    "post /api/auth/refresh",
    "post /api/auth/register",
    "post /api/auth/request-password-reset",
    "post /api/auth/reset-password",
    "post /api/auth/send-verification-email",
    "post /api/auth/sign-in",
    "post /api/auth/sign-in/email",
    "post /api/auth/sign-in/oauth2",
    "post /api/auth/sign-in/social",
    "post /api/auth/sign-out",
    "post /api/auth/sign-up",
    "post /api/auth/sign-up/email",
    "post /api/v1/auth/login",
    "post /api/v1/auth/refresh",
    "post /api/v1/auth/register",
    "get /auth/callback/{upstream}",
    "get /auth/sign-in/{upstream}",
    "get /auth/signed-out/{upstream}",
    "post /auth/sign-in",
    "post /auth/sign-up",
];

/// What takes a permission that not everybody has.
const PERMITTED: &[&str] = &[
    "get /v1/users",
    "get /api/users/{id}",
    "get /api/authentication",
    "post /api/authentication",
    "post /api/authentication/bulk",
    "delete /api/authentication/bulk",
    "get /api/authentication/export",
    "get /api/authentication/{id}",
    "put /api/authentication/{id}",
    "delete /api/authentication/{id}",
];

/// What only the session's own token opens, and an access token therefore does not.
const BY_ITS_OWN_TOKEN: &[&str] = &["post /auth/refresh"];

/// The part of a path that names one object.
const ID: &str = "{id}";

struct Operation {
    name: String,
    method: Method,
    path: String,
    takes_credential: bool,
    has_body: bool,
}

async fn operations(house: &House) -> Vec<Operation> {
    let answer = house.http.get(house.url("/swagger.json")).send().await.unwrap();
    let description = json(answer, 200).await;
    assert_eq!(
        description["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(),
        ["3", "1"]
    );
    let mut all = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push(Operation {
                name: format!("{method} {path}"),
                method: method.to_uppercase().parse().unwrap(),
                path: path.replace("{upstream}", "nobody"),
                // One of the ways may be to show none.
                takes_credential: operation["security"]
                    .as_array()
                    .is_some_and(|ways| ways.iter().all(|way| way != &json!({}))),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    all
}

/// A new account with a session of its own, and its access token.
async fn somebody(house: &House, n: usize, roles: &[&str]) -> (uuid::Uuid, String) {
    let email = format!("walker{n}@example.com");
    let new = NewAccount {
        email: email.clone(),
        password: Some(Secret::new("SecurePass123")),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        ..NewAccount::default()
    };
    let account = house.app.core.create_account(new, house.clock.now()).await.unwrap();
    let body = json!({ "email": email, "password": "SecurePass123" });
    let (status, entered) = told(post(house, "/api/v1/auth/login", &body)).await;
    assert_eq!(status, 200, "{entered}");
    (account.id, entered["tokens"]["accessToken"].as_str().unwrap().to_owned())
}

/// What an operation on nobody's object answers.
async fn ask(house: &House, operation: &Operation, token: Option<&str>) -> u16 {
    ask_about(house, operation, "019a0000-0000-7000-8000-000000000000", token).await
}

async fn ask_about(house: &House, operation: &Operation, id: &str, token: Option<&str>) -> u16 {
    let path = operation.path.replace(ID, id);
    let mut request = house.http.request(operation.method.clone(), house.url(&path));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if operation.has_body {
        request = request.json(&json!({}));
    }
    let answer = request.header("accept", "application/json").send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    assert!(status < 500, "{}: {status}: {body}", operation.name);
    if status >= 400 {
        let body: Value =
            serde_json::from_str(&body).unwrap_or_else(|_| panic!("{}: {body}", operation.name));
        assert!(body.is_object(), "{}: {body}", operation.name);
    }
    status
}

on_both_databases! {
    async fn asvs_8_2_1_every_operation_is_closed_to_who_has_not_what_it_asks_for(house: House) {
        let all = operations(&house).await;
        let open: BTreeSet<_> = all.iter().filter(|it| !it.takes_credential).map(|it| it.name.as_str()).collect();
        assert_eq!(open, OPEN.iter().copied().collect());
        let mut n = 0;
        for operation in all.iter().filter(|it| it.takes_credential) {
            let is_own = BY_ITS_OWN_TOKEN.contains(&operation.name.as_str());
            assert_eq!(ask(&house, operation, None).await, 401, "{} by nobody", operation.name);
            n += 1;
            let (id, token) = somebody(&house, n, &[]).await;
            house.app.core.disable_account(id, house.clock.now()).await.unwrap();
            assert_eq!(ask(&house, operation, Some(&token)).await, 401, "{} by a disabled user", operation.name);
            n += 1;
            let (_, token) = somebody(&house, n, &[]).await;
            let by_user = ask(&house, operation, Some(&token)).await;
            n += 1;
            let (_, token) = somebody(&house, n, &["admin"]).await;
            let by_admin = ask(&house, operation, Some(&token)).await;
            if PERMITTED.contains(&operation.name.as_str()) {
                assert_eq!(by_user, 403, "{} by a user", operation.name);
                assert!(![401, 403].contains(&by_admin), "{} by an admin: {by_admin}", operation.name);
            } else if is_own {
                assert_eq!((by_user, by_admin), (401, 401), "{}", operation.name);
            } else {
                assert!(![401, 403].contains(&by_user), "{} by a user: {by_user}", operation.name);
                assert!(![401, 403].contains(&by_admin), "{} by an admin: {by_admin}", operation.name);
            }
        }
        let named: BTreeSet<_> = all.iter().map(|it| it.name.as_str()).collect();
        for permitted in PERMITTED.iter().chain(BY_ITS_OWN_TOKEN) {
            assert!(named.contains(permitted), "{permitted} is described nowhere");
        }
    }
}

on_both_databases! {
    async fn asvs_8_2_2_every_operation_on_an_object_is_closed_to_whose_it_is_not(house: House) {
        let mut config = house.config.clone();
        config.roles.0.insert("developer".to_owned(), ["create", "read", "update", "delete"].map(|verb| format!("authentication:{verb}")).to_vec());
        let node = house.restart(&config).await;
        let on_one: Vec<_> = operations(&node).await.into_iter().filter(|it| it.path.contains(ID)).collect();
        assert!(on_one.len() >= 4, "the description names operations on one object");
        let mut n = 0;
        for operation in &on_one {
            let mut people = Vec::new();
            for roles in [&["developer"][..], &["developer"], &[], &["developer"], &["admin"]] {
                n += 1;
                people.push(somebody(&node, n, roles).await);
            }
            let [owner, other, user, disabled, admin] = &people[..] else { panic!("five people") };
            node.app.core.disable_account(disabled.0, node.clock.now()).await.unwrap();
            let id = match operation.path.strip_suffix(ID).unwrap() {
                "/api/users/" => owner.0.to_string(),
                "/api/authentication/" => {
                    let made = post(&node, "/api/authentication", &json!({ "name": "One" }));
                    let (status, made) = told(made.bearer_auth(&owner.1)).await;
                    assert_eq!(status, 201, "{made}");
                    made["data"]["id"].as_str().unwrap().to_owned()
                }
                unknown => panic!("whose is what stands under {unknown}?"),
            };
            let is_account = id == owner.0.to_string();
            // What somebody else has reads like what nobody has; whose own it is, and who may all, get it.
            let for_other = if is_account { 403 } else { 404 };
            for (who, token, expected) in [
                ("nobody", None, 401),
                ("a disabled user", Some(&disabled.1), 401),
                ("a user", Some(&user.1), 403),
                ("another user", Some(&other.1), for_other),
            ] {
                let status = ask_about(&node, operation, &id, token.map(String::as_str)).await;
                assert_eq!(status, expected, "{} by {who}", operation.name);
            }
            // The object is still there, for the two who may.
            let (last, first) = if operation.method == Method::DELETE { (404, 204) } else { (200, 200) };
            assert_eq!(ask_about(&node, operation, &id, Some(&owner.1)).await, first, "{} by its owner", operation.name);
            assert_eq!(ask_about(&node, operation, &id, Some(&admin.1)).await, last, "{} by an admin", operation.name);
        }
    }
}
