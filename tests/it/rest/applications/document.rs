//! The document's own examples, and those of docs/applications.md, run as they stand.

use serde_json::Value;

use super::Person;
use crate::house::{Db, House, env};
use crate::on_both_databases;
use crate::rest::documents::{blocks, in_node};

/// "Create Feature Example".
const CREATE: &str = r#"curl -X POST https://api.aegisx.example.com/api/features \
  -H "Authorization: Bearer eyJ..." \
  -H "Content-Type: application/json" \
  -d '{
    "name": "New Feature",
    "description": "Feature description",
    "isActive": true
  }'"#;

/// "Example Client Handling".
const HANDLE: &str = r#"try {
  const response = await authService.register(data);
} catch (error) {
  if (error.status === 429) {
    // Rate limit exceeded
    showError('Too many attempts. Please try again in 5 minutes.');
    // Optionally disable form and show countdown
  } else if (error.status === 409) {
    // Validation error (username/email exists)
    showError(error.message); // "Username already exists"
    // User can try again immediately with different data
  }
}"#;

async fn sh(script: &str, environment: &[(&str, &str)]) -> String {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-euc", script]).envs(environment.iter().copied());
    let output = command.output().await.unwrap();
    let (told, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{told}\n{errors}");
    told.into_owned()
}

on_both_databases! {
    async fn the_documents_example_makes_an_application(house: House) {
        let admin = Person::admin(&house).await;
        let path = house.url("/api/authentication").to_string();
        let script = CREATE.replace("https://api.aegisx.example.com/api/features", &path).replace("eyJ...", &admin.token);
        let told: Value = serde_json::from_str(&sh(&script, &[]).await).unwrap();
        assert_eq!(told["success"], true);
        assert_eq!(told["data"]["name"], "New Feature");
        assert_eq!(told["data"]["description"], "Feature description");
        assert_eq!(told["data"]["isActive"], true);
        for documented in ["id", "userId", "createdAt", "updatedAt"] {
            assert!(told["data"][documented].is_string(), "{documented}");
        }
    }
}

on_both_databases! {
    async fn every_example_of_the_page_works(house: House) {
        let admin = Person::admin(&house).await;
        let blocks = blocks("docs/applications.md", "sh");
        assert!(blocks.len() >= 8, "one for each route");
        let folder = house.directory.path().display().to_string();
        let environment = [("ISSUER", house.issuer.as_str()), ("TOKEN", &admin.token), ("FOLDER", &folder)];
        let told = sh(&format!("cd \"$FOLDER\"\n{}", blocks.concat()), &environment).await;
        assert!(!told.contains("\"success\":false"), "{told}");
        for file in ["applications.csv", "applications.xlsx"] {
            assert!(std::fs::metadata(house.directory.path().join(file)).unwrap().len() > 100, "{file}");
        }
    }
}

on_both_databases! {
    async fn python_requests_reads_and_writes_them(house: House) {
        const PROGRAM: &str = r#"
import os, requests
at, http = os.environ["ISSUER"] + "/api/authentication", requests.Session()
http.headers["Authorization"] = "Bearer " + os.environ["TOKEN"]
made = http.post(at, json={"name": "Python"})
assert made.status_code == 201, made.text
one = at + "/" + made.json()["data"]["id"]
assert http.put(one, json={"isActive": False}).json()["data"]["isActive"] is False
found = http.get(at, params={"search": "pyth", "filter[isActive]": "false"}).json()["data"]
assert [item["name"] for item in found["items"]] == ["Python"], found
assert http.delete(one).status_code == 204
assert http.delete(at + "/bulk", json={"ids": [made.json()["data"]["id"]]}).json()["data"]["deleted"] == []
"#;
        let admin = Person::admin(&house).await;
        let output = tokio::process::Command::new(env("COUNTERSIGN_TEST_PYTHON"))
            .args(["-c", PROGRAM]).env("ISSUER", &house.issuer).env("TOKEN", &admin.token).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The document leaves `authService` and `showError` to the app.
#[tokio::test(flavor = "multi_thread")]
async fn the_documents_example_tells_a_taken_name_from_too_many_attempts() {
    let house = House::open_with(Db::Sqlite, "[rate_limits]\nenabled = true\n").await;
    let app = r"
        const shown = [];
        const showError = (words) => shown.push(words);
        const authService = { register: async (data) => {
          const headers = { 'Content-Type': 'application/json' };
          const answer = await fetch(`${process.env.ISSUER}/api/auth/register`, { method: 'POST', headers, body: JSON.stringify(data) });
          const told = await answer.json();
          if (!answer.ok) throw { status: answer.status, message: told.error.message };
          return told;
        } };";
    let script = format!(
        "{app}\nconst register = async (data) => {{\n{HANDLE}\n}};\n{}",
        r"
        const john = { username: 'johndoe', email: 'john@example.com', password: 'securePassword123' };
        await register(john);
        await register({ ...john, email: 'j@example.com' });
        for (let more = 2; more < 100; more += 1) await register({});
        await register(john);
        console.log(shown.join('\n'));"
    );
    assert_eq!(
        in_node(&house, &script).await.trim(),
        "Username already exists\nToo many attempts. Please try again in 5 minutes."
    );
}
