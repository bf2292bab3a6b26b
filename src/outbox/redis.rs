//! Counts that all nodes share, in Redis or Valkey.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo as _, Script, TlsCertificates,
};
use tokio::sync::watch;
use tokio::time::timeout;
use url::Url;

/// No request waits longer for its count.
const ANSWER: Duration = Duration::from_millis(250);
const CONNECT: Duration = Duration::from_millis(500);
/// While the store is away it is looked for this often.
const AGAIN: Duration = Duration::from_secs(1);
/// What is counted to see whether counting works.
const PROBE: &str = "countersign:limit:probe";

/// Counts one, and says how many there are and how many milliseconds are left of the window, which
/// begins with the first. A key that would outlive the window, because it never had an end or the
/// rule has changed since, gets the end that it should have.
const COUNT: &str = "
    local used = redis.call('INCR', KEYS[1])
    local left = redis.call('PTTL', KEYS[1])
    if left < 0 or left > tonumber(ARGV[1]) then
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        left = tonumber(ARGV[1])
    end
    return {used, left}";

/// What stands under a name after something was counted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many within this window.
    pub used: u64,
    /// Milliseconds until it ends.
    pub left: i64,
}

/// Where the counts are kept. Holds the store's password and so has no `Debug`.
pub struct CounterStore(ConnectionInfo);

/// What a store's address must look like.
#[derive(Debug, thiserror::Error)]
#[error("expected memory, redis://USER:PASSWORD@HOST:PORT/NUMBER or rediss://…")]
pub struct WrongStore;

impl CounterStore {
    /// Reads `redis://USER:PASSWORD@HOST:PORT/NUMBER`, or `rediss://…` for TLS. User, password, port
    /// and the database's number may be missing.
    ///
    /// # Errors
    /// What was expected; what was found may hold a password and is not repeated.
    pub fn parse(text: &str) -> Result<Self, WrongStore> {
        let url = Url::parse(text).map_err(|_| WrongStore)?;
        let is_redis = matches!(url.scheme(), "redis" | "rediss");
        // A query or fragment would set what is not for the configuration: `#insecure` leaves
        // certificates unchecked.
        if !is_redis || !url.has_host() || url.query().is_some() || url.fragment().is_some() {
            return Err(WrongStore);
        }
        let info = url.into_connection_info().map_err(|_| WrongStore)?;
        // Counts are small, and each is waited for.
        Ok(Self(info.set_tcp_settings(TcpSettings::default().set_nodelay(true))))
    }
}

