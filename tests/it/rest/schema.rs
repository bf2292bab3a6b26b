//! The OpenAPI description against the server that it describes: schemathesis makes requests of it, good
//! and bad, and holds every answer against what is described.

use serde_json::json;
use tokio::process::Command;

use super::documents::in_browser;
use super::{post, told};
use crate::house::{Db, House, PASSWORD, env};
use crate::on_both_databases;

/// Lets schemathesis ask with a credential, of what the further arguments name.
async fn examine(house: &House, credential: &str, more: &[&str]) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut run = Command::new(env("COUNTERSIGN_TEST_PYTHON"));
    run.current_dir(folder.path());
    run.args(["-m", "schemathesis.cli", "run"])
        .arg(format!("{}/swagger.json", house.issuer))
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"])
        .args(["--phases", "coverage,fuzzing", "--seed", "1", "--workers", "1"])
        .args(["--header", credential, "--no-color"])
        .args(more)
        .kill_on_drop(true);
    let output = run.output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}

on_both_databases! {
    async fn no_request_that_the_description_allows_or_forbids_surprises_it(house: House) {
        let new = json!({ "email": "schema@example.com", "password": "SecurePass123" });
        let (status, entered) = told(post(&house, "/api/v1/auth/register", &new)).await;
        assert_eq!(status, 201, "{entered}");
        // An API key outlives what the requests do to sessions.
        let key = entered["user"]["apiKey"].as_str().unwrap();
        examine(&house, &format!("X-API-Key: {key}"), &["--max-examples", "8"]).await;
    }
}

/// What asks for a permission.
const PERMITTED: &str = "^/(v1/users|api/users/|api/authentication)";
/// What asks for a session, without what ends it.
const OF_A_SESSION: &str = "^/api/auth/(change-|verify-email|send-verification|update-user|revoke-other|unlink-|get-access)";

on_both_databases! {
    async fn nor_does_one_by_who_may_do_everything(house: House) {
        let id = house.add_admin("root@example.com").await;
        let place = countersign::core::sessions::Place::default();
        let now = house.clock.now();
        let (key, _) = house.app.core.create_api_key(id, "schema", None, &place, now).await.unwrap();
        let few = ["--max-examples", "4", "--include-path-regex"];
        examine(&house, &format!("X-API-Key: {}", key.expose()), &[&few[..], &[PERMITTED]].concat()).await;
        let login = json!({ "email": "root@example.com", "password": PASSWORD });
        let (status, entered) = told(post(&house, "/api/v1/auth/login", &login)).await;
        assert_eq!(status, 200, "{entered}");
        let bearer = format!("Authorization: Bearer {}", entered["tokens"]["accessToken"].as_str().unwrap());
        examine(&house, &bearer, &[&few[..], &[OF_A_SESSION]].concat()).await;
        let me = house.http.get(house.url("/api/v1/auth/me")).header("authorization", &bearer["Authorization: ".len()..]);
        assert_eq!(told(me).await.0, 200, "it was signed in all the while");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_shows_every_dialect_and_loads_nothing_from_another_host() {
    let house = House::open(Db::Sqlite).await;
    in_browser(&house, "docs.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_beside_the_description_is_told_in_its_documents_shape() {
    let house = House::open(Db::Sqlite).await;
    let methods = [
        ("POST", "/swagger.json"),
        ("DELETE", "/docs"),
        ("POST", "/docs/"),
        ("PUT", "/docs/index.html"),
    ];
    let methods = methods.map(|(method, path)| (method, path, 405, "METHOD_NOT_ALLOWED"));
    for (method, path, status, code) in
        methods.into_iter().chain([("GET", "/docs/nothing", 404, "NOT_FOUND")])
    {
        let answer =
            house.http.request(method.parse().unwrap(), house.url(path)).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{method} {path}");
        let told = crate::house::json(answer, status).await;
        let told = (&told["success"], &told["error"]["code"], &told["code"]);
        assert_eq!(told, (&json!(false), &json!(code), &json!(code)), "{method} {path}");
    }
}
