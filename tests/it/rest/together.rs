//! The dialects together: one core, the same verdict on the same facts, whatever the shape.

use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

use super::{post, send};
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::on_both_databases;

const GOOD: &str = "SecurePass123";

/// What a dialect calls its ways in and out.
struct Face {
    name: &'static str,
    sign_up: &'static str,
    sign_in: &'static str,
    /// The member that holds the identifier.
    identifier: &'static str,
    /// Whose credential it is.
    me: &'static str,
    sign_out: &'static str,
    /// Where the credential stands in the body; in a cookie otherwise.
    token: Option<&'static str>,
    /// Where the id stands in the answer of `me`.
    id: &'static str,
    sign_up_status: u16,
}

const A: Face = Face {
    name: "better_auth",
    sign_up: "/api/auth/sign-up/email",
    sign_in: "/api/auth/sign-in/email",
    identifier: "email",
    me: "/api/auth/get-session",
    sign_out: "/api/auth/sign-out",
    token: Some("/session/token"),
    id: "/user/id",
    sign_up_status: 200,
};
const B: Face = Face {
    name: "bearer",
    sign_up: "/auth/sign-up",
    sign_in: "/auth/sign-in",
    identifier: "email",
    me: "/auth/session",
    sign_out: "/auth/sign-out",
    token: Some("/session/token"),
    id: "/user/id",
    sign_up_status: 201,
};
const D: Face = Face {
    name: "cookie_pair",
    sign_up: "/api/auth/register",
    sign_in: "/api/auth/login",
    identifier: "identifier",
    me: "/api/auth/profile",
    sign_out: "/api/auth/logout",
    token: None,
    id: "/data/id",
    sign_up_status: 201,
};
const E: Face = Face {
    name: "token_pair",
    sign_up: "/api/v1/auth/register",
    sign_in: "/api/v1/auth/login",
    identifier: "email",
    me: "/api/v1/auth/me",
    sign_out: "/api/v1/auth/logout",
    token: Some("/tokens/accessToken"),
    id: "/user/id",
    sign_up_status: 201,
};
/// Those that have a way in: dialect C takes any credential and hands out none.
const FACES: [Face; 4] = [A, B, D, E];

impl Face {
    fn new_account(&self, house: &House, email: &str) -> RequestBuilder {
        let username: String =
            email.to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(20).collect();
        let body = json!({ "email": email, "password": GOOD, "name": "Ann", "username": username });
        post(house, self.sign_up, &body)
    }

    fn enter(&self, house: &House, identifier: &str, password: &str) -> RequestBuilder {
        post(house, self.sign_in, &json!({ self.identifier: identifier, "password": password }))
    }

    /// The access token of an answer, wherever the dialect puts it.
    async fn credential(&self, request: RequestBuilder, status: u16) -> String {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{}", self.name);
        let cookies: Vec<_> =
            answer.headers().get_all(header::SET_COOKIE).iter().cloned().collect();
        let body: Value = answer.json().await.unwrap();
        if let Some(pointer) = self.token {
            return body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        }
        let own = |cookie: &str| {
            Some(cookie.strip_prefix("access_token=")?.split(';').next()?.to_owned())
        };
        cookies.iter().filter_map(|cookie| cookie.to_str().ok()).find_map(own).unwrap()
    }

    /// Whose credential it is, by this dialect: none where it is good for nothing.
    async fn whose(&self, house: &House, credential: &str) -> Option<String> {
        let answer =
            house.http.get(house.url(self.me)).bearer_auth(credential).send().await.unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        if status == 401 || body.is_null() {
            return None;
        }
        assert_eq!(status, 200, "{}: {body}", self.name);
        Some(body.pointer(self.id).unwrap_or_else(|| panic!("{body}")).as_str().unwrap().to_owned())
    }
}

