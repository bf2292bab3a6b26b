//! Clients that authenticate by a signed JWT (RFC 7523, OIDC Core §9): with their own key, or with the
//! secret.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::config::ClientMetadata;
use futures_util::future::join_all;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jws::{self, ES256, EdDSA, HS256, JwsHeader, JwsSigner, PS256, RS256};
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::host::Host;
use crate::house::{Db, House, json};
use crate::on_both_databases;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client's key, and what it signs with it.
pub struct Key {
    alg: &'static str,
    jwk: Jwk,
}

impl Key {
    pub fn new(alg: &'static str, kid: &str) -> Self {
        let mut jwk = match alg {
            "ES256" => Jwk::generate_ec_key(EcCurve::P256),
            "EdDSA" => Jwk::generate_ed_key(EdCurve::Ed25519),
            _ => Jwk::generate_rsa_key(2048),
        }
        .unwrap();
        jwk.set_key_id(kid);
        Self { alg, jwk }
    }

    /// The public half.
    pub fn public(&self) -> Value {
        let mut public = self.jwk.to_public_key().unwrap();
        public.set_key_id(self.jwk.key_id().unwrap());
        Value::Object(public.as_ref().clone())
    }

    fn signer(&self) -> Box<dyn JwsSigner> {
        match self.alg {
            "RS256" => Box::new(RS256.signer_from_jwk(&self.jwk).unwrap()),
            "PS256" => Box::new(PS256.signer_from_jwk(&self.jwk).unwrap()),
            "ES256" => Box::new(ES256.signer_from_jwk(&self.jwk).unwrap()),
            _ => Box::new(EdDSA.signer_from_jwk(&self.jwk).unwrap()),
        }
    }

    /// A compact JWS of anything, under a header that names the key, with more in it.
    pub fn sign_under(&self, more: &Value, payload: &[u8]) -> String {
        let mut header = json!({ "alg": self.alg, "kid": self.jwk.key_id().unwrap() });
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let head = URL_SAFE_NO_PAD.encode(header.to_string());
        let signed = format!("{head}.{}", URL_SAFE_NO_PAD.encode(payload));
        let signature = self.signer().sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_under(&json!({}), claims.to_string().as_bytes())
    }
}

fn set(keys: &[&Key]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() })
}

/// A client that has tokens for itself, and authenticates with that key.
async fn client_with(house: &House, more: ClientMetadata) -> (String, Option<String>) {
    let metadata = ClientMetadata {
        grant_types: Some(vec!["client_credentials".to_owned()]),
        scope: Some("api".to_owned()),
        ..more
    };
    let made = house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
    (made.client_id, made.client_secret.map(|secret| secret.expose().to_owned()))
}

async fn client_of(house: &House, keys: &[&Key]) -> String {
    let metadata = ClientMetadata {
        token_endpoint_auth_method: Some("private_key_jwt".to_owned()),
        jwks: Some(set(keys)),
        ..ClientMetadata::default()
    };
    client_with(house, metadata).await.0
}

fn seconds(house: &House) -> i64 {
    house.clock.now() / 1000
}

/// The claims of a good assertion; `more` wins, and null takes a claim away.
fn claims(house: &House, client: &str, more: &Value) -> Value {
    let now = seconds(house);
    let jti = house.app.core.random_token();
    let mut claims = json!({
        "iss": client, "sub": client, "aud": house.config.server.public_url,
        "jti": jti.expose(), "iat": now, "exp": now + 60,
    });
    let members = claims.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

async fn send(house: &House, assertion: &str) -> Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion),
    ];
    house.http.post(house.url("/token")).form(&form).send().await.unwrap()
}

