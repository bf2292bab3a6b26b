//! The configuration: typed, one file per section, read once at start from the file and the
//! environment. What is wrong stops the start with the key's name. Opens no other room.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

mod audit;
mod branding;
mod client;
mod database;
mod geoip;
mod keys;
mod lockout;
mod log;
mod mail;
mod metrics;
mod networks;
mod outbound;
mod passwords;
mod playground;
mod rate_limits;
mod registration;
mod roles;
mod server;
mod sessions;
mod span;
mod storage;
mod tokens;
mod upstream;

pub use audit::Audit;
pub use branding::Branding;
pub use client::{ClientConfig, ClientMetadata, Localized};
pub use database::Database;
pub use geoip::GeoIp;
pub use keys::{Keys, SigningAlgorithm};
pub use lockout::Lockout;
pub use log::{Log, LogFormat};
pub use mail::Mail;
pub use metrics::Metrics;
pub use outbound::Outbound;
pub use passwords::Passwords;
pub use playground::Playground;
pub use rate_limits::{Allowance, RateLimits};
pub use registration::{DynamicRegistration, Registration};
pub use roles::{PERMISSIONS, Roles, gives};
pub use server::{Server, Tls};
pub use sessions::Sessions;
pub use span::Span;
pub use storage::{Aws, Storage};
pub use tokens::Tokens;
pub use upstream::{UPSTREAM_CLAIMS, UpstreamClientAuth, UpstreamConfig, UpstreamKind};

/// Everything an operator can set. `config.example.toml` shows every key with its default.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub database: Database,
    pub keys: Keys,
    pub sessions: Sessions,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub lockout: Lockout,
    pub rate_limits: RateLimits,
    pub mail: Mail,
    pub playground: Playground,
    pub branding: Branding,
    pub log: Log,
    pub audit: Audit,
    pub metrics: Metrics,
    pub outbound: Outbound,
    pub storage: Storage,
    pub registration: Registration,
    pub roles: Roles,
    pub geoip: GeoIp,
    pub clients: Vec<ClientConfig>,
    pub upstreams: Vec<UpstreamConfig>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}", describe(.0))]
    Unreadable(Box<figment::Error>),
    #[error("configuration file {}: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[error("configuration key `{key}`: {expected}")]
    Wrong { key: String, expected: String },
}

/// The key, what is wrong with it, and where it stands.
fn describe(error: &figment::Error) -> String {
    let place = error.metadata.as_ref().map(|metadata| match &metadata.source {
        Some(source) => format!(" (in {source})"),
        None => format!(" (in {})", metadata.name),
    });
    let place = place.unwrap_or_default();
    let key = error.path.join(".");
    if key.is_empty() {
        return format!("configuration: {}{place}", error.kind);
    }
    format!("configuration key `{key}`: {}{place}", error.kind)
}

impl ConfigError {
    /// A value that has the right type and cannot be used all the same.
    pub fn wrong(key: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Wrong { key: key.into(), expected: expected.into() }
    }
}

impl Config {
    /// Reads the file (`--config`, else `COUNTERSIGN_CONFIG`, else `./config.toml` if it is there),
    /// then the environment, which wins.
    ///
    /// # Errors
    /// A file that was named and is missing, a key that is unknown, of the wrong type, or unusable.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let named = match file {
            Some(path) => Some(path.to_owned()),
            None => Env::var("COUNTERSIGN_CONFIG").map(PathBuf::from),
        };
        let path = named.clone().unwrap_or_else(|| PathBuf::from("config.toml"));
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if path.is_file() {
            // Exactly this file: the library's other reader also looks in every folder above.
            figment = figment.merge(Toml::file_exact(path));
        } else if named.is_some() {
            return Err(ConfigError::File { path, why: "not found".to_owned() });
        }
        Self::from_figment(figment)
    }

    /// Reads TOML text, then the environment: for tests of what an operator may write.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_figment(
            Figment::from(Serialized::defaults(Self::default())).merge(Toml::string(text)),
        )
    }

    fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let plain = |from: &'static str, to: &'static str| {
            Env::raw().only(&[from]).map(move |_| to.into()).split(".")
        };
        let mut config: Self = figment
            .merge(plain("DATABASE_URL", "database.url"))
            .merge(plain("PORT", "server.port"))
            .merge(plain("JWT_EXPIRATION", "sessions.bearer_lifetime"))
            .merge(Env::prefixed("COUNTERSIGN__").split("__"))
            .extract()
            .map_err(|error| ConfigError::Unreadable(Box::new(error)))?;
        config.server.settle()?;
        config.database.check()?;
        config.keys.check()?;
        config.sessions.check()?;
        config.roles.check()?;
        config.tokens.check()?;
        config.passwords.check()?;
        config.lockout.check()?;
        config.rate_limits.check()?;
        config.branding.check()?;
        config.audit.check()?;
        config.metrics.check()?;
        config.outbound.check()?;
        upstream::check(&config.upstreams, &config.roles)?;
        config.storage.settle();
        Ok(config)
    }

    /// Whether the commonest passwords are refused.
    #[must_use]
    pub fn common_passwords_are_refused(&self) -> bool {
        self.passwords.refuse_common.unwrap_or_else(|| !self.server.is_loopback())
    }

    /// Whether the built-in playground is served.
    #[must_use]
    pub fn playground_is_on(&self) -> bool {
        self.playground.enabled.unwrap_or_else(|| self.server.is_loopback())
    }

    /// Which apps may register themselves.
    #[must_use]
    pub fn dynamic_registration(&self) -> DynamicRegistration {
        self.registration.dynamic.unwrap_or(if self.server.is_loopback() {
            DynamicRegistration::Open
        } else {
            DynamicRegistration::Token
        })
    }
}
