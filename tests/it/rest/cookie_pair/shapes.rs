//! Every route's success and every documented error.

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use countersign::core::sessions::Place;
use reqwest::header::{ACCEPT, COOKIE};
use serde_json::{Value, json};

use super::{
    LOGIN, LOGOUT, LOGOUT_ALL, PROFILE, Pair, REFRESH, REGISTER, SESSIONS, bare, get, john,
    logged_in, registered,
};
use crate::house::{Db, EMAIL, House, PASSWORD, json as body_of};
use crate::on_both_databases;
use crate::rest::documents::{blocks, in_chromium, in_shell, root};
use crate::rest::{post, shaped, told};

on_both_databases! {
    async fn the_documents_routes_answer_in_its_shapes(house: House) {
        let (_, new) = registered(&house).await;
        let id = new["data"]["id"].as_str().unwrap().to_owned();
        insta::assert_json_snapshot!("cookie_pair_register", shaped(new));
        let (pair, entered) = logged_in(&house, "johndoe", "securePassword123").await;
        insta::assert_json_snapshot!("cookie_pair_login", shaped(entered));
        let (status, profile) = told(pair.with(get(&house, PROFILE))).await;
        insta::assert_json_snapshot!("cookie_pair_profile", json!([status, shaped(profile)]));
        let (status, kept) = told(pair.with(bare(&house, REFRESH))).await;
        insta::assert_json_snapshot!("cookie_pair_refresh", json!([status, shaped(kept)]));
        let (status, sessions) = told(pair.with(get(&house, SESSIONS)).header("user-agent", "curl/8")).await;
        insta::assert_json_snapshot!("cookie_pair_sessions", json!([status, shaped(sessions)]));
        let (status, user) = told(pair.with(get(&house, &format!("/api/users/{id}")))).await;
        insta::assert_json_snapshot!("cookie_pair_user", json!([status, shaped(user)]));
        let (status, out) = told(pair.with(bare(&house, LOGOUT))).await;
        insta::assert_json_snapshot!("cookie_pair_logout", json!([status, shaped(out)]));
        let (pair, _) = logged_in(&house, "john@example.com", "securePassword123").await;
        let (status, out) = told(pair.with(bare(&house, LOGOUT_ALL))).await;
        insta::assert_json_snapshot!("cookie_pair_logout_all", json!([status, shaped(out)]));
    }
}

