//! The log of the real program, at its most talkative.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::browser::{Browser, Landing, VERIFIER, query, request};
use crate::house::{CALLBACK, CLIENTS, WEB, free_port, json as read};

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2025_62705_asvs_16_2_5_no_secret_reaches_the_log_or_the_audit_at_any_level() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("config.toml"), CLIENTS).unwrap();
    let port = free_port();
    let issuer = format!("http://localhost:{port}");
    let mut server = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .current_dir(directory.path())
        .env("PORT", port.to_string())
        .env("COUNTERSIGN__LOG__FILTER", "trace")
        .env("COUNTERSIGN__LOG__FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stderr = server.stderr.take().unwrap();
    let log = tokio::spawn(async move {
        let mut log = String::new();
        stderr.read_to_string(&mut log).await.unwrap();
        log
    });
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("Discovery") {
            break;
        }
    }

    let browser = Browser::at(&issuer, "en");
    let page = browser.page(format!("{issuer}/sign-up").parse().unwrap()).await;
    let fields =
        [("name", "Zebulon"), ("email", "zebulon@example.com"), ("password", "Tr0ub4dor-and-3")];
    browser.press(&page, "sign-up", &fields).await;
    // The mail that confirms the address, and one for a new password.
    let page = browser.page(format!("{issuer}/forgot-password").parse().unwrap()).await;
    browser.press(&page, "go", &[("email", "zebulon@example.com")]).await;
    let outbox = directory.path().join("data/outbox");
    let tokens_in_mail = links(&outbox, 2).await;
    let wrong = Browser::at(&issuer, "en");
    let page = wrong.page(format!("{issuer}/sign-in").parse().unwrap()).await;
    let fields = [("email", "zebulon@example.com"), ("password", "wr0ng-but-close")];
    wrong.press(&page, "sign-in", &fields).await;

    let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
    let Landing::Away(url) = browser.press(&page, "allow", &[]).await else { panic!("no answer") };
    let code = query(&url).remove("code").unwrap();
    let redemption = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let http = reqwest::Client::new();
    let token = || http.post(format!("{issuer}/token")).basic_auth(WEB.0, Some(WEB.1));
    let tokens = read(token().form(&redemption).send().await.unwrap(), 200).await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let me = http.get(format!("{issuer}/userinfo")).bearer_auth(access).send().await.unwrap();
    read(me, 200).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    read(token().form(&form).send().await.unwrap(), 200).await;
    // And once too often.
    read(token().form(&redemption).send().await.unwrap(), 400).await;

    let mut secrets = through_the_dialects(&issuer, directory.path()).await;

    let audit = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["audit", "list", "--json"])
        .current_dir(directory.path())
        .output()
        .await
        .unwrap();
    let audit = String::from_utf8(audit.stdout).unwrap();
    assert!(audit.contains("sign_in.failed") && audit.contains("grant.code_replayed"), "{audit}");

    server.start_kill().unwrap();
    let log = tokio::time::timeout(Duration::from_secs(20), log).await.unwrap().unwrap();
    let log = format!("{log}\n{audit}");
    assert!(log.contains("accounts.sign_up"), "the log is there: {log}");
    secrets.extend([
        ("a password", "Tr0ub4dor-and-3".to_owned()),
        ("a wrong password", "wr0ng-but-close".to_owned()),
        ("a code", code),
        ("an access token", signature(access)),
        ("a refresh token", signature(refresh)),
        ("an ID token", signature(tokens["id_token"].as_str().unwrap())),
        ("a client secret", WEB.1.to_owned()),
        ("a code verifier", VERIFIER.to_owned()),
        ("an e-mail address", "zebulon@example.com".to_owned()),
        ("a name", "Zebulon".to_owned()),
        ("a session cookie", "countersign_session=".to_owned()),
    ]);
    let mailed = tokens_in_mail.into_iter().map(|token| ("a link in a mail", token));
    for (what, secret) in secrets.into_iter().chain(mailed) {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{what} in the log: {}", line.unwrap());
    }
}

/// What nobody can do without: of a token the part that proves it.
fn signature(token: &str) -> String {
    token.rsplit('.').next().unwrap().to_owned()
}

