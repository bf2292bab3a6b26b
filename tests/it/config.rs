//! The configuration: every key is documented, and what is wrong is named.

use std::path::Path;

use countersign::config::{Allowance, Config};
use countersign::core::Core;

#[test]
fn the_example_holds_every_key_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let example = Config::from_toml(&text).unwrap();
    Core::check(&example).unwrap();
    let mut default = Config::from_toml("").unwrap();
    default.clients.clone_from(&example.clients);
    let (example, default) = (toml(&example), toml(&default));
    assert_eq!(example, default, "the values shown are the defaults");
    for (section, keys) in default.as_object().unwrap() {
        for key in keys.as_object().into_iter().flatten().map(|(key, _)| key) {
            let shown = text.lines().map(|line| line.trim_start_matches("# "));
            assert!(
                shown.clone().any(|line| line.starts_with(&format!("{key} ="))
                    || line == format!("[{section}.{key}]")),
                "{section}.{key} is missing"
            );
        }
    }
}

fn toml(config: &Config) -> serde_json::Value {
    serde_json::to_value(config).unwrap()
}

#[test]
fn what_is_wrong_is_named_with_its_key() {
    let client = "[[clients]]\nclient_id = \"a\"\n";
    let cases = [
        ("[server]\nlisten = 3000", "server.listen"),
        ("[server]\nlisten = \"nowhere\"", "server.listen"),
        ("[server]\npublic_url = \"http://id.example.com\"", "server.public_url"),
        ("[server]\npublic_url = \"https://id.example.com/\"", "server.public_url"),
        ("[server]\npublic_url = \"https://id.example.com/x\"", "server.public_url"),
        ("[server]\npublic_url = \"https://id.example.com?x\"", "server.public_url"),
        ("[server]\ntrusted_proxies = [\"10.0.0.0/99\"]", "server.trusted_proxies"),
        ("[server]\nmax_connections = 0", "server.max_connections"),
        ("[server]\nheader_timeout = \"16s\"", "server.header_timeout"),
        ("[server]\nidle_timeout = \"0s\"", "server.idle_timeout"),
        ("[server]\nrequest_timeout = \"1h\"", "server.request_timeout"),
        ("[server.tls]\ncert = \"a.pem\"", "server.tls.key"),
        ("[server.tls]\nkey = \"a.pem\"", "server.tls.cert"),
        (
            "[server]\npublic_url = \"http://localhost\"\ntls = { cert = \"a\", key = \"b\" }",
            "server.public_url",
        ),
        ("[server]\nlisen = \"x\"", "lisen"),
        ("[sever]\nx = 1", "sever"),
        ("[database]\nurl = \"mysql://x\"", "database.url"),
        ("[keys]\nsigning_algorithms = [\"HS256\"]", "keys.signing_algorithms"),
        ("[keys]\nsigning_algorithms = [\"ES256\"]", "keys.signing_algorithms"),
        ("[keys]\nsigning_algorithms = [\"RS256\"]", "keys.access_token_algorithm"),
        ("[keys]\npublish_ahead = \"soon\"", "keys.publish_ahead"),
        ("[sessions]\nrefresh_grace = -1", "sessions.refresh_grace"),
        ("[sessions]\nrefresh_grace = \"1h\"", "sessions.refresh_grace"),
        ("[sessions]\nidle_lifetime = \"100d\"", "sessions.idle_lifetime"),
        ("[tokens]\ncode_lifetime = \"2m\"", "tokens.code_lifetime"),
        ("[tokens]\naccess_lifetime = \"2d\"", "tokens.access_lifetime"),
        ("[passwords]\nqueue = 0", "passwords.queue"),
        ("[lockout]\nattempts = 0", "lockout.attempts"),
        ("[lockout]\nwindow = \"2d\"", "lockout.window"),
        ("[rate_limits.login]\nlimit = 0", "rate_limits.login.limit"),
        ("[rate_limits]\nother = { limit = 10, window = \"2d\" }", "rate_limits.other.window"),
        ("[rate_limits.sign_up]\nwindow = \"0s\"", "rate_limits.sign_up.window"),
        ("[rate_limits.sign_up]\nlimit = \"many\"", "rate_limits.sign_up.limit"),
        ("[rate_limits.sign_out]\nlimit = 5", "sign_out"),
        ("[rate_limits.login]\nmost = 5", "rate_limits.login.most"),
        ("[mail]\nuri = \"x\"", "uri"),
        ("[branding]\nname = \"\"", "branding.name"),
        ("[branding]\nlogo = \"/no/such/file\"", "branding.logo"),
        ("[outbound]\nextra_ca = \"/no/such/file\"", "outbound.extra_ca"),
        ("[outbound]\nallow_private = [\"here\"]", "outbound.allow_private"),
        ("[geoip]\ndatabase = 1", "geoip.database"),
        ("[metrics]\nlisten = \"everywhere\"", "metrics.listen"),
        ("[audit]\nkeep = \"1h\"", "audit.keep"),
        ("[log]\nformat = \"xml\"", "log.format"),
        ("[storage]\nurl = 3", "storage.url"),
        ("[storage]\nuri = \"x\"", "uri"),
        ("[registration]\ndynamic = \"maybe\"", "registration.dynamic"),
        (&format!("{client}\"client_nam#fr\" = \"x\""), "client_nam#fr"),
        ("[[clients]]\nclient_name = \"x\"", "client_id"),
        (&format!("{client}redirect_uri = \"x\""), "redirect_uri"),
        (&format!("{client}redirect_uris = \"x\""), "redirect_uris"),
    ];
    for (text, key) in cases {
        let error = Config::from_toml(text).map(drop).unwrap_err().to_string();
        assert!(error.contains(key), "{text:?}: {error}");
    }
}

