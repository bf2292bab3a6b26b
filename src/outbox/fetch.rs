use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Method, Url};
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
    guard: Guard,
    authorities: Vec<Certificate>,
    /// Made when something is fetched for the first time: each reads all certificates of the
    /// platform, some hundred files, and many a server never fetches anything.
    clients: OnceCell<Clients>,
}

/// How a name is looked up.
type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;
type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

struct Clients {
    configured: Client,
    strangers: Client,
}

impl Clients {
    fn new(guard: Guard, authorities: &[Certificate]) -> Result<Self, FetchError> {
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
        let strangers = client().https_only(true).dns_resolver(Arc::new(guard));
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
        Self::looking_up(Arc::new(|name| Box::pin(by_system(name))), allow_private, extra_ca)
    }

    fn looking_up(
        lookup: Lookup,
        allow_private: &[IpNet],
        extra_ca: &Path,
    ) -> Result<Self, FetchError> {
        let guard = Guard { lookup, allowed: allow_private.into() };
        let mut authorities = Vec::new();
        let mut clients = OnceCell::new();
        if !extra_ca.as_os_str().is_empty() {
            let failed = |error: &dyn std::fmt::Display| FetchError::ExtraCa(error.to_string());
            let pem = std::fs::read(extra_ca).map_err(|error| failed(&error))?;
            authorities = Certificate::from_pem_bundle(&pem).map_err(|error| failed(&error))?;
            // Whether the certificates are any good shows here, and must at the start.
            clients = OnceCell::new_with(Some(Clients::new(guard.clone(), &authorities)?));
        }
        Ok(Self { guard, authorities, clients })
    }

    async fn clients(&self) -> Result<&Clients, FetchError> {
        let make = || async {
            let (guard, authorities) = (self.guard.clone(), self.authorities.clone());
            spawn_blocking(move || Clients::new(guard, &authorities)).await?
        };
        self.clients.get_or_try_init(make).await
    }

    /// Fetches a document.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn get(&self, url: &str, trust: Trust) -> Result<Vec<u8>, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Refused)?;
        let response = self.execute(reqwest::Request::new(Method::GET, url), trust).await?;
        match response.status().as_u16() {
            200 => Ok(response.into_body()),
            status => Err(FetchError::Status(status)),
        }
    }

    /// Sends any request; its answer, whatever the status.
    ///
    /// # Errors
    /// See [`FetchError`].
    pub async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        trust: Trust,
    ) -> Result<http::Response<Vec<u8>>, FetchError> {
        self.execute(request.try_into()?, trust).await
    }

    async fn execute(
        &self,
        request: reqwest::Request,
        trust: Trust,
    ) -> Result<http::Response<Vec<u8>>, FetchError> {
        if trust == Trust::Stranger && !self.is_public(request.url()) {
            return Err(FetchError::Refused);
        }
        let clients = self.clients().await?;
        let client = match trust {
            Trust::Configured => &clients.configured,
            Trust::Stranger => &clients.strangers,
        };
        let mut response = client.execute(request).await?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if document.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(document);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
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
        url.scheme() == "https" && literal.is_none_or(|ip| is_allowed(ip, &self.guard.allowed))
    }
}

/// Resolves a name once, and hands out only the addresses that may be connected to.
#[derive(Clone)]
struct Guard {
    lookup: Lookup,
    allowed: Arc<[IpNet]>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, found) = (Arc::clone(&self.allowed), (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let public = found.await?.into_iter().filter(|ip| is_allowed(*ip, &allowed));
            // The port is the URL's.
            let public: Vec<_> = public.map(|ip| SocketAddr::new(ip, 0)).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

async fn by_system(name: String) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use openssl::pkey::PKey;
    use openssl::ssl::{SslAcceptor, SslMethod};
    use openssl::x509::X509;

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

    /// A host on that address: how often somebody knocked, and how often it answered.
    fn host(
        address: (&str, u16),
        pair: &rcgen::CertifiedKey<rcgen::KeyPair>,
    ) -> (u16, [Arc<AtomicU32>; 2]) {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        let key = PKey::private_key_from_pem(pair.signing_key.serialize_pem().as_bytes()).unwrap();
        acceptor.set_private_key(&key).unwrap();
        acceptor.set_certificate(&X509::from_pem(pair.cert.pem().as_bytes()).unwrap()).unwrap();
        let acceptor = acceptor.build();
        let listener = std::net::TcpListener::bind(address).unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts: [Arc<AtomicU32>; 2] = Default::default();
        let [knocks, answers] = counts.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                knocks.fetch_add(1, Ordering::SeqCst);
                let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { continue };
                assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
                answers.fetch_add(1, Ordering::SeqCst);
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
                stream.write_all(answer).unwrap();
                stream.shutdown().ok();
            }
        });
        (port, counts)
    }

    #[tokio::test]
    async fn peer_cve_2026_55671_a_name_is_asked_once_and_the_address_that_was_judged_is_used() {
        let pair = rcgen::generate_simple_self_signed(["rebind.example".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, pair.cert.pem()).unwrap();
        // 127.0.0.2 stands for the public internet, 127.0.0.1 for what nobody may be led to.
        let (port, [knocks, answers]) = host(("127.0.0.2", 0), &pair);
        let (_, [inner, _]) = host(("127.0.0.1", port), &pair);
        let told = Arc::new(Mutex::new(Vec::new()));
        let (public, private): (IpAddr, IpAddr) =
            ("127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap());
        // What the name server says, in turn.
        let says = [vec![public], vec![private], vec![private, public], vec![private]];
        let asked = told.clone();
        let lookup: Lookup = Arc::new(move |name| {
            let mut asked = asked.lock().unwrap();
            asked.push(name);
            let answer = says[asked.len() - 1].clone();
            Box::pin(async move { Ok(answer) })
        });
        let allowed = ["127.0.0.2/32".parse().unwrap()];
        let fetcher = Fetcher::looking_up(lookup, &allowed, &authority).unwrap();
        let url = format!("https://rebind.example:{port}/jwks");
        let get = || fetcher.get(&url, Trust::Stranger);
        assert_eq!(get().await.unwrap(), b"ok");
        assert_eq!(*told.lock().unwrap(), ["rebind.example"], "judged and used are one answer");
        // The second answer leads elsewhere: it is judged anew, and nobody is knocked at.
        assert!(matches!(get().await, Err(FetchError::Failed(_))));
        // Of two addresses the forbidden one is not even a way round.
        assert_eq!(get().await.unwrap(), b"ok");
        get().await.unwrap_err();
        assert_eq!(told.lock().unwrap().len(), 4);
        let counts = [&knocks, &answers, &inner].map(|count| count.load(Ordering::SeqCst));
        assert_eq!(counts, [2, 2, 0]);
    }
}
