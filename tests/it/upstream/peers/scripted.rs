//! An OpenID provider that is as it should be until a test has it say something else: its metadata, its
//! answers, its ID tokens and how they are signed, and whether it answers at all.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::core::Clock;
use josekit::jwk::Jwk;
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{self, JwsSigner};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use super::{CLIENT, Params, basic, challenge, params};

/// Made once for all: what counts is which of them signs, and under which name.
static KEYS: LazyLock<[Jwk; 2]> =
    LazyLock::new(|| std::array::from_fn(|_| Jwk::generate_rsa_key(2048).unwrap()));

static RUNNING: AtomicU32 = AtomicU32::new(0);

/// What a test does to one of its documents.
pub type Edit = Box<dyn Fn(&mut Value) + Send>;

/// Sets a member.
pub fn set(name: &'static str, value: impl Into<Value>) -> Edit {
    let value = value.into();
    Box::new(move |document| document[name] = value.clone())
}

/// Leaves a member out.
pub fn without(name: &'static str) -> Edit {
    Box::new(move |document| {
        document.as_object_mut().unwrap().remove(name);
    })
}

/// Whatever else.
pub fn own(edit: impl Fn(&mut Value) + Send + 'static) -> Edit {
    Box::new(edit)
}

fn nothing() -> Edit {
    Box::new(|_| {})
}

/// How ID tokens are signed.
pub enum Signature {
    /// With the key that the JWKS shows.
    Own,
    /// With another one, under the same name.
    Stranger,
    /// With the algorithm `none`.
    None,
    /// With HS256 and these bytes.
    Hmac(Vec<u8>),
    /// As `Own`, and then the claims changed.
    Broken,
}

/// What an endpoint does instead of answering.
#[derive(Clone)]
pub enum Instead {
    /// Answers with this status and this text, which it says is JSON.
    Says(u16, String),
    /// Sends whoever asks elsewhere.
    Sends(String),
    /// Answers as it should, so much later.
    Waits(Duration),
}

/// What the provider says; a test changes it as it likes.
pub struct Script {
    /// The claims of the person who is there, `sub` included.
    pub person: Value,
    pub metadata: Edit,
    pub jwks: Edit,
    /// The parameters that the person comes back with (RFC 6749 §4.1.2).
    pub answer: Edit,
    pub tokens: Edit,
    pub header: Edit,
    pub claims: Edit,
    pub userinfo: Edit,
    pub signature: Signature,
    /// What its clock says with each answer (RFC 9110 §6.6.1), if not what ours does.
    pub date: Option<String>,
    /// By the endpoint's name: `discovery`, `jwks`, `token`, `userinfo`.
    pub instead: HashMap<&'static str, Instead>,
    /// What the key is called, and which of them it is.
    pub key: (String, usize),
    codes: HashMap<String, Params>,
    asked: HashMap<&'static str, u32>,
    last: HashMap<&'static str, Params>,
    clock: Clock,
}

/// A provider that runs as long as the test does.
pub struct Scripted {
    pub issuer: String,
    script: Arc<Mutex<Script>>,
    serving: JoinHandle<()>,
}

impl Scripted {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}/guild/", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script {
            person: json!({ "sub": "mia", "name": "Mia", "email": "mia@example.com", "email_verified": true }),
            metadata: nothing(),
            jwks: nothing(),
            answer: nothing(),
            tokens: nothing(),
            header: nothing(),
            claims: nothing(),
            userinfo: nothing(),
            signature: Signature::Own,
            date: None,
            instead: HashMap::new(),
            key: ("first".to_owned(), 0),
            codes: HashMap::new(),
            asked: HashMap::new(),
            last: HashMap::new(),
            clock: Clock::default(),
        }));
        let door = Door { issuer: issuer.clone(), script: script.clone() };
        let router = axum::Router::new().fallback(answer).with_state(door);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { issuer, script, serving }
    }

    /// From now on it says something else.
    pub fn lie(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    /// From now on it is as it should be, to this person.
    pub fn repent(&self) {
        self.lie(|script| {
            for edit in [
                &mut script.metadata,
                &mut script.jwks,
                &mut script.answer,
                &mut script.tokens,
                &mut script.header,
                &mut script.claims,
                &mut script.userinfo,
            ] {
                *edit = nothing();
            }
            script.signature = Signature::Own;
            script.date = None;
            script.instead.clear();
        });
    }

    /// Somebody else is there.
    pub fn person(&self, claims: Value) {
        self.lie(|script| script.person = claims);
    }

    /// Goes by this clock.
    pub fn keep_time(&self, clock: &Clock) {
        self.lie(|script| script.clock = clock.clone());
    }

    /// Nobody listens there any more.
    pub async fn close(&mut self) {
        self.serving.abort();
        (&mut self.serving).await.unwrap_err();
    }

    /// How often an endpoint was asked.
    pub fn asked(&self, endpoint: &str) -> u32 {
        self.script.lock().unwrap().asked.get(endpoint).copied().unwrap_or_default()
    }

    /// The parameters with which it was asked last.
    pub fn last(&self, endpoint: &str) -> Params {
        self.script.lock().unwrap().last.get(endpoint).cloned().unwrap_or_default()
    }

    /// A token that it signs as it signs its ID tokens.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.script.lock().unwrap().sign(header, claims)
    }

    /// Now, in seconds.
    pub fn now(&self) -> i64 {
        self.script.lock().unwrap().now()
    }

    /// The table of the configuration that names it.
    pub fn toml(&self, id: &str, more: &str) -> String {
        let (issuer, (client_id, secret)) = (&self.issuer, CLIENT);
        format!(
            "[[upstreams]]\nid = \"{id}\"\nname = \"The {id}\"\nkind = \"oidc\"\nissuer = \"{issuer}\"\n\
             client_id = \"{client_id}\"\nclient_secret = \"{secret}\"\n{more}\n"
        )
    }

    /// The public key, as a file has it: what an HMAC must not be keyed with (RFC 8725 §2.1).
    pub fn public_pem() -> Vec<u8> {
        RsaKeyPair::from_jwk(&KEYS[0]).unwrap().to_pem_public_key()
    }
}

