//! Sessions of this dialect, and the rules that hold for every one of its routes.

use countersign::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Guest, refusal, told};
use crate::house::{Db, EMAIL, House, PASSWORD, json as read};
use crate::oidc::code::claims;
use crate::on_both_databases;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(value: &Value) -> i64 {
    let format = &time::format_description::well_known::Rfc3339;
    let at = time::OffsetDateTime::parse(value.as_str().unwrap(), format).unwrap();
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap()
}

on_both_databases! {
    async fn a_session_slides_for_thirty_days_and_ends_after_ninety(house: House) {
        let ada = Guest::ada(&house).await;
        let mut seen = at(&ada.session().await["session"]["expiresAt"]);
        assert!((seen - house.clock.now() - 30 * DAY).abs() < MINUTE);
        for _ in 0..3 {
            house.clock.advance(20 * DAY);
            // This use slides it; the next one shows that.
            ada.session().await;
            let later = at(&ada.session().await["session"]["expiresAt"]);
            assert!(later > seen + 15 * DAY);
            seen = later;
        }
        house.clock.advance(20 * DAY);
        ada.session().await;
        assert!(at(&ada.session().await["session"]["expiresAt"]) - house.clock.now() < 11 * DAY, "the absolute end");
        house.clock.advance(11 * DAY);
        assert_eq!(ada.session().await, Value::Null);
        let idle = Guest::ada(&house).await;
        house.clock.advance(30 * DAY + MINUTE);
        assert_eq!(idle.session().await, Value::Null);
    }
}

on_both_databases! {
    async fn rfc9068_the_token_of_a_session_is_as_good_as_its_cookie(house: House) {
        let ada = Guest::ada(&house).await;
        let whole = ada.session().await;
        let token = whole["session"]["token"].as_str().unwrap().to_owned();
        let claims = claims(&json!(token));
        assert_eq!((&claims["sid"], &claims["sub"]), (&whole["session"]["id"], &whole["user"]["id"]));
        assert_eq!((&claims["client_id"], &claims["aud"]), (&json!("countersign"), &json!(house.issuer)));
        assert_eq!(claims["exp"].as_i64().unwrap(), at(&whole["session"]["expiresAt"]) / 1000);
        let by_token = async |token: &str| house.http.get(house.url("/api/auth/get-session")).bearer_auth(token).send().await.unwrap();
        assert_eq!(read(by_token(&token).await, 200).await["session"]["id"], whole["session"]["id"]);

        // Signed once a minute; and anew as soon as anything that it says is another.
        assert_eq!(ada.session().await["session"]["token"], token);
        house.clock.advance(MINUTE / 2);
        assert_eq!(ada.session().await["session"]["token"], token);
        house.clock.advance(MINUTE / 2);
        let later = ada.session().await["session"]["token"].as_str().unwrap().to_owned();
        assert_ne!(later, token);
        assert_eq!(by_token(&token).await.status(), 200, "the earlier one holds, too");
        ada.good("/update-user", json!({ "name": "Ada" })).await;
        let renamed = ada.session().await["session"]["token"].as_str().unwrap().to_owned();
        assert_ne!(renamed, later);
        ada.good("/sign-in/email", json!({ "email": EMAIL, "password": PASSWORD })).await;
        let again = ada.session().await;
        assert_eq!(again["session"]["id"], whole["session"]["id"], "the same browser, the same session");
        assert_ne!(again["session"]["token"], renamed);
        assert_eq!(refusal(by_token(&renamed).await).await, told(401, "UNAUTHORIZED"), "another generation");
        let token = again["session"]["token"].as_str().unwrap();
        assert_eq!(by_token(token).await.status(), 200);
        let now = house.clock.now();
        for key in house.app.core.keys(now) {
            house.app.core.retire_key(&key.kid, now).await.unwrap();
        }
        assert_eq!(by_token(token).await.status(), 401);
        let fresh = ada.session().await["session"]["token"].as_str().unwrap().to_owned();
        assert_eq!(by_token(&fresh).await.status(), 200, "never one of a key that was retired");
        ada.good("/sign-out", json!({})).await;
        assert_eq!(by_token(&fresh).await.status(), 401);
    }
}

on_both_databases! {
    async fn get_session_takes_one_statement(house: House) {
        let ada = Guest::ada(&house).await;
        let token = ada.session().await["session"]["token"].as_str().unwrap().to_owned();
        let mut least = [u64::MAX; 2];
        for _ in 0..4 {
            least[0] = least[0].min(house.statements(ada.session()).await.1);
            let asked = house.http.get(house.url("/api/auth/get-session")).bearer_auth(&token).send();
            least[1] = least[1].min(house.statements(asked).await.1);
        }
        assert_eq!(least, [1, 1]);
        assert_eq!(house.statements(Guest::new(&house).session()).await.0, Value::Null);
    }
}

