//! A real server on port 0, with a movable clock, on a database of its own.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use countersign::app::{App, Shared};
use countersign::config::Config;
use countersign::core::accounts::NewAccount;
use countersign::core::claims::{Address, StandardClaims};
use countersign::core::{Clock, Secret};
use countersign::{oidc, router, serve};
use reqwest::{Client, RequestBuilder, Response, Url};
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use url::form_urlencoded;

pub const EMAIL: &str = "ada@example.com";
pub const PASSWORD: &str = "correct horse battery";
/// Nobody listens there: answers to it are looked at, not followed.
pub const CALLBACK: &str = "http://127.0.0.1:9/callback?kept=1";
pub const WEB: (&str, &str) = ("web", "web-secret-0123456789abcdef");
pub const OTHER: (&str, &str) = ("other app", "100% other+secret:0123456789");
pub const POST: (&str, &str) = ("post", "post-secret-0123456789abcdef");
pub const SPA: &str = "spa";

pub const CLIENTS: &str = r#"
[[clients]]
client_id = "web"
client_secret = "web-secret-0123456789abcdef"
client_name = "Acme"
redirect_uris = ["http://127.0.0.1:9/callback?kept=1"]
grant_types = ["authorization_code", "refresh_token", "client_credentials"]
scope = "openid profile email address phone offline_access api:read api:write"
policy_uri = "https://acme.example/privacy"
tos_uri = "https://acme.example/terms"

[[clients]]
client_id = "other app"
client_secret = "100% other+secret:0123456789"
redirect_uris = ["http://127.0.0.1:9/callback?kept=1"]
grant_types = ["authorization_code", "refresh_token"]

[[clients]]
client_id = "post"
client_secret = "post-secret-0123456789abcdef"
redirect_uris = ["http://127.0.0.1:9/callback?kept=1"]
token_endpoint_auth_method = "client_secret_post"
skip_consent = true

[[clients]]
client_id = "spa"
redirect_uris = ["http://127.0.0.1:9/callback?kept=1"]
grant_types = ["authorization_code", "refresh_token"]
"#;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    Postgres,
}

/// One node, and all it needs.
pub struct House {
    pub issuer: String,
    pub app: Shared,
    pub clock: Clock,
    pub directory: Arc<TempDir>,
    pub config: Config,
    pub http: Client,
    background: Arc<tokio::sync::Mutex<Background>>,
    stop: Option<oneshot::Sender<()>>,
}

/// What a node does besides answering.
struct Background(Vec<JoinHandle<()>>);

impl Background {
    fn of(app: &Shared) -> Self {
        Self(vec![app.core.follow(), app.core.send_mail()])
    }

    async fn stop(&mut self) {
        for task in self.0.drain(..) {
            task.abort();
            task.await.ok();
        }
    }
}

/// Where a house will stand: for those who must know its address before it is there.
pub struct Plot {
    listener: TcpListener,
    pub url: String,
}

impl Plot {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self { listener, url }
    }
}

/// Runs a test on both databases.
#[macro_export]
macro_rules! on_both_databases {
    ($(#[$attribute:meta])* async fn $name:ident($house:ident: $type:ty) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a test takes what it needs")]
            use super::*;
            async fn run($house: $type) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                run($crate::house::House::open($crate::house::Db::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                run($crate::house::House::open($crate::house::Db::Postgres).await).await;
            }
        }
    };
}

/// The same for a test that opens a house of its own.
#[macro_export]
macro_rules! for_each_database {
    (async fn $name:ident($db:ident: Db $(,)?) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "a test takes what it needs")]
            use super::*;
            async fn run($db: $crate::house::Db) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                run($crate::house::Db::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                run($crate::house::Db::Postgres).await;
            }
        }
    };
}

impl House {
    pub async fn open(db: Db) -> Self {
        Self::open_with(db, "").await
    }

    /// A house whose configuration has more in it; its tables come after the clients.
    pub async fn open_with(db: Db, more: &str) -> Self {
        Self::open_on(Plot::new().await, db, more).await
    }