on_both_databases! {
    async fn oidc_core_9_a_client_authenticates_with_its_key_or_its_secret(house: House) {
        for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
            let key = Key::new(alg, "one");
            let client = client_of(&house, &[&key]).await;
            let tokens = json(send(&house, &key.sign(&claims(&house, &client, &json!({})))).await, 200).await;
            assert_eq!(tokens["scope"], "api", "{alg}");
        }
        let (client, secret) = client_with(&house, ClientMetadata {
            token_endpoint_auth_method: Some("client_secret_jwt".to_owned()),
            ..ClientMetadata::default()
        }).await;
        let secret = secret.unwrap();
        let signed = |house: &House, secret: &str| {
            let header = JwsHeader::from_map(Map::new()).unwrap();
            let signer = HS256.signer_from_bytes(secret).unwrap();
            jws::serialize_compact(claims(house, &client, &json!({})).to_string().as_bytes(), &header, &signer).unwrap()
        };
        json(send(&house, &signed(&house, &secret)).await, 200).await;
        json(send(&house, &signed(&house, "another secret of a good length, 256 bits")).await, 401).await;
        // A node that only has the database, and its key-encryption key, knows the secret too.
        let second = house.another_node().await;
        json(send(&second, &signed(&house, &secret)).await, 200).await;
        // The secret itself is not this client's method.
        let form = [("grant_type", "client_credentials")];
        json(house.token((&client, &secret), &form).send().await.unwrap(), 401).await;
    }
}

on_both_databases! {
    async fn conformance_39_an_assertion_may_be_meant_for_the_issuer_or_an_endpoint(house: House) {
        let key = Key::new("ES256", "one");
        let client = client_of(&house, &[&key]).await;
        let issuer = house.issuer.clone();
        for path in ["", "/token", "/par"] {
            let url = format!("{issuer}{path}");
            for aud in [json!(url), json!([url]), json!(["https://other.example", url])] {
                let assertion = key.sign(&claims(&house, &client, &json!({ "aud": aud })));
                json(send(&house, &assertion).await, 200).await;
            }
        }
        // R85: clocks differ a little. A second name for the same client is no harm either.
        for more in [
            json!({ "iat": seconds(&house) + 8, "nbf": seconds(&house) + 8 }),
            json!({ "iat": null }),
            json!({ "exp": seconds(&house) + 299 }),
            json!({ "exp": 0.5 + f64::from(u32::try_from(seconds(&house) + 60).unwrap()) }),
        ] {
            json(send(&house, &key.sign(&claims(&house, &client, &more))).await, 200).await;
        }
        let typed = json!({ "typ": "client-authentication+jwt" });
        let body = claims(&house, &client, &json!({})).to_string();
        json(send(&house, &key.sign_under(&typed, body.as_bytes())).await, 200).await;
        let form = [
            ("grant_type", "client_credentials"), ("client_id", client.as_str()),
            ("client_assertion_type", TYPE),
            ("client_assertion", &key.sign(&claims(&house, &client, &json!({})))),
        ];
        json(house.http.post(house.url("/token")).form(&form).send().await.unwrap(), 200).await;
    }
}

