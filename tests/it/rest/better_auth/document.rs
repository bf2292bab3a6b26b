//! The document's own examples, with the base URL changed and nothing else; and those of our page about
//! it. What the document says of cookies ("automatically") is what the surroundings give: a browser's
//! jar around `fetch`, one session behind `requests`, a jar in curl's own configuration.

use std::process::Stdio;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::Guest;
use crate::house::{House, PASSWORD, env};
use crate::on_both_databases;
use crate::rest::documents::blocks;

const BASE: &str = "https://kagome-api.thamelthreads.com";
const EMAIL: &str = "user@example.com";

/// In front of the JavaScript: what a browser and its page bring.
const BROWSER: &str = r"
import { readFileSync } from 'node:fs';
const cookies = new Map();
const bare = globalThis.fetch;
globalThis.fetch = async (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (cookies.size) headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '));
  const response = await bare(input, { ...init, headers });
  for (const cookie of response.headers.getSetCookie()) {
    const [name, value] = cookie.split(';')[0].split(/=(.*)/s);
    if (cookie.includes('Max-Age=0')) cookies.delete(name);
    else cookies.set(name, value);
  }
  return response;
};
const fileInput = { files: [new File([readFileSync('avatar.jpg')], 'avatar.jpg', { type: 'image/jpeg' })] };
";
/// Behind it: what it has learned.
const LEARNED_BY_JS: &str = r"
console.log(JSON.stringify({
  user, session, current: sessionData, loggedInUser, loginSession, updatedUser,
  statuses: [registerResponse, sessionResponse, logoutResponse, loginResponse, updateProfileResponse, updateNameResponse,
    updateEmailResponse, updateWithUrlResponse].map((response) => response.status),
  last: (await updateWithUrlResponse.json()).data,
}));
";

/// In front of the Python: one session for all requests.
const SESSION: &str = r"
import requests
_session = requests.Session()
requests.get, requests.post, requests.patch = _session.get, _session.post, _session.patch
";
const LEARNED_BY_PYTHON: &str = r#"
import json
print(json.dumps({
    "user": user, "session": session, "current": session_result, "loggedInUser": logged_in_user,
    "loginSession": login_session, "updatedUser": updated_user,
    "statuses": [it.status_code for it in (response, session_response, logout_response, login_response,
        update_response, url_update_response)],
    "last": url_update_response.json()["data"],
}))
"#;

/// A folder to run examples in, with the picture that they upload.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let pixels = DynamicImage::ImageRgb8(RgbImage::from_pixel(32, 16, Rgb([200, 30, 30])));
    pixels.save_with_format(folder.path().join("avatar.jpg"), ImageFormat::Jpeg).unwrap();
    folder
}

fn example(ending: &str, house: &House) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/tests/it/rest/documents/better_auth.{ending}");
    std::fs::read_to_string(path).unwrap().replace(BASE, &house.issuer)
}