on_both_databases! {
    async fn an_account_of_one_dialect_is_everybodys_and_a_session_ended_in_one_is_ended_in_all(house: House) {
        for (n, made_by) in FACES.iter().enumerate() {
            let email = format!("ann{n}@example.com");
            let first = made_by.credential(made_by.new_account(&house, &email), made_by.sign_up_status).await;
            let id = made_by.whose(&house, &first).await.unwrap();
            for entered_by in &FACES {
                let credential = entered_by.credential(entered_by.enter(&house, &email, GOOD), 200).await;
                for face in &FACES {
                    let seen = face.whose(&house, &credential).await;
                    assert_eq!(seen.as_deref(), Some(id.as_str()), "{} by {}", face.name, entered_by.name);
                }
                // Dialect C knows who it is: the permission is what is missing.
                let list = house.http.get(house.url("/api/authentication")).bearer_auth(&credential).send().await.unwrap();
                assert_eq!(list.status(), 403);
                assert_eq!(house.userinfo(&credential).await.status(), 200);
                let ended_by = &FACES[(n + 1) % FACES.len()];
                let out = house.http.post(house.url(ended_by.sign_out)).bearer_auth(&credential).send().await.unwrap();
                assert_eq!(out.status(), 200, "{}", ended_by.name);
                for face in &FACES {
                    assert_eq!(face.whose(&house, &credential).await, None, "{} after {}", face.name, ended_by.name);
                }
                let list = house.http.get(house.url("/api/authentication")).bearer_auth(&credential).send().await.unwrap();
                assert_eq!(list.status(), 401);
                assert_eq!(house.userinfo(&credential).await.status(), 401);
            }
            assert!(made_by.whose(&house, &first).await.is_some(), "the other session lives on");
        }
    }
}

on_both_databases! {
    async fn the_same_facts_give_the_same_verdict_in_every_dialect(house: House) {
        let node = house.another_node().await;
        let verdicts = async |what: &str, identifier: &str, password: &str, status: u16| {
            for face in &FACES {
                let answer = face.enter(&node, identifier, password).send().await.unwrap();
                assert_eq!(answer.status(), status, "{what}: {}", face.name);
                assert_eq!(answer.headers().contains_key(header::RETRY_AFTER), status == 429, "{what}: {}", face.name);
            }
        };
        verdicts("the right password", EMAIL, PASSWORD, 200).await;
        verdicts("case and space", " ADA@Example.com ", PASSWORD, 200).await;
        verdicts("a wrong one", EMAIL, GOOD, 401).await;
        verdicts("an unknown address", "nobody@example.com", GOOD, 401).await;
        let account = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let credential = A.credential(A.enter(&house, EMAIL, PASSWORD), 200).await;
        assert_eq!(applications(&node, &credential).await, 403, "known, and without the permission");
        house.app.core.disable_account(account.id, house.clock.now()).await.unwrap();
        verdicts("a disabled account", EMAIL, PASSWORD, 403).await;
        verdicts("a disabled account, a wrong password", EMAIL, GOOD, 401).await;
        for face in &FACES {
            assert_eq!(face.whose(&node, &credential).await, None, "{}", face.name);
        }
        // Dialect C knows no way in, and goes by the same credential.
        assert_eq!(applications(&node, &credential).await, 401);
        for _ in 0..10 {
            E.enter(&house, "locked@example.com", GOOD).send().await.unwrap();
        }
        verdicts("a locked identifier", "LOCKED@example.com", GOOD, 429).await;
    }
}

on_both_databases! {
    async fn a_name_is_one_line_wherever_it_is_said(house: House) {
        for face in [A, B, E] {
            for name in ["Ann\nBcc: everybody", "Ann\u{0}", "An\u{1b}[31mn", "A\u{85}n"] {
                let body = json!({ "email": "ann@example.com", "password": GOOD, "name": name });
                let answer = post(&house, face.sign_up, &body).send().await.unwrap();
                let status = answer.status().as_u16();
                let told = answer.text().await.unwrap();
                assert!([400, 422].contains(&status) && told.contains("VALIDATION_ERROR"), "{}: {status}: {told}", face.name);
                assert!(told.contains("The name must be one line of text"), "{}: {told}", face.name);
            }
        }
        let token = B.credential(B.enter(&house, EMAIL, PASSWORD), 200).await;
        let change = post(&house, "/api/auth/update-user", &json!({ "name": "A\tB" })).bearer_auth(token);
        assert_eq!(change.send().await.unwrap().status(), 422);
    }
}