on_both_databases! {
    async fn rfc7523_3_every_way_to_be_wrong(house: House) {
        let key = Key::new("ES256", "one");
        let other = Key::new("ES256", "one");
        let rsa = Key::new("RS256", "rsa");
        let client = client_of(&house, &[&key]).await;
        let now = seconds(&house);
        let mut answers = Vec::new();
        let wrong_claims = [
            ("iss is another's", json!({ "iss": "web" })),
            ("no iss", json!({ "iss": null })),
            ("iss is a number", json!({ "iss": 5 })),
            ("aud is another's", json!({ "aud": "https://other.example" })),
            ("aud is almost ours", json!({ "aud": format!("{}/", house.issuer) })),
            ("aud is an object", json!({ "aud": {} })),
            ("aud holds a number", json!({ "aud": [house.issuer, 5] })),
            ("no aud", json!({ "aud": null })),
            ("expired", json!({ "exp": now - 60 })),
            ("too long", json!({ "exp": now + 600 })),
            ("no exp", json!({ "exp": null })),
            ("exp is text", json!({ "exp": (now + 60).to_string() })),
            ("exp is beyond the calendar", json!({ "exp": 1e30 })),
            ("iat is ahead", json!({ "iat": now + 61 })),
            ("nbf is ahead", json!({ "nbf": now + 61 })),
            ("iat is true", json!({ "iat": true })),
            ("no jti", json!({ "jti": null })),
            ("jti is empty", json!({ "jti": "" })),
            ("jti is too long", json!({ "jti": "x".repeat(256) })),
            ("jti is a number", json!({ "jti": 1 })),
            ("no sub", json!({ "sub": null })),
            ("sub is a number", json!({ "sub": 5 })),
            ("sub is an unknown client", json!({ "sub": "nobody" })),
            ("sub is another client", json!({ "sub": "web" })),
        ];
        for (what, more) in wrong_claims {
            answers.push((what, send(&house, &key.sign(&claims(&house, &client, &more))).await));
        }
        let good = || claims(&house, &client, &json!({})).to_string();
        let unsigned = |alg: &str| {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "kid": "one" }).to_string());
            format!("{header}.{}.", URL_SAFE_NO_PAD.encode(good()))
        };
        let signed = key.sign_under(&json!({}), good().as_bytes());
        let (body, signature) = signed.rsplit_once('.').unwrap();
        let another = if signature.starts_with('A') { 'B' } else { 'A' };
        let wrong_tokens = [
            ("another key of the same name", other.sign_under(&json!({}), good().as_bytes())),
            ("a kid that is unknown", key.sign_under(&json!({ "kid": "two" }), good().as_bytes())),
            ("another algorithm", rsa.sign_under(&json!({ "kid": "one" }), good().as_bytes())),
            ("alg none", unsigned("none")),
            ("alg HS256", unsigned("HS256")),
            ("no signature", format!("{body}.")),
            ("a byte of the signature is another", format!("{body}.{another}{}", &signature[1..])),
            ("padded", format!("{body}.{signature}=")),
            ("its key inside", key.sign_under(&json!({ "jwk": other.public() }), good().as_bytes())),
            ("its keys elsewhere", key.sign_under(&json!({ "jku": "https://evil.example/jwks" }), good().as_bytes())),
            ("a request object", key.sign_under(&json!({ "typ": "oauth-authz-req+jwt" }), good().as_bytes())),
            ("no JSON inside", key.sign_under(&json!({}), b"hello")),
            ("no JWT", "hello".to_owned()),
        ];
        for (what, token) in wrong_tokens {
            answers.push((what, send(&house, &token).await));
        }
        let form = [("grant_type", "client_credentials"), ("client_assertion", &signed)];
        answers.push(("no type", house.http.post(house.url("/token")).form(&form).send().await.unwrap()));
        let form = [("grant_type", "client_credentials"), ("client_assertion_type", TYPE), ("client_id", &client)];
        answers.push(("no assertion", house.http.post(house.url("/token")).form(&form).send().await.unwrap()));
        let form = [
            ("grant_type", "client_credentials"), ("client_assertion_type", TYPE),
            ("client_assertion", &signed), ("client_secret", "x"), ("client_id", &client),
        ];
        answers.push(("a secret beside it", house.http.post(house.url("/token")).form(&form).send().await.unwrap()));
        let form = [("grant_type", "client_credentials"), ("client_id", "web"),
            ("client_assertion_type", TYPE), ("client_assertion", &signed)];
        answers.push(("client_id is another's", house.http.post(house.url("/token")).form(&form).send().await.unwrap()));

        let mut table = String::new();
        for (what, response) in answers {
            let status = response.status();
            let body: Value = response.json().await.unwrap();
            assert!(status == 401 || status == 400, "{what}: {status} {body}");
            let (error, why) = (body["error"].as_str().unwrap(), body["error_description"].as_str().unwrap());
            writeln!(table, "{what}: {} {error}: {why}", status.as_u16()).unwrap();
        }
        insta::assert_snapshot!("wrong_assertions", table);
        // Nothing of all that was spent.
        json(send(&house, &signed).await, 200).await;
    }
}

on_both_databases! {
    async fn peer_cve_2020_15222_of_50_parallel_uses_of_one_assertion_over_two_nodes_one_succeeds(house: House) {
        let second = house.another_node().await;
        let key = Key::new("ES256", "one");
        let client = client_of(&house, &[&key]).await;
        let assertion = key.sign(&claims(&house, &client, &json!({})));
        let attempts = (0..50).map(|n| send(if n % 2 == 0 { &house } else { &second }, &assertion));
        let mut statuses: Vec<_> =
            join_all(attempts).await.iter().map(|response| response.status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, &[401; 49][..]));
        let again = json(send(&second, &assertion).await, 401).await;
        assert_eq!(again["error_description"], "client_assertion: it was used before");
        // The same jti of another client is another assertion.
        let neighbour = client_of(&house, &[&key]).await;
        let jti = crate::oidc::code::claims(&json!(assertion))["jti"].clone();
        let theirs = key.sign(&claims(&house, &neighbour, &json!({ "jti": jti })));
        json(send(&house, &theirs).await, 200).await;
    }
}