/// HS256 with any bytes: the library refuses short ones, and whoever forges a token does not.
fn hmac(bytes: &[u8], header: &Value, claims: &Value) -> String {
    let mut header = header.clone();
    header["alg"] = json!("HS256");
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(&header), encode(claims));
    let key = openssl::pkey::PKey::hmac(bytes).unwrap();
    let digest = openssl::hash::MessageDigest::sha256();
    let mut signer = openssl::sign::Signer::new(digest, &key).unwrap();
    signer.update(text.as_bytes()).unwrap();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signer.sign_to_vec().unwrap()))
}

#[derive(Clone)]
struct Door {
    issuer: String,
    script: Arc<Mutex<Script>>,
}

async fn answer(State(door): State<Door>, request: Request) -> Response {
    let path = format!(
        "http://{}{}",
        request.headers()[header::HOST].to_str().unwrap(),
        request.uri().path()
    );
    let endpoint = match path.strip_prefix(&door.issuer) {
        Some(".well-known/openid-configuration") => "discovery",
        Some("jwks") => "jwks",
        Some("authorize") => "authorize",
        Some("token") => "token",
        Some("userinfo") => "userinfo",
        Some("revoke") => "revoke",
        Some("end") => "end",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let query = request.uri().query().unwrap_or_default().to_owned();
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map(|it| it.to_str().unwrap().to_owned()).unwrap_or_default();
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let asked = if body.is_empty() { params(query.as_bytes()) } else { params(&body) };
    let instead = {
        let mut script = door.script.lock().unwrap();
        *script.asked.entry(endpoint).or_default() += 1;
        script.last.insert(endpoint, asked.clone());
        script.instead.get(endpoint).cloned()
    };
    match instead {
        Some(Instead::Says(status, text)) => return document(status, text),
        Some(Instead::Sends(to)) => return see(&to, StatusCode::FOUND),
        Some(Instead::Waits(time)) => tokio::time::sleep(time).await,
        None => {}
    }
    let mut script = door.script.lock().unwrap();
    match endpoint {
        "discovery" => {
            let mut response = said(200, &script.metadata(&door.issuer));
            if let Some(date) = &script.date {
                response.headers_mut().insert(header::DATE, date.parse().unwrap());
            }
            response
        }
        "jwks" => said(200, &script.jwks()),
        "authorize" => script.authorize(&door.issuer, asked),
        "token" => {
            let told = script.token(&door.issuer, &authorization, &asked);
            told.map_or_else(
                |error| said(400, &json!({ "error": error })),
                |tokens| said(200, &tokens),
            )
        }
        "userinfo" if authorization == "Bearer the access token" => {
            let mut claims = script.person.clone();
            (script.userinfo)(&mut claims);
            said(200, &claims)
        }
        "userinfo" => said(401, &json!({ "error": "invalid_token" })),
        "revoke" if authorization != basic() => said(401, &json!({ "error": "invalid_client" })),
        _ => said(200, &json!({})),
    }
}

/// One request for one connection, so that whoever is closed is gone.
fn document(status: u16, text: String) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONNECTION, "close")
        .body(Body::from(text))
        .unwrap()
}

fn said(status: u16, document_of: &Value) -> Response {
    document(status, document_of.to_string())
}

fn see(to: &str, status: StatusCode) -> Response {
    (status, [(header::LOCATION, to), (header::CONNECTION, "close")]).into_response()
}

impl Script {
    fn now(&self) -> i64 {
        self.clock.now() / 1000
    }

