//! Every endpoint, every parameter, wrong in every way: an answer in the endpoint's own shape, and
//! never a fault of ours.

use reqwest::{Method, Response};
use serde_json::{Value, json as value};

use super::bad_input::{FORM, body, flaws};
use super::code::redemption;
use crate::browser::{Browser, request};
use crate::house::{CALLBACK, House, WEB, json};
use crate::on_both_databases;

/// How an endpoint's errors look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// RFC 6749 §5.2, RFC 6750 §3, RFC 7591 §3.2.2: JSON with an `error`.
    Json,
    /// A page, or a redirect to the app or to the next page.
    Page,
}

struct Endpoint {
    method: &'static str,
    path: &'static str,
    shape: Shape,
    /// With the client's credentials in a header.
    as_client: bool,
    params: Vec<(&'static str, String)>,
}

impl Endpoint {
    /// The request with this query or body.
    fn ask(&self, house: &House, params: &str) -> reqwest::RequestBuilder {
        if self.method == "GET" {
            return house.http.get(house.url(&format!("{}?{params}", self.path)));
        }
        let asked = house.http.post(house.url(self.path)).header("content-type", FORM);
        let asked = if self.as_client { asked.basic_auth(WEB.0, Some(WEB.1)) } else { asked };
        asked.body(params.to_owned())
    }
}

async fn assert_shape(shape: Shape, what: &str, answer: Response) {
    let status = answer.status().as_u16();
    assert!(status < 500, "{what}: {status}");
    let header =
        |name: &str| answer.headers().get(name).map_or("", |v| v.to_str().unwrap()).to_owned();
    let (kind, location) = (header("content-type"), header("location"));
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    if answer.status().is_redirection() {
        assert_eq!(shape, Shape::Page, "{what}: sent to {location}");
        assert!(
            location.starts_with(CALLBACK)
                || location.starts_with('/') && !location.starts_with("//"),
            "{what}: {location}"
        );
        return;
    }
    if status < 400 {
        return;
    }
    let challenge = header("www-authenticate");
    let text = answer.text().await.unwrap();
    for ours in ["panicked", "src/", "sqlx", "SELECT ", "sea_orm"] {
        assert!(!text.contains(ours), "{what}: {text}");
    }
    match shape {
        Shape::Page => {
            assert!(
                kind.starts_with("text/html") && text.contains("<h1"),
                "{what}: {status} {kind} {text}"
            );
        }
        Shape::Json => {
            assert_eq!(kind, "application/json", "{what}: {status} {text}");
            let told: Value = serde_json::from_str(&text).unwrap();
            // RFC 6750 §3.1: of a request without any credential no error is told.
            let is_bare = status == 401 && !challenge.is_empty();
            assert!(told["error"].is_string() || is_bare, "{what}: {status} {text}");
            let description = told["error_description"].as_str().unwrap_or_default();
            let is_allowed = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
            assert!(
                description.chars().all(is_allowed),
                "RFC 6749 section 5.2: {what}: {description}"
            );
        }
    }
}

/// Of an authorization request, all that there is.
fn everything(hint: &str) -> Vec<(&'static str, String)> {
    let mut params = request("web");
    for (name, value) in [
        ("prompt", "none"),
        ("max_age", "10000"),
        ("display", "page"),
        ("ui_locales", "en fr"),
        ("claims_locales", "en"),
        ("login_hint", "ada@example.com"),
        ("acr_values", "1"),
        ("response_mode", "query"),
        ("id_token_hint", hint),
        ("claims", "{\"userinfo\":{\"email\":null}}"),
        ("resource", "https://api.example/"),
        ("request", "e30.e30.e30"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x"),
        ("registration", "{}"),
        ("dpop_jkt", "x"),
        ("unknown", "x"),
    ] {
        params.push((name, value.to_owned()));
    }
    params
}

fn owned(params: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    params.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn endpoints(tokens: &Value, code: &str) -> Vec<Endpoint> {
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    let by = |method, path, shape, params| Endpoint {
        method,
        path,
        shape,
        as_client: shape == Shape::Json,
        params,
    };
    let all = everything(&text("id_token"));
    let plain: Vec<_> = all
        .iter()
        .filter(|(name, _)| !["request", "request_uri", "resource"].contains(name))
        .cloned()
        .collect();
    let form = owned(&[
        ("email", "ada@example.com"),
        ("password", "x"),
        ("name", "x"),
        ("flow", "x"),
        ("action", "allow"),
        ("form", "x"),
        ("lang", "en"),
    ]);
    let logout = owned(&[
        ("id_token_hint", &text("id_token")),
        ("post_logout_redirect_uri", CALLBACK),
        ("client_id", "web"),
        ("state", "x"),
        ("logout_hint", "ada"),
        ("ui_locales", "en"),
    ]);
    let redeem =
        redemption(code).into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    let refresh = owned(&[
        ("grant_type", "refresh_token"),
        ("refresh_token", "x"),
        ("scope", "openid"),
        ("resource", "https://api.example/"),
        ("client_id", "web"),
    ]);
    let own = owned(&[
        ("grant_type", "client_credentials"),
        ("scope", "api:read"),
        ("client_assertion", "x"),
        ("client_assertion_type", "x"),
        ("client_secret", "x"),
    ]);
    let token = owned(&[
        ("token", &text("access_token")),
        ("token_type_hint", "access_token"),
        ("client_id", "web"),
    ]);
    let mut endpoints = vec![
        by("GET", "/authorize", Shape::Page, all.clone()),
        by("GET", "/authorize", Shape::Page, plain.clone()),
        by("POST", "/authorize", Shape::Page, plain.clone()),
        by("GET", "/authorize/continue", Shape::Page, owned(&[("flow", "x"), ("lang", "fr")])),
        by("GET", "/logout", Shape::Page, logout.clone()),
        by("POST", "/logout", Shape::Page, logout),
        by("POST", "/token", Shape::Json, redeem),
        by("POST", "/token", Shape::Json, refresh),
        by("POST", "/token", Shape::Json, own),
        by("POST", "/par", Shape::Json, all),
        by("POST", "/par", Shape::Json, plain),
        by("POST", "/introspect", Shape::Json, token.clone()),
        by("POST", "/revoke", Shape::Json, token),
        by("GET", "/userinfo", Shape::Json, owned(&[("access_token", "x"), ("schema", "openid")])),
    ];
    let mut userinfo = by("POST", "/userinfo", Shape::Json, owned(&[("access_token", "x")]));
    userinfo.as_client = false;
    endpoints.push(userinfo);
    for path in ["/sign-in", "/sign-up", "/sign-out", "/consent", "/select-account"] {
        endpoints.push(by("GET", path, Shape::Page, form.clone()));
        endpoints.push(by("POST", path, Shape::Page, form.clone()));
    }
    endpoints
}

async fn tokens(house: &House) -> (Value, String) {
    let browser = Browser::new(house);
    let code = browser.code(&request("web")).await;
    let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
    (tokens, browser.code(&request("web")).await)
}

on_both_databases! {
    async fn every_parameter_of_every_endpoint_wrong_in_every_way(house: House) {
        let (tokens, code) = tokens(&house).await;
        for endpoint in endpoints(&tokens, &code) {
            for (name, value) in &endpoint.params {
                let mut ways = flaws(name, value);
                ways.extend([
                    ("a list", Some(format!("{name}[]=a&{name}[0]=b"))),
                    ("broken escapes", Some(format!("{name}=%&{name}x=%zz"))),
                    ("a line break", Some(format!("{name}=a%0d%0aset-cookie:%20x=y"))),
                    ("a number too long", Some(format!("{name}={}", "9".repeat(400)))),
                    ("markup", Some(format!("{name}=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"))),
                    ("only a name", Some((*name).to_owned())),
                    ("a separator", Some(format!("{name}=a;b=c,%20d|e"))),
                    ("from right to left", Some(format!("{name}=%e2%80%ae%ef%bb%bf"))),
                ]);
                for (what, flaw) in ways {
                    let params = body(&endpoint.params, name, flaw.as_deref());
                    let what = format!("{} {} {name} {what}", endpoint.method, endpoint.path);
                    let answer = endpoint.ask(&house, &params).send().await.unwrap();
                    assert_shape(endpoint.shape, &what, answer).await;
                }
            }
        }
        assert_eq!(house.userinfo(tokens["access_token"].as_str().unwrap()).await.status(), 401, "revoked on the way, as asked");
    }
}

on_both_databases! {
    async fn every_body_method_and_media_type_that_an_endpoint_does_not_take(house: House) {
        let (tokens, code) = tokens(&house).await;
        let huge = "x=".to_owned() + &"x".repeat(70_000);
        let bodies: [(&str, Vec<u8>); 8] = [
            (FORM, Vec::new()), (FORM, huge.into_bytes()), (FORM, vec![0, 255, 254, b'=', 0]), ("application/json", b"{}".to_vec()),
            ("text/plain", b"a=b".to_vec()), ("multipart/form-data; boundary=x", b"--x--".to_vec()), ("", b"a=b".to_vec()),
            ("application/x-www-form-urlencoded; charset=utf-16", b"a=b".to_vec()),
        ];
        for endpoint in endpoints(&tokens, &code) {
            for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "PROPFIND", "TRACE", "FOO"] {
                for (kind, body) in &bodies {
                    let method = Method::from_bytes(method.as_bytes()).unwrap();
                    let what = format!("{method} {} {kind} {} bytes", endpoint.path, body.len());
                    let mut asked = house.http.request(method, house.url(endpoint.path));
                    if !kind.is_empty() {
                        asked = asked.header("content-type", *kind);
                    }
                    let answer = asked.header("accept", "\"odd\";;q=x").body(body.clone()).send().await.unwrap();
                    assert_shape(endpoint.shape, &what, answer).await;
                }
            }
        }
    }
}

const MEMBERS: [&str; 30] = [
    "redirect_uris",
    "client_name",
    "client_name#fr",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
    "grant_types",
    "response_types",
    "application_type",
    "subject_type",
    "scope",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "request_object_signing_alg",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "require_auth_time",
    "default_max_age",
    "default_acr_values",
    "initiate_login_uri",
    "request_uris",
    "post_logout_redirect_uris",
    "sector_identifier_uri",
    "software_statement",
];

on_both_databases! {
    async fn every_member_of_a_registration_of_every_type(house: House) {
        let values = [
            Value::Null, value!(true), value!(-1), value!(1.5e300), value!(""), value!("x".repeat(5_000)), value!("a\u{0}\r\nb"), value!("\u{202e}\u{feff}"),
            value!([]), value!([null]), value!([5, {}]), value!([["a"]]), value!({}), value!({ "keys": [{ "kty": "RSA", "n": "", "e": "" }] }),
            value!(["https://a.example/\u{e9}"]), value!("https://[::1"), value!(vec!["x"; 200]),
        ];
        for member in MEMBERS {
            for wrong in &values {
                let mut metadata = value!({ "redirect_uris": [CALLBACK] });
                metadata[member] = wrong.clone();
                let what = format!("{member} {}", &wrong.to_string().chars().take(60).collect::<String>());
                let answer = house.http.post(house.url("/register")).json(&metadata).send().await.unwrap();
                assert_shape(Shape::Json, &what, answer).await;
            }
        }
    }
}