/// Why there can be no counter.
#[derive(Debug, thiserror::Error)]
pub enum CounterError {
    #[error("outbound.extra_ca: {0}")]
    ExtraCa(#[from] std::io::Error),
    #[error("{0}")]
    Store(#[from] redis::RedisError),
}

/// Counts that all nodes share. While the store is away it counts nothing and keeps nobody waiting;
/// it says so once, and once when the store is back.
pub struct SharedCounter(Arc<Inner>);

struct Inner {
    client: Client,
    count: Script,
    /// None while the store is away.
    connection: watch::Sender<Option<Arc<MultiplexedConnection>>>,
}

impl SharedCounter {
    /// Connects to nothing yet. `extra_ca` is a PEM file of further certificate authorities; an empty
    /// path names none.
    ///
    /// # Errors
    /// The PEM file cannot be read.
    pub fn new(store: CounterStore, extra_ca: &Path) -> Result<Self, CounterError> {
        let has_tls = matches!(store.0.addr(), redis::ConnectionAddr::TcpTls { .. });
        let client = if has_tls && !extra_ca.as_os_str().is_empty() {
            let root_cert = Some(authorities(extra_ca)?);
            Client::build_with_tls(store.0, TlsCertificates { client_tls: None, root_cert })?
        } else {
            Client::open(store.0)?
        };
        let connection = watch::Sender::new(None);
        Ok(Self(Arc::new(Inner { client, count: Script::new(COUNT), connection })))
    }

    /// Connects. Where that fails the store is away, and is looked for in the background.
    pub async fn connect(&self) {
        if let Err(why) = self.0.connect().await {
            self.look_out(&why);
        }
    }

    /// Whether the store was there when it was last asked.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.0.connection.borrow().is_some()
    }

    /// Counts one under that name, in a window of so many milliseconds; None while the store is away.
    pub async fn count(&self, name: &str, window: i64) -> Option<Counted> {
        let mut watched = self.0.connection.subscribe();
        let connection = watched.borrow_and_update().clone()?;
        let counted = tokio::select! {
            biased;
            counted = self.0.count(&connection, name, window) => counted,
            // Another request waited long enough for all.
            _ = watched.changed() => return None,
        };
        match counted {
            Ok(counted) => Some(counted),
            Err(why) => {
                self.give_up(&connection, &why);
                None
            }
        }
    }

    /// The first who fails on a connection says so.
    fn give_up(&self, connection: &Arc<MultiplexedConnection>, why: &str) {
        let is_first = self.0.connection.send_if_modified(|known| {
            let is_same = known.as_ref().is_some_and(|known| Arc::ptr_eq(known, connection));
            if is_same {
                *known = None;
            }
            is_same
        });
        if is_first {
            self.look_out(why);
        }
    }

    fn look_out(&self, why: &str) {
        tracing::warn!(why, "rate_limits.away: each node counts for itself");
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(AGAIN).await;
                let Some(inner) = inner.upgrade() else { return };
                if inner.connect().await.is_ok() {
                    tracing::info!("rate_limits.back: nodes share their counts");
                    return;
                }
            }
        });
    }
}

impl Inner {
    /// A store that takes connections and does not count is away all the same.
    async fn connect(&self) -> Result<(), String> {
        // One limit for everything, below, in place of the library's own.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None);
        let connection = self.client.get_multiplexed_async_connection_with_config(&config);
        let connection = Arc::new(connection.await.map_err(|error| error.to_string())?);
        self.count(&connection, PROBE, 1000).await?;
        self.connection.send_replace(Some(connection));
        Ok(())
    }

    async fn count(
        &self,
        connection: &MultiplexedConnection,
        name: &str,
        window: i64,
    ) -> Result<Counted, String> {
        let mut connection = connection.clone();
        let mut call = self.count.key(name);
        let counted = call.arg(window).invoke_async::<(u64, i64)>(&mut connection);
        match timeout(ANSWER, counted).await {
            Ok(Ok((used, left))) => Ok(Counted { used, left }),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("no answer within {} ms", ANSWER.as_millis())),
        }
    }
}

/// The system's certificate authorities and further ones, as PEM: the library takes one list.
fn authorities(extra_ca: &Path) -> std::io::Result<Vec<u8>> {
    let mut pem = std::fs::read_to_string(extra_ca)?;
    for authority in rustls_native_certs::load_native_certs().certs {
        pem += "\n-----BEGIN CERTIFICATE-----\n";
        STANDARD.encode_string(authority, &mut pem);
        pem += "\n-----END CERTIFICATE-----\n";
    }
    Ok(pem.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::CounterStore;

    #[test]
    fn an_address_of_a_store_names_a_host_and_leaves_certificates_checked() {
        for good in [
            "redis://127.0.0.1",
            "redis://[::1]:6379/3",
            "redis://:secret@redis.internal:6380",
            "rediss://user:se%40cret@redis.example.com:6380/0",
        ] {
            assert!(CounterStore::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "redis",
            "redis://",
            "redis.example.com:6379",
            "http://redis.example.com",
            "unix:///run/redis.sock",
            "redis://user:secret@host/name",
            "rediss://user:secret@host/0#insecure",
            "redis://host/0?protocol=resp3",
        ] {
            let wrong = CounterStore::parse(bad).err().unwrap_or_else(|| panic!("{bad} passed"));
            assert!(!wrong.to_string().contains("secret"));
        }
    }
}
