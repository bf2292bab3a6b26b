use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

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

/// A request as a page, and whoever draws the page of its error, know it.
#[derive(Clone, Debug)]
pub struct Ctx(Arc<Facts>);

impl Ctx {
    /// Reads it off a request.
    pub fn of(parts: &Parts, app: &Shared) -> Self {
        Self(Arc::new(Facts::of(parts, app)))
    }
}

impl Deref for Ctx {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.0
    }
}

/// What a page needs to know of its request.
#[derive(Debug)]
pub struct Facts {
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    pub place: Place,
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

impl Facts {
    /// Reads it off a request.
    pub fn of(parts: &Parts, app: &Shared) -> Self {
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
        Self {
            now: app.core.clock().now(),
            place: Place {
                language,
                devices: cookies::read_devices(headers, is_https),
                ..place(parts, app)
            },
            language,
            language_known: chosen.or(cookie).is_some(),
            language_switched: chosen.is_some(),
            session: token(cookies::SESSION),
            browser: token(cookies::BROWSER),
            here,
            is_https,
        }
    }
}

impl FromRequestParts<Shared> for Ctx {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        // A layer may have looked already.
        let seen = parts.extensions.remove::<Self>();
        Ok(seen.unwrap_or_else(|| Self::of(parts, app)))
    }
}

/// For the endpoints of programs, which need no more of the [`Facts`].
impl FromRequestParts<Shared> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Infallible> {
        Ok(place(parts, app))
    }
}

fn place(parts: &Parts, app: &Shared) -> Place {
    Place {
        ip: client_ip(parts, &app.config.server.trusted_proxies),
        user_agent: text(&parts.headers, header::USER_AGENT),
        request_id: parts.extensions.get().map(|RequestId(id)| id.clone()).unwrap_or_default(),
        ..Place::default()
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
    let mut here = String::with_capacity(path.len() + 1 + query.len());
    here.push_str(path);
    let mut before = '?';
    for pair in query.split('&') {
        if let Some(tag) = pair.strip_prefix("lang=") {
            chosen = Language::from_tag(tag);
        } else if !pair.is_empty() {
            here.push(before);
            here.push_str(pair);
            before = '&';
        }
    }
    (chosen, here)
}

/// The address of the client: the connection's peer, unless that is a trusted proxy. Then the first
/// of these that the request has, and it alone, decides:
///
/// 1. `X-Forwarded-For`, read from its end: the last address that is no trusted proxy;
/// 2. `X-Real-IP`, 3. `CF-Connecting-IP`: the one address.
///
/// A proxy that sets one of them may pass on the others as a stranger wrote them, so they come last
/// that fewest proxies set. What cannot be read is never believed; the address stays the peer's.
fn client_ip(parts: &Parts, trusted: &[IpNet]) -> String {
    let Some(Peer(peer)) = parts.extensions.get::<Peer>() else { return String::new() };
    let peer = canonical(peer.ip());
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !is_trusted(&peer) {
        return peer.to_string();
    }
    let headers = &parts.headers;
    let ip = if headers.contains_key("x-forwarded-for") {
        forwarded_for(headers, peer, is_trusted)
    } else {
        let name = if headers.contains_key("x-real-ip") { "x-real-ip" } else { "cf-connecting-ip" };
        single(headers, name).map_or(peer, canonical)
    };
    ip.to_string()
}

fn forwarded_for(
    headers: &HeaderMap,
    peer: IpAddr,
    is_trusted: impl Fn(&IpAddr) -> bool,
) -> IpAddr {
    let mut ip = peer;
    for value in headers.get_all("x-forwarded-for").iter().rev() {
        let Ok(value) = value.to_str() else { return ip };
        for hop in value.rsplit(',') {
            let Ok(hop) = hop.trim().parse::<IpAddr>() else { return ip };
            ip = canonical(hop);
            if !is_trusted(&ip) {
                return ip;
            }
        }
    }
    ip
}

/// The address in a header that stands there once.
fn single(headers: &HeaderMap, name: &str) -> Option<IpAddr> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()?.trim().parse().ok()
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
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        ip_of(peer, &headers)
    }

    fn ip_of(peer: &str, headers: &[(&str, &str)]) -> String {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        client_ip(&parts, &["10.0.0.0/8".parse().unwrap()])
    }

    #[test]
    fn peer_better_auth_10203_only_a_trusted_proxy_is_believed_about_the_client() {
        assert_eq!(ip("192.0.2.1:5", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(ip("10.0.0.1:5", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1:5", &["6.6.6.6, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(ip("10.0.0.1:5", &["6.6.6.6", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(ip("[::ffff:192.0.2.1]:5", &[]), "192.0.2.1");
    }

    #[test]
    fn other_headers_of_a_trusted_proxy_count_where_there_is_no_x_forwarded_for() {
        let (real, cf) = (("x-real-ip", "203.0.113.8"), ("cf-connecting-ip", "203.0.113.7"));
        let forwarded = ("x-forwarded-for", "203.0.113.9");
        assert_eq!(ip_of("10.0.0.1:5", &[real]), "203.0.113.8");
        assert_eq!(ip_of("10.0.0.1:5", &[cf]), "203.0.113.7");
        assert_eq!(ip_of("10.0.0.1:5", &[cf, real]), "203.0.113.8");
        assert_eq!(ip_of("10.0.0.1:5", &[cf, real, forwarded]), "203.0.113.9");
        assert_eq!(ip_of("10.0.0.1:5", &[("x-real-ip", "::ffff:203.0.113.8")]), "203.0.113.8");
        for headers in [&[real][..], &[cf], &[cf, real, forwarded]] {
            assert_eq!(ip_of("192.0.2.1:5", headers), "192.0.2.1", "nobody else is believed");
        }
        // Unreadable or twice: the peer, and no other header in its place.
        assert_eq!(ip_of("10.0.0.1:5", &[("x-real-ip", "nonsense"), cf]), "10.0.0.1");
        assert_eq!(ip_of("10.0.0.1:5", &[real, ("x-real-ip", "6.6.6.6")]), "10.0.0.1");
        assert_eq!(ip_of("10.0.0.1:5", &[("x-forwarded-for", ""), real]), "10.0.0.1");
    }

    #[test]
    fn peer_cve_2024_47070_better_auth_9990_a_header_that_cannot_be_read_leaves_the_last_known_address()
     {
        assert_eq!(ip("10.0.0.1:5", &["203.0.113.9, nonsense"]), "10.0.0.1");
        assert_eq!(ip("10.0.0.1:5", &[]), "10.0.0.1");
    }

    #[test]
    fn peer_cve_2025_64484_a_header_with_underscores_is_another_header() {
        let forged = [("x_forwarded_for", "6.6.6.6"), ("x_real_ip", "6.6.6.6")];
        assert_eq!(ip_of("10.0.0.1:5", &forged), "10.0.0.1");
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