on_both_databases! {
    async fn peer_cve_2020_5300_an_assertion_is_remembered_for_as_long_as_it_could_be_used(house: House) {
        let key = Key::new("ES256", "one");
        let client = client_of(&house, &[&key]).await;
        let assertion = key.sign(&claims(&house, &client, &json!({})));
        json(send(&house, &assertion).await, 200).await;
        let words = async || json(send(&house, &assertion).await, 401).await["error_description"].as_str().unwrap().to_owned();
        // Within the tolerance of clocks it would still be taken, had it not been used.
        house.clock.advance(80 * 1000);
        assert_eq!(words().await, "client_assertion: it was used before");
        house.clock.advance(20 * 1000);
        assert_eq!(words().await, "client_assertion: it has expired");
    }
}

on_both_databases! {
    async fn r85_an_assertion_stays_used_where_another_nodes_clock_is_minutes_ahead(house: House) {
        let key = Key::new("ES256", "one");
        let client = client_of(&house, &[&key]).await;
        let assertion = key.sign(&claims(&house, &client, &json!({})));
        json(send(&house, &assertion).await, 200).await;
        // By that node's clock it has expired, and its own tolerance is over.
        house.app.core.sweep(house.clock.now() + 5 * 60 * 1000).await.unwrap();
        let again = json(send(&house, &assertion).await, 401).await;
        assert_eq!(again["error_description"], "client_assertion: it was used before");
        let swept = house.app.core.sweep(house.clock.now() + 7 * 60 * 1000).await.unwrap();
        assert_eq!(swept, 1, "it leaves all the same");
    }
}

