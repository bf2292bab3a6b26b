//! What must hold whatever bytes come: one function for each fuzz target. `tests/it/properties/` runs
//! the same functions over every file in `corpus/` and over random input, on a stable toolchain.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign::app::cookies;
use countersign::config::ClientMetadata;
use countersign::core::claims_request::{ClaimsRequest, scope_of};
use countersign::core::clients::Client;
use countersign::core::redirect;
use countersign::jose::foreign::{self, ForeignKeys};
use countersign::jose::{
    Algorithm, Kek, Life, NewKey, Ring, RingKey, Sealer, Secret, SigningKey, TokenKind,
};
use countersign::oidc::inputs::{self, Params};
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use url::Url;

/// A target's name, and what must hold of its input.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 7] = [
    ("redirect_uri", redirect_uri),
    ("basic", basic),
    ("jwt", jwt),
    ("cookies", cookies),
    ("sealed", sealed),
    ("params", params),
    ("claims", claims),
];

/// Two lines: a redirect URI that somebody registers, and one that a request names.
pub fn redirect_uri(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (known, asked) = text.split_once('\n').unwrap_or((&text, &text));
    let registered = [known.to_owned()];
    // RFC 9700 §2.1: byte for byte.
    assert_eq!(redirect::is_registered(&registered, asked, false), known == asked);
    if known != asked && redirect::is_registered(&registered, asked, true) {
        // RFC 8252 §7.3: only the port of a loopback literal may differ, in every reader's eyes.
        let [one, other] = [known, asked].map(|uri| Url::parse(uri).unwrap());
        for url in [&one, &other] {
            assert_eq!(url.scheme(), "http");
            assert!(matches!(url.host_str(), Some("127.0.0.1" | "[::1]")), "{url}");
            assert!(url.username().is_empty() && url.password().is_none());
        }
        assert_eq!(one.host_str(), other.host_str());
        assert_eq!((one.path(), one.query()), (other.path(), other.query()));
        assert_ne!(one.port_or_known_default(), None);
    }
    for is_native in [false, true] {
        if redirect::check(known, is_native).is_ok() {
            registrable(known, is_native);
        }
    }
}

/// What somebody may register leads nowhere but where it says.
fn registrable(uri: &str, is_native: bool) {
    let url = Url::parse(uri).unwrap();
    assert!(url.fragment().is_none() && !uri.contains(['#', '\\', '*']));
    assert!(url.username().is_empty() && url.password().is_none());
    match url.scheme() {
        "https" => {}
        "http" => {
            assert!(matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")), "{uri}");
        }
        own => {
            assert!(is_native && own.contains('.'), "{uri}");
            return;
        }
    }
    // The host that a plain reading finds is the one that a browser goes to.
    let authority = uri.split_once("://").unwrap().1.split(['/', '?']).next().unwrap();
    assert!(!authority.contains('@') && !authority.is_empty(), "{uri}");
    let answered = Url::parse(&format!("{uri}{}code=x", if uri.contains('?') { '&' } else { '?' }));
    assert_eq!(answered.unwrap().host_str(), url.host_str());
    assert!(url.query_pairs().all(|(name, _)| name != "code" && name != "state"), "{uri}");
}

/// An `Authorization` header; and two lines: an id and a secret.
pub fn basic(data: &[u8]) {
    let read = |value: HeaderValue| {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value);
        let found = inputs::basic(&headers).expect("there is a header");
        found.map(|(id, secret)| (id, secret.expose().to_owned()))
    };
    let write = |id: &str, secret: &str| {
        let encode =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encode(id), encode(secret)));
        HeaderValue::from_str(&format!("Basic {pair}")).unwrap()
    };
    if let Ok(value) = HeaderValue::from_bytes(data)
        && let Some((id, secret)) = read(value)
    {
        assert!(!id.is_empty() && !secret.is_empty());
        assert_eq!(read(write(&id, &secret)), Some((id, secret)));
    }
    let text = String::from_utf8_lossy(data);
    if let Some((id, secret)) = text.split_once('\n') {
        // RFC 6749 §2.3.1.
        let whole = !id.is_empty() && !secret.is_empty();
        let expected = whole.then(|| (id.to_owned(), secret.to_owned()));
        assert_eq!(read(write(id, secret)), expected);
    }
}

