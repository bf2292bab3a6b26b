//! What the operator has of it: a configuration that is checked, and `countersign upstream list|test`.

use countersign::config::Config;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::SERVER;
use super::peers::{Forge, Instead, Scripted, set};

const WHOLE: &str = "id = \"demo\"\nname = \"Demo\"\nkind = \"oidc\"\nissuer = \"https://id.example/o/demo/\"\n\
                     client_id = \"a\"\nclient_secret = \"b\"\n";

/// What is wrong with an upstream that has one line in another's place.
fn wrong(key: &str, line: &str) -> String {
    let lines = WHOLE.lines().filter(|it| !it.starts_with(&format!("{key} ="))).collect::<Vec<_>>();
    let text = format!("[[upstreams]]\n{}\n{line}\n", lines.join("\n"));
    match Config::from_toml(&text) {
        Ok(_) => panic!("it is taken: {text}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_wrong_key_of_an_upstream_is_named() {
    Config::from_toml(&format!("[[upstreams]]\n{WHOLE}")).map(|_| ()).unwrap();
    for (key, line) in [
        ("id", ""),
        ("id", "id = \"\""),
        ("id", "id = \"Demo\""),
        ("id", "id = \"a/b\""),
        ("id", "id = \"a_b\""),
        ("id", "id = \"abcdefghijklmnopqrstuvwxyz1234567\""),
        ("name", "name = \"\""),
        ("kind", "kind = \"saml\""),
        ("issuer", ""),
        ("issuer", "issuer = \"id.example\""),
        ("issuer", "issuer = \"ftp://id.example\""),
        ("issuer", "issuer = \"https://id.example/?x=1\""),
        ("issuer", "issuer = \"https://id.example/#x\""),
        ("issuer", "issuer = \"https://user:pw@id.example/\""),
        ("client_id", ""),
        ("client_id", "client_id = \"\""),
        ("client_auth", "client_auth = \"private_key_jwt\""),
        ("scopes", "scopes = [\"profile\"]"),
        ("scopes", "scopes = [\"openid profile\"]"),
        ("claims", "claims = { nme = \"name\" }"),
        ("claims", "claims = { name = \"\" }"),
        ("roles", "roles = { \"Staff\" = \"nobody\" }"),
        ("roles", "roles = { \"Bosses\" = \"admin\" }"),
        ("trust_email", "trust_email = \"yes\""),
        ("trust_mail", "trust_mail = true"),
        // What belongs to the other kind.
        ("token_endpoint", "token_endpoint = \"https://id.example/token\""),
    ] {
        let error = wrong(key, line);
        assert!(error.contains("upstreams") && error.contains(key), "{line}: {error}");
    }
    let twice = format!("[[upstreams]]\n{WHOLE}[[upstreams]]\n{WHOLE}");
    let error = Config::from_toml(&twice).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("upstreams") && error.contains("id"), "{error}");
}

#[test]
fn an_oauth_upstream_names_its_endpoints() {
    let whole = "[[upstreams]]\nid = \"forge\"\nname = \"Forge\"\nkind = \"oauth2\"\nclient_id = \"a\"\nclient_secret = \"b\"\n\
                 authorization_endpoint = \"https://forge.example/authorize\"\ntoken_endpoint = \"https://forge.example/token\"\n\
                 userinfo_endpoint = \"https://api.forge.example/user\"\nclaims = { sub = \"id\" }\n";
    Config::from_toml(whole).map(|_| ()).unwrap();
    for key in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"] {
        let lines = whole.lines().filter(|it| !it.starts_with(key)).collect::<Vec<_>>();
        let error = Config::from_toml(&lines.join("\n")).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("upstreams") && error.contains(key), "{key}: {error}");
        let other = format!("{}\n{key} = \"nowhere\"", lines.join("\n"));
        let error = Config::from_toml(&other).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(key), "{key}: {error}");
    }
    let error = Config::from_toml(&format!("{whole}issuer = \"https://forge.example\"\n"));
    assert!(error.map(|_| ()).unwrap_err().to_string().contains("issuer"));
}

/// The secret is shown by nothing that prints a configuration.
#[test]
fn the_client_secret_is_not_shown() {
    let text = format!("[[upstreams]]\n{}", WHOLE.replace("\"b\"", "\"a-secret-of-theirs\""));
    let config = Config::from_toml(&text).unwrap();
    assert!(!format!("{config:?}").contains("a-secret-of-theirs"));
}

struct Console {
    directory: TempDir,
}

