//! The real program, as a process of its own.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::house::{CLIENTS, free_port};

pub struct Node {
    pub port: u16,
    pub issuer: String,
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Node {
    /// Starts one in a folder, which holds its configuration and keys, and waits until it serves.
    pub async fn start(directory: &Path, env: &[(&str, &str)]) -> Self {
        Self::start_at(free_port(), directory, env).await
    }

    pub async fn start_at(port: u16, directory: &Path, env: &[(&str, &str)]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_countersign")), port, directory, env).await
    }

    /// One whose `data` folder is a disk of 4 MiB that it alone sees.
    pub async fn start_on_small_disk(directory: &Path) -> Self {
        let mut command = Command::new("unshare");
        let mount = "mount -t tmpfs -o size=4m none data && exec \"$0\"";
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", mount]);
        command.arg(env!("CARGO_BIN_EXE_countersign"));
        Self::run(command, free_port(), directory, &[]).await
    }

    async fn run(mut command: Command, port: u16, directory: &Path, env: &[(&str, &str)]) -> Self {
        let file = directory.join("config.toml");
        if !file.exists() {
            std::fs::write(file, CLIENTS).unwrap();
        }
        let mut child = command
            .current_dir(directory)
            .env("PORT", port.to_string())
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let kept = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = errors.next_line().await {
                let mut kept = kept.lock().unwrap();
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if line.contains("Discovery") {
                    return;
                }
            }
            panic!("it does not start: {}", log.lock().unwrap());
        };
        tokio::time::timeout(Duration::from_secs(30), ready).await.expect("it starts");
        Self { port, issuer: format!("http://localhost:{port}"), child, log }
    }

    /// A path as the node itself sees it.
    pub fn own_path(&self, path: &str) -> std::path::PathBuf {
        Path::new(&format!("/proc/{}/cwd", self.child.id().unwrap())).join(path)
    }

    /// Forgets how much memory the process has had at most.
    pub fn reset_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id().unwrap()), "5").unwrap();
    }

    /// `VmRSS` or `VmHWM` of the process, in bytes.
    pub fn memory(&self, kind: &str) -> u64 {
        let file = format!("/proc/{}/status", self.child.id().unwrap());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find(|line| line.starts_with(kind)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// How it ended, within that time.
    pub async fn ends_within(&mut self, limit: Duration) -> ExitStatus {
        tokio::time::timeout(limit, self.child.wait()).await.expect("it ends").unwrap()
    }

    /// As a power cut would have it.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }
}

/// Sends these bytes and reads until the other end closes.
pub async fn say(stream: &mut TcpStream, bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).await.unwrap();
    rest(stream).await
}

/// Everything until the other end closes.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let read = tokio::time::timeout(Duration::from_secs(30), read).await.expect("it closes");
    match read {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    String::from_utf8(answer).unwrap()
}
