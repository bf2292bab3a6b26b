//! npm `openid-client`, whose tokens npm `jose` checks once more.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{Program, app, ask, check_app, node, path, sign_in_by, start, state, visit};
use crate::browser::{Browser, Page};
use crate::host::Host;
use crate::house::{Db, EMAIL, House};
use crate::oidc::code::claims;
use crate::oidc::signer::register;
use crate::on_both_databases;

const API: &str = "https://api.example/";

/// npm `jose`, in a process of its own: signature by the JWKS, `typ`, `iss`, `aud`.
async fn verify_with_jose(house: &House, tokens: &Value) {
    let mut child = Command::new(node())
        .arg(path("tests/rp/verify.mjs"))
        .arg(&house.issuer)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(tokens.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "jose refused a token of ours");
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(read["id_token"]["claims"]["sub"], read["access_token"]["claims"]["sub"], "{read}");
}

on_both_databases! {
    async fn the_program_of_the_five_minute_walk(house: House) {
        for method in [None, Some("none")] {
            let app = app(&house, &node(), "tests/rp/openid_client_app.mjs", method).await;
            let (_, known) = check_app(&house, &app).await;
            verify_with_jose(&house, &json!({
                "access_token": known["accessToken"], "refresh_token": known["refreshToken"],
                "id_token": known["idToken"], "client_id": known["claims"]["aud"],
            })).await;
        }
    }
}

/// An app that registers itself.
pub async fn newcomer(house: &House, more: &[(&str, String)]) -> Program {
    start(house, &node(), "tests/rp/self_registered_app.mjs", more).await
}

fn has_ada(known: &Value) {
    assert_eq!(known["signedIn"], true, "{known}");
    assert_eq!(known["userinfo"]["email"], EMAIL);
    assert_eq!(known["claims"]["aud"], known["clientId"]);
}

fn is_refused(page: &Page, error: &str) {
    assert_eq!(page.status, 400, "{}", page.html);
    assert!(page.text("#error").unwrap().starts_with(error), "{}", page.html);
}

on_both_databases! {
    async fn it_registers_itself_pushes_signs_and_posts_its_requests(house: House) {
        let api = register(&house, json!({ "grant_types": ["client_credentials"], "resources": [API] })).await;
        let app = newcomer(&house, &[]).await;
        let browser = Browser::new(&house).at_home_in(&app.url);
        let wishes = json!({ "id_token": { "email": { "essential": true } }, "userinfo": { "phone_number": null } });
        let mut wanted = form_urlencoded::Serializer::new("/login?how=par&acr_values=1&".to_owned());
        wanted.extend_pairs([("claims", wishes.to_string().as_str()), ("resource", API), ("resource", &house.issuer)]);
        let known = sign_in_by(&browser, &app, &wanted.finish()).await;
        has_ada(&known);
        // Its metadata came back: the library holds to it that userinfo is signed, and with what.
        assert_eq!(known["registered"]["userinfo_signed_response_alg"], "PS256");
        assert_eq!((&known["claims"]["email"], &known["claims"]["acr"]), (&json!(EMAIL), &json!("1")));
        assert!(known["userinfo"]["phone_number"].is_string(), "a claim beyond the scope");
        assert_eq!(claims(&known["accessToken"])["aud"], json!([API, house.issuer]));
        let seen = house.post("/introspect", (&api.0, &api.1), &[("token", known["accessToken"].as_str().unwrap())]);
        let seen = crate::house::json(seen.send().await.unwrap(), 200).await;
        assert_eq!((&seen["active"], &seen["client_id"]), (&json!(true), &known["clientId"]), "by the API");
        verify_with_jose(&house, &json!({
            "access_token": known["accessToken"], "refresh_token": known["refreshToken"], "audience": API,
            "id_token": known["idToken"], "client_id": known["clientId"],
        })).await;
        visit(&browser, &app, &format!("/refresh?resource={API}")).await;
        let narrowed = state(&browser, &app).await;
        assert_eq!(claims(&narrowed["accessToken"])["aud"], API);

        // Whoever is signed in already sees no page, whichever way the request goes.
        for (how, mode) in [("jar", "query"), ("jar-par", "query"), ("plain", "form_post"), ("par", "form_post")] {
            let other = sign_in_by(&browser, &app, &format!("/login?how={how}&response_mode={mode}")).await;
            has_ada(&other);
            assert_eq!(other["claims"]["auth_time"], known["claims"]["auth_time"], "{how}");
        }
        let stranger = Browser::new(&house).at_home_in(&app.url);
        for mode in ["query", "form_post"] {
            let page = visit(&stranger, &app, &format!("/login?prompt=none&how=jar&response_mode={mode}")).await;
            is_refused(&page, "login_required");
        }
    }
}

