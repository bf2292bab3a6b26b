//! Real relying parties, each through the real pages, each checking our tokens with a library of its
//! own; and what people do with them in a real browser.

mod authlib;
pub mod chromium;
pub mod openid_client;
mod rust_openidconnect;

use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::config::ClientMetadata;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use crate::browser::{Browser, Landing, Page};
use crate::house::{EMAIL, House, PASSWORD, env, free_port, json};

/// A program of `tests/` or `docs/` that runs as long as this is held.
pub struct Program {
    _child: Child,
    pub url: String,
    complaints: Arc<Mutex<String>>,
}

impl Drop for Program {
    #[allow(clippy::print_stdout, reason = "shown of a test that fails")]
    /// What it said of trouble belongs to a test that fails, and to no other.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
            println!("{} said:\n{complaints}", self.url);
        }
    }
}

fn path(relative: &str) -> String {
    format!("{}/{relative}", env!("CARGO_MANIFEST_DIR"))
}

fn node() -> String {
    env("COUNTERSIGN_TEST_NODE")
}

/// Starts an app and waits until it listens.
async fn start(
    house: &House,
    interpreter: &str,
    program: &str,
    more: &[(&str, String)],
) -> Program {
    let port = more.iter().find(|(name, _)| *name == "PORT").map(|(_, port)| port.clone());
    let port = port.unwrap_or_else(|| free_port().to_string());
    let mut command = Command::new(interpreter);
    command.arg(path(program)).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("ISSUER", &house.issuer).env("PORT", &port);
    command.envs(more.iter().map(|(name, value)| (name, value)));
    let mut child = command.spawn().unwrap();
    let complaints = Arc::default();
    tokio::spawn(note(child.stderr.take().unwrap(), Arc::clone(&complaints)));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = format!("http://localhost:{port}");
    let running = Program { _child: child, url, complaints };
    let listening = tokio::time::timeout(Duration::from_secs(30), async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("listening on") {
                return true;
            }
        }
        false
    });
    assert!(listening.await.unwrap(), "{program} did not start");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    running
}

async fn note(said: ChildStderr, complaints: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(said).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut complaints = complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.push_str(&line);
        complaints.push('\n');
    }
}

/// An app on a port of its own, registered as a client.
async fn app(house: &House, interpreter: &str, program: &str, method: Option<&str>) -> Program {
    app_with(house, interpreter, program, method, None).await
}

/// The same; where it has a key, that is what it authenticates with.
async fn app_with(
    house: &House,
    interpreter: &str,
    program: &str,
    method: Option<&str>,
    key: Option<josekit::jwk::Jwk>,
) -> Program {
    let port = free_port();
    let redirect_uri = format!("http://localhost:{port}/callback");
    let public = key.as_ref().map(|key| key.to_public_key().unwrap());
    let metadata = ClientMetadata {
        client_name: Some("Acme".to_owned()),
        redirect_uris: vec![redirect_uri.clone()],
        post_logout_redirect_uris: vec![format!("http://localhost:{port}/bye")],
        grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
        token_endpoint_auth_method: method.map(str::to_owned),
        jwks: public.map(|public| serde_json::json!({ "keys": [public] })),
        ..ClientMetadata::default()
    };
    let client =
        house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
    let mut settings = vec![
        ("PORT", port.to_string()),
        ("REDIRECT_URI", redirect_uri),
        ("CLIENT_ID", client.client_id.clone()),
    ];
    settings
        .extend(client.client_secret.map(|secret| ("CLIENT_SECRET", secret.expose().to_owned())));
    settings.extend(method.map(|method| ("AUTH_METHOD", method.to_owned())));
    settings.extend(key.map(|key| ("CLIENT_KEY", key.to_string())));
    start(house, interpreter, program, &settings).await
}

/// Signs Ada in to an app, from its own sign-in link, and returns what the app then knows.
async fn sign_in_to(house: &House, app: &Program) -> (Browser, Value) {
    let browser = Browser::new(house).at_home_in(&app.url);
    let known = sign_in_by(&browser, app, "/login").await;
    (browser, known)
}

/// The same with a browser in which somebody may be signed in already, from any link.
async fn sign_in_by(browser: &Browser, app: &Program, link: &str) -> Value {
    let page = visit(browser, app, link).await;
    assert_eq!((page.status, page.url.path()), (200, "/"), "{}", page.html);
    state(browser, app).await
}

/// Follows a link of an app, through all that Countersign asks of Ada, to the page of the app at its end.
async fn visit(browser: &Browser, app: &Program, link: &str) -> Page {
    let mut landing = browser.open(format!("{}{link}", app.url).parse().unwrap()).await;
    for _ in 0..4 {
        let Landing::Page(page) = landing else { panic!("lost: {landing:?}") };
        if page.url.as_str().starts_with(&app.url) {
            return page;
        }
        landing = match page.url.path() {
            "/sign-in" => {
                browser.press(&page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await
            }
            "/consent" => browser.press(&page, "allow", &[]).await,
            "/sign-out" => browser.press(&page, "sign-out", &[]).await,
            // What is left is the page that posts an answer (`form_post`).
            _ => browser.press(&page, "continue", &[]).await,
        };
    }
    panic!("the flow does not end");
}

async fn state(browser: &Browser, app: &Program) -> Value {
    ask(browser, app, "/").await
}

/// What an app says to a program.
async fn ask(browser: &Browser, app: &Program, at: &str) -> Value {
    let request = browser.http.get(format!("{}{at}", app.url)).header("accept", "application/json");
    json(request.send().await.unwrap(), 200).await
}

/// What an app must know once Ada is signed in, and after a refresh.
async fn check_app(house: &House, app: &Program) -> (Browser, Value) {
    let (browser, first) = sign_in_to(house, app).await;
    assert_eq!(first["signedIn"], true, "{first}");
    assert_eq!(first["claims"]["iss"], house.issuer);
    assert_eq!(first["userinfo"]["email"], EMAIL);
    assert_eq!(first["userinfo"]["name"], "Ada Lovelace");
    let refreshed = browser.open(format!("{}/refresh", app.url).parse().unwrap()).await;
    assert!(matches!(&refreshed, Landing::Page(page) if page.status == 200), "{refreshed:?}");
    let second = state(&browser, app).await;
    assert_eq!(second["signedIn"], true);
    assert_ne!(second["accessToken"], first["accessToken"]);
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    (browser, second)
}
