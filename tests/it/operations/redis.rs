//! A Redis of one test's own, which may be killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

pub struct Redis {
    child: Child,
}

impl Redis {
    /// Starts one that keeps nothing, and waits until it serves. `more` are further options.
    pub async fn start(port: u16, more: &[&str]) -> Self {
        let mut child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no"])
            .args(more)
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("redis-server is missing: run tests/run");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut log = String::new();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("Ready to accept connections") {
                    return;
                }
                log += &line;
            }
            panic!("it does not start: {log}");
        };
        tokio::time::timeout(Duration::from_secs(20), ready).await.expect("it starts");
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child }
    }

    /// With TLS, for who knows the password; `directory` holds its certificate and key.
    pub async fn start_with_tls(port: u16, directory: &Path, password: &str) -> Self {
        let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
        let (cert, key) = (path("cert.pem"), path("key.pem"));
        let port = port.to_string();
        let tls = ["--tls-port", &port, "--tls-cert-file", &cert, "--tls-key-file", &key];
        let more = ["--tls-ca-cert-file", &cert, "--tls-auth-clients", "no"];
        Self::start(0, &[&tls[..], &more, &["--requirepass", password]].concat()).await
    }

    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}