on_both_databases! {
    async fn every_error_of_the_document_has_its_code_and_words(house: House) {
        let with = |field: &str, value: Value| {
            let mut body = john();
            body[field] = value;
            post(&house, REGISTER, &body)
        };
        let raw = |kind: &str, body: &str| bare(&house, LOGIN).header("content-type", kind).body(body.to_owned());
        let login = |identifier: &str| post(&house, LOGIN, &json!({ "identifier": identifier, "password": "wrongPassword123" }));
        let jane = json!({ "username": "jane", "email": "jane@example.com", "password": "securePassword123" });
        let jane = Pair::of(&post(&house, REGISTER, &jane).send().await.unwrap());
        house.add_admin("admin@example.com").await;
        let (admin, _) = logged_in(&house, "admin@example.com", PASSWORD).await;
        let errors = [
            ("a taken address", with("email", json!("ADA@example.com"))),
            ("a taken username", with("username", json!("ADA"))),
            ("a short password", with("password", json!("short"))),
            ("a long password", with("password", json!("x".repeat(129)))),
            ("no address", with("email", json!("nobody"))),
            ("a short username", with("username", json!("ab"))),
            ("a long username", with("username", json!("a".repeat(31)))),
            ("a username with a dash", with("username", json!("john-doe"))),
            ("all at once, of other types", post(&house, REGISTER, &json!({ "username": 5, "email": null, "password": ["x"] }))),
            ("nothing to sign in with", post(&house, LOGIN, &json!({}))),
            ("a wrong password", login(EMAIL)),
            ("an unknown address", login("nobody@example.com")),
            ("an unknown username", login("nobody")),
            ("an identifier that nobody can have", login("a\u{0}b")),
            ("no credential", get(&house, PROFILE)),
            ("a cookie that is none", get(&house, PROFILE).header(COOKIE, "access_token=none")),
            ("a token that is none", get(&house, PROFILE).bearer_auth("none")),
            ("nothing to refresh with", bare(&house, REFRESH)),
            ("a refresh token that is none", bare(&house, REFRESH).header(COOKIE, "refresh_token=none")),
            ("nobody logs out", bare(&house, LOGOUT)),
            ("nobody's user", get(&house, "/api/users/0190a1b2-0000-7000-8000-000000000000")),
            ("another media type", raw("text/plain", "{}")),
            ("no JSON", raw("application/json", "{")),
            ("a member twice", raw("application/json", r#"{"identifier": "a", "identifier": "b", "password": "x"}"#)),
            ("another method", get(&house, LOGIN)),
            ("an unknown path", get(&house, "/api/auth/nothing")),
            ("an unknown path of users", get(&house, "/api/users")),
            ("a path written otherwise", post(&house, "/api/auth/login/", &john())),
            ("health with another method", bare(&house, "/health")),
            ("another site", post(&house, LOGIN, &john()).header("origin", "https://evil.example")),
            ("another's user", jane.with(get(&house, "/api/users/0190a1b2-0000-7000-8000-000000000000"))),
            ("a user who is not there", admin.with(get(&house, "/api/users/0190a1b2-0000-7000-8000-000000000000"))),
            ("too much", post(&house, LOGIN, &json!({ "identifier": "a".repeat(1024 * 1024) }))),
            ("too much to register with", with("username", json!("a".repeat(1024 * 1024)))),
            ("compressed", raw("application/json", "{}").header("content-encoding", "gzip")),
        ];
        let mut all = Vec::new();
        for (what, request) in errors {
            let (status, body) = told(request).await;
            all.push(json!([what, status, shaped(body)]));
        }
        insta::assert_json_snapshot!("cookie_pair_errors", all);
    }
}

on_both_databases! {
    async fn asvs_6_3_5_a_locked_account_is_told_for_how_long(house: House) {
        registered(&house).await;
        let wrong = |identifier: &str| post(&house, LOGIN, &json!({ "identifier": identifier, "password": "wrongPassword123" }));
        // R40: one account, one count, however it is spelled.
        for identifier in ["johndoe", "JOHNDOE", " JohnDoe ", "john@example.com", "John@Example.com"].repeat(2) {
            assert_eq!(told(wrong(identifier)).await.0, 401, "{identifier}");
        }
        let right = json!({ "identifier": "johnDoe", "password": "securePassword123" });
        let response = post(&house, LOGIN, &right).send().await.unwrap();
        assert_eq!(response.status(), 429);
        let header: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        let mut body = body_of(response, 429).await;
        assert!((1..=900).contains(&header), "{header}");
        assert_eq!(body["retryAfter"], header);
        body["retryAfter"] = json!(900);
        insta::assert_json_snapshot!("cookie_pair_locked", shaped(body));
        house.clock.advance(15 * 60 * 1000);
        assert_eq!(told(post(&house, LOGIN, &right)).await.0, 200);
    }
}

on_both_databases! {
    async fn a_username_is_one_whatever_its_case_and_keeps_its_spelling(house: House) {
        let body = |username: &str, n: u32| json!({
            "username": username, "email": format!("j{n}@example.com"), "password": "securePassword123",
        });
        let (status, first) = told(post(&house, REGISTER, &body("JohnDoe", 1))).await;
        assert_eq!((status, &first["data"]["username"]), (201, &json!("JohnDoe")));
        let (status, second) = told(post(&house, REGISTER, &body("johndoe", 2))).await;
        assert_eq!((status, &second["error"]["code"]), (409, &json!("CONFLICT")));
        // At once, in every case: one gets it.
        let spellings = ["race", "RACE", "Race", "rAce", "raCe", "racE", "RAce", "raCE"];
        let tries = (10..).zip(spellings).map(|(n, name)| told(post(&house, REGISTER, &body(name, n))));
        let outcomes = futures_util::future::join_all(tries).await;
        let of = |status| outcomes.iter().filter(|(got, _)| *got == status).count();
        assert_eq!((of(201), of(409)), (1, 7), "{outcomes:?}");
        for identifier in ["johndoe", "JOHNDOE", " JohnDoe "] {
            let (_, entered) = logged_in(&house, identifier, "securePassword123").await;
            assert_eq!(entered["data"]["user"]["username"], "JohnDoe");
        }
        // The operator's command line goes by the same rule.
        let new = NewAccount {
            email: "k@example.com".to_owned(), username: Some("JOHNDOE".to_owned()), ..NewAccount::default()
        };
        let made = house.app.core.create_account(new, house.clock.now()).await;
        assert!(matches!(made, Err(countersign::core::Failure::Refused(countersign::core::Refusal::UsernameTaken))));
    }
}

on_both_databases! {
    async fn who_may_see_which_user(house: House) {
        let (john, new) = registered(&house).await;
        let own = format!("/api/users/{}", new["data"]["id"].as_str().unwrap());
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let adas = format!("/api/users/{}", ada.id);
        let admin = NewAccount {
            email: "admin@example.com".to_owned(),
            password: Some(Secret::new(PASSWORD)),
            roles: vec!["admin".to_owned()],
            ..NewAccount::default()
        };
        house.app.core.create_account(admin, house.clock.now()).await.unwrap();
        let (admin, entered) = logged_in(&house, "admin@example.com", PASSWORD).await;
        assert_eq!(entered["data"]["user"]["username"], Value::Null, "an account without a username");
        assert_eq!(entered["data"]["user"]["role"], "admin");
        let nobody = "/api/users/0190a1b2-0000-7000-8000-000000000000";
        for (who, path, status) in [
            (&john, own.as_str(), 200), (&john, &adas, 403), (&john, nobody, 403),
            (&john, "/api/users/me", 403), (&john, "/api/users/%ff", 403),
            (&admin, &own, 200), (&admin, &adas, 200), (&admin, nobody, 404), (&admin, "/api/users/me", 404),
        ] {
            let (got, body) = told(who.with(get(&house, path))).await;
            assert_eq!(got, status, "{path}: {body}");
            let code = match status { 403 => json!("FORBIDDEN"), 404 => json!("NOT_FOUND"), _ => Value::Null };
            assert_eq!(body["error"]["code"], code);
        }
        let (_, shown) = told(admin.with(get(&house, &own))).await;
        assert!(shown["data"].get("lastLogin").is_none(), "{shown}");
        // An address that waits for its proof is its owner's to see.
        let change = post(&house, "/api/auth/change-email", &json!({ "newEmail": "wanted@example.com" }));
        assert_eq!(told(john.with(change)).await.0, 200);
        for (who, email, is_verified) in [(&john, "wanted@example.com", false), (&admin, "john@example.com", false)] {
            let (_, shown) = told(who.with(get(&house, &own))).await;
            assert_eq!((&shown["data"]["email"], &shown["data"]["isEmailVerified"]), (&json!(email), &json!(is_verified)));
        }
        // An API key reads as its owner does.
        let (key, _) = house.app.core
            .create_api_key(ada.id, "script", None, &Place::default(), house.clock.now()).await.unwrap();
        assert_eq!(told(get(&house, &adas).bearer_auth(key.expose())).await.0, 200);
        assert_eq!(told(get(&house, &own).bearer_auth(key.expose())).await.0, 403);
        for path in [LOGOUT, LOGOUT_ALL] {
            assert_eq!(told(bare(&house, path).bearer_auth(key.expose())).await.0, 403, "{path}");
        }
    }
}

on_both_databases! {
    async fn asvs_8_2_3_what_a_body_says_beyond_its_fields_is_nobodys_business(house: House) {
        let mut body = john();
        for (field, value) in [
            ("id", json!("0190a1b2-0000-7000-8000-000000000000")), ("role", json!("admin")),
            ("isActive", json!(false)), ("isEmailVerified", json!(true)), ("userId", json!("1")),
            ("createdAt", json!("2000-01-01T00:00:00.000Z")), ("lastLogin", json!("2000-01-01T00:00:00.000Z")),
        ] {
            body[field] = value;
        }
        let response = post(&house, REGISTER, &body).send().await.unwrap();
        let pair = Pair::of(&response);
        insta::assert_json_snapshot!("cookie_pair_register", shaped(body_of(response, 201).await));
        // The actor is the credential's.
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let request = pair.with(bare(&house, LOGOUT_ALL)).json(&json!({ "userId": ada.id }));
        let (adas, _) = logged_in(&house, EMAIL, PASSWORD).await;
        assert_eq!(told(request).await.0, 200);
        assert_eq!(told(adas.with(get(&house, PROFILE))).await.0, 200, "hers lives on");
    }
}

on_both_databases! {
    async fn messages_follow_accept_language_and_codes_do_not(house: House) {
        let response = get(&house, PROFILE).header("accept-language", "fr").send().await.unwrap();
        assert_eq!(response.headers()["content-language"], "fr");
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let body = body_of(response, 401).await;
        assert_eq!(body, json!({
            "success": false, "error": { "message": "Authentification requise", "code": "UNAUTHORIZED" }, "requestId": id,
        }));
        let response = post(&house, REGISTER, &john()).header("accept-language", "fr-CA, en;q=0.3")
            .header("x-request-id", "mine_1").send().await.unwrap();
        assert_eq!(response.headers()["content-language"], "fr");
        assert_eq!(response.headers()["x-request-id"], "mine_1");
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = body_of(response, 201).await;
        assert_eq!((&body["message"], &body["requestId"]), (&json!("Compte créé"), &json!("mine_1")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_how_this_node_is() {
    let house = House::open(Db::Sqlite).await;
    let (status, mut body) = told(get(&house, "/health")).await;
    let uptime = body["uptime"].as_f64().unwrap();
    assert!((0.0..600.0).contains(&uptime), "{uptime}");
    body["uptime"] = json!("<seconds>");
    insta::assert_json_snapshot!("cookie_pair_health", json!([status, shaped(body)]));
    house.app.stop();
    let (status, body) = told(get(&house, "/health")).await;
    assert_eq!((status, &body["status"]), (503, &json!("DEGRADED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_12_5_1_the_root_is_a_page_for_browsers_and_information_for_programs() {
    let house = House::open(Db::Sqlite).await;
    let (status, mut body) = told(get(&house, "/")).await;
    assert_eq!(body["data"]["version"], env!("CARGO_PKG_VERSION"));
    body["data"]["version"] = json!("<version>");
    insta::assert_json_snapshot!("cookie_pair_information", json!([status, body]));
    let chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    for (accept, kind) in [
        (chromium, "text/html"),
        ("TEXT/HTML", "text/html"),
        ("application/json, text/html;q=0.1", "text/html"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "application/json"),
        ("text/html;q=0, application/json", "application/json"),
        ("text/html; q=0.000", "application/json"),
    ] {
        let response = get(&house, "/").header(ACCEPT, accept).send().await.unwrap();
        let got = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(got.starts_with(kind), "{accept}: {got}");
        let varies = response.headers().get_all("vary").iter().any(|value| value == "Accept");
        assert!(varies, "{accept}");
    }
    let posted = bare(&house, "/").send().await.unwrap();
    assert_eq!(posted.status(), 405);
    let head = house.http.head(house.url("/")).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), &head.headers()["content-type"]),
        (200, &"application/json".parse().unwrap())
    );
    let french = get(&house, "/").header("accept-language", "fr").send().await.unwrap();
    assert_eq!(french.headers()["content-language"], "fr");
    assert_eq!(body_of(french, 200).await["message"], "Bienvenue chez Countersign");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_own_examples_run_as_they_stand() {
    let house = House::open(Db::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let document = std::fs::read_to_string(root("tests/it/rest/documents/cookie_pair.sh")).unwrap();
    // The last two show the languages, without a cookie: what they get is a 401, in each.
    let (journey, languages) = document.split_once("# English (default)").unwrap();
    let out = in_shell(&house, journey, "http://localhost:3000", folder.path()).await;
    for part in ["User created successfully", "Login successful", "Profile retrieved successfully"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    let languages = languages.replace("/profile\n", "/profile || true\n");
    let out = in_shell(&house, &languages, "http://localhost:3000", folder.path()).await;
    assert!(
        out.contains("Authentication required") && out.contains("Authentification requise"),
        "{out}"
    );

    let house = House::open(Db::Sqlite).await;
    let script = std::fs::read_to_string(root("tests/it/rest/documents/cookie_pair.js")).unwrap();
    let script = format!("{script}\nconsole.log(response.status, document.cookie);");
    let out = in_chromium(&house, &script, "http://localhost:3000").await;
    for part in ["User created successfully", "Login successful", "Profile retrieved successfully"]
    {
        assert!(out.contains(part), "{part}: {out}");
    }
    assert!(out.contains("[200,\"\"]"), "refreshed, and no script sees a cookie: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_examples_run_as_they_stand() {
    let house = House::open(Db::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let page = blocks("docs/cookie_pair.md", "sh").join("\n");
    let out = in_shell(&house, &page, "http://localhost:3000", folder.path()).await;
    for part in [
        "Token refreshed successfully",
        "Logged out from all devices successfully",
        "\"status\":\"OK\"",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
}
