//! The command line, as an operator types it.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::browser::{Browser, Landing, query, request_with};
use crate::follow::soon;
use crate::house::{CALLBACK, House, json};
use crate::oidc::code::{claims, redemption};
use crate::on_both_databases;
use crate::operations::node::Node;

struct Console {
    directory: TempDir,
    database: String,
}

impl Console {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let database = format!("sqlite://{}/data/c.db", directory.path().display());
        Self { directory, database }
    }

    fn run_with(&self, args: &[&str], input: &str, env: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(args).current_dir(self.directory.path());
        command.env_remove("COUNTERSIGN_CONFIG").env("DATABASE_URL", &self.database);
        command.envs(env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        child.wait_with_output().unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        self.json_of(args, "")
    }

    fn json_of(&self, args: &[&str], input: &str) -> Value {
        let args: Vec<_> = args.iter().copied().chain(["--json"]).collect();
        let output = self.run_with(&args, input, &[]);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The reason of a command that must fail.
    fn refused(&self, args: &[&str], input: &str) -> String {
        self.refused_with(args, input, &[])
    }

    fn refused_with(&self, args: &[&str], input: &str, env: &[(&str, &str)]) -> String {
        let output = self.run_with(args, input, env);
        assert!(!output.status.success(), "{args:?} did not fail");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn people() {
    let console = Console::new();
    let claims = console.directory.path().join("claims.json");
    std::fs::write(&claims, r#"{"birthdate": "1815-12-10", "address": {"country": "UK"}}"#)
        .unwrap();
    let claims = claims.to_str().unwrap();
    let create = [
        "user",
        "create",
        "--email",
        "ada@example.com",
        "--name",
        "Ada",
        "--role",
        "admin",
        "--username",
        "ada",
        "--verified",
        "--claims",
        claims,
        "--password-stdin",
    ];
    let made = console.json_of(&create, "correct horse\n");
    assert_eq!(made["email"], "ada@example.com");
    assert_eq!(made["roles"], serde_json::json!(["admin"]));
    assert_eq!(made["email_verified"], true);
    let again = console.refused(&create, "correct horse\n");
    assert!(again.contains("there is an account with this e-mail address"), "{again}");
    let taken = ["user", "create", "--email", "eve@example.com", "--username", "ada"];
    assert!(console.refused(&taken, "").contains("username"));
    let short = ["user", "create", "--email", "eve@example.com", "--password-stdin"];
    assert!(console.refused(&short, "short").contains("at least 8"));
    std::fs::write(claims, r#"{"birthdate": "yesterday"}"#).unwrap();
    let bad = ["user", "create", "--email", "eve@example.com", "--claims", claims];
    assert!(console.refused(&bad, "").contains("birthdate"));

    console.json_of(&["user", "set-password", "ADA@example.com"], "another horse");
    assert_eq!(console.json(&["user", "list"]).as_array().unwrap().len(), 1);
    console.json(&["user", "disable", "ada@example.com"]);
    assert!(console.refused(&["user", "disable", "ada@example.com"], "").contains("already"));
    assert_eq!(console.json(&["user", "list"])[0]["disabled"], true);
    console.json(&["user", "enable", "ada@example.com"]);
    assert!(console.refused(&["user", "enable", "ada@example.com"], "").contains("not disabled"));
    console.json(&["user", "delete", "ada@example.com"]);
    assert!(
        console.refused(&["user", "delete", "ada@example.com"], "").contains("no such account")
    );
}

#[test]
fn apps() {
    let console = Console::new();
    let made = console.json(&[
        "client",
        "create",
        "--name",
        "Acme",
        "--redirect-uri",
        "http://localhost:4000/callback",
    ]);
    assert_eq!(made["client_secret"].as_str().unwrap().len(), 43);
    let public = console.json(&[
        "client",
        "create",
        "--name",
        "Phone",
        "--public",
        "--native",
        "--redirect-uri",
        "com.example.app:/cb",
    ]);
    assert!(public["client_secret"].is_null());
    let refused = console.refused(
        &["client", "create", "--name", "Bad", "--redirect-uri", "http://app.example/cb"],
        "",
    );
    assert!(refused.contains("redirect_uris"), "{refused}");
    let nothing = console.refused(&["client", "create", "--name", "Bad", "--public"], "");
    assert!(nothing.contains("--redirect-uri"), "{nothing}");
    let list = console.json(&["client", "list"]);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert!(!list.to_string().contains(made["client_secret"].as_str().unwrap()));
    let id = made["client_id"].as_str().unwrap();
    console.json(&["client", "disable", id]);
    assert!(console.refused(&["client", "disable", id], "").contains("already"));
    let disabled = console.json(&["client", "list"]);
    let of_it = disabled.as_array().unwrap().iter().find(|one| one["client_id"] == id).unwrap();
    assert_eq!((disabled.as_array().unwrap().len(), &of_it["disabled"]), (2, &Value::Bool(true)));
    console.json(&["client", "enable", id]);
    console.json(&["client", "delete", made["client_id"].as_str().unwrap()]);
    assert!(console.refused(&["client", "delete", "nobody"], "").contains("no such"));
}

#[test]
fn apps_with_keys_and_invitations() {
    let console = Console::new();
    let file = console.directory.path().join("jwks.json");
    std::fs::write(&file, r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}"#).unwrap();
    let file = file.to_str().unwrap();
    let create = |more: &[&'static str]| [&["client", "create", "--name", "Keyed"], more].concat();
    let keyed = console.json(&[&create(&[])[..], &["--jwks", file]].concat());
    assert!(keyed["client_secret"].is_null(), "it has a key");
    let more = ["--jwks-uri", "https://app.example/jwks", "--require-par"];
    let more = [&create(&more)[..], &["--post-logout-redirect-uri", "https://app.example/bye"]];
    console.json(&more.concat());
    let list = console.json(&["client", "list"]);
    for client in list.as_array().unwrap() {
        assert_eq!(client["token_endpoint_auth_method"], "private_key_jwt");
    }
    let signing = console.json(&create(&["--auth-method", "client_secret_jwt"]));
    assert_eq!(signing["client_secret"].as_str().unwrap().len(), 43);
    let plain = create(&["--jwks-uri", "http://127.0.0.1/jwks"]);
    assert!(console.refused(&plain, "").contains("jwks_uri"));
    let magic = create(&["--auth-method", "magic"]);
    assert!(console.refused(&magic, "").contains("token_endpoint_auth_method"));
    std::fs::write(file, "nonsense").unwrap();
    let broken = console.refused(&[&create(&[])[..], &["--jwks", file]].concat(), "");
    assert!(broken.contains("jwks.json"), "{broken}");

    let made =
        console.json(&["client", "invite", "--uses", "3", "--valid", "7d", "--scope", "a b"]);
    assert_eq!(made["initial_access_token"].as_str().unwrap().len(), 43);
    assert_eq!(made["uses"], 3);
    for bad in [["--uses", "0"], ["--valid", "soon"], ["--scope", "a  b"]] {
        let why = console.refused(&[&["client", "invite"][..], &bad].concat(), "");
        assert!(why.contains(bad[0]), "{why}");
    }
}

#[test]
fn keys() {
    let console = Console::new();
    let kids = |phase: &str| {
        let list = console.json(&["key", "list"]);
        let of_phase = list.as_array().unwrap().iter().filter(|key| key["phase"] == phase);
        of_phase.map(|key| key["kid"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids("current").len(), 4);
    let from = console.json(&["key", "list"])[0]["signs_from"].as_str().unwrap().to_owned();
    assert_eq!(
        (from.len(), &from[19..20], &from[23..]),
        (24, ".", "Z"),
        "RFC 3339 with milliseconds: {from}"
    );
    let made = console.json(&["key", "rotate", "--algorithm", "ES256"]);
    assert_eq!(kids("next"), [made["kids"][0].as_str().unwrap()]);
    let again = console.refused(&["key", "rotate", "--algorithm", "ES256"], "");
    assert!(again.contains("the next key"), "{again}");
    assert!(console.refused(&["key", "rotate", "--algorithm", "HS256"], "").contains("HS256"));
    let compromised = kids("current")[0].clone();
    console.json(&["key", "retire", &compromised]);
    assert!(!kids("current").contains(&compromised));
    assert_eq!(kids("current").len(), 4, "another one signs");
    assert!(console.refused(&["key", "retire", &compromised], "").contains("no such key"));
}

#[test]
fn the_configuration_file_is_the_one_that_is_named() {
    let console = Console::new();
    for (name, port) in [("config.toml", 4001), ("other.toml", 4002), ("third.toml", 4003)] {
        let text = format!("[server]\nlisten = \"127.0.0.1:{port}\"\n");
        std::fs::write(console.directory.path().join(name), text).unwrap();
    }
    let issuer = |args: &[&str], env: &[(&str, &str)]| {
        let args = [&["config", "check", "--json"], args].concat();
        let checked: Value =
            serde_json::from_slice(&console.run_with(&args, "", env).stdout).unwrap();
        checked["issuer"].as_str().unwrap().to_owned()
    };
    let other = ("COUNTERSIGN_CONFIG", "other.toml");
    assert_eq!(issuer(&[], &[]), "http://localhost:4001");
    assert_eq!(issuer(&[], &[other]), "http://localhost:4002");
    assert_eq!(issuer(&["--config", "third.toml"], &[other]), "http://localhost:4003");
    let missing = [("COUNTERSIGN_CONFIG", "nowhere.toml")];
    let missing = console.refused_with(&["config", "check"], "", &missing);
    assert!(missing.contains("nowhere.toml: not found"), "{missing}");
    let never = console.refused_with(&["config", "check"], "", &[("JWT_EXPIRATION", "soon")]);
    assert!(never.contains("sessions.bearer_lifetime"), "{never}");
}

on_both_databases! {
    async fn an_app_of_ones_own_asks_for_no_consent_and_gets_what_it_was_made_for(house: House) {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(["client", "create", "--name", "Own", "--redirect-uri", CALLBACK, "--json"]);
        command.args(["--skip-consent", "--scope", "openid email"]);
        command.current_dir(house.directory.path()).env("DATABASE_URL", &house.config.database.url);
        let output = command.env_remove("COUNTERSIGN_CONFIG").output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let made: Value = serde_json::from_slice(&output.stdout).unwrap();
        let (id, now) = (made["client_id"].as_str().unwrap(), house.clock.now());
        soon("the server knows it", async || house.app.core.find_client(id, now).await.unwrap().is_some()).await;

        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let ask = async |scope: &str| {
            let params = request_with(id, &[("scope", scope)]);
            match browser.authorize(&params).await {
                Landing::Away(url) => query(&url),
                Landing::Page(page) => panic!("asked at {}", page.url),
            }
        };
        assert_eq!(ask("openid email profile").await["error"], "invalid_scope");
        let code = ask("openid email").await.remove("code").unwrap();
        let client = (id, made["client_secret"].as_str().unwrap());
        let tokens = json(house.token(client, &redemption(&code)).send().await.unwrap(), 200).await;
        assert_eq!(tokens["scope"], "openid email");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jwt_expiration_is_a_length_of_time_or_a_number_of_seconds() {
    for (written, seconds) in [("2h", 7200), ("900", 900)] {
        let directory = TempDir::new().unwrap();
        let node = Node::start(directory.path(), &[("JWT_EXPIRATION", written)]).await;
        let person = serde_json::json!({
            "email": "grace@example.com", "password": "Compiler-1952!", "name": "Grace",
        });
        let signed_up = reqwest::Client::new().post(format!("{}/auth/sign-up", node.issuer));
        let made = json(signed_up.json(&person).send().await.unwrap(), 201).await;
        let claims = claims(&made["session"]["token"]);
        let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(lifetime, seconds, "{written}");
    }
}

#[test]
fn configuration() {
    let console = Console::new();
    assert_eq!(console.json(&["config", "check"])["valid"], true);
    assert_eq!(console.json(&["migrate"])["migrated"], true);
    let file = console.directory.path().join("config.toml");
    std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:4000\"\n").unwrap();
    assert_eq!(console.json(&["config", "check"])["issuer"], "http://localhost:4000");
    let with = |env: &[(&str, &str)]| console.run_with(&["config", "check", "--json"], "", env);
    let ported: Value = serde_json::from_slice(&with(&[("PORT", "5000")]).stdout).unwrap();
    assert_eq!(ported["issuer"], "http://localhost:5000", "the environment wins");
    let named = with(&[("COUNTERSIGN__SERVER__PUBLIC_URL", "https://id.example.com")]);
    let named: Value = serde_json::from_slice(&named.stdout).unwrap();
    assert_eq!(named["issuer"], "https://id.example.com");
    let unknown =
        console.refused_with(&["config", "check"], "", &[("COUNTERSIGN__SERVER__LISEN", "x")]);
    assert!(unknown.to_lowercase().contains("lisen"), "{unknown}");
    let port = console.refused_with(&["config", "check"], "", &[("PORT", "many")]);
    assert!(port.contains("server.port"), "{port}");
    let filter =
        console.refused_with(&["config", "check"], "", &[("COUNTERSIGN__LOG__FILTER", "a=b=c")]);
    assert!(filter.contains("log.filter"), "{filter}");
    let bucket = ("COUNTERSIGN__STORAGE__URL", "s3://pictures");
    let (id, secret) = (("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s3cr3t"));
    for (env, why) in [
        (&[bucket, id, secret][..], "AWS_REGION"),
        (&[bucket, id, ("AWS_REGION", "eu-west-3")], "AWS_SECRET_ACCESS_KEY"),
    ] {
        let poor = console.refused_with(&["config", "check"], "", env);
        assert!(poor.contains("storage.url") && poor.contains(why), "{poor}");
        assert!(!poor.contains("s3cr3t"));
    }
    assert!(with(&[bucket, id, secret, ("AWS_REGION", "eu-west-3")]).status.success());
    let missing = console.refused(&["config", "check", "--config", "nowhere.toml"], "");
    assert!(missing.contains("nowhere.toml"), "{missing}");
    let inner = console.directory.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let mut elsewhere = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let elsewhere =
        elsewhere.args(["config", "check", "--json"]).current_dir(inner).output().unwrap();
    let elsewhere: Value = serde_json::from_slice(&elsewhere.stdout).unwrap();
    assert_eq!(
        elsewhere["issuer"], "http://localhost:3000",
        "a folder above is nobody's configuration"
    );
    std::fs::write(&file, "[server\n").unwrap();
    assert!(!console.refused(&["config", "check"], "").is_empty());
}
