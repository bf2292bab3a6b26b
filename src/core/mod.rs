//! The rules. No HTTP, no SQL, no wire shapes. Opens `store`, `jose`, `outbox` and `config`.
//!
//! Faces prove who asks; the core decides whether. Time is a parameter (`now`, in milliseconds
//! since the Unix epoch) and comes from the request's context.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;

use crate::config::{Config, ConfigError, DynamicRegistration};
use crate::jose::{Algorithm, Kek, KekError, Ring, Sealer, digest};
use crate::metrics::{Metrics, Standing};
use crate::outbox::{
    BlobError, Blobs, Credentials, Depot, FetchError, Fetcher, MailError, Post, Route, Sender,
    WrongRoute,
};
use crate::store::{self, Store};
use crate::upstream::Upstream;

pub mod access;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod avatars;
pub mod callers;
pub mod claims;
pub mod claims_request;
pub mod clients;
mod clock;
pub mod devices;
pub mod email;
pub mod flow;
mod follow;
pub mod geo;
pub mod grants;
mod keys;
pub mod language;
pub mod limits;
pub mod links;
mod lockout;
mod logos;
pub mod logout;
mod mail;
mod network;
mod passwords;
pub mod picture;
pub mod proofs;
pub mod redirect;
mod refusal;
pub mod roles;
pub mod scope;
pub mod security_log;
pub mod sessions;
mod sweep;
pub mod tokens;
pub mod words;

pub use clock::{Clock, rfc3339};
pub use keys::KeyInfo;
pub use logos::Logo;
pub use refusal::{Failure, Fault, Refusal};

pub use crate::jose::{Algorithm as SignatureAlgorithm, Phase as KeyPhase, Secret, TokenKind};

use clients::Client;
use refusal::OrFault as _;

/// The numbers that the rules go by, in milliseconds, and the names.
struct Rules {
    issuer: String,
    /// What the operator calls this house.
    brand: String,
    algorithms: Vec<Algorithm>,
    id_algorithm: Algorithm,
    access_algorithm: Algorithm,
    publish_ahead: i64,
    refresh_grace: i64,
    session_absolute: i64,
    session_idle: i64,
    bearer_lifetime: i64,
    roles: roles::Roles,
    access_lifetime: i64,
    id_lifetime: i64,
    refresh_lifetime: i64,
    code_lifetime: i64,
    registration: DynamicRegistration,
    lockout_attempts: i64,
    lockout_window: i64,
    refuse_common: bool,
    /// No token lives longer: what a key signed has expired when it was last used so long ago.
    longest_token: i64,
    audit_keep: i64,
}

impl Rules {
    fn new(config: &Config) -> Self {
        let algorithms: Vec<Algorithm> =
            config.keys.signing_algorithms.iter().map(|&name| name.into()).collect();
        let session_absolute = config.sessions.absolute_lifetime.milliseconds();
        let id_lifetime = config.tokens.id_lifetime.milliseconds();
        Self {
            issuer: config.server.public_url.clone(),
            brand: config.branding.name.clone(),
            id_algorithm: algorithms.first().copied().unwrap_or(Algorithm::Rs256),
            algorithms,
            access_algorithm: config.keys.access_token_algorithm.into(),
            publish_ahead: config.keys.publish_ahead.milliseconds(),
            refresh_grace: config.sessions.refresh_grace.milliseconds(),
            session_absolute,
            session_idle: config.sessions.idle_lifetime.milliseconds(),
            bearer_lifetime: config.sessions.bearer_lifetime.milliseconds(),
            roles: config.roles.0.clone(),
            access_lifetime: config.tokens.access_lifetime.milliseconds(),
            id_lifetime,
            refresh_lifetime: config.tokens.refresh_lifetime.milliseconds(),
            code_lifetime: config.tokens.code_lifetime.milliseconds(),
            registration: config.dynamic_registration(),
            lockout_attempts: config.lockout.attempts.into(),
            lockout_window: config.lockout.window.milliseconds(),
            refuse_common: config.common_passwords_are_refused(),
            // Every grant has an absolute end; ID tokens and a client's own tokens live a day at most.
            longest_token: session_absolute.max(id_lifetime).max(24 * 60 * 60 * 1000),
            audit_keep: config.audit.keep.milliseconds(),
        }
    }
}

