use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;

use super::{Shared, cookies};
use crate::core::Secret;
use crate::core::language::Language;
use crate::core::sessions::Place;

/// The other end of the connection; the accept loop notes it on every request.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The id that the answer and the log carry.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// What a page needs to know of its request.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    pub place: Place,
    pub request_id: String,
    pub language: Language,
    /// The language is one that the person chose, now or earlier.
    pub language_known: bool,
    /// And it was in this very request, with the switch.
    pub language_switched: bool,
    /// The session's token.
    pub session: Option<Secret>,
    /// What forms are bound to.
    pub browser: Option<Secret>,
    /// The path and query, without the language switch.
    pub here: String,
    pub is_https: bool,
}

impl FromRequestParts<Shared> for Ctx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        // A layer may have looked already.
        if let Some(ctx) = parts.extensions.remove::<Self>() {
            return Ok(ctx);
        }
        let headers = &parts.headers;
        let is_https = app.config.server.is_https();
        let (chosen, here) =
            language_switch(parts.uri.path(), parts.uri.query().unwrap_or_default());
        let cookie = cookies::read(headers, cookies::LANGUAGE).and_then(Language::from_tag);
        let accepted = || {
            let header = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
            Language::from_accept(header)
        };
        let language = chosen.or(cookie).or_else(accepted).unwrap_or_default();
        let token = |base| cookies::read_token(headers, &cookies::name(base, is_https));
        Ok(Self {
            now: app.core.clock().now(),
            place: Place {
                ip: client_ip(parts, &app.config.server.trusted_proxies),
                user_agent: text(headers, header::USER_AGENT),
                language,
                devices: cookies::read_devices(headers, is_https),
            },
            request_id: parts
                .extensions
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
            language,
            language_known: chosen.or(cookie).is_some(),
            language_switched: chosen.is_some(),
            session: token(cookies::SESSION),
            browser: token(cookies::BROWSER),
            here,
            is_https,
        })
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .unwrap_or_default()
}

/// Takes `lang` out of the query: the language, if we speak it, and the address without it.
fn language_switch(path: &str, query: &str) -> (Option<Language>, String) {
    let mut chosen = None;
    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| match pair.strip_prefix("lang=") {
            Some(tag) => {
                chosen = Language::from_tag(tag);
                false
            }
            None => !pair.is_empty(),
        })
        .collect();
    let here = if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) };
    (chosen, here)
}

/// The address of the client: the connection's peer, unless that is a trusted proxy; then the last
/// one in `X-Forwarded-For` that is none. What cannot be read is never believed.
fn client_ip(parts: &Parts, trusted: &[IpNet]) -> String {
    let Some(Peer(peer)) = parts.extensions.get::<Peer>() else { return String::new() };
    let mut ip = canonical(peer.ip());
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if is_trusted(&ip) {
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().rev();
        let hops =
            forwarded.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
        for hop in hops {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { break };
            ip = canonical(hop);
            if !is_trusted(&ip) {
                break;
            }
        }
    }
    ip.to_string()
}

/// `::ffff:1.2.3.4` is `1.2.3.4`.
fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => Ipv6Addr::to_ipv4_mapped(&v6).map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn ip(peer: &str, forwarded: &[&str]) -> String {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        client_ip(&parts, &["10.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_about_the_client() {
        assert_eq!(ip("192.0.2.1:5", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(ip("10.0.0.1:5", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1:5", &["6.6.6.6, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1:5", &["6.6.6.6", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(ip("[::ffff:192.0.2.1]:5", &[]), "192.0.2.1");
    }

    #[test]
    fn cve_2024_47070_a_header_that_cannot_be_read_leaves_the_last_known_address() {
        assert_eq!(ip("10.0.0.1:5", &["203.0.113.9, nonsense"]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1:5", &[]), "10.0.0.1");
    }

    #[test]
    fn the_language_switch_leaves_the_rest_of_the_address_as_it_was() {
        assert_eq!(
            language_switch("/sign-in", "flow=a.b&lang=fr"),
            (Some(Language::Fr), "/sign-in?flow=a.b".to_owned())
        );
        assert_eq!(language_switch("/", "lang=xx"), (None, "/".to_owned()));
        assert_eq!(language_switch("/", ""), (None, "/".to_owned()));
    }
}
