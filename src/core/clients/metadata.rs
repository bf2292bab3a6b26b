//! What the members of a client's metadata may be, each checked when it is read.

use std::fmt;

use url::{Host, Url};

use super::{AuthMethod, GrantType, RequestObjects};
use crate::config::ClientMetadata;
use crate::core::language::Language;
use crate::core::{redirect, words};
use crate::jose::Algorithm;
use crate::jose::foreign::{BadKeySet, ForeignKeys};

/// Which metadata member cannot be used, and what was expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {expected}")]
pub struct MetadataError {
    pub member: String,
    pub expected: Expected,
}

/// What was expected of a member. As text it is English: a program's error (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The value that is wrong, where the member has several.
    what: Option<String>,
    /// Of the words.
    id: &'static str,
    /// The place in them that is to be filled, and what with.
    place: Option<(&'static str, String)>,
}

impl Expected {
    pub(super) fn with(id: &'static str, place: &'static str, value: &impl ToString) -> Self {
        Self { place: Some((place, value.to_string())), ..id.into() }
    }

    pub(super) fn of(what: &impl ToString, id: &'static str) -> Self {
        Self { what: Some(what.to_string()), ..id.into() }
    }

    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let place: Vec<_> =
            self.place.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let expected = words::say_with(language, self.id, &place);
        match &self.what {
            None => expected,
            Some(what) => {
                let places = [("what", what.as_str()), ("expected", &expected)];
                words::say_with(language, "metadata-about", &places)
            }
        }
    }
}

impl From<&'static str> for Expected {
    fn from(id: &'static str) -> Self {
        Self { what: None, id, place: None }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::En))
    }
}

pub(super) fn wrong<T>(member: &str, expected: impl Into<Expected>) -> Result<T, MetadataError> {
    Err(MetadataError { member: member.to_owned(), expected: expected.into() })
}

/// URIs of one kind; more are nobody's.
const MOST_URIS: usize = 50;
/// Characters of a name, or of another short text.
const LONGEST_TEXT: usize = 255;
const LONGEST_URI: usize = 2048;

pub(super) fn is_native(metadata: &ClientMetadata) -> Result<bool, MetadataError> {
    match metadata.application_type.as_deref() {
        None | Some("web") => Ok(false),
        Some("native") => Ok(true),
        Some(_) => wrong("application_type", "metadata-application-type"),
    }
}

pub(super) fn check_redirects(
    metadata: &ClientMetadata,
    is_native: bool,
) -> Result<(), MetadataError> {
    let kinds = [
        ("redirect_uris", &metadata.redirect_uris),
        // OpenID Connect RP-Initiated Logout 1.0 §3.1.
        ("post_logout_redirect_uris", &metadata.post_logout_redirect_uris),
    ];
    for (member, uris) in kinds {
        if uris.len() > MOST_URIS {
            return wrong(member, Expected::with("metadata-most", "most", &MOST_URIS));
        }
        for uri in uris {
            if let Err(expected) = redirect::check(uri, is_native) {
                return wrong(member, Expected::of(uri, expected));
            }
        }
    }
    Ok(())
}

pub(super) fn auth_method(
    metadata: &ClientMetadata,
    has_secret: bool,
) -> Result<AuthMethod, MetadataError> {
    let member = "token_endpoint_auth_method";
    let method = match metadata.token_endpoint_auth_method.as_deref() {
        // RFC 7591 §2 has client_secret_basic for the default; without a secret it cannot be meant.
        None if has_secret => AuthMethod::ClientSecretBasic,
        None => AuthMethod::None,
        Some(name) => {
            let Some(known) = AuthMethod::ALL.into_iter().find(|method| method.name() == name)
            else {
                let names = AuthMethod::ALL.map(AuthMethod::name).join(", ");
                return wrong(member, Expected::with("metadata-one-of", "all", &names));
            };
            known
        }
    };
    if has_secret && !method.uses_secret() {
        return wrong(member, "metadata-method-of-secret");
    }
    if !has_secret && method.uses_secret() {
        return wrong("client_secret", "metadata-secret-missing");
    }
    let has_keys = metadata.jwks.is_some() || metadata.jwks_uri.is_some();
    if method == AuthMethod::PrivateKeyJwt && !has_keys {
        return wrong("jwks_uri", "metadata-keys-missing");
    }
    Ok(method)
}

