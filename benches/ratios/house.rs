//! What the servers under test share: a database, keys, a port, clients, and Ada's account.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::jose::Algorithm;
use tempfile::TempDir;

use super::Outcome;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct horse battery";
/// Nobody listens there: answers to it are looked at, not followed.
pub const CALLBACK: &str = "http://127.0.0.1:9/callback";
/// Failed passwords after which an account is locked.
pub const LOCKED_AFTER: usize = 100;
const SECRET: &str = "a-secret-0123456789abcdef0123456789";

/// A client that acts for itself.
pub const MACHINE: &str = "machine";
/// Clients that people sign in to: with ID tokens by RS256, the default, and by ES256.
pub const APP: &str = "app";
pub const APP_ES256: &str = "app-es256";

pub struct House {
    directory: TempDir,
    pub database: String,
    /// Where the server listens, each time that it is started.
    pub address: SocketAddr,
}

impl House {
    pub fn on_sqlite() -> Outcome<Self> {
        let mut house = Self::on(String::new())?;
        house.database = format!("sqlite://{}/c.db", house.directory.path().display());
        Ok(house)
    }

    pub fn on(database: String) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        Ok(Self { directory: TempDir::new()?, database, address })
    }

    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The configuration of a server whose access tokens have this algorithm, and which believes us
    /// where we say that people come from. Requests are counted, and all within the limit; an account
    /// is locked as late as it may be. All else is default.
    pub fn config(&self, algorithm: Algorithm) -> String {
        let (issuer, database) = (self.issuer(), &self.database);
        let (address, keys) = (self.address, self.path("keys"));
        format!(
            r#"
[server]
listen = "{address}"
public_url = "{issuer}"
trusted_proxies = ["127.0.0.1/32"]
[database]
url = "{database}"
[rate_limits.other]
limit = 4000000000
[lockout]
attempts = {LOCKED_AFTER}
[keys]
directory = "{}"
access_token_algorithm = "{algorithm}"
[[clients]]
client_id = "{MACHINE}"
client_secret = "{SECRET}"
grant_types = ["client_credentials"]
scope = "api:read api:write"
[[clients]]
client_id = "{APP}"
client_secret = "{SECRET}"
redirect_uris = ["{CALLBACK}"]
grant_types = ["authorization_code", "refresh_token"]
[[clients]]
client_id = "{APP_ES256}"
client_secret = "{SECRET}"
redirect_uris = ["{CALLBACK}"]
grant_types = ["authorization_code", "refresh_token"]
id_token_signed_response_alg = "ES256"
"#,
            keys.display()
        )
    }

    /// The release binary with that configuration, and with nothing of our environment.
    pub fn countersign(&self, algorithm: Algorithm) -> Outcome<Command> {
        let config = self.path("config.toml");
        std::fs::write(&config, self.config(algorithm))?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.env_clear().arg("--config").arg(config).current_dir(self.directory.path());
        Ok(command)
    }

    /// Makes the database, the keys and the account, from the command line.
    pub fn add_ada(&self) -> Outcome {
        self.add(EMAIL)
    }

    /// Makes an account like Ada's.
    pub fn add(&self, email: &str) -> Outcome {
        let mut command = self.countersign(Algorithm::Es256)?;
        command.args(["user", "create", "--verified", "--password-stdin"]);
        command.args(["--email", email, "--name", "Ada Lovelace"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().ok_or("no standard input")?.write_all(PASSWORD.as_bytes())?;
        let status = child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("user create: {status}").into()) }
    }
}

/// The `Authorization` header of one of the clients (RFC 6749 §2.3.1).
pub fn basic(client: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{SECRET}")))
}
