//! The database goes away and comes back; the disk is full and has room again.

use std::time::{Duration, Instant};

use reqwest::{RequestBuilder, Url};

use super::gate::Gate;
use super::node::Node;
use crate::browser::{Browser, Landing, request};
use crate::house::{Db, EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;

/// A house whose only way to PostgreSQL leads through a gate.
async fn gated() -> (House, Gate) {
    let first = House::open(Db::Postgres).await;
    let mut url = Url::parse(&first.config.database.url).unwrap();
    let database = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    let gate = Gate::to(vec![database.parse().unwrap()]).await;
    url.set_port(Some(gate.port)).unwrap();
    let mut through = first;
    through.config.database.url = url.to_string();
    let house = through.another_node().await;
    (house, gate)
}

/// Requests that need the database, each with what its answer looks like.
fn needy(
    house: &House,
    browser: &Browser,
    refresh: &str,
    access: &str,
) -> Vec<(RequestBuilder, &'static str)> {
    let oauth = "\"temporarily_unavailable\"";
    let mut authorize = house.url("/authorize");
    authorize.query_pairs_mut().extend_pairs(request("web"));
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let of_dialect = |path: &str| house.http.get(house.url(path)).header("x-api-key", "pk_any");
    vec![
        (house.token(WEB, &form), oauth),
        (house.token(WEB, &redemption("any")), oauth),
        (house.http.get(house.url("/userinfo")).bearer_auth(access), oauth),
        (browser.http.get(authorize), "<html"),
        (browser.http.get(house.url("/sign-in")), "<html"),
        (browser.http.get(house.url("/")), "<html"),
        // One route of each dialect, asked with a credential: what the token says is not enough.
        (of_dialect("/v1/users"), A_503),
        (of_dialect("/auth/session"), B_503),
        (of_dialect("/api/authentication"), C_503),
        (of_dialect("/api/auth/profile"), D_503),
        (of_dialect("/api/v1/auth/me"), E_503),
    ]
}

/// How each dialect begins to say so.
const A_503: &str = r#"{"success":false,"error":{"code":"SERVICE_UNAVAILABLE","message":"The service is busy or its database is away. Try again in a moment"},"code":"SERVICE_UNAVAILABLE","message":""#;
const B_503: &str = r#"{"error":{"code":"SERVICE_UNAVAILABLE","message":"The service"#;
const C_503: &str =
    r#"{"success":false,"error":{"code":"SERVICE_UNAVAILABLE","message":"The service"#;
const D_503: &str = r#"{"success":false,"error":{"message":"The service is busy or its database is away. Try again in a moment","code":"SERVICE_UNAVAILABLE"},"requestId":"req_"#;
const E_503: &str = r#"{"error":"SERVICE_UNAVAILABLE","message":"The service"#;

async fn from_memory(house: &House) {
    for path in ["/jwks", "/.well-known/openid-configuration", "/livez"] {
        let started = Instant::now();
        let response = house.http.get(house.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(started.elapsed() < Duration::from_secs(1), "{path}: {:?}", started.elapsed());
    }
    let own = house.token(WEB, &[("grant_type", "client_credentials")]).send().await.unwrap();
    assert_eq!(own.status(), 200, "a client's own token needs no database");
}

async fn unavailable(request: RequestBuilder, shape: &str, limit: Duration) {
    let started = Instant::now();
    let response = request.send().await.unwrap();
    let (took, url) = (started.elapsed(), response.url().clone());
    assert_eq!(response.status(), 503, "{url}");
    eprintln!("{url}: 503 after {took:?}");
    assert!(took < limit, "{url}: {took:?}");
    assert_eq!(response.headers()["retry-after"], "2", "{url}");
    assert!(response.headers().contains_key("x-request-id"), "{url}");
    let text = response.text().await.unwrap();
    assert!(text.contains(shape), "{url}: {text}");
}

async fn soon(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_16_5_2_while_the_database_is_away_answers_are_503_at_once_and_then_as_before() {
    let (house, mut gate) = Box::pin(gated()).await;
    let browser = Browser::new(&house);
    let code = browser.code(&request("web")).await;
    let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
    let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let ready = async || house.http.get(house.url("/readyz")).send().await.unwrap().status() == 200;
    assert!(ready().await);
    for is_silent in [false, true] {
        if is_silent {
            gate.fall_silent();
        } else {
            gate.shut();
        }
        // The very first ones, all at once: nobody knows yet. They are given up before two seconds are over; the
        // rest is for a machine that has other work.
        let first = needy(&house, &browser, &refresh, &access);
        let first = first
            .into_iter()
            .map(|(request, shape)| unavailable(request, shape, Duration::from_secs(4)));
        futures_util::future::join_all(first).await;
        from_memory(&house).await;
        assert!(!ready().await);
        // Once it is known nobody waits: who did would wait for 1.5 seconds.
        tokio::time::sleep(Duration::from_secs(3)).await;
        for (request, shape) in needy(&house, &browser, &refresh, &access) {
            unavailable(request, shape, Duration::from_secs(1)).await;
        }
        gate.open().await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        soon("it recovers by itself", Duration::from_secs(30), async || {
            ready().await
                && house
                    .http
                    .get(house.url("/userinfo"))
                    .bearer_auth(&access)
                    .send()
                    .await
                    .unwrap()
                    .status()
                    == 200
        })
        .await;
        let mut next = None;
        soon("tokens again", Duration::from_secs(30), async || {
            let response = house.token(WEB, &form).send().await.unwrap();
            let good = response.status() == 200;
            if good {
                next = Some(json(response, 200).await);
            }
            good
        })
        .await;
        next.unwrap()["refresh_token"].as_str().unwrap().clone_into(&mut refresh);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_without_its_database_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    let port = crate::house::free_port();
    command
        .current_dir(directory.path())
        .env("DATABASE_URL", format!("postgres://nobody:hidden-word@127.0.0.1:{port}/none"));
    let output = tokio::time::timeout(Duration::from_mins(1), command.output()).await.unwrap();
    let output = output.unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("countersign: open the database"), "{words}");
    assert!(!words.contains("hidden-word"), "{words}");
}

/// The disk is one of 4 MiB that the server alone sees, in a name space of its own.
#[tokio::test(flavor = "multi_thread")]
async fn asvs_16_5_2_a_full_disk_is_answered_like_a_database_that_is_away() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("data")).unwrap();
    let node = Node::start_on_small_disk(directory.path()).await;
    let browser = Browser::at(&node.issuer, "en");
    let http = reqwest::Client::new();
    let page = |path: &str| format!("{}{path}", node.issuer).parse::<Url>().unwrap();
    let sign_up = async |email: &str| {
        let form = browser.page(page("/sign-up")).await;
        let fields = [("name", "Ada"), ("email", email), ("password", PASSWORD)];
        browser.press(&form, "sign-up", &fields).await
    };
    sign_up(EMAIL).await;
    let filler = node.own_path("data/filler");
    // Until nothing more goes in; SQLite needs room for its log first.
    let mut written = 0;
    {
        use std::io::Write as _;
        let mut file = std::fs::File::create(&filler).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {
            written += 4096;
        }
    }
    assert!(written > 0);
    let started = Instant::now();
    let refused = {
        let mut number = 0;
        // What room is left in the database's own pages goes first.
        loop {
            number += 1;
            assert!(number < 400, "the disk is never full");
            let Landing::Page(page) = sign_up(&format!("n{number}@example.com")).await else {
                panic!("sent away")
            };
            if page.status != 200 {
                break page;
            }
        }
    };
    assert_eq!(refused.status, 503, "{}", refused.html);
    eprintln!("full after {:?}", started.elapsed());
    assert_eq!(http.get(page("/jwks")).send().await.unwrap().status(), 200);
    assert_eq!(http.get(page("/livez")).send().await.unwrap().status(), 200);
    assert_eq!(browser.page(page("/")).await.status, 200, "reading goes on");
    std::fs::remove_file(&filler).unwrap();
    // What is refused after that takes nothing of what is acknowledged later with it.
    for email in ["late@example.com", "later@example.com", "latest@example.com"] {
        let Landing::Page(taken) = sign_up(EMAIL).await else { panic!("away") };
        assert_eq!((taken.status, taken.url.path()), (422, "/sign-up"), "{}", taken.html);
        let Landing::Page(after) = sign_up(email).await else { panic!("away") };
        assert_eq!((after.status, after.url.path()), (200, "/"), "{}", after.html);
        let account = browser.page(page("/account")).await;
        assert_eq!(account.url.path(), "/account", "{email} is signed in");
    }
}
