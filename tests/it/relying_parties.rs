//! Real relying parties, each through the real pages, each checking our tokens with a library of its
//! own; and the main job in a real browser.

use std::process::Stdio;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientRegistrationRequest, CoreProviderMetadata,
    CoreUserInfoClaims,
};
use openidconnect::registration::EmptyAdditionalClientMetadata;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::browser::{Browser, Landing, query};
use crate::house::{CALLBACK, EMAIL, House, PASSWORD, SPA, WEB, env, free_port, json};
use crate::on_both_databases;

/// A program of `tests/` or `docs/` that runs as long as this is held.
struct Program {
    _child: Child,
    url: String,
}

fn path(relative: &str) -> String {
    format!("{}/{relative}", env!("CARGO_MANIFEST_DIR"))
}

/// An app on a port of its own, registered as a client.
async fn app(house: &House, interpreter: &str, program: &str, method: Option<&str>) -> Program {
    let port = free_port();
    let redirect_uri = format!("http://localhost:{port}/callback");
    let metadata = countersign::config::ClientMetadata {
        client_name: Some("Acme".to_owned()),
        redirect_uris: vec![redirect_uri.clone()],
        grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
        token_endpoint_auth_method: method.map(str::to_owned),
        ..Default::default()
    };
    let client =
        house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
    let mut command = Command::new(interpreter);
    command.arg(path(program)).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    command.env("ISSUER", &house.issuer).env("PORT", port.to_string());
    command.env("REDIRECT_URI", &redirect_uri).env("CLIENT_ID", &client.client_id);
    if let Some(secret) = &client.client_secret {
        command.env("CLIENT_SECRET", secret.expose());
    }
    if let Some(method) = method {
        command.env("AUTH_METHOD", method);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
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
    Program { _child: child, url: format!("http://localhost:{port}") }
}

/// Signs Ada in to an app, from its own sign-in link, and returns what the app then knows.
async fn sign_in_to(house: &House, app: &Program) -> (Browser, Value) {
    let browser = Browser::new(house).at_home_in(&app.url);
    let mut landing = browser.open(format!("{}/login", app.url).parse().unwrap()).await;
    for _ in 0..4 {
        let Landing::Page(page) = landing else { panic!("lost: {landing:?}") };
        landing = match page.url.path() {
            "/sign-in" => {
                browser.press(&page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await
            }
            "/consent" => browser.press(&page, "allow", &[]).await,
            _ => {
                assert!(page.url.as_str().starts_with(&app.url), "{}", page.url);
                let known = state(&browser, app).await;
                return (browser, known);
            }
        };
    }
    panic!("the flow does not end");
}

async fn state(browser: &Browser, app: &Program) -> Value {
    let response =
        browser.http.get(&app.url).header("accept", "application/json").send().await.unwrap();
    json(response, 200).await
}

/// What an app must know once Ada is signed in, and after a refresh.
async fn check_app(house: &House, app: &Program) -> Value {
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
    second
}

/// npm `jose`, in a process of its own: signature by the JWKS, `typ`, `iss`, `aud`.
async fn verify_with_jose(house: &House, tokens: &Value) {
    let mut child = Command::new(env("COUNTERSIGN_TEST_NODE"))
        .arg(path("tests/rp/verify.mjs"))
        .arg(&house.issuer)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(tokens.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "jose refused a token of ours");
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["id_token"]["claims"]["sub"], read["access_token"]["claims"]["sub"], "{read}");
}

on_both_databases! {
    async fn npm_openid_client_the_program_of_the_five_minute_walk(house: House) {
        let node = env("COUNTERSIGN_TEST_NODE");
        for method in [None, Some("none")] {
            let app = app(&house, &node, "tests/rp/openid_client_app.mjs", method).await;
            let known = check_app(&house, &app).await;
            verify_with_jose(&house, &serde_json::json!({
                "access_token": known["accessToken"], "refresh_token": known["refreshToken"],
                "id_token": known["idToken"], "client_id": known["claims"]["aud"],
            })).await;
        }
    }
}

on_both_databases! {
    async fn pypi_authlib(house: House) {
        let python = env("COUNTERSIGN_TEST_PYTHON");
        for method in ["client_secret_basic", "client_secret_post", "none"] {
            let app = app(&house, &python, "tests/rp/authlib_app.py", Some(method)).await;
            check_app(&house, &app).await;
        }
    }
}

on_both_databases! {
    async fn npm_openid_client_registers_itself_and_authenticates_in_every_way(house: House) {
        let mut command = Command::new(env("COUNTERSIGN_TEST_NODE"));
        command.arg(path("tests/rp/register.mjs")).arg(&house.issuer).stderr(Stdio::inherit());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "openid-client was refused");
        let tokens: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(tokens.as_object().unwrap().len(), 7, "{tokens}");
    }
}

