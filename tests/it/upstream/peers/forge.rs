//! A provider that speaks OAuth 2 and nothing more, as GitHub does: people have numbers, addresses stand
//! in a list of their own, JSON comes only to those who ask for it, and a refusal has the status 200.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use super::{CLIENT, Params, challenge, params};

struct Ledger {
    user: Value,
    emails: Value,
    codes: HashMap<String, Params>,
    /// Of each request, the endpoint's path and the parameters.
    asked: Vec<(String, Params)>,
    /// A code is refused, whatever it is.
    is_strict: bool,
}

/// A forge that runs as long as the test does.
pub struct Forge {
    pub origin: String,
    ledger: Arc<Mutex<Ledger>>,
}

impl Forge {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let ledger = Arc::new(Mutex::new(Ledger {
            user: json!({
                "id": 583_231, "login": "octocat", "name": "Mona", "email": null,
                "avatar_url": "https://avatars.example/u/583231",
            }),
            emails: json!([
                { "email": "mona@old.example", "primary": false, "verified": true },
                { "email": "mona@example.com", "primary": true, "verified": true },
            ]),
            codes: HashMap::new(),
            asked: Vec::new(),
            is_strict: false,
        }));
        let router = axum::Router::new().fallback(answer).with_state(ledger.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, ledger }
    }

    /// Who is there, as `/user` shows them.
    pub fn user(&self, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.ledger.lock().unwrap().user);
    }

    /// Their addresses: `[{email, primary, verified}]`.
    pub fn emails(&self, list: Value) {
        self.ledger.lock().unwrap().emails = list;
    }

    /// Refuses every code from now on.
    pub fn refuse_codes(&self) {
        self.ledger.lock().unwrap().is_strict = true;
    }

    /// The parameters of the requests for a path so far.
    pub fn asked(&self, path: &str) -> Vec<Params> {
        let asked = &self.ledger.lock().unwrap().asked;
        asked.iter().filter(|(at, _)| at == path).map(|(_, params)| params.clone()).collect()
    }

    /// The table of the configuration that names it.
    pub fn toml(&self, id: &str, more: &str) -> String {
        let (origin, (client_id, secret)) = (&self.origin, CLIENT);
        format!(
            "[[upstreams]]\nid = \"{id}\"\nname = \"The {id}\"\nkind = \"oauth2\"\n\
             authorization_endpoint = \"{origin}/login/oauth/authorize\"\n\
             token_endpoint = \"{origin}/login/oauth/access_token\"\n\
             userinfo_endpoint = \"{origin}/user\"\nemails_endpoint = \"{origin}/user/emails\"\n\
             client_id = \"{client_id}\"\nclient_secret = \"{secret}\"\n\
             client_auth = \"client_secret_post\"\nscopes = [\"read:user\", \"user:email\"]\n\
             claims = {{ sub = \"id\", preferred_username = \"login\", picture = \"avatar_url\" }}\n{more}\n"
        )
    }
}

async fn answer(State(ledger): State<Arc<Mutex<Ledger>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let headers = request.headers().clone();
    let body = to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let asked = if body.is_empty() { params(query.as_bytes()) } else { params(&body) };
    let mut ledger = ledger.lock().unwrap();
    ledger.asked.push((path.clone(), asked.clone()));
    match path.as_str() {
        "/login/oauth/authorize" => ledger.authorize(asked),
        "/login/oauth/access_token" => {
            let told = ledger.token(&asked);
            // A program that does not say that it wants JSON gets a form.
            if accepts_json(&headers) {
                return (
                    StatusCode::OK,
                    [(header::CONTENT_TYPE, "application/json")],
                    told.to_string(),
                )
                    .into_response();
            }
            let form = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(
                    told.as_object()
                        .unwrap()
                        .iter()
                        .map(|(name, value)| (name, value.as_str().unwrap())),
                )
                .finish();
            ([(header::CONTENT_TYPE, "application/x-www-form-urlencoded")], form).into_response()
        }
        // Its interface turns away whoever does not say who they are.
        "/user" | "/user/emails" if !headers.contains_key(header::USER_AGENT) => {
            (StatusCode::FORBIDDEN, "Please make sure your request has a User-Agent header")
                .into_response()
        }
        "/user" | "/user/emails"
            if headers.get(header::AUTHORIZATION).is_none_or(|it| it != "Bearer gho_access") =>
        {
            (StatusCode::UNAUTHORIZED, json!({ "message": "Bad credentials" }).to_string())
                .into_response()
        }
        "/user" => json_of(&ledger.user),
        "/user/emails" => json_of(&ledger.emails),
        "/revoke" => StatusCode::OK.into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn accepts_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).map(|it| it.to_str().unwrap()).unwrap_or_default();
    accept.contains("application/json")
}

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}

impl Ledger {
    fn authorize(&mut self, asked: Params) -> Response {
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let is_whole = of("client_id") == CLIENT.0
            && of("code_challenge_method") == "S256"
            && of("scope") == "read:user user:email"
            && !of("state").is_empty();
        let Ok(mut url) = Url::parse(of("redirect_uri")) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        if !is_whole {
            return (StatusCode::BAD_REQUEST, format!("{asked:?}")).into_response();
        }
        let code = format!("{:020x}", 0x5eed + self.asked.len());
        url.query_pairs_mut().append_pair("code", &code).append_pair("state", of("state"));
        self.codes.insert(code, asked);
        (StatusCode::FOUND, [(header::LOCATION, url.as_str())]).into_response()
    }

    fn token(&mut self, asked: &Params) -> Value {
        let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
        let refused = |error: &str, words: &str| json!({ "error": error, "error_description": words, "error_uri": "https://docs.example/x" });
        if (of("client_id"), of("client_secret")) != CLIENT {
            return refused(
                "incorrect_client_credentials",
                "The client_id and/or client_secret passed are incorrect.",
            );
        }
        let before = self.codes.remove(of("code")).filter(|before| {
            !self.is_strict
                && challenge(of("code_verifier")) == before["code_challenge"]
                && of("redirect_uri") == before["redirect_uri"]
        });
        match before {
            Some(before) => {
                json!({ "access_token": "gho_access", "token_type": "bearer", "scope": before["scope"] })
            }
            None => refused("bad_verification_code", "The code passed is incorrect or expired."),
        }
    }
}
