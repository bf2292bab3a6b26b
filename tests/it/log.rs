//! The log of the real program, at its most talkative.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::browser::{Browser, Landing, VERIFIER, query, request};
use crate::house::{CALLBACK, CLIENTS, WEB, free_port, json};

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
    let tokens = json(token().form(&redemption).send().await.unwrap(), 200).await;
    let access = tokens["access_token"].as_str().unwrap();
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let me = http.get(format!("{issuer}/userinfo")).bearer_auth(access).send().await.unwrap();
    json(me, 200).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    json(token().form(&form).send().await.unwrap(), 200).await;
    // And once too often.
    json(token().form(&redemption).send().await.unwrap(), 400).await;

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
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    let secrets = [
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
    ];
    let mailed = tokens_in_mail.into_iter().map(|token| ("a link in a mail", token));
    for (what, secret) in secrets.into_iter().chain(mailed) {
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{what} in the log: {}", line.unwrap());
    }
}

/// The tokens of the links in so many mails, once they are there.
async fn links(outbox: &std::path::Path, count: usize) -> Vec<String> {
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