on_both_databases! {
    async fn rust_openidconnect_registers_itself(house: House) {
        let issuer = IssuerUrl::new(house.issuer.clone()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &fetch).await.unwrap();
        let redirect = RedirectUrl::new(CALLBACK.to_owned()).unwrap();
        let request = CoreClientRegistrationRequest::new(vec![redirect.clone()], EmptyAdditionalClientMetadata::default());
        let endpoint = metadata.registration_endpoint().unwrap().clone();
        let made = request.register_async(&endpoint, &fetch).await.unwrap();
        let client = CoreClient::from_provider_metadata(
            metadata, made.client_id().clone(), made.client_secret().cloned(),
        ).set_redirect_uri(redirect);
        let (url, _, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .url();
        let params: Vec<_> = url.query_pairs().into_owned().collect();
        let params: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let answer = query(&Browser::new(&house).complete(&params).await);
        let tokens = client.exchange_code(AuthorizationCode::new(answer["code"].clone())).unwrap()
            .request_async(&fetch).await.unwrap();
        tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce).unwrap();
    }
}

/// The crate's HTTP client over the reqwest that is in the tree.
async fn fetch(
    request: openidconnect::HttpRequest,
) -> Result<openidconnect::HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let response = client
        .request(parts.method, parts.uri.to_string())
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let mut answer = http::Response::builder().status(response.status());
    *answer.headers_mut().unwrap() = response.headers().clone();
    Ok(answer.body(response.bytes().await?.to_vec()).unwrap())
}

on_both_databases! {
    async fn rust_openidconnect(house: House) {
        let issuer = IssuerUrl::new(house.issuer.clone()).unwrap();
        for (id, secret) in [(WEB.0, Some(WEB.1)), (SPA, None)] {
            let metadata = CoreProviderMetadata::discover_async(issuer.clone(), &fetch).await.unwrap();
            let client = CoreClient::from_provider_metadata(
                metadata, ClientId::new(id.to_owned()), secret.map(|secret| ClientSecret::new(secret.to_owned())),
            ).set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let (url, state, nonce) = client
                .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
                .add_scope(Scope::new("profile".to_owned())).add_scope(Scope::new("email".to_owned()))
                .set_pkce_challenge(challenge).url();
            let params: Vec<_> = url.query_pairs().into_owned().collect();
            let params: Vec<_> = params.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let answer = query(&Browser::new(&house).complete(&params).await);
            assert_eq!(&answer["state"], state.secret());
            let tokens = client.exchange_code(AuthorizationCode::new(answer["code"].clone())).unwrap()
                .set_pkce_verifier(verifier).request_async(&fetch).await.unwrap();
            let verifier = client.id_token_verifier();
            let id_token = tokens.id_token().unwrap();
            let claims = id_token.claims(&verifier, &nonce).unwrap();
            let hash = AccessTokenHash::from_token(
                tokens.access_token(), id_token.signing_alg().unwrap(), id_token.signing_key(&verifier).unwrap(),
            ).unwrap();
            assert_eq!(claims.access_token_hash(), Some(&hash), "at_hash");
            let userinfo: CoreUserInfoClaims = client
                .user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap()
                .request_async(&fetch).await.unwrap();
            assert_eq!(userinfo.email().unwrap().as_str(), EMAIL);
            let refreshed = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap()
                .request_async(&fetch).await.unwrap();
            assert!(refreshed.refresh_token().is_some());
        }
    }
}

/// Runs a program of `tests/browser` to its end.
async fn in_chromium(house: &House, program: &str, app: Option<&Program>, more: &[(&str, &str)]) {
    let mut command = Command::new(env("COUNTERSIGN_TEST_NODE"));
    command.arg(path(&format!("tests/browser/{program}"))).kill_on_drop(true);
    command
        .env("ISSUER", &house.issuer)
        .env("EMAIL", "grace@example.com")
        .env("PASSWORD", "a long password");
    command.env("COUNTERSIGN_TEST_CHROMIUM", env("COUNTERSIGN_TEST_CHROMIUM"));
    command.envs(more.iter().copied());
    if let Some(app) = app {
        command.env("APP", &app.url);
    }
    let output = tokio::time::timeout(Duration::from_mins(4), command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{program} takes for ever")).unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {more:?}:\n{}", String::from_utf8_lossy(&text));
}

on_both_databases! {
    async fn chromium_the_main_job_with_and_without_javascript(house: House) {
        let node = env("COUNTERSIGN_TEST_NODE");
        for (javascript, email) in [("on", "on@example.com"), ("off", "off@example.com")] {
            let app = app(&house, &node, "tests/rp/openid_client_app.mjs", None).await;
            in_chromium(&house, "main_job.mjs", Some(&app), &[("JS", javascript), ("EMAIL", email)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_the_main_job_by_keyboard_alone() {
    let house = House::open(crate::house::Db::Sqlite).await;
    let node = env("COUNTERSIGN_TEST_NODE");
    let app = app(&house, &node, "tests/rp/openid_client_app.mjs", None).await;
    in_chromium(&house, "keyboard.mjs", Some(&app), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_the_playground() {
    let house = House::open(crate::house::Db::Sqlite).await;
    in_chromium(&house, "playground.mjs", None, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_every_page_in_every_dress() {
    let house = House::open(crate::house::Db::Sqlite).await;
    let node = env("COUNTERSIGN_TEST_NODE");
    let app = app(&house, &node, "tests/rp/openid_client_app.mjs", None).await;
    in_chromium(&house, "pages.mjs", Some(&app), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_every_page_about_passwords_and_addresses() {
    let house = House::open(crate::house::Db::Sqlite).await;
    let outbox = house.directory.path().join("outbox").display().to_string();
    in_chromium(&house, "accounts.mjs", None, &[("OUTBOX", &outbox)]).await;
}