/// One sign-up by each dialect, an application and an avatar: all that was a secret on the way.
async fn through_the_dialects(issuer: &str, directory: &Path) -> Vec<(&'static str, String)> {
    const PASSWORD: &str = "Tr1cycle-and-4-wheels";
    let http = reqwest::Client::new();
    let post = |path: &str, body: Value| http.post(format!("{issuer}{path}")).json(&body);
    let mut secrets = vec![("a password of an app", PASSWORD.to_owned())];
    let mut keep = |what, secret: &Value| {
        let secret = secret.as_str().unwrap_or_else(|| panic!("{what}: {secret}"));
        secrets.push((what, signature(secret)));
    };
    let new = |name: &str| {
        json!({
            "name": "Yolanda", "username": name, "email": format!("{name}.y@example.com"), "password": PASSWORD,
        })
    };
    let made = post("/api/auth/sign-up/email", new("in_a")).send().await.unwrap();
    let a = read(made, 200).await["token"].clone();
    keep("dialect A's token", &a);
    let made = read(post("/auth/sign-up", new("in_b")).send().await.unwrap(), 201).await;
    keep("dialect B's token", &made["session"]["token"]);
    let made = post("/api/auth/register", new("in_d")).send().await.unwrap();
    assert_eq!(made.status(), 201);
    for cookie in made.headers().get_all("set-cookie") {
        let value = cookie.to_str().unwrap().split(['=', ';']).nth(1).unwrap();
        keep("dialect D's cookie", &Value::from(value));
    }
    let made = read(post("/api/v1/auth/register", new("in_e")).send().await.unwrap(), 201).await;
    keep("dialect E's access token", &made["tokens"]["accessToken"]);
    keep("dialect E's refresh token", &made["tokens"]["refreshToken"]);
    keep("an API key", &made["user"]["apiKey"]);
    let key = made["user"]["apiKey"].as_str().unwrap();
    let by_key = http.get(format!("{issuer}/api/v1/auth/me")).header("x-api-key", key);
    read(by_key.send().await.unwrap(), 200).await;

    let mut png = std::io::Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_pixel(8, 4, image::Rgb([1, 2, 3]));
    drawn.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let picture = crate::rest::better_auth::upload("me.png", "image/png", png.get_ref());
    let asked = http.patch(format!("{issuer}/v1/user/update")).bearer_auth(a.as_str().unwrap());
    let asked = asked.header("content-type", "multipart/form-data; boundary=x").body(picture);
    let shown = read(asked.send().await.unwrap(), 200).await["data"]["image"].clone();
    let link = reqwest::Url::parse(shown.as_str().unwrap()).unwrap();
    assert_eq!(http.get(link.clone()).send().await.unwrap().status(), 200);
    keep("a picture's link", &Value::from(link.query().unwrap()));

    let mut operator = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["user", "create", "--email", "root.y@example.com", "--role", "admin"])
        .arg("--password-stdin")
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    operator.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).await.unwrap();
    assert!(operator.wait().await.unwrap().success());
    let root = json!({ "email": "root.y@example.com", "password": PASSWORD });
    let root = read(post("/auth/sign-in", root).send().await.unwrap(), 200).await;
    let root = root["session"]["token"].as_str().unwrap();
    let made = post("/api/authentication", json!({ "name": "Reports" })).bearer_auth(root);
    let made = read(made.send().await.unwrap(), 201).await;
    keep("an application's secret", &made["data"]["clientSecret"]);
    let client =
        (made["data"]["clientId"].as_str().unwrap(), made["data"]["clientSecret"].as_str());
    let own = http.post(format!("{issuer}/token")).basic_auth(client.0, client.1);
    let own = own.form(&[("grant_type", "client_credentials")]).send().await.unwrap();
    keep("an application's token", &read(own, 200).await["access_token"]);
    secrets.push(("an address of an app's user", ".y@example.com".to_owned()));
    secrets.push(("a name of an app's user", "Yolanda".to_owned()));
    secrets
}

/// The tokens of the links in so many mails, once they are there.
async fn links(outbox: &Path, count: usize) -> Vec<String> {
    for _ in 0..200 {
        let mails = std::fs::read_dir(outbox).into_iter().flatten().map(|it| it.unwrap().path());
        let mails = mails.filter(|path| path.extension().is_some_and(|it| it == "eml"));
        let tokens: Vec<_> = mails
            .filter_map(|path| std::fs::read(path).ok())
            .filter_map(|raw| crate::mail::Mail::read(&raw).link().query().map(str::to_owned))
            .filter_map(|query| query.strip_prefix("token=").map(str::to_owned))
            .collect();
        if tokens.len() == count {
            return tokens;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the mails do not come");
}
