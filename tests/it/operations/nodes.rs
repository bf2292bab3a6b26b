//! Two nodes on one database, behind a plain proxy: what is made on one is true on the other; what
//! was acknowledged survives; requests go on while nodes are replaced and keys change.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use reqwest::Client;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::gate::Gate;
use super::node::Node;
use crate::browser::{Browser, Landing, query, request};
use crate::follow::soon;
use crate::house::{PASSWORD, WEB, free_port, json, new_postgres_database};
use crate::oidc::code::redemption;

/// Two nodes behind a proxy, whose address is the issuer.
struct Pair {
    issuer: String,
    directory: TempDir,
    database: String,
    ports: [u16; 2],
    nodes: Vec<Node>,
    _proxy: Gate,
}

impl Pair {
    async fn start(config: &str) -> Self {
        let ports = [free_port(), free_port()];
        let targets = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let proxy = Gate::to(targets.to_vec()).await;
        let directory = tempfile::tempdir().unwrap();
        let text = format!("{config}{}", crate::house::CLIENTS);
        std::fs::write(directory.path().join("config.toml"), text).unwrap();
        let issuer = format!("http://localhost:{}", proxy.port);
        let database = new_postgres_database().await;
        let mut pair =
            Self { issuer, directory, database, ports, nodes: Vec::new(), _proxy: proxy };
        for n in 0..2 {
            let node = pair.start_node(n).await;
            pair.nodes.push(node);
        }
        pair
    }

    async fn start_node(&self, n: usize) -> Node {
        let env = [
            ("DATABASE_URL", self.database.as_str()),
            ("COUNTERSIGN__SERVER__PUBLIC_URL", &self.issuer),
        ];
        Node::start_at(self.ports[n], self.directory.path(), &env).await
    }

    /// A node's own address; what it hands out names the issuer all the same.
    fn at(&self, n: usize) -> String {
        format!("http://localhost:{}", self.ports[n])
    }