on_both_databases! {
    async fn a_credential_that_cannot_be_read_fails_closed_in_every_dialect(house: House) {
        let token = E.credential(E.enter(&house, EMAIL, PASSWORD), 200).await;
        let cut = token[..token.len() - 1].to_owned();
        let headers = ["Bearer", "Bearer ", "Bearer  x", "Basic YTpi", "Token x", "Bearer a b", "Bearer \u{e9}"];
        let headers = headers.map(str::to_owned).into_iter().chain([format!("Bearer {cut}"), format!("Bearer  {token}"), token.clone()]);
        for header in headers {
            for face in &FACES {
                let ask = house.http.get(house.url(face.me)).header("authorization", header.as_bytes());
                let status = ask.send().await.unwrap().status().as_u16();
                assert_eq!(status, 401, "{header}: {}", face.name);
            }
        }
        for face in &FACES {
            let ask = house.http.get(house.url(face.me)).bearer_auth(&token).header("x-api-key", "pk_none");
            assert_eq!(ask.send().await.unwrap().status(), 401, "{}", face.name);
            let relying_party = house.http.get(house.url(face.me)).bearer_auth(of_relying_party(&house).await);
            assert_eq!(relying_party.send().await.unwrap().status(), 401, "{}", face.name);
        }
    }
}

on_both_databases! {
    async fn of_many_who_sign_out_of_one_session_at_once_none_finds_it_missing(house: House) {
        for face in &FACES {
            let credential = face.credential(face.enter(&house, EMAIL, PASSWORD), 200).await;
            let out = || house.http.post(house.url(face.sign_out)).bearer_auth(&credential).send();
            let answers = join_all((0..12).map(|_| out())).await;
            let statuses: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
            assert!(statuses.contains(&200), "{}: {statuses:?}", face.name);
            // Who comes after the end has no credential any more.
            assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{}: {statuses:?}", face.name);
        }
    }
}

/// What dialect C says to a credential.
async fn applications(house: &House, credential: &str) -> u16 {
    let list = house.http.get(house.url("/api/authentication")).bearer_auth(credential);
    list.send().await.unwrap().status().as_u16()
}

