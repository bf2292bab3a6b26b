//! The OpenAPI description against the server that it describes: schemathesis makes requests of it, good
//! and bad, and holds every answer against what is described.

use serde_json::json;
use tokio::process::Command;

use super::documents::in_browser;
use super::{post, told};
use crate::house::{Db, House, env};
use crate::on_both_databases;

on_both_databases! {
    async fn no_request_that_the_description_allows_or_forbids_surprises_it(house: House) {
        let new = json!({ "email": "schema@example.com", "password": "SecurePass123" });
        let (status, entered) = told(post(&house, "/api/v1/auth/register", &new)).await;
        assert_eq!(status, 201, "{entered}");
        // An API key outlives what the requests do to sessions.
        let key = entered["user"]["apiKey"].as_str().unwrap();
        let folder = tempfile::TempDir::new().unwrap();
        let mut run = Command::new(env("COUNTERSIGN_TEST_PYTHON"));
        run.current_dir(folder.path());
        run.args(["-m", "schemathesis.cli", "run"]).arg(format!("{}/swagger.json", house.issuer))
            .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance"])
            .args(["--phases", "coverage,fuzzing", "--max-examples", "8", "--seed", "1", "--workers", "1"])
            .args(["--header", &format!("X-API-Key: {key}"), "--no-color"])
            .kill_on_drop(true);
        let output = run.output().await.unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn swagger_ui_shows_every_dialect_and_loads_nothing_from_another_host() {
    let house = House::open(Db::Sqlite).await;
    in_browser(&house, "docs.mjs").await;
}
