use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::server::is_loopback;
use super::{ConfigError, Roles, gives};

/// What an upstream speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamKind {
    /// OpenID Connect, by discovery.
    #[default]
    Oidc,
    /// OAuth 2.0 alone: its endpoints are written down, and who somebody is says its API.
    OAuth2,
}

/// How Countersign authenticates at an upstream's token endpoint (OIDC Core §9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamClientAuth {
    #[default]
    ClientSecretBasic,
    ClientSecretPost,
}

/// `[[upstreams]]`: another provider, with whose accounts people sign in here.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent switches")]
pub struct UpstreamConfig {
    /// Stands in addresses and in the database: it does not change.
    pub id: String,
    /// What people read.
    pub name: String,
    pub kind: UpstreamKind,
    /// False: it opens nothing, and what was linked to it stays.
    pub enabled: bool,
    /// Of an OpenID Connect provider, to the character.
    pub issuer: Option<String>,
    /// Of an OAuth 2.0 server.
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub userinfo_endpoint: Option<String>,
    /// A list of `{email, primary, verified}`, as GitHub has it.
    pub emails_endpoint: Option<String>,
    /// RFC 7009.
    pub revocation_endpoint: Option<String>,
    pub client_id: String,
    pub client_secret: String,
    pub client_auth: UpstreamClientAuth,
    /// Absent: openid, profile and email of an OpenID Connect provider, none of another.
    pub scopes: Option<Vec<String>>,
    /// Our claim and theirs, where the names differ.
    pub claims: BTreeMap<String, String>,
    /// The claim that holds the person's groups there.
    pub role_claim: String,
    /// Their group and our role.
    pub roles: BTreeMap<String, String>,
    /// Whether its word that an address is the person's own counts here.
    pub trust_email: bool,
    /// Whether its groups may give a role that may do everything.
    pub allow_admin: bool,
    /// Whether who comes for the first time gets an account.
    pub sign_up: bool,
    /// Whether who signs out here is signed out there, too.
    pub sign_out: bool,
}

impl Default for UpstreamConfig {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            kind: UpstreamKind::default(),
            enabled: true,
            issuer: None,
            authorization_endpoint: None,
            token_endpoint: None,
            userinfo_endpoint: None,
            emails_endpoint: None,
            revocation_endpoint: None,
            client_id: String::new(),
            client_secret: String::new(),
            client_auth: UpstreamClientAuth::default(),
            scopes: None,
            claims: BTreeMap::new(),
            role_claim: "groups".to_owned(),
            roles: BTreeMap::new(),
            trust_email: false,
            allow_admin: false,
            sign_up: true,
            sign_out: false,
        }
    }
}

impl std::fmt::Debug for UpstreamConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamConfig")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// What an upstream can tell of a person, by our names.
pub const UPSTREAM_CLAIMS: [&str; 18] = [
    "sub",
    "email",
    "email_verified",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
];

/// Checks all of them: the first that cannot be used, by its key.
pub(super) fn check(upstreams: &[UpstreamConfig], roles: &Roles) -> Result<(), ConfigError> {
    for (index, upstream) in upstreams.iter().enumerate() {
        let told = |(key, expected): (String, String)| {
            ConfigError::wrong(format!("upstreams[{index}].{key}"), expected)
        };
        upstream.check(roles).map_err(told)?;
        if upstreams[..index].iter().any(|other| other.id == upstream.id) {
            return Err(told(wrong("id", "expected one that no other upstream has")));
        }
    }
    Ok(())
}

/// A key and what was expected of it.
type Wrong = (String, String);

fn wrong(key: impl Into<String>, expected: impl Into<String>) -> Wrong {
    (key.into(), expected.into())
}

