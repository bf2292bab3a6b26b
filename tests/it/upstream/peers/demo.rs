//! npm `oidc-provider` as Authentik: see `tests/op/provider.mjs`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use super::CLIENT;
use crate::browser::{Browser, Landing, Page};
use crate::house::{env, free_port};

/// A provider that runs as long as the test does.
pub struct Demo {
    pub origin: String,
    pub issuer: String,
    pipes: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    _child: Child,
}

impl Demo {
    /// Starts it with one client, which comes back to a house at this address.
    pub async fn start(house: &str) -> Self {
        Self::start_with(house, json!({})).await
    }

    /// The same with more said about the client (RFC 7591 names).
    pub async fn start_with(house: &str, more: Value) -> Self {
        let mut client = json!({
            "client_id": CLIENT.0, "client_secret": CLIENT.1,
            "redirect_uris": [format!("{house}/auth/callback/demo")],
            "post_logout_redirect_uris": [format!("{house}/auth/signed-out/demo")],
            "grant_types": ["authorization_code", "refresh_token"],
            "backchannel_logout_uri": format!("{house}/auth/backchannel-logout/demo"),
            "backchannel_logout_session_required": true,
            // Authentik tells it in any case.
            "require_auth_time": true,
        });
        client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let port = free_port();
        let mut command = Command::new(env("COUNTERSIGN_TEST_NODE"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/op/provider.mjs"));
        command.env("PORT", port.to_string()).env("CLIENT", client.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let pipes = Mutex::new((child.stdin.take().unwrap(), lines));
        let origin = format!("http://127.0.0.1:{port}");
        let issuer = format!("{origin}/application/o/demo/");
        let demo = Self { origin, issuer, pipes, _child: child };
        demo.line("listening on").await;
        demo.people(json!({ "mia": {
            "name": "Mia", "preferred_username": "mia", "email": "mia@example.com",
            "email_verified": false, "groups": ["Staff"],
        } }))
        .await;
        demo
    }

    /// The next line that begins like this; the library says this and that in between.
    async fn line(&self, start: &str) -> String {
        let lines = &mut self.pipes.lock().await.1;
        let found = tokio::time::timeout(Duration::from_secs(30), async {
            loop {
                let line = lines.next_line().await.unwrap().expect("the program goes on");
                if line.starts_with(start) {
                    return line;
                }
            }
        });
        found.await.unwrap()
    }

    async fn tell(&self, command: Value) -> Value {
        self.pipes.lock().await.0.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let told: Value = serde_json::from_str(&self.line("{\"told\"").await).unwrap();
        told["told"].clone()
    }

    /// Who is there from now on, by the name that they sign in with.
    pub async fn people(&self, people: Value) {
        self.tell(json!({ "people": people })).await;
    }

    /// Another key signs from now on.
    pub async fn rotate_keys(&self) {
        self.tell(json!({ "keys": true })).await;
    }

    /// ID tokens say who it is, and userinfo the rest.
    pub async fn be_brief(&self) {
        self.tell(json!({ "brief": true })).await;
    }

    /// Hangs up on everybody, or is there again.
    pub async fn is_open(&self, is: bool) {
        self.tell(json!({ "open": is })).await;
    }

    /// Thinks for so long before each answer.
    pub async fn delay(&self, time: Duration) {
        self.tell(json!({ "delay": u64::try_from(time.as_millis()).unwrap() })).await;
    }

    /// The parameters of the requests for a path since the last time this was asked, for any path.
    pub async fn seen(&self, path: &str) -> Vec<Value> {
        let all = self.tell(json!({ "seen": true })).await;
        let path = format!("/application/o/demo{path}");
        let of_path = all.as_array().unwrap().iter().filter(|it| it["path"] == path);
        of_path.map(|it| it["params"].clone()).collect()
    }

    /// Whoever is at its sign-in page comes in as that person.
    pub async fn enter(&self, browser: &Browser, page: &Page, login: &str) -> Landing {
        assert!(page.url.as_str().starts_with(&self.origin), "not there: {}", page.url);
        browser.press(page, "enter", &[("login", login)]).await
    }

    /// The table of the configuration that names it.
    pub fn toml(&self, more: &str) -> String {
        let (issuer, (client_id, secret)) = (&self.issuer, CLIENT);
        format!(
            "[[upstreams]]\nid = \"demo\"\nname = \"Demo\"\nkind = \"oidc\"\nissuer = \"{issuer}\"\n\
             client_id = \"{client_id}\"\nclient_secret = \"{secret}\"\n{more}\n"
        )
    }
}
