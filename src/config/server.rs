use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::{ConfigError, Span, networks};

/// `[server]`: where it listens, and what the world calls it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// The port alone, as the environment's `PORT` gives it; wins over the one in `listen`.
    pub port: Option<u16>,
    /// The issuer. Empty: `http://localhost:` and the port.
    pub public_url: String,
    /// First-party apps: scripts of their origins may call the REST APIs with the person's cookies, and
    /// a federated sign-in may end at them. Without it, `http://localhost:3001` while the issuer is a
    /// loopback address.
    pub frontend_urls: Option<Vec<Url>>,
    /// Proxies that are believed about where a request comes from.
    #[serde(deserialize_with = "networks::read")]
    pub trusted_proxies: Vec<IpNet>,
    /// Connections open at once.
    pub max_connections: usize,
    /// For the head of a request, from its first byte or the connection on.
    pub header_timeout: Span,
    /// Of silence between two requests of a connection.
    pub idle_timeout: Span,
    /// For a request, from the end of its head to the answer.
    pub request_timeout: Span,
    pub tls: Tls,
}

/// `[server.tls]`: TLS in the process. Without it, plain HTTP for a proxy in front.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// A PEM file: the certificate, then those that it rests on. Empty: no TLS.
    pub cert: PathBuf,
    /// A PEM file: its private key.
    pub key: PathBuf,
}

impl Tls {
    /// Whether there is TLS in the process.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !self.cert.as_os_str().is_empty()
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000),
            port: None,
            public_url: String::new(),
            frontend_urls: None,
            trusted_proxies: Vec::new(),
            max_connections: 16_384,
            header_timeout: Span::seconds(10),
            idle_timeout: Span::seconds(130),
            request_timeout: Span::seconds(30),
            tls: Tls::default(),
        }
    }
}

impl Server {
    pub(super) fn settle(&mut self) -> Result<(), ConfigError> {
        if let Some(port) = self.port.take() {
            self.listen.set_port(port);
        }
        if self.public_url.is_empty() {
            self.public_url = format!("http://localhost:{}", self.listen.port());
        }
        if self.max_connections == 0 {
            return Err(ConfigError::wrong("server.max_connections", "expected at least 1"));
        }
        self.check_limits()?;
        self.check_frontends()?;
        let expected = |what: &str| Err(ConfigError::wrong("server.public_url", what));
        let Ok(url) = Url::parse(&self.public_url) else {
            return expected("expected a URL such as https://id.example.com");
        };
        // OpenID Connect Discovery §3, RFC 8414 §2: https, no query, no fragment. Plain http only
        // where nobody can listen in between.
        if self.public_url.ends_with('/') {
            return expected("expected no slash at the end: apps compare it to the character");
        }
        if url.path() != "/" {
            return expected("expected no path: give Countersign a host name of its own");
        }
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
            return expected("expected no query, fragment or user name");
        }
        match url.scheme() {
            "https" => Ok(()),
            "http" if is_loopback(&url) => Ok(()),
            "http" => expected("expected https:// (http:// is for localhost only)"),
            _ => expected("expected https:// or, for localhost, http://"),
        }
    }

    fn check_frontends(&self) -> Result<(), ConfigError> {
        let is_good = |url: &&Url| {
            matches!(url.scheme(), "https" | "http")
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none()
        };
        match self.frontend_urls.iter().flatten().find(|url| !is_good(url)) {
            None => Ok(()),
            Some(url) => {
                let expected = format!("{url}: expected http or https URLs without a query");
                Err(ConfigError::wrong("server.frontend_urls", expected))
            }
        }
    }

    /// The first-party apps.
    #[must_use]
    pub fn frontends(&self) -> Vec<Url> {
        match &self.frontend_urls {
            Some(urls) => urls.clone(),
            None if self.is_loopback() => Url::parse("http://localhost:3001").into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let spans = [
            ("server.header_timeout", self.header_timeout, Span::seconds(15)),
            ("server.idle_timeout", self.idle_timeout, Span::minutes(60)),
            ("server.request_timeout", self.request_timeout, Span::minutes(5)),
        ];
        for (key, span, most) in spans {
            if span < Span::seconds(1) || span > most {
                let expected = format!("expected between \"1s\" and \"{}s\"", most.whole_seconds());
                return Err(ConfigError::wrong(key, expected));
            }
        }
        if self.tls.is_on() == self.tls.key.as_os_str().is_empty() {
            let missing = if self.tls.is_on() { "server.tls.key" } else { "server.tls.cert" };
            return Err(ConfigError::wrong(missing, "expected a file: a certificate and its key"));
        }
        if self.tls.is_on() && !self.public_url.starts_with("https:") {
            let expected = "expected https:// where server.tls is set";
            return Err(ConfigError::wrong("server.public_url", expected));
        }
        Ok(())
    }

    /// Whether the issuer names this very machine, as on a developer's.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.public_url).is_ok_and(|url| is_loopback(&url))
    }

    /// Whether the issuer is https, so that cookies are `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https:")
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
