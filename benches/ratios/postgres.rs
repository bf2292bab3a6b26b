//! A PostgreSQL server: the one that COUNTERSIGN_TEST_POSTGRES names, else one of our own, which
//! listens on loopback, trusts whoever reaches it, and is thrown away.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};
use tempfile::TempDir;
use url::Url;

use super::Outcome;

pub struct Postgres {
    /// To its database `postgres`.
    url: Url,
    own: Option<Own>,
}

struct Own {
    process: Child,
    _directory: TempDir,
}

impl Postgres {
    #[expect(clippy::disallowed_methods, reason = "the test bed's own variable")]
    pub fn start() -> Outcome<Self> {
        if let Ok(url) = std::env::var("COUNTERSIGN_TEST_POSTGRES") {
            return Ok(Self { url: Url::parse(&url)?, own: None });
        }
        let programs = programs()?;
        let directory = tempfile::Builder::new().prefix("countersign-").tempdir_in("/tmp")?;
        if geteuid().is_root() {
            succeed(Command::new("chown").arg("postgres:").arg(directory.path()))?;
        }
        let data = directory.path().join("data");
        let mut initdb = as_postgres(&programs.join("initdb"));
        initdb.arg("--pgdata").arg(&data).args(["--username=countersign", "--auth=trust"]);
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        succeed(&mut initdb)?;

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = as_postgres(&programs.join("postgres"));
        server.arg("-D").arg(&data).arg("-k").arg(directory.path()).args(["-p", &port.to_string()]);
        // Its durability is not what is measured.
        for setting in ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off"] {
            server.args(["-c", setting]);
        }
        let log = directory.path().join("log");
        server.stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let process = server.spawn()?;
        let mut own = Own { process, _directory: directory };
        own.wait(&programs, port, &log)?;
        let url = Url::parse(&format!("postgres://countersign@127.0.0.1:{port}/postgres"))?;
        Ok(Self { url, own: Some(own) })
    }

    async fn admin(&self) -> Outcome<DatabaseConnection> {
        let mut options = ConnectOptions::new(self.url.as_str());
        options.max_connections(1).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    /// Makes an empty database and returns its URL.
    pub async fn new_database(&self) -> Outcome<String> {
        let name = format!("ratios_{}", std::process::id());
        self.admin().await?.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let mut url = self.url.clone();
        url.set_path(&name);
        Ok(url.into())
    }

    /// Leaves nothing in a server that is not ours.
    pub async fn drop_database(&self, url: &str) -> Outcome {
        if self.own.is_none() {
            let name = Url::parse(url)?.path().trim_start_matches('/').to_owned();
            let sql = format!("DROP DATABASE {name} WITH (FORCE)");
            self.admin().await?.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}

impl Own {
    fn wait(&mut self, programs: &Path, port: u16, log: &Path) -> Outcome {
        let began = Instant::now();
        loop {
            let mut ready = Command::new(programs.join("pg_isready"));
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            if ready.status()?.success() {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(20) {
                let said = std::fs::read_to_string(log)?;
                return Err(format!("PostgreSQL did not start: {said}").into());
            }
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // Nothing in it is worth an orderly shutdown, but its own children must go, too.
        if let Some(pid) = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::QUIT).ok();
        }
        self.process.wait().ok();
    }
}

/// The folder of the newest PostgreSQL server; Debian keeps it off PATH.
#[expect(clippy::disallowed_methods, reason = "a program is looked for, as a shell does")]
fn programs() -> Outcome<PathBuf> {
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .map(|(version, path)| (version, path.join("bin")))
        .collect();
    debian.sort();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders =
        debian.into_iter().rev().map(|(_, path)| path).chain(std::env::split_paths(&path));
    folders.find(|folder| folder.join("initdb").exists()).ok_or_else(|| {
        "PostgreSQL is not installed (apt-get install postgresql), and COUNTERSIGN_TEST_POSTGRES names no server"
            .into()
    })
}

/// As root PostgreSQL refuses to run. Should we be killed outright, the kernel stops it.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=QUIT").current_dir("/");
    if geteuid().is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.arg(program);
    command
}

fn succeed(command: &mut Command) -> Outcome {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{}: {said}", command.get_program().display()).into())
}
