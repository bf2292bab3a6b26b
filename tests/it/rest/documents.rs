//! The documents' own examples, and those of our pages about them, run as they stand: only the base URL
//! is put in.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::house::{House, env};

pub fn root(relative: &str) -> String {
    format!("{}/{relative}", env!("CARGO_MANIFEST_DIR"))
}

/// The fenced blocks of a page in a language, in their order.
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root(page)).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match &mut open {
            Some(block) if line.trim_end() == "```" => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line.trim_end() == format!("```{language}") => open = Some(String::new()),
            None => {}
        }
    }
    blocks
}

/// Runs a shell script in a folder of its own, in which curl says what went wrong; what it wrote.
pub async fn in_shell(house: &House, script: &str, base: &str, folder: &Path) -> String {
    // The scripts stay as they are: curl reads these from its own file.
    std::fs::write(folder.join(".curlrc"), "fail-with-body\nsilent\nshow-error\n").unwrap();
    let script = script.replace(base, &house.issuer);
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script]).env("CURL_HOME", folder).current_dir(folder);
    finished(shell, &script).await
}

/// Runs a program of `tests/browser` to its end.
pub async fn in_browser(house: &House, program: &str) -> String {
    let mut node = Command::new(env("COUNTERSIGN_TEST_NODE"));
    node.arg(root(&format!("tests/browser/{program}")))
        .env("ISSUER", &house.issuer)
        .env("COUNTERSIGN_TEST_CHROMIUM", env("COUNTERSIGN_TEST_CHROMIUM"));
    finished(node, program).await
}

/// Runs a script in a page of the issuer's, as a first-party app would; what it logged.
pub async fn in_chromium(house: &House, script: &str, base: &str) -> String {
    let mut node = Command::new(env("COUNTERSIGN_TEST_NODE"));
    node.arg(root("tests/browser/document.mjs"))
        .env("ISSUER", &house.issuer)
        .env("SCRIPT", script.replace(base, &house.issuer))
        .env("COUNTERSIGN_TEST_CHROMIUM", env("COUNTERSIGN_TEST_CHROMIUM"));
    finished(node, script).await
}

/// Runs a script in Node, which finds us by `ISSUER`; what it logged.
pub async fn in_node(house: &House, script: &str) -> String {
    let mut node = Command::new(env("COUNTERSIGN_TEST_NODE"));
    node.args(["--input-type=module", "-e", script]).env("ISSUER", &house.issuer);
    finished(node, script).await
}

async fn finished(mut command: Command, script: &str) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}\n{out}\n{err}");
    out.into_owned()
}