on_both_databases! {
    async fn it_introspects_revokes_and_signs_out_through_the_provider(house: House) {
        let app = newcomer(&house, &[]).await;
        let browser = Browser::new(&house).at_home_in(&app.url);
        let known = sign_in_by(&browser, &app, "/login").await;
        let both = ask(&browser, &app, "/introspect").await;
        for kind in ["access", "refresh"] {
            assert_eq!(both[kind]["active"], true, "{kind}");
            assert_eq!(both[kind]["sub"], known["claims"]["sub"], "{kind}");
        }
        visit(&browser, &app, "/revoke?token=access").await;
        let one = ask(&browser, &app, "/introspect").await;
        assert_eq!((&one["access"], &one["refresh"]["active"]), (&json!({ "active": false }), &json!(true)));
        visit(&browser, &app, "/revoke?token=refresh").await;
        assert_eq!(ask(&browser, &app, "/introspect").await["refresh"], json!({ "active": false }));
        is_refused(&visit(&browser, &app, "/refresh").await, "invalid_grant");

        // With a hint that is about this session nobody is asked; without one, and so nowhere to go, somebody is.
        has_ada(&sign_in_by(&browser, &app, "/login").await);
        let page = visit(&browser, &app, "/logout").await;
        assert_eq!((page.status, page.url.path()), (200, "/bye"), "{}", page.html);
        is_refused(&visit(&browser, &app, "/login?prompt=none").await, "login_required");
        has_ada(&sign_in_by(&browser, &app, "/login").await);
        let asked = browser.page(format!("{}/logout?hint=no", app.url).parse().unwrap()).await;
        assert!(asked.url.path() == "/sign-out" && asked.html.contains("Acme Notes"), "{}", asked.url);

        // A hint of a session that is over: the person of this one is asked, and then is back in the app.
        let app_of_before = Browser::new(&house).at_home_in(&app.url);
        has_ada(&sign_in_by(&app_of_before, &app, "/login").await);
        let out = app_of_before.page(house.url("/sign-out")).await;
        app_of_before.press(&out, "sign-out", &[]).await;
        app_of_before.sign_in(&house).await;
        let page = visit(&app_of_before, &app, "/logout").await;
        assert_eq!((page.status, page.url.path()), (200, "/bye"), "{}", page.html);
    }
}

on_both_databases! {
    async fn oidc_core_10_1_1_it_follows_our_keys_with_its_cache(house: House) {
        let app = newcomer(&house, &[]).await;
        let browser = Browser::new(&house).at_home_in(&app.url);
        let before = sign_in_by(&browser, &app, "/login").await;
        house.app.core.rotate_keys(None, house.clock.now()).await.unwrap();
        visit(&browser, &app, "/refresh").await;
        assert_eq!(state(&browser, &app).await["kid"], before["kid"], "the new one is only published");
        // `keys.publish_ahead`, which is as long as a set may be kept.
        house.clock.advance(5 * 60 * 1000);
        ask(&browser, &app, "/clock?ahead=300000").await;
        let page = visit(&browser, &app, "/refresh").await;
        assert_eq!(page.status, 200, "{}", page.html);
        let after = state(&browser, &app).await;
        has_ada(&after);
        assert_ne!(after["kid"], before["kid"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_10_1_1_we_follow_its_keys_behind_jwks_uri() {
    let host = Host::https();
    let directory = tempfile::TempDir::new().unwrap();
    let house = House::open_with(Db::Sqlite, &host.outbound(directory.path())).await;
    let url = host.put("/jwks.json", "");
    let only_signed = json!({
        "require_pushed_authorization_requests": true, "require_signed_request_object": true,
    });
    let settings = [("JWKS_URI", url), ("METADATA", only_signed.to_string())];
    let app = newcomer(&house, &settings).await;
    let browser = Browser::new(&house).at_home_in(&app.url);
    host.put("/jwks.json", &ask(&browser, &app, "/jwks").await);
    has_ada(&sign_in_by(&browser, &app, "/login?how=jar-par").await);
    let asked = host.asked();
    is_refused(&visit(&browser, &app, "/login?how=jar").await, "invalid_request");

    // The next request is signed with a key that we have not seen, a moment after we fetched the others.
    let next = ask(&browser, &app, "/new-key").await;
    host.put("/jwks.json", &next);
    has_ada(&sign_in_by(&browser, &app, "/login?how=jar-par").await);
    assert_eq!(host.asked(), asked + 1, "fetched once more, and once only");
}

on_both_databases! {
    async fn it_registers_itself_and_authenticates_in_every_way(house: House) {
        let mut command = Command::new(node());
        command.arg(path("tests/rp/register.mjs")).arg(&house.issuer).stderr(Stdio::inherit());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "openid-client was refused");
        let tokens: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(tokens.as_object().unwrap().len(), 7, "{tokens}");
    }
}