    fn metadata(&self, issuer: &str) -> Value {
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}authorize"),
            "token_endpoint": format!("{issuer}token"),
            "userinfo_endpoint": format!("{issuer}userinfo"),
            "jwks_uri": format!("{issuer}jwks"),
            "revocation_endpoint": format!("{issuer}revoke"),
            "end_session_endpoint": format!("{issuer}end"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
        });
        (self.metadata)(&mut metadata);
        metadata
    }

    fn jwks(&self) -> Value {
        let (kid, of) = &self.key;
        let mut public = serde_json::to_value(KEYS[*of].to_public_key().unwrap()).unwrap();
        public["kid"] = json!(kid);
        public["use"] = json!("sig");
        public["alg"] = json!("RS256");
        let mut jwks = json!({ "keys": [public] });
        (self.jwks)(&mut jwks);
        jwks
    }

    /// RFC 6749 §4.1.1 and §4.1.2: whoever is there says yes at once.
    fn authorize(&mut self, issuer: &str, asked: Params) -> Response {
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let is_whole = of("response_type") == "code"
            && of("client_id") == CLIENT.0
            && of("scope").split(' ').any(|scope| scope == "openid")
            && of("code_challenge").len() == 43
            && of("code_challenge_method") == "S256"
            && !of("nonce").is_empty()
            && !of("state").is_empty();
        let Ok(mut url) = Url::parse(of("redirect_uri")) else { return said(400, &json!(asked)) };
        if !is_whole {
            return said(400, &json!(asked));
        }
        let code = format!("code-{}", RUNNING.fetch_add(1, Ordering::Relaxed));
        let mut answer = json!({ "code": code, "state": of("state"), "iss": issuer });
        self.codes.insert(code, asked);
        (self.answer)(&mut answer);
        for (name, value) in answer.as_object().unwrap() {
            url.query_pairs_mut().append_pair(name, value.as_str().unwrap());
        }
        see(url.as_str(), StatusCode::SEE_OTHER)
    }

    /// RFC 6749 §4.1.3 and §4.1.4, RFC 7636 §4.6.
    fn token(
        &mut self,
        issuer: &str,
        authorization: &str,
        asked: &Params,
    ) -> Result<Value, &'static str> {
        if authorization != basic() {
            return Err("invalid_client");
        }
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let nonce = match of("grant_type") {
            "authorization_code" => {
                let before = self.codes.remove(of("code")).ok_or("invalid_grant")?;
                if challenge(of("code_verifier")) != before["code_challenge"]
                    || of("redirect_uri") != before["redirect_uri"]
                {
                    return Err("invalid_grant");
                }
                json!(before["nonce"])
            }
            "refresh_token" if of("refresh_token") == "the refresh token" => Value::Null,
            _ => return Err("invalid_grant"),
        };
        let access = "the access token";
        let half = &openssl::sha::sha256(access.as_bytes())[..16];
        let mut claims = self.person.clone();
        // Some claims come by userinfo alone (OIDC Core §5.4), so that we have a reason to ask it.
        claims.as_object_mut().unwrap().remove("name");
        let more = json!({
            "iss": issuer, "aud": CLIENT.0, "iat": self.now(), "exp": self.now() + 300,
            "auth_time": self.now(), "nonce": nonce, "at_hash": URL_SAFE_NO_PAD.encode(half),
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (self.claims)(&mut claims);
        let mut header = json!({ "alg": "RS256", "kid": self.key.0 });
        (self.header)(&mut header);
        let mut tokens = json!({
            "access_token": access, "refresh_token": "the refresh token", "token_type": "Bearer",
            "expires_in": 300, "id_token": self.sign(&header, &claims),
        });
        (self.tokens)(&mut tokens);
        Ok(tokens)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let (kid, of) = (&self.key.0, self.key.1);
        let rsa = |of: usize| -> Box<dyn JwsSigner> {
            Box::new(jws::RS256.signer_from_jwk(&KEYS[of]).unwrap())
        };
        let signs: Option<Box<dyn JwsSigner>> = match &self.signature {
            Signature::Own | Signature::Broken => Some(rsa(of)),
            Signature::Stranger => Some(rsa(1 - of)),
            Signature::None => None,
            Signature::Hmac(bytes) => return hmac(bytes, header, claims),
        };
        let mut header = header.clone();
        header["alg"] = json!(signs.as_ref().map_or("none", |it| it.algorithm().name()));
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = signs.map(|it| it.sign(signed.as_bytes()).unwrap());
        let signature = URL_SAFE_NO_PAD.encode(signature.unwrap_or_default());
        if matches!(self.signature, Signature::Broken) {
            let mut others = claims.clone();
            others["name"] = json!(kid);
            return format!("{}.{}.{signature}", encode(&header), encode(&others));
        }
        format!("{signed}.{signature}")
    }
}