on_both_databases! {
    async fn an_assertion_takes_one_statement(house: House) {
        let key = Key::new("ES256", "one");
        let client = client_of(&house, &[&key]).await;
        // The follower reads its counters once a second beside every request: the least counts.
        let mut least = u64::MAX;
        for _ in 0..4 {
            let assertion = key.sign(&claims(&house, &client, &json!({})));
            let (response, count) = house.statements(send(&house, &assertion)).await;
            assert_eq!(response.status(), 200);
            least = least.min(count);
        }
        assert_eq!(least, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_16_a_client_that_changes_its_key_is_followed() {
    for db in [Db::Sqlite, Db::Postgres] {
        follows_the_keys(db).await;
    }
}

async fn follows_the_keys(db: Db) {
    let host = Host::http();
    let (old, new) = (Key::new("ES256", "old"), Key::new("EdDSA", "new"));
    let url = host.put("/jwks", &set(&[&old]));
    let house = House::open_with(
        db,
        &format!(
            "[[clients]]\nclient_id = \"keyed\"\ngrant_types = [\"client_credentials\"]\n\
             token_endpoint_auth_method = \"private_key_jwt\"\njwks_uri = \"{url}\"\n"
        ),
    )
    .await;
    let ask = async |key: &Key| {
        let assertion = key.sign(&claims(&house, "keyed", &json!({})));
        send(&house, &assertion).await.status().as_u16()
    };
    assert_eq!(host.asked(), 0, "nobody has asked yet");
    let statuses = join_all((0..20).map(|_| ask(&old))).await;
    assert_eq!(statuses, [200; 20]);
    assert_eq!(host.asked(), 1, "they were fetched once");

    // A key that nobody has heard of: one look, and no second one within the minute (R68).
    for _ in 0..5 {
        assert_eq!(ask(&new).await, 401);
    }
    assert_eq!(host.asked(), 2, "a minute has not passed since");
    host.put("/jwks", &set(&[&new]));
    assert_eq!(ask(&new).await, 401, "nor yet");
    assert_eq!(ask(&old).await, 200, "what is held counts");
    house.clock.advance(61 * 1000);
    let statuses = join_all((0..10).map(|_| ask(&new))).await;
    assert_eq!(statuses, [200; 10]);
    assert_eq!(host.asked(), 3, "and once more");
    assert_eq!(ask(&old).await, 401, "the old one is gone");

    // The host goes away: what is held counts for an hour, and is asked for once a minute.
    host.put("/jwks", "nonsense");
    house.clock.advance(11 * 60 * 1000);
    assert_eq!(ask(&new).await, 200);
    assert_eq!(ask(&new).await, 200);
    assert_eq!(host.asked(), 4);
    house.clock.advance(50 * 60 * 1000);
    assert_eq!(ask(&new).await, 401, "an hour is over");
    host.put("/jwks", &set(&[&new]));
    house.clock.advance(61 * 1000);
    assert_eq!(ask(&new).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2026_1180_a_clients_jwks_uri_leads_the_server_nowhere_private() {
    let host = Host::https();
    let key = Key::new("ES256", "one");
    let url = host.put("/jwks", &set(&[&key]));
    let metadata = |url: &str| ClientMetadata {
        token_endpoint_auth_method: Some("private_key_jwt".to_owned()),
        jwks_uri: Some(url.to_owned()),
        ..ClientMetadata::default()
    };
    let ask = async |house: &House, client: &str| {
        send(house, &key.sign(&claims(house, client, &json!({})))).await.status().as_u16()
    };
    let house = House::open(Db::Sqlite).await;
    for url in [url.clone(), url.replace("127.0.0.1", "localhost")] {
        let (client, _) = client_with(&house, metadata(&url)).await;
        assert_eq!(ask(&house, &client).await, 401);
    }
    let plain = ClientMetadata {
        grant_types: Some(vec!["client_credentials".to_owned()]),
        ..metadata(&url.replace("https", "http"))
    };
    let refused = house.app.core.register_client(plain, house.clock.now()).await.unwrap();
    assert_eq!(refused.map(|_| ()).unwrap_err().member, "jwks_uri");
    assert_eq!(host.asked(), 0, "it was asked");

    // Where the operator allows the network, and trusts the authority, the very same URL is fetched.
    let directory = tempfile::TempDir::new().unwrap();
    let house = House::open_with(Db::Sqlite, &host.outbound(directory.path())).await;
    let (client, _) = client_with(&house, metadata(&url)).await;
    assert_eq!(ask(&house, &client).await, 200);
    assert_eq!(host.asked(), 1);
}

on_both_databases! {
    async fn api_3_failed_authentication_is_slowed_down_by_client_and_address(house: House) {
        let form = [("grant_type", "client_credentials")];
        let ask = async |client: (&str, &str)| house.token(client, &form).send().await.unwrap();
        for client in ["web", "nobody"] {
            for _ in 0..20 {
                assert_eq!(ask((client, "a guess")).await.status(), 401);
            }
            let slowed = ask((client, "a guess")).await;
            let seconds: u64 = slowed.headers()["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "{seconds}");
            insta::assert_json_snapshot!("too_many_failures", json(slowed, 429).await);
        }
        // Not even the right secret, from there: else it could be told from a wrong one.
        assert_eq!(ask(crate::house::WEB).await.status(), 429);
        // Others are others, and a minute is a minute.
        assert_eq!(ask(("other app", "wrong")).await.status(), 401);
        house.clock.advance(61 * 1000);
        assert_eq!(ask(crate::house::WEB).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_elsewhere_does_not_lock_a_client_out() {
    let server = "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n";
    let house = House::open_with(Db::Sqlite, server).await;
    let ask = async |secret: &str, from: &str| {
        let form = [("grant_type", "client_credentials")];
        let request = house.token(("web", secret), &form).header("x-forwarded-for", from);
        request.send().await.unwrap().status().as_u16()
    };
    for n in 0..21 {
        let expected = if n < 20 { 401 } else { 429 };
        assert_eq!(ask("a guess", &format!("2001:db8:1:1::{n}")).await, expected, "one /64");
    }
    assert_eq!(ask(crate::house::WEB.1, "2001:db8:1:2::1").await, 200);
    assert_eq!(ask(crate::house::WEB.1, "192.0.2.7").await, 200);
}
