//! `docs/operate.md` as an operator follows it: the page's own command blocks, by copy and paste.

use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::node::Node;
use crate::house::new_postgres_database;

/// The blocks of commands below a heading of the page.
fn blocks(heading: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operate.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let section = section.split("\n## ").next().unwrap();
    let starts = section.split("```sh\n").skip(1);
    starts.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// The only block below a heading that has this in it.
fn block(heading: &str, with: &str) -> String {
    let mut found: Vec<String> = blocks(heading);
    found.retain(|block| block.contains(with));
    assert_eq!(found.len(), 1, "blocks with {with:?} under {heading}");
    found.remove(0)
}

/// A folder with a server's configuration, and a terminal in it.
struct Terminal {
    folder: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Terminal {
    fn new(env: &[(&'static str, &str)]) -> Self {
        let env = env.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { folder: TempDir::new().unwrap(), env }
    }

    async fn serve(&self) -> Node {
        let env: Vec<_> = self.env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Node::start(self.folder.path(), &env).await
    }

    /// What is pasted, line by line; the first one that fails fails the test. What it printed.
    async fn paste(&self, commands: &str) -> String {
        let program = Path::new(env!("CARGO_BIN_EXE_countersign")).parent().unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", program.display());
        let mut shell = Command::new("bash");
        shell.args(["-e", "-u", "-o", "pipefail", "-c", commands]).current_dir(self.folder.path());
        shell.env_clear().env("PATH", path).env("HOME", self.folder.path());
        shell.envs(self.env.iter().map(|(name, value)| (name, value)));
        let ended = tokio::time::timeout(Duration::from_mins(1), shell.output()).await;
        let ended = ended.expect("it ends").unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{commands}\n{said}\n{errors}");
        said
    }

    async fn keys(&self) -> Vec<Value> {
        serde_json::from_str(&self.paste("countersign --json key list").await).unwrap()
    }
}

async fn published(node: &Node) -> usize {
    let jwks = reqwest::get(format!("http://127.0.0.1:{}/jwks", node.port)).await.unwrap();
    jwks.json::<Value>().await.unwrap()["keys"].as_array().unwrap().len()
}

async fn stop(mut node: Node) {
    node.signal(Signal::TERM);
    assert!(node.ends_within(Duration::from_secs(30)).await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_keys_of_the_page_are_rotated_and_retired_as_it_says() {
    let terminal = Terminal::new(&[]);
    let node = terminal.serve().await;
    let listed = terminal.paste(&block("Signing keys", "key list")).await;
    // The list looks as the page shows it.
    assert_eq!(listed.lines().count(), 4);
    assert!(listed.lines().all(|line| line.contains("  current  signs from 2")), "{listed}");
    terminal.paste("countersign key list | head -n 1").await;
    let one = terminal.paste("countersign key rotate --algorithm ES256").await;
    assert_eq!(one.lines().count(), 1, "{one}");
    let all = terminal.paste(&block("Signing keys", "key rotate")).await;
    assert_eq!(all.lines().count(), 3, "ES256 has its next one: {all}");
    assert!(all.lines().all(|line| line.ends_with("signs in 300 s")), "{all}");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while published(&node).await != 8 {
        assert!(tokio::time::Instant::now() < deadline, "published within a second");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let keys = terminal.keys().await;
    let es256 = keys.iter().find(|key| key["alg"] == "ES256" && key["phase"] == "current").unwrap();
    let retire = block("Signing keys", "key retire");
    let example = retire.split_whitespace().last().unwrap();
    let kid = es256["kid"].as_str().unwrap();
    terminal.paste(&retire.replace(example, kid)).await;
    let keys = terminal.keys().await;
    assert!(keys.iter().all(|key| key["kid"] != kid));
    let of: Vec<_> =
        keys.iter().filter(|key| key["alg"] == "ES256").map(|key| &key["phase"]).collect();
    assert_eq!(of, ["current", "last"], "{keys:?}");
    stop(node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_the_page_come_and_go_as_it_says() {
    let terminal = Terminal::new(&[]);
    let said = terminal.paste(&blocks("People").concat()).await;
    assert!(said.contains("grace@example.com  enabled"), "{said}");
    assert_eq!(terminal.paste("countersign user list").await.trim(), "");
    let person = block("People", "user create");
    terminal.paste(person.lines().next().unwrap()).await;
    let audit = terminal.paste(&block("Audit", "audit list")).await;
    assert!(audit.contains("account.deleted") && audit.contains("account.created"), "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_of_the_page_brings_sqlite_back() {
    let terminal = Terminal::new(&[]);
    let node = terminal.serve().await;
    let person = block("People", "user create");
    terminal.paste(person.lines().next().unwrap()).await;
    let before = terminal.keys().await;
    terminal.paste(&block("Backup", ".backup")).await;
    terminal.paste("countersign user delete grace@example.com").await;
    stop(node).await;
    terminal.paste("rm -r data keys").await;
    terminal.paste(&block("Backup", "cp backup/countersign.db data/")).await;
    assert!(terminal.paste("countersign user list").await.contains("grace@example.com"));
    assert_eq!(terminal.keys().await, before, "and its keys open");
    stop(terminal.serve().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_of_the_page_brings_postgresql_back() {
    let mut terminal = Terminal::new(&[("DATABASE_URL", &new_postgres_database().await)]);
    terminal.paste("countersign migrate").await;
    let node = terminal.serve().await;
    let person = block("People", "user create");
    terminal.paste(person.lines().next().unwrap()).await;
    let before = terminal.keys().await;
    terminal.paste(&block("Backup", "pg_dump")).await;
    stop(node).await;
    terminal.paste("rm -r keys").await;
    terminal.env = vec![("DATABASE_URL", new_postgres_database().await)];
    terminal.paste(&block("Backup", "pg_restore")).await;
    assert!(terminal.paste("countersign user list").await.contains("grace@example.com"));
    assert_eq!(terminal.keys().await, before);
    stop(terminal.serve().await).await;
}