#[test]
fn a_network_may_be_one_address() {
    let text = "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"192.0.2.1\", \"2001:db8::1\"]";
    let config = Config::from_toml(text).unwrap();
    let written: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(written, ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::1/128"]);
    let error = Config::from_toml("[server]\ntrusted_proxies = [\"the proxy\"]").unwrap_err();
    let expected = "expected an IP address, or a network such as \"10.0.0.0/8\"";
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn what_only_the_core_understands_of_a_client_is_named_too() {
    let client = |more: &str| format!("[[clients]]\nclient_id = \"a\"\n{more}");
    let cases = [
        (client(""), "clients[0].redirect_uris"),
        (client("redirect_uris = [\"http://app.example/cb\"]"), "clients[0].redirect_uris"),
        (client("redirect_uris = [\"https://app.example/cb#x\"]"), "clients[0].redirect_uris"),
        (client("grant_types = [\"password\"]"), "clients[0].grant_types"),
        (client("grant_types = [\"client_credentials\"]"), "clients[0].grant_types"),
        (client("client_secret = \"short\""), "clients[0].client_secret"),
        (
            client("grant_types = []\ntoken_endpoint_auth_method = \"client_secret_basic\""),
            "clients[0].client_secret",
        ),
        (
            client("grant_types = []\ntoken_endpoint_auth_method = \"magic\""),
            "clients[0].token_endpoint_auth_method",
        ),
        (client("grant_types = []\nscope = \"a  b\""), "clients[0].scope"),
        (client("grant_types = []\nlogo_uri = \"javascript:x\""), "clients[0].logo_uri"),
        (
            client("grant_types = []\nid_token_signed_response_alg = \"none\""),
            "clients[0].id_token_signed_response_alg",
        ),
        (
            format!(
                "[keys]\nsigning_algorithms = [\"RS256\", \"ES256\"]\n{}",
                client("grant_types = []\nid_token_signed_response_alg = \"EdDSA\"")
            ),
            "clients[0].id_token_signed_response_alg",
        ),
        (client("grant_types = []\napplication_type = \"toy\""), "clients[0].application_type"),
        ("[mail]\nurl = \"mail.example.com\"".to_owned(), "mail.url"),
        ("[mail]\nurl = \"smtp://a:b@mail.example.com?tls=none\"".to_owned(), "mail.url"),
        ("[mail]\nfrom = \"nobody\"".to_owned(), "mail.from"),
        ("[storage]\nurl = \"data/media\"".to_owned(), "storage.url"),
        ("[storage]\nurl = \"s3://acme?region=x&acl=public\"".to_owned(), "storage.url"),
        ("[rate_limits]\nstore = \"disk\"".to_owned(), "rate_limits.store"),
        ("[rate_limits]\nstore = \"rediss://a:b@c#insecure\"".to_owned(), "rate_limits.store"),
        (
            client("grant_types = []\ntoken_endpoint_auth_method = \"private_key_jwt\""),
            "clients[0].jwks_uri",
        ),
        (
            client("grant_types = []\njwks = {keys = [{kty = \"oct\", k = \"AA\"}]}"),
            "clients[0].jwks",
        ),
        (client("grant_types = []\njwks_uri = \"http://a.example/jwks\""), "clients[0].jwks_uri"),
        (
            client("grant_types = []\npost_logout_redirect_uris = [\"http://a.example/\"]"),
            "clients[0].post_logout_redirect_uris",
        ),
        (client("grant_types = []\nsubject_type = \"pairwise\""), "clients[0].subject_type"),
        (
            client("grant_types = []\nrequest_object_signing_alg = \"HS256\""),
            "clients[0].request_object_signing_alg",
        ),
        (client("grant_types = []\n\"logo_uri#fr\" = \"javascript:x\""), "clients[0].logo_uri#fr"),
        (
            format!("{}{}", client("grant_types = []\n"), client("grant_types = []\n")),
            "clients[1].client_id",
        ),
    ];
    for (text, key) in cases {
        let config = Config::from_toml(&text).unwrap();
        let error = Core::check(&config).unwrap_err().to_string();
        assert!(error.contains(key), "{text:?}: {error}");
    }
}

#[test]
fn a_client_of_the_configuration_may_have_keys_and_names_in_several_languages() {
    let text = "[[clients]]\nclient_id = \"a\"\ngrant_types = [\"client_credentials\"]\n\
        token_endpoint_auth_method = \"private_key_jwt\"\njwks_uri = \"http://127.0.0.1:1/jwks\"\n\
        client_name = \"Library\"\n\"client_name#fr\" = \"Bibliothèque\"\n\
        [[clients]]\nclient_id = \"b\"\ngrant_types = []\n\
        jwks = {keys = [{kty = \"OKP\", crv = \"Ed25519\", x = \"AA\"}]}\n";
    let config = Config::from_toml(text).unwrap();
    Core::check(&config).unwrap();
    let names = &config.clients[0].metadata.localized;
    assert_eq!(names.get("client_name", "FR-be"), Some("Bibliothèque"));
    assert_eq!(names.get("client_name", "de"), None);
}

#[test]
fn api_3_a_rule_may_be_changed_in_part() {
    let text = "[rate_limits.login]\nlimit = 3\n[rate_limits.other]\nwindow = \"1m\"\n";
    let limits = Config::from_toml(text).unwrap().rate_limits;
    let said = |rule: Allowance| (rule.limit, rule.window.whole_seconds());
    assert_eq!(said(limits.login), (3, 300));
    assert_eq!(said(limits.other), (100, 60));
    assert_eq!(said(limits.refresh), (10, 60));
}

#[test]
fn a_secret_of_the_configuration_is_not_shown_by_debug() {
    let text = "[rate_limits]\nstore = \"redis://:very-secret@localhost\"\n\
        [[clients]]\nclient_id = \"a\"\nclient_secret = \"very-secret-0123456789\"\ngrant_types = []";
    let shown = format!("{:?}", Config::from_toml(text).unwrap());
    assert!(!shown.contains("very-secret"), "{shown}");
}