/// Everything the rules need.
pub struct Core {
    store: Store,
    rules: Rules,
    clock: Clock,
    ring: ArcSwap<Ring>,
    clients: clients::Held,
    configured_clients: Vec<Arc<Client>>,
    hasher: passwords::HashPool,
    /// Up to where this node has looked for codes that nobody redeemed.
    codes_swept: AtomicI64,
    /// How far this node's clock is ahead of the database's, in seconds.
    clock_ahead: AtomicI64,
    sealer: Sealer,
    key_sealer: Arc<Sealer>,
    mail_sealer: Sealer,
    form_key: [u8; 32],
    lockout_key: [u8; 32],
    fetcher: Arc<Fetcher>,
    logos: logos::Logos,
    client_sealer: Sealer,
    client_keys: clients::ClientKeys,
    throttle: clients::Throttle,
    limits: limits::Limits,
    absent_clients: clients::AbsentClients,
    /// Who changes what is held of the clients; so that no reading from before a change undoes it.
    clients_turn: tokio::sync::Mutex<()>,
    session_tokens: tokens::Kept,
    signing: tokens::Signing,
    metrics: Metrics,
    post: Post,
    blobs: Blobs,
    media_key: [u8; 32],
    picture_turns: avatars::Turns,
    atlas: geo::Atlas,
    upstreams: Vec<Arc<Upstream>>,
    token_sealer: Sealer,
}

/// Why the core cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Kek(#[from] KekError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("password threads: {0}")]
    Threads(std::io::Error),
    #[error(transparent)]
    Fetcher(#[from] FetchError),
    #[error("mail: {0}")]
    Mail(#[from] MailError),
    #[error("storage: {0}")]
    Storage(#[from] BlobError),
}

impl Core {
    /// Opens the database, runs its migrations, reads or makes the keys, reads the clients.
    /// `built_in` are clients of Countersign's own.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(
        config: &Config,
        built_in: Vec<Client>,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let (route, from) = mail(config)?;
        let depot = storage(config)?;
        let atlas = geo::Atlas::open(&config.geoip.database)?;
        let mut configured_clients: Vec<_> = built_in.into_iter().map(Arc::new).collect();
        configured_clients.extend(configured(config)?);
        let store = Store::open(&config.database.url).await.or_fault("open the database")?;
        store.migrate().await.or_fault("migrate the database")?;
        let has_keys =
            !store::keys::all(store.read()).await.or_fault("read the signing keys")?.is_empty();
        let kek = Kek::open(&config.keys.directory, has_keys)?;
        let core = Arc::new(Self {
            store,
            rules: Rules::new(config),
            clock,
            ring: ArcSwap::default(),
            clients: clients::Held::default(),
            configured_clients,
            codes_swept: AtomicI64::new(0),
            clock_ahead: AtomicI64::new(0),
            hasher: passwords::HashPool::start(config.passwords.threads, config.passwords.queue)
                .map_err(StartError::Threads)?,
            sealer: kek.sealer("flows"),
            key_sealer: Arc::new(kek.sealer("signing keys")),
            mail_sealer: kek.sealer("mail"),
            form_key: kek.derive("forms"),
            lockout_key: kek.derive("lockout"),
            fetcher: Arc::new(Fetcher::new(
                &config.outbound.allow_private,
                &config.outbound.extra_ca,
            )?),
            logos: logos::cache(),
            client_sealer: kek.sealer("client secrets"),
            client_keys: clients::ClientKeys::default(),
            throttle: clients::Throttle::default(),
            limits: limits::Limits::new(config, kek.derive("rate limits"))?,
            absent_clients: clients::AbsentClients::default(),
            clients_turn: tokio::sync::Mutex::default(),
            session_tokens: tokens::kept(),
            signing: tokens::Signing::here(),
            metrics: Metrics::default(),
            post: Post::open(route, from, &config.outbound.extra_ca)?,
            blobs: Blobs::open(depot, &config.outbound.extra_ca)?,
            media_key: kek.derive("media"),
            picture_turns: avatars::Turns::default(),
            atlas,
            upstreams: links::configured(config),
            token_sealer: kek.sealer("upstream tokens"),
        });
        let now = core.clock.now();
        core.make_missing_keys(now).await?;
        core.reload_keys(now).await?;
        core.load_clients().await?;
        if store::applications::lacks_index(core.store.read()).await.or_fault("look at indexes")? {
            tracing::warn!(
                "core.start: applications are searched without an index; docs/operate.md says how \
                 to make one"
            );
        }
        Ok(core)
    }

    /// Checks what only the core understands of a configuration.
    ///
    /// # Errors
    /// The key that cannot be used.
    pub fn check(config: &Config) -> Result<(), ConfigError> {
        mail(config)?;
        storage(config)?;
        limits::store(config)?;
        geo::Atlas::open(&config.geoip.database)?;
        configured(config).map(drop)
    }

    /// The issuer, as it stands in every token and answer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.rules.issuer
    }

    /// The clock that requests take their time from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The algorithms that there are keys for, the default for ID tokens first.
    #[must_use]
    pub fn algorithms(&self) -> &[Algorithm] {
        &self.rules.algorithms
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> bool {
        self.store.ping().await.is_ok()
    }

    /// Whether the database answered when it was last asked. Asks nobody.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.store.is_up()
    }

    /// Where this node counts what it does.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What it has counted, and how it stands, as OpenMetrics text.
    #[must_use]
    pub fn metrics_text(&self) -> String {
        let keys = self.keys(self.clock.now());
        self.metrics.render(Standing {
            statements: self.store.statements(),
            database_up: self.store.is_up(),
            clock_ahead: self.clock_ahead.load(Ordering::Relaxed),
            hashes_waiting: self.hasher.waiting(),
            rate_limit_store_up: self.limits.is_store_up(),
            rate_limit_windows: self.limits.windows(),
            keys: keys.into_iter().map(|key| (key.algorithm, key.phase.name())).collect(),
        })
    }

    /// SQL statements sent since the start.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Passwords hashed since the start.
    #[must_use]
    pub fn hashes(&self) -> u64 {
        self.hasher.done()
    }

    /// Binds a form to the browser that it was shown to and to its purpose. The same on every node.
    #[must_use]
    pub fn form_token(&self, browser: &Secret, purpose: &str) -> String {
        digest::hmac(&self.form_key, &[browser.expose().as_bytes(), purpose.as_bytes()])
    }

    /// Whether that is the form's token.
    #[must_use]
    pub fn is_form_token(&self, token: &str, browser: &Secret, purpose: &str) -> bool {
        digest::equal(self.form_token(browser, purpose).as_bytes(), token.as_bytes())
    }

    /// An id of that time.
    #[must_use]
    pub fn new_id(&self, now: i64) -> uuid::Uuid {
        crate::jose::random::id(now)
    }

    /// The id of a request that brought none.
    #[must_use]
    pub fn new_request_id(&self) -> String {
        crate::jose::random::unlike_others("req_")
    }

    /// An unguessable value for a browser.
    #[must_use]
    pub fn random_token(&self) -> Secret {
        crate::jose::random::token()
    }
}