/// A query or a form.
pub fn params(data: &[u8]) {
    let params = Params::parse(data);
    let mut good = form_urlencoded::Serializer::new(String::new());
    let mut kept: Vec<(String, String)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in params.iter() {
        assert!(name == "resource" || !names.contains(&name), "{name} is there twice");
        names.push(name);
        if let Ok(value) = value {
            assert!(!value.is_empty() && value.len() <= 16 * 1024);
            assert!(!value.chars().any(char::is_control));
            if !has_odd_name(name) {
                good.append_pair(name, value);
                kept.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    assert!(names.len() <= 101, "{} are read", names.len());
    // What was read is what is written, and nothing is read into it.
    let again = Params::parse(good.finish().as_bytes());
    let read: Vec<(String, String)> =
        again.iter().map(|(name, value)| (name.to_owned(), value.unwrap().to_owned())).collect();
    assert_eq!(read, kept);
}

/// A name that is not UTF-8 or has control characters is kept as it came, to be named in an error.
fn has_odd_name(name: &str) -> bool {
    name.contains(['%', '+', char::REPLACEMENT_CHARACTER]) || name.chars().any(char::is_control)
}

/// `Cookie` headers, one a line.
pub fn cookies(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|&b| b == b'\n').take(4) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let sent: Vec<String> = headers.get_all(COOKIE).iter().map(text).collect();
    let name = cookies::SESSION;
    if let Some(value) = cookies::read(&headers, name) {
        // Two of one name with different values are none.
        let pairs = sent.iter().flat_map(|header| header.split(';')).map(str::trim);
        let same_name =
            pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| *key == name);
        let values: Vec<_> = same_name.map(|(_, value)| value).collect();
        assert!(!values.is_empty() && values.iter().all(|other| *other == value), "{values:?}");
    }
    if let Some(token) = cookies::read_token(&headers, name) {
        assert_eq!(cookies::read(&headers, name), Some(token.expose()));
        assert_eq!(URL_SAFE_NO_PAD.decode(token.expose()).map_or(32, |bytes| bytes.len()), 32);
    }
}

/// A value that nobody sealed; and, as edits, one that we sealed and somebody altered.
pub fn sealed(data: &[u8]) {
    let Parts { sealer, sealed, .. } = parts();
    let text = String::from_utf8_lossy(data);
    assert_eq!(sealer.open("flow", &text), None);
    let altered = edited(sealed, data);
    let opened = sealer.open("flow", &altered);
    assert_eq!(opened.is_some(), altered == *sealed, "{altered}");
    assert_eq!(sealer.open("another", &altered), None);
}

/// A token as it came; header, payload and signature on a line each, where `KID` stands for a key of
/// ours; and, as edits, a good one that somebody altered.
pub fn jwt(data: &[u8]) {
    let Parts { ring, keys, foreign, shared, good, .. } = parts();
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let mut part = || lines.next().unwrap_or_default();
    let (header, payload, signature) = (part(), part(), part());
    let refused = |token: &str| {
        for kind in TokenKind::ALL {
            assert!(ring.verify::<Value>(kind, token, 1).is_err(), "{token}");
        }
        assert!(foreign.verify(token, &Algorithm::ALL).is_err(), "{token}");
        assert!(foreign::verify_shared(token, shared).is_err(), "{token}");
    };
    refused(&text);
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    for key in keys {
        let header = encode(&header.replace("KID", key.kid()));
        let made = format!("{header}.{}.{}", encode(payload), encode(signature));
        refused(&made);
        if foreign::unsigned(&made).is_some() {
            assert!(signature.is_empty(), "what has a signature is not unsigned");
        }
    }
    for token in good {
        let altered = edited(token, data);
        let is_whole = altered == *token;
        let ours = ring.verify::<Value>(TokenKind::Access, &altered, 1);
        assert_eq!(ours.is_ok(), is_whole, "{altered}");
        let theirs = foreign.verify(&altered, &Algorithm::ALL);
        assert_eq!(theirs.is_ok(), is_whole, "{altered}");
        assert!(foreign::verify_shared(&altered, shared).is_err());
        assert!(ring.verify::<Value>(TokenKind::Refresh, &altered, 1).is_err(), "another kind");
    }
    if let Ok(set) = serde_json::from_slice::<Value>(data) {
        ForeignKeys::parse(&set).ok();
    }
}

/// The `claims` parameter; and the claims of a request object, which is JSON just the same.
pub fn claims(data: &[u8]) {
    let client = &parts().client;
    let text = String::from_utf8_lossy(data);
    if let Ok((wanted, _)) = ClaimsRequest::parse(&text, client) {
        for name in wanted.userinfo.iter().chain(&wanted.id_token) {
            let scope = scope_of(name).unwrap();
            assert!(client.scope.has(scope), "{name} is beyond what the client may ask for");
        }
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(data) else { return };
    let outside = Params::parse(b"client_id=app&response_type=code&scope=openid");
    let read = inputs::request_object("https://op.example", client, &outside, members, 1);
    if let Ok(params) = read {
        for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "request", "request_uri"] {
            assert!(!params.has(name), "{name} is no parameter of the request");
        }
        for (name, value) in params.iter() {
            assert!(!value.unwrap_or("-").chars().any(char::is_control), "{name}");
        }
    }
}

/// A text with characters replaced, inserted and taken out: four bytes an edit.
#[must_use]
pub fn edited(text: &str, edits: &[u8]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for edit in edits.chunks_exact(4).take(16) {
        let at = usize::from(u16::from_be_bytes([edit[1], edit[2]])) % text.len().max(1);
        let new = char::from(edit[3] % 128);
        match edit[0] % 4 {
            0 if !text.is_empty() => text[at] = new,
            1 => text.insert(at, new),
            2 if !text.is_empty() => drop(text.remove(at)),
            3 => text.truncate(at),
            _ => {}
        }
    }
    text.into_iter().collect()
}

/// Keys and values made when the process starts: nothing secret lies in a corpus.
struct Parts {
    ring: Ring,
    keys: Vec<Arc<SigningKey>>,
    foreign: ForeignKeys,
    shared: Secret,
    /// An access token of each algorithm.
    good: Vec<String>,
    sealer: Sealer,
    sealed: String,
    client: Client,
}

fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let sealer = Kek::open(directory.path(), false).unwrap().sealer("fuzz");
        let mut public = Vec::new();
        let mut keys = Vec::new();
        for algorithm in Algorithm::ALL {
            let made = NewKey::generate(algorithm, &sealer).unwrap();
            let (jwk, jwe) = (&made.public_jwk, &made.private_jwe);
            keys.push(Arc::new(SigningKey::open(&made.kid, algorithm, jwk, jwe, &sealer).unwrap()));
            public.push(serde_json::from_str::<Value>(jwk).unwrap());
        }
        let life = Life { signs_from: 0, signs_until: None, leaves_at: None, retired_at: None };
        let held = |key: &Arc<SigningKey>| RingKey { key: key.clone(), life };
        let body = json!({ "sub": "ada", "scope": "openid" });
        let metadata = ClientMetadata {
            redirect_uris: vec!["https://app.example/cb".to_owned()],
            scope: Some("openid email".to_owned()),
            ..ClientMetadata::default()
        };
        Parts {
            ring: Ring::new(keys.iter().map(held).collect()),
            foreign: ForeignKeys::parse(&json!({ "keys": public })).unwrap(),
            shared: Secret::new("a secret that nobody has guessed yet"),
            good: keys.iter().map(|key| key.sign(TokenKind::Access, &body).unwrap()).collect(),
            keys,
            sealed: sealer.seal("flow", b"what travels through a browser").unwrap(),
            sealer,
            client: Client::new("app".to_owned(), None, metadata).unwrap(),
        }
    })
}