async fn said_by(folder: &TempDir, program: &str, args: &[&str], more: &[(&str, &str)]) -> String {
    let mut command = Command::new(program);
    command.args(args).current_dir(folder.path()).env("CURL_HOME", folder.path());
    command.envs(more.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

fn check(learned: &Value) {
    for status in learned["statuses"].as_array().unwrap() {
        assert_eq!(status, 200, "{learned}");
    }
    assert_eq!(learned["user"]["email"], EMAIL);
    assert_eq!(learned["user"]["name"], "John Doe");
    assert_eq!(learned["session"]["userId"], learned["user"]["id"]);
    assert_eq!(learned["current"]["session"]["id"], learned["session"]["id"]);
    assert_eq!(learned["loggedInUser"], learned["user"]);
    assert_ne!(learned["loginSession"]["id"], learned["session"]["id"]);
    assert_eq!(learned["updatedUser"]["email"], "john.updated@example.com");
    assert_eq!(learned["updatedUser"]["emailVerified"], false);
    assert_eq!(learned["last"]["name"], "John with URL Image");
    assert_eq!(learned["last"]["image"], "https://example.com/avatar.jpg");
}

/// A picture of ours is there for whoever has its link.
async fn is_shown(house: &House, link: &Value) {
    let shown = house.http.get(link.as_str().unwrap()).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(image::load_from_memory(&shown.bytes().await.unwrap()).unwrap().width(), 32);
}

on_both_databases! {
    async fn the_javascript_of_the_document(house: House) {
        let folder = folder();
        let program = [BROWSER, &example("js", &house), LEARNED_BY_JS].concat();
        std::fs::write(folder.path().join("example.mjs"), program).unwrap();
        let told = said_by(&folder, &env("COUNTERSIGN_TEST_NODE"), &["example.mjs"], &[]).await;
        check(&serde_json::from_str(&told).unwrap());
    }
}

on_both_databases! {
    async fn the_python_of_the_document(house: House) {
        let folder = folder();
        let program = [SESSION, &example("py", &house), LEARNED_BY_PYTHON].concat();
        std::fs::write(folder.path().join("example.py"), program).unwrap();
        let told = said_by(&folder, &env("COUNTERSIGN_TEST_PYTHON"), &["example.py"], &[]).await;
        check(&serde_json::from_str(&told).unwrap());
    }
}

on_both_databases! {
    async fn the_curl_of_the_document(house: House) {
        let folder = folder();
        let jar = folder.path().join("jar").display().to_string();
        let settings = format!("cookie = {jar}\ncookie-jar = {jar}\nfail-with-body\nsilent\nshow-error\n");
        std::fs::write(folder.path().join(".curlrc"), settings).unwrap();
        let text = example("sh", &house);
        let commands: Vec<&str> = text.trim().split("\n\n").collect();
        assert_eq!(commands.len(), 6);
        let sh = async |command: &str| -> Value {
            serde_json::from_str(&said_by(&folder, "sh", &["-c", command], &[]).await).unwrap()
        };
        let (signed_up, signed_in) = (sh(commands[0]).await, sh(commands[1]).await);
        assert_eq!(signed_up["user"], signed_in["user"]);
        assert_eq!(sh(commands[2]).await["session"]["id"], signed_in["session"]["id"]);
        assert_eq!(sh(commands[3]).await["success"], true);
        // The list goes on with what only somebody signed in may do.
        sh(commands[1]).await;
        let updated = sh(commands[4]).await["data"].clone();
        assert_eq!((&updated["name"], &updated["email"]), (&json!("John Updated"), &json!("john.updated@example.com")));
        is_shown(&house, &updated["image"]).await;
        assert_eq!(sh(commands[5]).await["data"]["image"], "https://example.com/avatar.jpg");
    }
}

on_both_databases! {
    async fn the_examples_of_our_page(house: House) {
        let folder = folder();
        std::fs::write(folder.path().join(".curlrc"), "fail-with-body\nsilent\nshow-error\n").unwrap();
        let admin = house.add_admin("root@example.com").await;
        let place = countersign::core::sessions::Place::default();
        let key = house.app.core.create_api_key(admin, "docs", None, &place, house.clock.now()).await;
        let key = key.unwrap().0.expose().to_owned();
        let mut ran = 0;
        for command in blocks("docs/better_auth.md", "sh") {
            let command = command.replace("http://localhost:3000", &house.issuer);
            let mut more = vec![("KEY", key.clone())];
            if command.contains("$TOKEN") {
                let (to, subject) = if command.contains("reset-password") {
                    (EMAIL, "Choose a new password")
                } else {
                    ("john@example.com", "Confirm your new")
                };
                more.push(("TOKEN", house.token_in_mail(to, subject, 1).await));
            }
            if command.contains("$SESSION") {
                let other = Guest::new(&house);
                let body = json!({ "email": "john@example.com", "password": "password123" });
                other.good("/sign-in/email", body).await;
                more.push(("SESSION", other.session().await["session"]["id"].as_str().unwrap().to_owned()));
            }
            let more: Vec<_> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let told = said_by(&folder, "sh", &["-ec", &command], &more).await;
            let told: Value = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{command}: {told}"));
            assert!(!told.is_null(), "{command}");
            ran += 1;
        }
        assert_eq!(ran, 19);
        assert!(house.app.core.find_account("john@example.com").await.unwrap().is_none(), "deleted at last");
        assert_ne!(PASSWORD, "password123");
    }
}