/// An access token that a relying party got for itself.
async fn of_relying_party(house: &House) -> String {
    let form = [("grant_type", "client_credentials")];
    let body: Value =
        house.token(crate::house::WEB, &form).send().await.unwrap().json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_sign_ups_for_one_address_over_four_dialects_leave_one_account() {
    for db in [Db::Sqlite, Db::Postgres] {
        let house = House::open_with(db, "[passwords]\nqueue = 200\n").await;
        let node = house.another_node().await;
        let spellings =
            ["one@example.com", "One@Example.com", "ONE@EXAMPLE.COM", " one@example.com "];
        let asked = (0..100).map(|n| {
            let at = if n % 2 == 0 { &house } else { &node };
            FACES[n % 4].new_account(at, spellings[n / 4 % 4]).send()
        });
        let answers = join_all(asked).await;
        let mut made = 0;
        for (n, answer) in answers.into_iter().enumerate() {
            let answer = answer.unwrap();
            let (face, status) = (&FACES[n % 4], answer.status().as_u16());
            let body = answer.text().await.unwrap();
            match status {
                200 | 201 => made += 1,
                422 => assert!(
                    face.name == "better_auth" && body.contains("USER_ALREADY_EXISTS"),
                    "{body}"
                ),
                409 => assert!(body.contains("CONFLICT"), "{body}"),
                other => panic!("{}: {other}: {body}", face.name),
            }
        }
        assert_eq!(made, 1);
        let accounts = house.app.core.accounts().await.unwrap();
        assert_eq!(
            accounts.iter().filter(|it| it.email.eq_ignore_ascii_case("one@example.com")).count(),
            1
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_wrong_passwords_over_all_dialects_and_two_nodes_are_ten_tries() {
    for db in [Db::Sqlite, Db::Postgres] {
        let house = House::open_with(db, "[passwords]\nqueue = 300\n").await;
        let node = house.another_node().await;
        let ask = |n: usize| {
            let at = if n.is_multiple_of(2) { &house } else { &node };
            let identifier = if n % 4 == 2 && n.is_multiple_of(3) {
                "ada"
            } else {
                ["ada@example.com", "ADA@example.com"][n / 4 % 2]
            };
            FACES[n % 4].enter(at, identifier, &format!("Wrong{n}Pass")).send()
        };
        let (mut tries, mut turned_away) = (0, Vec::new());
        for (n, answer) in join_all((0..200).map(ask)).await.into_iter().enumerate() {
            let answer = answer.unwrap();
            match answer.status().as_u16() {
                401 => tries += 1,
                429 => {}
                // A busy machine may have no room for all of them at once.
                503 if answer.headers().contains_key("retry-after") => turned_away.push(n),
                other => panic!("{other}"),
            }
        }
        for n in turned_away {
            match ask(n).await.unwrap().status().as_u16() {
                401 => tries += 1,
                429 => {}
                other => panic!("{other}"),
            }
        }
        assert!((1..=10).contains(&tries), "{tries} were looked at");
        let right = E.enter(&house, EMAIL, PASSWORD).send().await.unwrap();
        assert_eq!(right.status(), 429, "the right one is not looked at");
    }
}

on_both_databases! {
    async fn peer_ghsa_x732_a_path_written_otherwise_never_reaches_its_handler(house: House) {
        for face in &FACES {
            let body = json!({ face.identifier: EMAIL, "password": PASSWORD });
            let path = face.sign_in;
            let (head, tail) = path.rsplit_once('/').unwrap();
            let others = [
                format!("/{path}"), format!("{path}/"), format!("{head}/./{tail}"), format!("{head}//{tail}"),
                format!("{head}%2f{tail}"), path.to_ascii_uppercase(), format!("{path}."), format!("{path}%20"),
                format!("{head}/x/../{tail}"), format!("{path};a=b"),
            ];
            for other in others {
                let address = house.issuer.trim_start_matches("http://").to_owned();
                let status = raw(&address, &other, &body).await;
                assert_eq!(status, 404, "{}: {other}", face.name);
            }
        }
    }
}

/// The status of a request whose path no library has tidied up.
async fn raw(address: &str, path: &str, body: &Value) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let body = body.to_string();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

on_both_databases! {
    async fn a_cookies_change_comes_from_our_own_origins_alone(house: House) {
        let answer = A.enter(&house, EMAIL, PASSWORD).send().await.unwrap();
        let cookie = answer.headers().get_all(header::SET_COOKIE).iter()
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned))
            .find(|cookie| cookie.starts_with("countersign_session=")).unwrap();
        for face in &FACES {
            let change = |name: &'static str, value: &str| {
                let out = send(&house, Method::POST, face.sign_out, &json!({}));
                out.header("cookie", &cookie).header(name, value).send()
            };
            for (name, value) in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
                assert_eq!(change(name, value).await.unwrap().status(), 403, "{}: {value}", face.name);
            }
            let me = house.http.get(house.url(face.me)).header("cookie", &cookie);
            assert_eq!(me.send().await.unwrap().status(), 200, "{}: nothing has changed", face.name);
        }
        // A token that a program shows by itself is not the browser's doing.
        let token = B.credential(B.enter(&house, EMAIL, PASSWORD), 200).await;
        let out = house.http.post(house.url(B.sign_out)).bearer_auth(&token).header("origin", "http://evil.example");
        assert_eq!(out.send().await.unwrap().status(), 200);
    }
}
