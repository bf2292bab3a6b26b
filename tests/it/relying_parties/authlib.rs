//! PyPI `Authlib`.

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use serde_json::json;

use super::{app, app_with, ask, check_app, visit};
use crate::house::{House, env};
use crate::on_both_databases;

const PROGRAM: &str = "tests/rp/authlib_app.py";

on_both_databases! {
    async fn every_way_to_authenticate(house: House) {
        let python = env("COUNTERSIGN_TEST_PYTHON");
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt", "none"] {
            let app = app(&house, &python, PROGRAM, Some(method)).await;
            check_app(&house, &app).await;
        }
    }
}

on_both_databases! {
    async fn with_its_own_key_it_introspects_revokes_and_signs_out(house: House) {
        let python = env("COUNTERSIGN_TEST_PYTHON");
        let key = Jwk::generate_ec_key(EcCurve::P256).unwrap();
        let app = app_with(&house, &python, PROGRAM, Some("private_key_jwt"), Some(key)).await;
        let (browser, known) = check_app(&house, &app).await;
        let both = ask(&browser, &app, "/introspect").await;
        for kind in ["access_token", "refresh_token"] {
            assert_eq!(both[kind]["active"], true, "{kind}");
            assert_eq!(both[kind]["sub"], known["claims"]["sub"], "{kind}");
        }
        visit(&browser, &app, "/revoke?token=access_token").await;
        let one = ask(&browser, &app, "/introspect").await;
        assert_eq!(one["access_token"], json!({ "active": false }));
        assert_eq!(one["refresh_token"]["active"], true);
        visit(&browser, &app, "/revoke?token=refresh_token").await;
        assert_eq!(ask(&browser, &app, "/introspect").await["refresh_token"], json!({ "active": false }));

        let page = visit(&browser, &app, "/logout?at=issuer").await;
        assert_eq!((page.status, page.url.path()), (200, "/bye"), "{}", page.html);
        let page = browser.page(format!("{}/login", app.url).parse().unwrap()).await;
        assert_eq!(page.url.path(), "/sign-in", "the session is over");
    }
}