/// Where mail goes, and whom it is from.
fn mail(config: &Config) -> Result<(Route, Sender), ConfigError> {
    let wrong = |key: &str, why: &WrongRoute| ConfigError::wrong(key, why.to_string());
    let route = Route::parse(&config.mail.url).map_err(|why| wrong("mail.url", &why))?;
    let from = Sender::parse(&config.mail.from).map_err(|why| wrong("mail.from", &why))?;
    Ok((route, from))
}

/// Where pictures lie.
fn storage(config: &Config) -> Result<Depot, ConfigError> {
    let aws = config.storage.aws.clone();
    let credentials = match (aws.access_key_id, aws.secret_access_key) {
        (Some(access_key_id), Some(secret_access_key)) => {
            let session_token = aws.session_token;
            Some(Credentials { access_key_id, secret_access_key, session_token })
        }
        _ => None,
    };
    Depot::parse(&config.storage.url, aws.region, credentials)
        .map_err(|why| ConfigError::wrong("storage.url", why.to_string()))
}

/// The clients of the configuration file.
fn configured(config: &Config) -> Result<Vec<Arc<Client>>, ConfigError> {
    let algorithms = Rules::new(config).algorithms;
    let mut clients: Vec<Arc<Client>> = Vec::new();
    for (index, written) in config.clients.iter().enumerate() {
        let key = |member: &str| format!("clients[{index}].{member}");
        if written.client_id == tokens::FIRST_PARTY {
            let expected = "expected another: the tokens of first-party apps have this one";
            return Err(ConfigError::wrong(key("client_id"), expected));
        }
        if clients.iter().any(|known| known.id == written.client_id) {
            return Err(ConfigError::wrong(
                key("client_id"),
                "expected one that no other client has",
            ));
        }
        let secret = written.client_secret.as_deref().map(Secret::new);
        if secret.as_ref().is_some_and(|secret| secret.expose().len() < 16) {
            let expected = "expected at least 16 characters (make one: openssl rand -base64 32)";
            return Err(ConfigError::wrong(key("client_secret"), expected));
        }
        let digest = secret.as_ref().map(Secret::digest);
        let wrong = |error: clients::MetadataError| {
            ConfigError::wrong(key(&error.member), error.expected.to_string())
        };
        let client = Client::new(written.client_id.clone(), digest, written.metadata.clone())
            .map_err(wrong)?;
        client.check_algorithms(&algorithms).map_err(wrong)?;
        clients.push(Arc::new(client.sharing(secret)));
    }
    Ok(clients)
}