on_both_databases! {
    async fn asvs_8_2_3_peer_cve_2025_61928_what_is_not_ones_own_to_write_stays_as_it_was(house: House) {
        let privileges = json!({
            "role": "admin", "roles": ["admin"], "isActive": false, "emailVerified": true, "isEmailVerified": true,
            "id": "00000000-0000-7000-8000-000000000000", "userId": "00000000-0000-7000-8000-000000000000",
            "createdAt": "2000-01-01T00:00:00.000Z", "updatedAt": "2000-01-01T00:00:00.000Z", "username": "root",
        });
        let with = |more: Value| {
            let mut body = privileges.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let guest = Guest::new(&house);
        let new = with(json!({ "email": "eve@example.com", "password": PASSWORD, "name": "Eve" }));
        let made = guest.good("/sign-up/email", new).await["user"].clone();
        guest.good("/update-user", with(json!({ "name": "Eve" }))).await;
        read(guest.patch(privileges.clone()).await, 200).await;
        let pairs: Vec<_> = ["role", "isActive", "emailVerified", "id", "userId", "createdAt"].map(|it| (it, "true")).into();
        read(guest.request(Method::PATCH, "/v1/user/update").form(&pairs).send().await.unwrap(), 200).await;
        assert_eq!(guest.session().await["user"], made);
        assert_eq!(refusal(guest.get("/v1/users").await).await, told(403, "FORBIDDEN"));
        // Whom it is about comes of the credential.
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let body = json!({ "name": "Eve", "userId": ada.id, "user": { "id": ada.id } });
        assert_eq!(refusal(Guest::new(&house).patch(body.clone()).await).await.0, 401);
        assert_eq!(read(guest.patch(body).await, 200).await["data"]["id"], made["id"]);
        assert_eq!(house.app.core.find_account(EMAIL).await.unwrap().unwrap().claims.name, ada.claims.name);
    }
}

on_both_databases! {
    async fn asvs_3_5_1_another_site_changes_nothing_with_a_persons_cookie(house: House) {
        let ada = Guest::ada(&house).await;
        let paths = ["/sign-out", "/update-user", "/change-password", "/change-email", "/delete-user", "/revoke-session",
            "/revoke-sessions", "/revoke-other-sessions", "/sign-up/email", "/sign-in", "/forget-password", "/reset-password", "/send-verification-email"];
        for path in paths {
            for header in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")] {
                let asked = ada.request(Method::POST, path).header(header.0, header.1).json(&json!({}));
                assert_eq!(refusal(asked.send().await.unwrap()).await, told(403, "FORBIDDEN"), "{path} {header:?}");
            }
        }
        // The house's own pages and its first-party apps may.
        for origin in [house.issuer.as_str(), "http://localhost:3001"] {
            let asked = ada.request(Method::POST, "/update-user").header("origin", origin).json(&json!({ "name": "A" }));
            let answer = asked.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{origin}");
            if origin != house.issuer {
                assert_eq!(answer.headers()["access-control-allow-origin"], origin);
                assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
            }
        }
        let preflight = ada.request(Method::OPTIONS, "/update-user").header("origin", "http://localhost:3001")
            .header("access-control-request-method", "POST").header("access-control-request-headers", "content-type");
        let preflight = preflight.send().await.unwrap();
        assert!(preflight.status().is_success());
        assert_eq!(preflight.headers()["access-control-allow-origin"], "http://localhost:3001");
        let head = ada.request(Method::HEAD, "/get-session").send().await.unwrap();
        assert_eq!((head.status().as_u16(), head.text().await.unwrap().as_str()), (200, ""));
        assert_ne!(ada.session().await, Value::Null);
    }
}

on_both_databases! {
    async fn a_session_list_is_ones_own_and_hands_out_no_token(house: House) {
        let (one, two) = (Guest::ada(&house).await, Guest::ada(&house).await);
        let eve = Guest::newcomer(&house, "eve@example.com").await;
        let list = read(one.get("/list-sessions").await, 200).await;
        let list = list.as_array().unwrap();
        assert_eq!(list.len(), 2);
        assert!(list.iter().all(|it| it["token"] == it["id"]));
        let other = two.session().await["session"].clone();
        for name in [&other["id"], &other["token"]] {
            assert_eq!(refusal(eve.post("/revoke-session", json!({ "token": name })).await).await, told(404, "NOT_FOUND"));
        }
        assert_ne!(two.session().await, Value::Null);
        one.good("/revoke-session", json!({ "token": other["id"] })).await;
        assert_eq!(two.session().await, Value::Null);
        assert_eq!(refusal(one.post("/revoke-session", json!({ "token": other["id"] })).await).await.0, 404);
        let third = Guest::ada(&house).await;
        one.good("/revoke-other-sessions", json!({})).await;
        assert_eq!(third.session().await, Value::Null);
        assert_ne!(one.session().await, Value::Null);
        let token = eve.session().await["session"]["token"].clone();
        eve.good("/revoke-session", json!({ "token": token })).await;
        assert_eq!(eve.session().await, Value::Null);
    }
}

/// Of SQLite there is nothing to be away.
#[tokio::test(flavor = "multi_thread")]
async fn health_says_when_the_database_is_away() {
    let house = House::open(Db::Postgres).await;
    let mut config: Config = house.config.clone();
    let server = reqwest::Url::parse(&config.database.url).unwrap();
    let address = server.socket_addrs(|| Some(5432)).unwrap()[0];
    let mut gate = crate::operations::gate::Gate::to(vec![address]).await;
    let mut url = server.clone();
    url.set_port(Some(gate.port)).unwrap();
    config.database.url = url.into();
    let node = house.restart(&config).await;
    assert_eq!(read(Guest::new(&node).get("/v1/health").await, 200).await["data"]["status"], "ok");
    let home = node
        .http
        .get(node.url("/"))
        .header("accept", "text/html")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(home.contains("Up and running") && home.contains(env!("CARGO_PKG_VERSION")), "{home}");
    gate.shut();
    let answer = Guest::new(&node).get("/v1/health").await;
    assert_eq!(answer.headers()["content-language"], "en");
    let body = read(answer, 503).await;
    assert_eq!(
        body,
        json!({ "success": true, "data": { "status": "degraded",
        "db": { "ok": false, "error": "The database does not answer" } } })
    );
    // The page asks nobody: it shows what whoever asks every second has found.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let home = node
            .http
            .get(node.url("/"))
            .header("accept", "text/html")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        if home.contains("The database is away") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{home}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