impl Console {
    fn new(config: &str) -> Self {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("config.toml"), format!("{SERVER}{config}")).unwrap();
        Self { directory }
    }

    /// Whether it went well, and all that was printed.
    async fn run(&self, args: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(args).current_dir(self.directory.path());
        let output = command.output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_list_and_test_say_what_there_is_and_what_is_wrong_with_it() {
    let (mut guild, lodge, forge) =
        (Scripted::start().await, Scripted::start().await, Forge::start().await);
    let off = lodge.toml("lodge", "enabled = false");
    let console =
        Console::new(&format!("{}{off}{}", guild.toml("guild", ""), forge.toml("forge", "")));
    let (good, listed) = console.run(&["upstream", "list"]).await;
    assert!(good, "{listed}");
    for word in ["guild", "lodge", "forge", &guild.issuer] {
        assert!(listed.contains(word), "{word}: {listed}");
    }
    let (_, listed) = console.run(&["upstream", "list", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<_> =
        listed.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["guild", "lodge", "forge"]);
    assert!(!listed.to_string().contains(super::peers::CLIENT.1), "no secret");

    // All is well, and this is what has to be registered there.
    for upstream in ["guild", "forge"] {
        let (good, told) = console.run(&["upstream", "test", upstream]).await;
        assert!(good, "{told}");
        assert!(
            told.contains(&format!("http://localhost:3000/auth/callback/{upstream}")),
            "{told}"
        );
    }
    let (good, told) = console.run(&["upstream", "test", "guild", "--json"]).await;
    assert!(good && serde_json::from_str::<Value>(&told).is_ok(), "{told}");

    let slashless = guild.issuer.trim_end_matches('/').to_owned();
    for (what, words) in
        [("issuer", "issuer"), ("keys", "key"), ("late", "clock"), ("page", "discovery")]
    {
        guild.repent();
        guild.lie(|script| match what {
            "issuer" => script.metadata = set("issuer", slashless.clone()),
            "keys" => script.jwks = set("keys", serde_json::json!([])),
            "late" => script.date = Some("Tue, 01 Jan 2019 00:00:00 GMT".to_owned()),
            _ => drop(script.instead.insert("discovery", Instead::Says(404, "<html>".to_owned()))),
        });
        let (good, told) = console.run(&["upstream", "test", "guild"]).await;
        assert!(!good && told.to_lowercase().contains(words), "{what}: {told}");
    }
    guild.repent();
    guild.close().await;
    let (good, told) = console.run(&["upstream", "test", "guild"]).await;
    assert!(!good && told.contains(&guild.issuer), "{told}");
    let (good, told) = console.run(&["upstream", "test", "guild", "--json"]).await;
    assert!(!good, "{told}");
    let (good, told) = console.run(&["upstream", "test", "nobody"]).await;
    assert!(!good && told.contains("nobody"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn upstream_test_says_what_the_token_endpoint_has_against_us() {
    let guild = Scripted::start().await;
    let console = Console::new(&guild.toml("guild", ""));
    let test = async || console.run(&["upstream", "test", "guild"]).await;
    for (error, is_good, words) in [
        ("invalid_grant", true, "are known there"),
        ("invalid_client", false, "client_secret is wrong"),
        ("unauthorized_client", false, "client_secret is wrong"),
        ("redirect_uri_mismatch", false, "redirect URI"),
        ("invalid_request", false, "invalid_request"),
        ("server_error", false, "server_error"),
        ("temporarily_unavailable", false, "temporarily_unavailable"),
    ] {
        let said = format!("{{\"error\":\"{error}\"}}");
        guild.lie(|script| drop(script.instead.insert("token", Instead::Says(400, said))));
        let (good, told) = test().await;
        assert!(good == is_good && told.contains(words), "{error}: {told}");
    }
    guild.repent();
    // Where it is the client that is wrong, it may be its redirect URI.
    let secret = super::peers::CLIENT.1;
    let wrong = guild.toml("guild", "").replace(secret, "another secret");
    let (good, told) = Console::new(&wrong).run(&["upstream", "test", "guild", "--json"]).await;
    let told: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    let findings = told["findings"].as_array().unwrap();
    let client = findings.iter().find(|it| it["what"] == "client").unwrap();
    let words = client["words"].as_str().unwrap();
    assert!(!good && words.contains("/auth/callback/guild"), "{client}");
    // PKCE of another method is said beforehand.
    guild.lie(|script| {
        script.metadata = set("code_challenge_methods_supported", serde_json::json!(["plain"]));
    });
    let (good, told) = test().await;
    assert!(!good && told.contains("S256 is not among the methods"), "{told}");
}