    /// The same, at an address that others know already.
    pub async fn open_on(plot: Plot, db: Db, more: &str) -> Self {
        let directory = Arc::new(TempDir::new().unwrap());
        let mut config = Config::from_toml(&format!("{CLIENTS}{more}")).unwrap();
        config.keys.directory = directory.path().join("keys");
        config.database.url = Model::of(db).build(directory.path()).await;
        if !more.contains("[rate_limits") {
            // All that a test asks comes from one address.
            let of = &mut config.rate_limits;
            for rule in [
                &mut of.register,
                &mut of.login,
                &mut of.reset_password,
                &mut of.request_password_reset,
                &mut of.refresh,
                &mut of.sign_up,
                &mut of.sign_in,
                &mut of.other,
            ] {
                rule.limit = 1_000_000;
            }
        }
        if config.mail.url == "outbox:data/outbox" {
            config.mail.url = format!("outbox:{}/outbox", directory.path().display());
        }
        if config.storage.url == "file:data/media" {
            config.storage.url = format!("file:{}/media", directory.path().display());
        }
        Box::pin(Self::start(plot, config, Clock::default(), directory)).await
    }

    async fn start(plot: Plot, mut config: Config, clock: Clock, directory: Arc<TempDir>) -> Self {
        let Plot { listener, url: issuer } = plot;
        // A second node keeps the first one's name, and so does a house that was given one.
        if config.server.public_url == "http://localhost:3000" {
            config.server.public_url.clone_from(&issuer);
        }
        let app = App::start(config.clone(), clock.clone(), oidc::describe).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let serving =
            serve::serve(listener, router::router(&app), serve::Limits::default(), None, async {
                stopped.await.ok();
            });
        let background = Arc::new(tokio::sync::Mutex::new(Background::of(&app)));
        let with_it = Arc::clone(&background);
        tokio::spawn(async move {
            serving.await;
            with_it.lock().await.stop().await;
        });
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_mins(1))
            .build()
            .unwrap();
        Self { issuer, app, clock, directory, config, http, background, stop: Some(stop) }
    }

    /// A second node on the same database, keys and clock. Its issuer is the first one's; its own
    /// address is in `issuer`, for requests.
    pub async fn another_node(&self) -> Self {
        self.restart(&self.config).await
    }

    /// A node like another one, but for its configuration.
    pub async fn restart(&self, config: &Config) -> Self {
        let plot = Plot::new().await;
        Self::start(plot, config.clone(), self.clock.clone(), self.directory.clone()).await
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.issuer)).unwrap()
    }

    /// A request to the token endpoint that authenticates by HTTP Basic.
    pub fn token(&self, client: (&str, &str), form: &[(&str, &str)]) -> RequestBuilder {
        self.post("/token", client, form)
    }

    /// The same to another endpoint.
    pub fn post(
        &self,
        path: &str,
        client: (&str, &str),
        form: &(impl serde::Serialize + ?Sized),
    ) -> RequestBuilder {
        let encode =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.http
            .post(self.url(path))
            .basic_auth(encode(client.0), Some(encode(client.1)))
            .form(form)
    }

    /// A request to the token endpoint of a public client.
    pub fn public_token(&self, form: &[(&str, &str)]) -> RequestBuilder {
        let mut form = form.to_vec();
        form.push(("client_id", SPA));
        self.http.post(self.url("/token")).form(&form)
    }

    pub async fn userinfo(&self, token: &str) -> Response {
        self.http.get(self.url("/userinfo")).bearer_auth(token).send().await.unwrap()
    }

    /// SQL statements that the work took, and it alone: the node does nothing else meanwhile.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        let mut background = self.background.lock().await;
        background.stop().await;
        let before = self.app.core.statements();
        let outcome = work.await;
        let count = self.app.core.statements() - before;
        *background = Background::of(&self.app);
        (outcome, count)
    }
}

/// A house as all begin: its tables made, its keys made, Ada in it. Keys and a password's hash take long to make,
/// and a thousand tests need some.
struct Model {
    /// The file with the key-encryption key, and its name.
    kek: (std::ffi::OsString, Vec<u8>),
    rooms: Rooms,
}

enum Rooms {
    /// A database's file.
    Sqlite(Vec<u8>),
    /// The name of a database.
    Postgres(String),
}

