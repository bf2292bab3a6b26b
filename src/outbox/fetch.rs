use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Url};
use tokio::sync::OnceCell;
use tokio::task::{JoinError, spawn_blocking};

use super::address::is_allowed;

/// No document that we fetch is larger.
const LARGEST: usize = 1024 * 1024;
const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(5);

/// Who named the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The operator, in the configuration: any host, plain http too.
    Configured,
    /// Anybody else: https, and addresses of the public internet.
    Stranger,
}

/// Why nothing was fetched. Told to operators, never to strangers.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("expected an https URL with a public host")]
    Refused,
    #[error("the host answered {0}")]
    Status(u16),
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
    #[error("{0}")]
    Failed(#[from] reqwest::Error),
    #[error("outbound.extra_ca: {0}")]
    ExtraCa(String),
    #[error("no client could be made: {0}")]
    Stopped(#[from] JoinError),
}

/// The one client for everything that the server fetches because somebody named a URL: no redirects,
/// no proxy from the environment, 1 MiB, 5 seconds, and connections only to the very addresses that
/// were checked.
pub struct Fetcher {
    allowed: Arc<[IpNet]>,
    authorities: Vec<Certificate>,
    /// Made when something is fetched for the first time: each reads all certificates of the
    /// platform, some hundred files, and many a server never fetches anything.
    clients: OnceCell<Clients>,
}

struct Clients {
    configured: Client,
    strangers: Client,
}

impl Clients {
    fn new(allowed: Arc<[IpNet]>, authorities: &[Certificate]) -> Result<Self, FetchError> {
        let client = || {
            let mut builder = Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT)
                .timeout(WHOLE)
                .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")));
            for authority in authorities {
                builder = builder.add_root_certificate(authority.clone());
            }
            builder
        };
        let strangers = client().https_only(true).dns_resolver(Arc::new(Guard { allowed }));
        Ok(Self { configured: client().build()?, strangers: strangers.build()? })
    }
}

impl Fetcher {
    /// `allow_private` are address ranges that strangers' URLs may lead to as well; `extra_ca` is a
    /// PEM file of further certificate authorities.
    ///
    /// # Errors
    /// The PEM file cannot be read or used.
    pub fn new(allow_private: &[IpNet], extra_ca: &Path) -> Result<Self, FetchError> {
        let allowed: Arc<[IpNet]> = allow_private.into();
        let mut authorities = Vec::new();
        let mut clients = OnceCell::new();
        if !extra_ca.as_os_str().is_empty() {
            let failed = |error: &dyn std::fmt::Display| FetchError::ExtraCa(error.to_string());
            let pem = std::fs::read(extra_ca).map_err(|error| failed(&error))?;
            authorities = Certificate::from_pem_bundle(&pem).map_err(|error| failed(&error))?;
            // Whether the certificates are any good shows here, and must at the start.
            clients = OnceCell::new_with(Some(Clients::new(Arc::clone(&allowed), &authorities)?));
        }
        Ok(Self { allowed, authorities, clients })
    }

    async fn clients(&self) -> Result<&Clients, FetchError> {
        let make = || async {
            let (allowed, authorities) = (Arc::clone(&self.allowed), self.authorities.clone());
            spawn_blocking(move || Clients::new(allowed, &authorities)).await?
        };
        self.clients.get_or_try_init(make).await
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn get(&self, url: &str, trust: Trust) -> Result<Vec<u8>, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Refused)?;
        if trust == Trust::Stranger && !self.is_public(&url) {
            return Err(FetchError::Refused);
        }
        let clients = self.clients().await?;
        let client = match trust {
            Trust::Configured => &clients.configured,
            Trust::Stranger => &clients.strangers,
        };
        let mut response = client.get(url).send().await?;
        if response.status() != 200 {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if document.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }

    /// Whether a stranger's URL may be asked for at all. Names are judged when they are resolved; an
    /// address in the URL itself never is, so it is judged here.
    fn is_public(&self, url: &Url) -> bool {
        let literal = match url.host() {
            Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(url::Host::Domain(_)) => None,
            None => return false,
        };
        url.scheme() == "https" && literal.is_none_or(|ip| is_allowed(ip, &self.allowed))
    }
}

/// Resolves a name once, and hands out only the addresses that may be connected to.
struct Guard {
    allowed: Arc<[IpNet]>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = Arc::clone(&self.allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> =
                found.filter(|address| is_allowed(address.ip(), &allowed)).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refused(url: &str) -> bool {
        let fetcher = Fetcher::new(&[], Path::new("")).unwrap();
        fetcher.get(url, Trust::Stranger).await.is_err()
    }

    #[tokio::test]
    async fn r67_a_strangers_url_reaches_nothing_of_ours() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in
            ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"]
        {
            for scheme in ["http", "https"] {
                assert!(refused(&format!("{scheme}://{host}:{port}/")).await, "{scheme} {host}");
            }
        }
        let knocked = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(knocked.is_err(), "somebody knocked");
        for other in ["file:///etc/passwd", "ftp://example.com/", "data:,x", "nonsense"] {
            assert!(refused(other).await, "{other}");
        }
    }
}
