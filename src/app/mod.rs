//! What every face shares: the [`App`], a request's [`Ctx`], cookies, and [`Problem`], the way a face
//! without pages asks for an error page.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::{Config, ConfigError};
use crate::core::clients::Client;
use crate::core::{Clock, Core, StartError};

pub mod answer;
pub mod around;
pub mod bearer;
mod brand;
pub mod cookies;
mod ctx;
pub mod health;
pub mod limits;
pub mod paths;
pub mod problem;
pub mod rate;
pub mod signing_out;
pub mod wrap;

pub use brand::Brand;
pub use ctx::{Ctx, Facts, Peer, RequestId};
pub use limits::Unread;
pub use problem::Problem;

/// The client id of the built-in playground.
pub const PLAYGROUND: &str = "playground";

/// One running node.
pub struct App {
    pub config: Config,
    pub core: Arc<Core>,
    pub brand: Brand,
    /// The discovery document, made once.
    pub discovery: axum::body::Bytes,
    started: Instant,
    stopping: AtomicBool,
}

/// What every handler is given.
pub type Shared = Arc<App>;

impl App {
    /// Checks what only more than one room can tell of a configuration.
    ///
    /// # Errors
    /// The key that cannot be used.
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        playground(config)?;
        Brand::load(&config.branding)?;
        Core::check(config)
    }

    /// From now on this node is not ready for requests, though it finishes those it has.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// How long this node has been running.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Starts the core; `describe` writes the discovery document.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        config: Config,
        clock: Clock,
        describe: impl FnOnce(&Core) -> serde_json::Value,
    ) -> Result<Shared, StartError> {
        let built_in = playground(&config)?.into_iter().collect();
        let brand = Brand::load(&config.branding)?;
        let core = Core::start(&config, built_in, clock).await?;
        core.connect_limits().await;
        let discovery = describe(&core).to_string().into();
        let (started, stopping) = (Instant::now(), AtomicBool::new(false));
        Ok(Arc::new(Self { config, core, brand, discovery, started, stopping }))
    }
}

/// The playground is a public client like any other, with one redirect URI: its own page.
fn playground(config: &Config) -> Result<Option<Client>, ConfigError> {
    if !config.playground_is_on() {
        return Ok(None);
    }
    let metadata = crate::config::ClientMetadata {
        client_name: Some("Playground".to_owned()),
        redirect_uris: vec![format!("{}{}", config.server.public_url, paths::PLAYGROUND)],
        grant_types: Some(vec!["authorization_code".to_owned(), "refresh_token".to_owned()]),
        token_endpoint_auth_method: Some("none".to_owned()),
        ..crate::config::ClientMetadata::default()
    };
    Client::new(PLAYGROUND.to_owned(), None, metadata)
        .map(Some)
        .map_err(|error| ConfigError::wrong("playground.enabled", error.to_string()))
}