impl Model {
    fn of(db: Db) -> &'static Self {
        static SQLITE: OnceLock<Model> = OnceLock::new();
        static POSTGRES: OnceLock<Model> = OnceLock::new();
        let model = match db {
            Db::Sqlite => &SQLITE,
            Db::Postgres => &POSTGRES,
        };
        model.get_or_init(|| {
            // On a runtime of its own: with its end nobody is connected any more.
            let make = move || Runtime::new().unwrap().block_on(Self::make(db));
            std::thread::spawn(make).join().unwrap()
        })
    }

    async fn make(db: Db) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("c.db");
        let mut config = Config::default();
        config.database.url = match db {
            Db::Sqlite => format!("sqlite://{}", file.display()),
            Db::Postgres => new_postgres_database().await,
        };
        config.keys.directory = directory.path().join("keys");
        config.mail.url = format!("outbox:{}/outbox", directory.path().display());
        config.storage.url = format!("file:{}/media", directory.path().display());
        let url = Url::parse(&config.database.url).unwrap();
        let app = App::start(config.clone(), Clock::default(), oidc::describe).await.unwrap();
        add_ada(&app).await;
        drop(app);
        let rooms = match db {
            Db::Sqlite => {
                // Whole in one file, without a log beside it.
                let copy = directory.path().join("copy.db");
                let open = sea_orm::Database::connect(&config.database.url).await.unwrap();
                let into = format!("VACUUM INTO '{}'", copy.display());
                open.execute_unprepared(&into).await.unwrap();
                Rooms::Sqlite(std::fs::read(copy).unwrap())
            }
            Db::Postgres => Rooms::Postgres(url.path().trim_start_matches('/').to_owned()),
        };
        let mut keys = std::fs::read_dir(config.keys.directory).unwrap();
        let kek = keys.next().unwrap().unwrap();
        assert!(keys.next().is_none(), "one file");
        Self { kek: (kek.file_name(), std::fs::read(kek.path()).unwrap()), rooms }
    }

    /// Builds one like it: the database, whose address it tells, and the key-encryption key.
    async fn build(&self, directory: &Path) -> String {
        let keys = directory.join("keys");
        std::fs::DirBuilder::new().mode(0o700).create(&keys).unwrap();
        let (name, bytes) = &self.kek;
        let mut kek = OpenOptions::new();
        let mut kek = kek.write(true).create_new(true).mode(0o600).open(keys.join(name)).unwrap();
        kek.write_all(bytes).unwrap();
        match &self.rooms {
            Rooms::Sqlite(bytes) => {
                let file = directory.join("c.db");
                std::fs::write(&file, bytes).unwrap();
                format!("sqlite://{}", file.display())
            }
            Rooms::Postgres(name) => postgres_database_like(Some(name)).await,
        }
    }
}

async fn add_ada(app: &App) {
    let claims = StandardClaims {
        name: Some("Ada Lovelace".to_owned()),
        birthdate: Some("1815-12-10".to_owned()),
        phone_number: Some("+44123456".to_owned()),
        address: Some(Address { country: Some("UK".to_owned()), ..Address::default() }),
        ..StandardClaims::default()
    };
    let new = NewAccount {
        email: EMAIL.to_owned(),
        email_verified: true,
        username: Some("ada".to_owned()),
        password: Some(Secret::new(PASSWORD)),
        claims,
        ..NewAccount::default()
    };
    app.core.create_account(new, Clock::default().now()).await.unwrap();
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
    }
}

/// The JSON of an answer that must have this status.
pub async fn json(response: Response, status: u16) -> Value {
    let (got, text) = (response.status().as_u16(), response.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A database of its own for one test, in the server that `tests/run` started.
pub async fn new_postgres_database() -> String {
    postgres_database_like(None).await
}

async fn postgres_database_like(model: Option<&str>) -> String {
    let server = env("COUNTERSIGN_TEST_POSTGRES");
    let name = format!("t{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    let mut options = sea_orm::ConnectOptions::new(&server);
    options.max_connections(1).sqlx_logging(false);
    let admin = sea_orm::Database::connect(options).await.unwrap();
    let like = model.map_or_else(String::new, |model| format!(" TEMPLATE {model}"));
    admin.execute_unprepared(&format!("CREATE DATABASE {name}{like}")).await.unwrap();
    admin.close().await.unwrap();
    let mut url = Url::parse(&server).unwrap();
    url.set_path(&name);
    url.to_string()
}

/// What `tests/run` says where a part is. A part that is missing fails the test.
#[allow(clippy::disallowed_methods, reason = "the test bed's own variables")]
pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/run"))
}

/// A free port, for a program that takes one later: below the range from which the kernel gives
/// ports to whoever asks for any, and not the next caller's, so that nobody else has it by then.
pub fn free_port() -> u16 {
    const PORTS: std::ops::Range<u16> = 11_000..20_000; // tests/run starts its servers above
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id(); // another run may go on beside this one
    std::iter::repeat_with(|| first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) as usize)
        .take(PORTS.len())
        .filter_map(|next| { PORTS }.nth(next % PORTS.len()))
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