    fn command(&self, args: &[&str]) -> Value {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(args)
            .arg("--json")
            .current_dir(self.directory.path())
            .env("DATABASE_URL", &self.database)
            .env("COUNTERSIGN__SERVER__PUBLIC_URL", &self.issuer)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

async fn sign_up(browser: &Browser, issuer: &str, email: &str) -> reqwest::Result<bool> {
    let page = browser.http.get(format!("{issuer}/sign-up")).send().await?.text().await?;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [
        ("csrf", token),
        ("name", "Somebody"),
        ("email", email),
        ("password", PASSWORD),
        ("action", "sign-up"),
    ];
    let answer = browser.http.post(format!("{issuer}/sign-up")).form(&form).send().await?;
    Ok(answer.status() == 303)
}

fn token(http: &Client, issuer: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
    http.post(format!("{issuer}/token")).basic_auth(WEB.0, Some(WEB.1)).form(form)
}

/// A person who has allowed the app, and the app's tokens.
async fn journey(issuer: &str, email: &str) -> (Browser, Value) {
    let browser = Browser::at(issuer, "en");
    assert!(sign_up(&browser, issuer, email).await.unwrap());
    let Landing::Page(page) = browser.authorize(&request("web")).await else { panic!("no page") };
    let Landing::Away(url) = browser.press(&page, "allow", &[]).await else { panic!("no answer") };
    let code = query(&url).remove("code").unwrap();
    let http = Client::new();
    let tokens = token(&http, issuer, &redemption(&code)).send().await.unwrap();
    (browser, json(tokens, 200).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_on_one_node_is_true_on_the_other_at_once() {
    let pair = Pair::start("").await;
    let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    // Through the proxy, request by request on one node or the other.
    let (browser, tokens) = journey(&pair.issuer, "eve@example.com").await;
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let userinfo = async |n: usize, access: &str| {
        let asked = http.get(format!("{}/userinfo", pair.at(n))).bearer_auth(access);
        asked.send().await.unwrap().status().as_u16()
    };
    for round in 0..6 {
        let (here, there) = (round % 2, (round + 1) % 2);
        let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
        let answer = json(token(&http, &pair.at(here), &form).send().await.unwrap(), 200).await;
        assert_eq!(userinfo(there, answer["access_token"].as_str().unwrap()).await, 200);
        answer["refresh_token"].as_str().unwrap().clone_into(&mut refresh);

        // A code of one node, spent on the other, is spent on both.
        let mut authorize = reqwest::Url::parse(&format!("{}/authorize", pair.at(here))).unwrap();
        authorize.query_pairs_mut().extend_pairs(request("web"));
        let answer = browser.http.get(authorize).send().await.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        let code = query(&location.parse().unwrap()).remove("code").unwrap();
        let spent = token(&http, &pair.at(there), &redemption(&code)).send().await.unwrap();
        let spent = json(spent, 200).await;
        let of_code = spent["access_token"].as_str().unwrap();
        assert_eq!(userinfo(here, of_code).await, 200);
        let again = token(&http, &pair.at(here), &redemption(&code)).send().await.unwrap();
        assert_eq!(json(again, 400).await["error"], "invalid_grant");
        // And the replay's punishment, made here, holds there.
        assert_eq!(userinfo(there, of_code).await, 401);
    }
    assert_eq!(userinfo(0, &access).await, 200);
    let page = browser.page(format!("{}/sign-out", pair.issuer).parse().unwrap()).await;
    browser.press(&page, "sign-out", &[]).await;
    for n in 0..2 {
        assert_eq!(userinfo(n, &access).await, 401, "signed out on both");
        let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh)];
        let refused = token(&http, &pair.at(n), &form).send().await.unwrap();
        assert_eq!(json(refused, 400).await["error"], "invalid_grant");
    }
    // Four events of one person, on whichever node they happened.
    let events = pair.command(&["audit", "list", "--account", "eve@example.com"]);
    let names: Vec<_> =
        events.as_array().unwrap().iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(names[..2], ["account.created", "session.opened"]);
    assert_eq!(names.iter().filter(|name| **name == "grant.code_replayed").count(), 6);
    assert_eq!(names.last(), Some(&"session.ended"));
}

/// Signs people up and rotates refresh tokens, kills the server in the middle of it, and looks
/// whether everything that was acknowledged is there.
async fn killed_while_writing(database: Option<String>) {
    let directory = tempfile::tempdir().unwrap();
    let env: Vec<(&str, &str)> =
        database.iter().map(|url| ("DATABASE_URL", url.as_str())).collect();
    let mut node = Node::start(directory.path(), &env).await;
    let (_, tokens) = journey(&node.issuer, "app@example.com").await;
    let mut refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
    let mut people = Vec::new();
    for round in 0..3 {
        let issuer = node.issuer.clone();
        let running = Arc::new(AtomicBool::new(true));
        let count = Arc::new(AtomicU32::new(0));
        let writers = (0..4).map(|writer| {
            let (issuer, running) = (issuer.clone(), Arc::clone(&running));
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0.. {
                    let email = format!("w{writer}r{round}n{n}@example.com");
                    let browser = Browser::at(&issuer, "en");
                    match sign_up(&browser, &issuer, &email).await {
                        Ok(true) => {
                            acknowledged.push(email);
                            count.fetch_add(1, Ordering::SeqCst);
                        }
                        Ok(false) => panic!("refused"),
                        Err(_) => assert!(!running.load(Ordering::SeqCst), "lost while it ran"),
                    }
                    if !running.load(Ordering::SeqCst) {
                        break;
                    }
                }
                acknowledged
            })
        });
        let writers: Vec<_> = writers.collect();
        let rotations = {
            let (issuer, running, first) = (issuer.clone(), Arc::clone(&running), refresh.clone());
            tokio::spawn(async move {
                let http = Client::new();
                let mut newest = first;
                while running.load(Ordering::SeqCst) {
                    let form =
                        [("grant_type", "refresh_token"), ("refresh_token", newest.as_str())];
                    let Ok(answer) = token(&http, &issuer, &form).send().await else { break };
                    let Ok(answer) = answer.json::<Value>().await else { break };
                    answer["refresh_token"].as_str().unwrap().clone_into(&mut newest);
                }
                newest
            })
        };
        soon("people sign up", async || count.load(Ordering::SeqCst) > 3).await;
        running.store(false, Ordering::SeqCst);
        let port = node.port;
        node.kill().await;
        for writer in writers {
            people.extend(writer.await.unwrap());
        }
        refresh = rotations.await.unwrap();
        node = Node::start_at(port, directory.path(), &env).await;
        // The newest generation that was acknowledged is the living one, or the one before it: its
        // successor may have been written and not been heard.
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let answer = token(&Client::new(), &node.issuer, &form).send().await.unwrap();
        json(answer, 200).await["refresh_token"].as_str().unwrap().clone_into(&mut refresh);
    }
    assert!(people.len() >= 12, "{} people signed up", people.len());
    let list = tokio::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["user", "list", "--json"])
        .current_dir(directory.path())
        .envs(env.iter().copied())
        .output()
        .await
        .unwrap();
    let list: Vec<HashMap<String, Value>> = serde_json::from_slice(&list.stdout).unwrap();
    let known: Vec<&str> = list.iter().map(|person| person["email"].as_str().unwrap()).collect();
    for email in &people {
        assert!(known.contains(&email.as_str()), "{email} was acknowledged and is lost");
    }
    eprintln!("{} acknowledged sign-ups are there", people.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_nothing_that_was_acknowledged_sqlite() {
    killed_while_writing(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_nothing_that_was_acknowledged_postgres() {
    killed_while_writing(Some(new_postgres_database().await)).await;
}

/// Asks without ever trying again, until told to stop: answers as they should be, and others.
async fn load(issuer: String, running: Arc<AtomicBool>, counts: Arc<[AtomicU32; 2]>) {
    let http = Client::builder().pool_max_idle_per_host(1).build().unwrap();
    let mut n = 0;
    while running.load(Ordering::SeqCst) {
        n += 1;
        let good = if n % 4 == 0 {
            let answer = http.get(format!("{issuer}/jwks")).send().await;
            answer.is_ok_and(|answer| answer.status() == 200)
        } else {
            let answer =
                token(&http, &issuer, &[("grant_type", "client_credentials")]).send().await;
            match answer {
                Ok(answer) if answer.status() == 200 => answer.json::<Value>().await.is_ok(),
                _ => false,
            }
        };
        counts[usize::from(!good)].fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_is_not_noticed() {
    let mut pair = Pair::start("").await;
    let (running, counts) =
        (Arc::new(AtomicBool::new(true)), Arc::new([const { AtomicU32::new(0) }; 2]));
    let clients: Vec<_> = (0..4)
        .map(|_| tokio::spawn(load(pair.issuer.clone(), Arc::clone(&running), Arc::clone(&counts))))
        .collect();
    let started = Instant::now();
    // Each node twice.
    for n in [0, 1, 0, 1] {
        tokio::time::sleep(Duration::from_millis(500)).await;
        pair.nodes[n].signal(Signal::TERM);
        let status = pair.nodes[n].ends_within(Duration::from_secs(30)).await;
        assert!(status.success(), "{status}: {}", pair.nodes[n].log());
        pair.nodes[n] = pair.start_node(n).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    running.store(false, Ordering::SeqCst);
    join_all(clients).await;
    let [good, bad] = [0, 1].map(|n: usize| counts[n].load(Ordering::SeqCst));
    eprintln!("{good} good and {bad} other answers in {:?}", started.elapsed());
    assert!(good > 1000, "{good} answers are too few to say anything");
    assert!(f64::from(good) / f64::from(good + bad) >= 0.999, "{good} good, {bad} not");
}

/// A relying party that keeps the JWKS exactly as long as it may, and never asks in between.
struct Party {
    http: Client,
    issuer: String,
    keys: JwkSet,
    until: Instant,
}

impl Party {
    fn new(issuer: &str) -> Self {
        let (http, issuer) = (Client::new(), issuer.to_owned());
        let keys = JwkSet { keys: Vec::new() };
        Self { http, issuer, keys, until: Instant::now() }
    }

    async fn verify(&mut self, token: &str) -> Result<String, String> {
        if Instant::now() >= self.until {
            let answer = self.http.get(format!("{}/jwks", self.issuer)).send().await.unwrap();
            let cache = answer.headers()["cache-control"].to_str().unwrap();
            let age: u64 = cache.split("max-age=").nth(1).unwrap().parse().unwrap();
            self.keys = answer.json().await.unwrap();
            self.until = Instant::now() + Duration::from_secs(age);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
        let kid = header.kid.unwrap();
        let key = self.keys.find(&kid).ok_or_else(|| format!("no key {kid}"))?;
        let key = DecodingKey::from_jwk(key).unwrap();
        let mut rules = Validation::new(header.alg);
        rules.set_audience(&[&self.issuer]);
        let checked = jsonwebtoken::decode::<Value>(token, &key, &rules);
        checked.map(|_| kid).map_err(|error| error.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_10_1_1_keys_change_under_load_and_no_verification_fails() {
    let pair = Pair::start("[keys]\npublish_ahead = \"3s\"\n").await;
    let running = Arc::new(AtomicBool::new(true));
    let parties: Vec<_> = (0..3)
        .map(|_| {
            let (issuer, running) = (pair.issuer.clone(), Arc::clone(&running));
            tokio::spawn(async move {
                let mut party = Party::new(&issuer);
                let (mut kids, mut checked) = (Vec::new(), 0);
                while running.load(Ordering::SeqCst) {
                    let form = [("grant_type", "client_credentials")];
                    let answer = token(&party.http, &issuer, &form).send().await.unwrap();
                    let answer = json(answer, 200).await;
                    let kid = party.verify(answer["access_token"].as_str().unwrap()).await.unwrap();
                    checked += 1;
                    if kids.last() != Some(&kid) {
                        kids.push(kid);
                    }
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
                (kids, checked)
            })
        })
        .collect();
    let mut made = Vec::new();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(800)).await;
        let kids = pair.command(&["key", "rotate", "--algorithm", "ES256"]);
        made.push(kids["kids"][0].as_str().unwrap().to_owned());
        tokio::time::sleep(Duration::from_secs(4)).await;
    }
    running.store(false, Ordering::SeqCst);
    for party in parties {
        let (kids, checked) = party.await.unwrap();
        eprintln!("{checked} tokens verified, keys {kids:?}");
        assert!(checked > 100);
        for kid in &made {
            assert!(kids.contains(kid), "signed with the new key, too: {kids:?}");
        }
    }
}