pub(super) fn grant_types(
    metadata: &ClientMetadata,
    auth_method: AuthMethod,
) -> Result<Vec<GrantType>, MetadataError> {
    let mut grants = Vec::new();
    for name in metadata.grant_types.as_deref().unwrap_or(&["authorization_code".to_owned()]) {
        let Some(grant) = GrantType::ALL.into_iter().find(|grant| grant.name() == name) else {
            return wrong("grant_types", Expected::of(name, "metadata-grant-types"));
        };
        if !grants.contains(&grant) {
            grants.push(grant);
        }
    }
    let has_code = grants.contains(&GrantType::AuthorizationCode);
    if has_code && metadata.redirect_uris.is_empty() {
        return wrong("redirect_uris", "metadata-redirect-missing");
    }
    // RFC 6749 §4.4: only confidential clients.
    if grants.contains(&GrantType::ClientCredentials) && auth_method == AuthMethod::None {
        return wrong("grant_types", Expected::of(&"client_credentials", "metadata-grant-public"));
    }
    match metadata.response_types.as_deref() {
        None => {}
        Some([only]) if only == "code" && has_code => {}
        Some([]) if !has_code => {}
        Some(_) => return wrong("response_types", "metadata-response-types"),
    }
    Ok(grants)
}

/// The links that people follow, and the addresses that the server or a browser goes to.
pub(super) fn check_links(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let links = [
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ];
    for (member, link) in links {
        if link.as_ref().is_some_and(|link| !is_web(link)) {
            return wrong(member, "metadata-web-url");
        }
    }
    for (member, value) in metadata.localized.iter() {
        let is_good =
            if member.starts_with("client_name#") { is_text(value) } else { is_web(value) };
        if !is_good {
            return wrong(member, "metadata-localized");
        }
    }
    let of_server = [
        ("jwks_uri", &metadata.jwks_uri, true),
        ("sector_identifier_uri", &metadata.sector_identifier_uri, false),
        // OpenID Connect Registration §2: https.
        ("initiate_login_uri", &metadata.initiate_login_uri, false),
    ];
    for (member, uri, or_loopback) in of_server {
        if uri.as_ref().is_some_and(|uri| !is_https(uri, or_loopback)) {
            return wrong(member, "metadata-https-url");
        }
    }
    if metadata.request_uris.len() > MOST_URIS {
        return wrong("request_uris", Expected::with("metadata-most", "most", &MOST_URIS));
    }
    if metadata.request_uris.iter().any(|uri| !is_https(uri, false)) {
        return wrong("request_uris", "metadata-https-urls");
    }
    Ok(())
}

/// RFC 8707 §2: absolute URIs without a fragment.
pub(super) fn resources(metadata: &ClientMetadata) -> Result<Vec<String>, MetadataError> {
    let is_good = |uri: &String| {
        uri.len() <= LONGEST_URI
            && uri.bytes().all(|b| b.is_ascii_graphic())
            && Url::parse(uri).is_ok_and(|url| url.fragment().is_none())
    };
    if metadata.resources.len() > MOST_URIS || !metadata.resources.iter().all(is_good) {
        return wrong("resources", "metadata-resources");
    }
    Ok(metadata.resources.clone())
}

fn is_web(link: &str) -> bool {
    let parsed = Url::parse(link);
    parsed.is_ok_and(|url| matches!(url.scheme(), "https" | "http")) && link.len() <= LONGEST_URI
}

/// Plain http is for the machine itself, and for clients that the operator wrote down.
fn is_https(uri: &str, or_loopback: bool) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(domain)) => domain == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && or_loopback && is_loopback);
    let has_user = !url.username().is_empty() || url.password().is_some();
    is_safe && !has_user && uri.len() <= LONGEST_URI
}

/// What strangers' clients may not have: the guarded fetcher would refuse it anyway, later and without
/// a word to them.
pub(super) fn check_stranger(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    match &metadata.jwks_uri {
        Some(uri) if !is_https(uri, false) => wrong("jwks_uri", "metadata-https-url"),
        _ => Ok(()),
    }
}

