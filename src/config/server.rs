use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::ConfigError;

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
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections open at once.
    pub max_connections: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000),
            port: None,
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            max_connections: 16_384,
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost" || domain.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}
