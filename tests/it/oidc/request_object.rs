//! Request objects by value (OIDC Core §6.1, RFC 9101).

use serde_json::{Value, json as value};

use super::code::{claims, redemption};
use super::signer::{Signer, register, unsigned};
use crate::browser::{Browser, CHALLENGE, Landing, query, request_with};
use crate::house::{CALLBACK, House, json};
use crate::on_both_databases;

struct App {
    id: String,
    secret: String,
    signer: Signer,
}

async fn app(house: &House, more: Value) -> App {
    let signer = Signer::new("first");
    let mut metadata = value!({ "redirect_uris": [CALLBACK], "jwks": signer.jwks() });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (id, secret) = register(house, metadata).await;
    App { id, secret, signer }
}

/// What stands inside of a good one.
fn inside(house: &House, app: &App) -> Value {
    let now = house.clock.now() / 1000;
    value!({
        "iss": app.id, "aud": house.issuer, "exp": now + 300, "iat": now, "nbf": now,
        "client_id": app.id, "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid email",
        "state": "inside", "nonce": "n-inside", "max_age": 3600,
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        "claims": { "id_token": { "email": null } },
    })
}

fn with(mut object: Value, changes: &Value) -> Value {
    for (name, changed) in changes.as_object().unwrap() {
        let members = object.as_object_mut().unwrap();
        if changed.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), changed.clone());
        }
    }
    object
}

fn carrying(app: &App, object: &str) -> Vec<(&'static str, String)> {
    request_with(&app.id, &[("request", object), ("state", "outside"), ("nonce", "n-outside")])
}

on_both_databases! {
    async fn oidc_core_6_1_parameters_inside_a_signed_object_win(house: House) {
        let app = app(&house, value!({})).await;
        let object = app.signer.sign(&inside(&house, &app));
        let url = Browser::new(&house).complete(&carrying(&app, &object)).await;
        let answer = query(&url);
        assert_eq!(answer["state"], "inside");
        let tokens = house.token((&app.id, &app.secret), &redemption(&answer["code"])).send().await.unwrap();
        let tokens = json(tokens, 200).await;
        assert_eq!(tokens["scope"], "openid email");
        let id = claims(&tokens["id_token"]);
        assert_eq!(id["nonce"], "n-inside");
        assert_eq!(id["email"], "ada@example.com", "a document inside is read as one");
    }
}

on_both_databases! {
    async fn conformance_27_a_redirect_uri_inside_that_is_not_registered_is_a_page(house: House) {
        let app = app(&house, value!({})).await;
        let object = with(inside(&house, &app), &value!({ "redirect_uri": "https://evil.example/" }));
        let object = app.signer.sign(&object);
        let Landing::Page(page) = Browser::new(&house).authorize(&carrying(&app, &object)).await else { panic!("away") };
        assert_eq!(page.status, 400);
        assert!(page.html.contains("redirect_uri"));
    }
}

on_both_databases! {
    async fn rfc9101_6_an_object_that_does_not_hold_is_refused(house: House) {
        let app = app(&house, value!({})).await;
        let now = house.clock.now() / 1000;
        let good = inside(&house, &app);
        let sign = |changes: Value| app.signer.sign(&with(good.clone(), &changes));
        let stranger = Signer::new("first");
        let tampered = {
            let token = sign(value!({}));
            let mut parts: Vec<&str> = token.split('.').collect();
            let other = sign(value!({ "scope": "openid phone" }));
            let payload = other.split('.').nth(1).unwrap().to_owned();
            parts[1] = &payload;
            parts.join(".")
        };
        let cases = [
            ("another's key", stranger.sign(&good)),
            ("tampered with", tampered),
            ("unsigned", unsigned(&good)),
            ("none at all", "a.b.c".to_owned()),
            ("of another issuer", sign(value!({ "iss": "web" }))),
            ("of another client", sign(value!({ "client_id": "web" }))),
            ("for another server", sign(value!({ "aud": "https://elsewhere.example" }))),
            ("expired", sign(value!({ "exp": now }))),
            ("an expiry of the wrong type", sign(value!({ "exp": true }))),
            ("not valid yet", sign(value!({ "nbf": now + 61 }))),
            ("an object in an object", sign(value!({ "request": "x" }))),
            ("a reference in an object", sign(value!({ "request_uri": "urn:x" }))),
            ("a client assertion", sign(value!({ "sub": app.id }))),
            ("another response type", sign(value!({ "response_type": "code id_token" }))),
        ];
        let browser = Browser::new(&house);
        for (what, object) in cases {
            let Landing::Away(url) = browser.authorize(&carrying(&app, &object)).await else { panic!("{what}: a page") };
            let answer = query(&url);
            assert_eq!(answer["error"], "invalid_request_object", "{what}");
            assert_eq!(answer["state"], "outside", "{what}: nothing inside is believed");
        }
        // An array of audiences, and a clock 8 seconds ahead, are fine (conformance 55).
        let fine = sign(value!({ "aud": ["https://elsewhere.example", house.issuer], "nbf": now + 8 }));
        assert!(matches!(browser.authorize(&carrying(&app, &fine)).await, Landing::Page(page) if page.status == 200));
    }
}

on_both_databases! {
    async fn an_unsigned_object_is_taken_of_a_client_that_is_registered_for_none(house: House) {
        let app = app(&house, value!({ "request_object_signing_alg": "none" })).await;
        let object = unsigned(&inside(&house, &app));
        let url = Browser::new(&house).complete(&carrying(&app, &object)).await;
        assert_eq!(query(&url)["state"], "inside");
    }
}

on_both_databases! {
    async fn rfc9101_10_5_of_a_client_that_must_sign_nothing_outside_counts(house: House) {
        let app = app(&house, value!({ "require_signed_request_object": true })).await;
        let browser = Browser::new(&house);
        let Landing::Away(url) = browser.authorize(&request_with(&app.id, &[])).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "invalid_request");
        let object = app.signer.sign(&with(inside(&house, &app), &value!({ "state": null })));
        let answer = query(&browser.complete(&carrying(&app, &object)).await);
        assert!(!answer.contains_key("state"), "a state only outside is not returned");
        assert!(answer.contains_key("code"));
        let incomplete = app.signer.sign(&with(inside(&house, &app), &value!({ "scope": null })));
        let Landing::Away(url) = browser.authorize(&carrying(&app, &incomplete)).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "invalid_scope");
    }
}

on_both_databases! {
    async fn an_object_may_be_pushed(house: House) {
        let app = app(&house, value!({})).await;
        let object = app.signer.sign(&inside(&house, &app));
        let form = [("client_id", app.id.as_str()), ("request", &object)];
        let pushed = house.http.post(house.url("/par")).basic_auth(&app.id, Some(&app.secret)).form(&form);
        let answer = json(pushed.send().await.unwrap(), 201).await;
        let reference = answer["request_uri"].as_str().unwrap().to_owned();
        let params = [("client_id", app.id.clone()), ("request_uri", reference)];
        assert_eq!(query(&Browser::new(&house).complete(&params).await)["state"], "inside");
    }
}