fn is_text(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= LONGEST_TEXT
        && !text.chars().any(char::is_control)
}

pub(super) fn check_texts(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let texts = [
        ("client_name", &metadata.client_name),
        ("software_id", &metadata.software_id),
        ("software_version", &metadata.software_version),
    ];
    for (member, text) in texts {
        if text.as_ref().is_some_and(|text| !is_text(text)) {
            return wrong(member, Expected::with("metadata-length", "most", &LONGEST_TEXT));
        }
    }
    let lists = [
        ("contacts", metadata.contacts.as_deref().unwrap_or_default()),
        ("default_acr_values", &metadata.default_acr_values),
    ];
    for (member, list) in lists {
        if list.len() > MOST_URIS || list.iter().any(|text| !is_text(text)) {
            return wrong(member, Expected::with("metadata-texts", "most", &MOST_URIS));
        }
    }
    match metadata.subject_type.as_deref() {
        None | Some("public") => Ok(()),
        Some(_) => wrong("subject_type", "metadata-subject-type"),
    }
}

/// The keys of `jwks`, if the client has them there.
pub(super) fn keys(metadata: &ClientMetadata) -> Result<Option<ForeignKeys>, MetadataError> {
    match (&metadata.jwks, &metadata.jwks_uri) {
        // OpenID Connect Registration §2.
        (Some(_), Some(_)) => wrong("jwks", "metadata-jwks-both"),
        (None, _) => Ok(None),
        (Some(jwks), None) => match ForeignKeys::parse(jwks) {
            Ok(keys) => Ok(Some(keys)),
            Err(BadKeySet::Malformed) => wrong("jwks", "metadata-jwks-malformed"),
            Err(BadKeySet::Private) => wrong("jwks", "metadata-jwks-private"),
        },
    }
}

/// A member that names one of our signature algorithms.
pub(super) fn algorithm(
    member: &str,
    name: Option<&String>,
) -> Result<Option<Algorithm>, MetadataError> {
    let Some(name) = name else { return Ok(None) };
    match Algorithm::from_name(name) {
        Some(algorithm) => Ok(Some(algorithm)),
        None => wrong(member, "metadata-algorithm"),
    }
}

/// A member that names an algorithm of the client's own signatures.
fn own_algorithm(member: &str, name: Option<&String>) -> Result<Option<Algorithm>, MetadataError> {
    match name.map(String::as_str) {
        Some(Algorithm::ED25519) => Ok(Some(Algorithm::EdDsa)),
        _ => algorithm(member, name),
    }
}

/// `token_endpoint_auth_signing_alg`; HS256 is the only one for a shared secret, and for that alone.
pub(super) fn assertion_algorithm(
    metadata: &ClientMetadata,
    method: AuthMethod,
) -> Result<Option<Algorithm>, MetadataError> {
    let member = "token_endpoint_auth_signing_alg";
    match (metadata.token_endpoint_auth_signing_alg.as_deref(), method) {
        (None | Some("HS256"), AuthMethod::ClientSecretJwt) => Ok(None),
        (Some(_), AuthMethod::ClientSecretJwt) => wrong(member, "metadata-algorithm-hs256"),
        _ => own_algorithm(member, metadata.token_endpoint_auth_signing_alg.as_ref()),
    }
}

pub(super) fn request_objects(metadata: &ClientMetadata) -> Result<RequestObjects, MetadataError> {
    let member = "request_object_signing_alg";
    let required = metadata.require_signed_request_object == Some(true);
    match metadata.request_object_signing_alg.as_deref() {
        Some("none") if required => wrong(member, "metadata-algorithm-signed"),
        Some("none") => Ok(RequestObjects { algorithm: None, accepts_unsigned: true, required }),
        _ => {
            let name = metadata.request_object_signing_alg.as_ref();
            let algorithm = own_algorithm(member, name);
            let algorithm = algorithm.or_else(|_| wrong(member, "metadata-algorithm-or-none"))?;
            Ok(RequestObjects { algorithm, accepts_unsigned: false, required })
        }
    }
}