impl UpstreamConfig {
    fn check(&self, roles: &Roles) -> Result<(), Wrong> {
        let is_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if self.id.is_empty() || self.id.len() > 32 || !self.id.bytes().all(is_id) {
            return Err(wrong("id", "expected 1 to 32 lower-case letters, digits and -"));
        }
        let texts = [("name", &self.name), ("client_id", &self.client_id)];
        if let Some((key, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(wrong(key, "expected text"));
        }
        if self.client_secret.is_empty() {
            return Err(wrong("client_secret", "expected the secret that the upstream gave out"));
        }
        self.check_endpoints()?;
        self.check_claims()?;
        self.check_roles(roles)
    }

    fn check_endpoints(&self) -> Result<(), Wrong> {
        let written = [
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("userinfo_endpoint", &self.userinfo_endpoint),
            ("emails_endpoint", &self.emails_endpoint),
            ("revocation_endpoint", &self.revocation_endpoint),
        ];
        match (self.kind, &self.issuer) {
            (UpstreamKind::Oidc, None) => return Err(wrong("issuer", "expected the issuer's URL")),
            (UpstreamKind::Oidc, Some(issuer)) => {
                check_url("issuer", issuer)?;
                if issuer.contains(['?', '#']) {
                    return Err(wrong("issuer", "expected no query and no fragment"));
                }
                if let Some((key, _)) = written.iter().find(|(_, url)| url.is_some()) {
                    let expected = "expected none: kind = \"oidc\" learns it from the issuer";
                    return Err(wrong(*key, expected));
                }
            }
            (UpstreamKind::OAuth2, Some(_)) => {
                let expected = "expected none with kind = \"oauth2\", whose endpoints are written";
                return Err(wrong("issuer", expected));
            }
            (UpstreamKind::OAuth2, None) => {
                if let Some((key, _)) = written[..3].iter().find(|(_, url)| url.is_none()) {
                    return Err(wrong(*key, "expected a URL, for kind = \"oauth2\""));
                }
            }
        }
        for (key, url) in written {
            if let Some(url) = url {
                check_url(key, url)?;
            }
        }
        Ok(())
    }

    fn check_claims(&self) -> Result<(), Wrong> {
        for (ours, theirs) in &self.claims {
            let key = format!("claims.{ours}");
            if !UPSTREAM_CLAIMS.contains(&ours.as_str()) {
                return Err(wrong(key, format!("expected one of {}", UPSTREAM_CLAIMS.join(", "))));
            }
            if theirs.is_empty() {
                return Err(wrong(key, "expected the name of their claim"));
            }
            // An OpenID Connect provider's subject is `sub`, and nothing else (OIDC Core §2).
            if ours == "sub" && self.kind == UpstreamKind::Oidc {
                return Err(wrong(key, "expected none: it is `sub` with kind = \"oidc\""));
            }
        }
        let scopes = self.scopes.as_deref().unwrap_or_default();
        let is_token = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\';
        if scopes.iter().any(|scope| scope.is_empty() || !scope.bytes().all(is_token)) {
            return Err(wrong("scopes", "expected a list of scopes, each without spaces"));
        }
        let lacks_openid = self.scopes.is_some() && !scopes.iter().any(|scope| scope == "openid");
        if self.kind == UpstreamKind::Oidc && lacks_openid {
            return Err(wrong("scopes", "expected \"openid\" among them"));
        }
        Ok(())
    }

    fn check_roles(&self, roles: &Roles) -> Result<(), Wrong> {
        for (group, role) in &self.roles {
            let key = format!("roles.\"{group}\"");
            let Some(given) = roles.0.get(role) else {
                return Err(wrong(key, format!("expected a role of [roles], not {role:?}")));
            };
            let rules_all = given.iter().any(|given| gives(given, "*"));
            if !self.allow_admin && (role == "admin" || rules_all) {
                let expected = format!(
                    "whoever runs this upstream could make anybody {role:?}: set allow_admin = true \
                     if that is meant"
                );
                return Err(wrong(key, expected));
            }
        }
        Ok(())
    }

    /// The scopes to ask for.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        let of_kind: &[&str] = match self.kind {
            UpstreamKind::Oidc => &["openid", "profile", "email"],
            UpstreamKind::OAuth2 => &[],
        };
        let by_default = || of_kind.iter().map(|&scope| scope.to_owned()).collect();
        self.scopes.clone().unwrap_or_else(by_default)
    }
}

/// Secrets and codes travel there: https, or this very machine.
fn check_url(key: &str, text: &str) -> Result<(), Wrong> {
    let expected = || wrong(key, "expected https:// (http:// is for this very machine only)");
    let url = Url::parse(text).map_err(|_| expected())?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if is_safe && is_bare { Ok(()) } else { Err(expected()) }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const AUTHENTIK: &str = "\
        [[upstreams]]\nid = \"authentik\"\nname = \"Authentik\"\nissuer = \"https://a.example/o/x/\"\n\
        client_id = \"c\"\nclient_secret = \"s\"\n";
    const GITHUB: &str = "\
        [[upstreams]]\nid = \"github\"\nname = \"GitHub\"\nkind = \"oauth2\"\nclient_id = \"c\"\n\
        client_secret = \"s\"\nauthorization_endpoint = \"https://g.example/authorize\"\n\
        token_endpoint = \"https://g.example/token\"\nuserinfo_endpoint = \"https://g.example/me\"\n";

    #[test]
    fn what_an_upstream_lacks_or_has_too_much_stops_the_start_with_its_key() {
        for good in [AUTHENTIK, GITHUB, &format!("{AUTHENTIK}{GITHUB}")] {
            Config::from_toml(good).unwrap();
        }
        let staff = "roles = { Staff = \"admin\" }\n";
        Config::from_toml(&format!("{AUTHENTIK}allow_admin = true\n{staff}")).unwrap();
        for (text, key) in [
            (AUTHENTIK.replace("\"authentik\"", "\"Auth\""), "upstreams[0].id"),
            (AUTHENTIK.replace("https://a", "http://a"), "upstreams[0].issuer"),
            (AUTHENTIK.replace("issuer", "# issuer"), "upstreams[0].issuer"),
            (AUTHENTIK.replace("\"s\"", "\"\""), "upstreams[0].client_secret"),
            (format!("{AUTHENTIK}scopes = [\"email\"]\n"), "upstreams[0].scopes"),
            (format!("{AUTHENTIK}claims = {{ sub = \"id\" }}\n"), "upstreams[0].claims.sub"),
            (format!("{AUTHENTIK}claims = {{ age = \"age\" }}\n"), "upstreams[0].claims.age"),
            (format!("{AUTHENTIK}{staff}"), "upstreams[0].roles.\"Staff\""),
            (format!("{AUTHENTIK}roles = {{ S = \"staff\" }}\n"), "upstreams[0].roles.\"S\""),
            (GITHUB.replace("token_endpoint", "# t"), "upstreams[0].token_endpoint"),
            (format!("{GITHUB}issuer = \"https://g.example\"\n"), "upstreams[0].issuer"),
            (format!("{AUTHENTIK}{AUTHENTIK}"), "upstreams[1].id"),
            (
                format!("{AUTHENTIK}token_endpoint = \"https://a.example/t\"\n"),
                "upstreams[0].token_endpoint",
            ),
        ] {
            let error = Config::from_toml(&text).unwrap_err().to_string();
            assert!(error.contains(&format!("`{key}`")), "{key}: {error}");
        }
    }
}
