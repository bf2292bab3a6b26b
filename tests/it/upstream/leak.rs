//! Nothing that an upstream and we tell each other is in the log or the audit, at any level (R65, ASVS
//! 16.2.5).

use std::process::Stdio;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use super::peers::{CLIENT, Forge, Scripted};
use super::{APP, SERVER};
use crate::browser::{Browser, Landing, query};
use crate::house::free_port;

#[tokio::test(flavor = "multi_thread")]
async fn r65_asvs_16_2_5_nothing_of_a_federated_sign_in_or_sign_out_is_in_the_log() {
    let (guild, forge) = (Scripted::start().await, Forge::start().await);
    guild.person(
        json!({ "sub": "sub-of-zebulon", "name": "Zebulon", "email": "zebulon@example.com" }),
    );
    let directory = tempfile::tempdir().unwrap();
    let config =
        format!("{SERVER}{}{}", guild.toml("guild", "sign_out = true"), forge.toml("forge", ""));
    std::fs::write(directory.path().join("config.toml"), config).unwrap();
    let port = free_port();
    let issuer = format!("http://localhost:{port}");
    let mut server = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .current_dir(directory.path())
        .env("PORT", port.to_string())
        .env("COUNTERSIGN__SERVER__PUBLIC_URL", &issuer)
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

    let mut secrets = vec![
        ("a client secret", CLIENT.1.to_owned()),
        ("an access token", "the access token".to_owned()),
        ("a refresh token", "the refresh token".to_owned()),
        ("an access token", "gho_access".to_owned()),
        ("an address", "zebulon@example.com".to_owned()),
        ("an address", "mona@example.com".to_owned()),
        ("a name", "Zebulon".to_owned()),
    ];
    for upstream in ["guild", "forge"] {
        let browser = Browser::at(&issuer, "en");
        let begin = format!("{issuer}/auth/sign-in/{upstream}?redirect_to={APP}");
        let Landing::Away(there) = browser.open(begin.parse().unwrap()).await else { panic!() };
        let response = browser.http.get(there.clone()).send().await.unwrap();
        let back = response.headers()["location"].to_str().unwrap().to_owned();
        let back: reqwest::Url = back.parse().unwrap();
        let Landing::Away(end) = browser.open(back.clone()).await else { panic!("{upstream}") };
        let token = end.fragment().unwrap().strip_prefix("session_token=").unwrap().to_owned();
        secrets.push(("a session token", token.rsplit('.').next().unwrap().to_owned()));
        secrets.push(("a state", query(&there)["state"].clone()));
        secrets.push(("a code", format!("code={}", query(&back)["code"])));
        // Once more, which is refused; and one that the upstream refuses.
        assert!(matches!(browser.open(back).await, Landing::Page(page) if page.status == 400));
        if upstream == "forge" {
            secrets.push((
                "a code verifier",
                forge.asked("/login/oauth/access_token")[0]["code_verifier"].clone(),
            ));
            forge.refuse_codes();
            let Landing::Away(there) = browser.open(begin.parse().unwrap()).await else { panic!() };
            let response = browser.http.get(there).send().await.unwrap();
            let back = response.headers()["location"].to_str().unwrap().to_owned();
            browser.open(back.parse().unwrap()).await;
        } else {
            secrets.push(("a nonce", query(&there)["nonce"].clone()));
            secrets.push(("a code verifier", guild.last("token")["code_verifier"].clone()));
            // Out of both, and back (RP-Initiated Logout 1.0 §2, §3).
            let page = browser.page(format!("{issuer}/sign-out").parse().unwrap()).await;
            let Landing::Away(there) = browser.press(&page, "sign-out", &[]).await else {
                panic!()
            };
            let asked = query(&there);
            let signature = asked["id_token_hint"].rsplit('.').next().unwrap();
            secrets.push(("an ID token", signature.to_owned()));
            secrets.push(("a state", asked["state"].clone()));
            let back = format!("{}?state={}", asked["post_logout_redirect_uri"], asked["state"]);
            let Landing::Page(out) = browser.open(back.parse().unwrap()).await else { panic!() };
            assert_eq!(out.url.path(), "/signed-out");
        }
    }
    let audit = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["audit", "list", "--json"])
        .current_dir(directory.path())
        .output()
        .await
        .unwrap();
    let audit = String::from_utf8(audit.stdout).unwrap();
    assert!(
        audit.contains("guild") && audit.contains("forge"),
        "who came, and from where: {audit}"
    );
    server.start_kill().unwrap();
    let log = tokio::time::timeout(Duration::from_secs(20), log).await.unwrap().unwrap();
    let log = format!("{log}\n{audit}");
    for (what, secret) in secrets {
        assert!(secret.len() > 5, "{what}: {secret}");
        let line = log.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{what} in the log: {}", line.unwrap());
    }
}
