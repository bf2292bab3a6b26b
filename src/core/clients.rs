//! Relying parties: what they may do, checked once when they are read; held in memory by every node
//! and read again when the database's revision moves.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::audit::{Event, Note};
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::{Core, Failure, Fault, redirect};
use crate::config::ClientMetadata;
use crate::jose::{Algorithm, Secret, digest, random};
use crate::store::{self, entity};

/// The name under which changes to clients are counted.
pub(super) const REVISION: &str = "clients";

/// How a client proves who it is at the token endpoint (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    None,
    ClientSecretBasic,
    ClientSecretPost,
}

impl AuthMethod {
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

/// What a client may ask the token endpoint for (RFC 6749 §1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
}

impl GrantType {
    pub const ALL: [Self; 3] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// A relying party whose metadata has been checked.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent members of the metadata")]
pub struct Client {
    pub id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub grants: Vec<GrantType>,
    pub auth_method: AuthMethod,
    /// What it may ask for.
    pub scope: Scope,
    pub is_native: bool,
    pub requires_pkce: bool,
    pub rotates: bool,
    pub skips_consent: bool,
    pub id_token_algorithm: Option<Algorithm>,
    /// In seconds.
    pub default_max_age: Option<u64>,
    pub metadata: ClientMetadata,
    secret_digest: Option<[u8; 32]>,
}

/// Which metadata member cannot be used, and what was expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {expected}")]
pub struct MetadataError {
    pub member: String,
    pub expected: String,
}

fn wrong<T>(member: &str, expected: impl Into<String>) -> Result<T, MetadataError> {
    Err(MetadataError { member: member.to_owned(), expected: expected.into() })
}

impl Client {
    /// Checks metadata.
    ///
    /// # Errors
    /// The member that cannot be used.
    pub fn new(
        id: String,
        secret_digest: Option<[u8; 32]>,
        metadata: ClientMetadata,
    ) -> Result<Self, MetadataError> {
        // RFC 6749 appendix A.1: VSCHAR, which has the space in it.
        if id.is_empty() || id.len() > 255 || !id.bytes().all(|b| matches!(b, 0x20..=0x7e)) {
            return wrong("client_id", "expected 1 to 255 printable ASCII characters");
        }
        let is_native = match metadata.application_type.as_deref() {
            None | Some("web") => false,
            Some("native") => true,
            Some(_) => return wrong("application_type", "expected web or native"),
        };
        for uri in &metadata.redirect_uris {
            if let Err(expected) = redirect::check(uri, is_native) {
                return wrong("redirect_uris", format!("{uri}: {expected}"));
            }
        }
        let auth_method = auth_method(&metadata, secret_digest.is_some())?;
        let grants = grant_types(&metadata, auth_method)?;
        check_links(&metadata)?;
        let scope = match &metadata.scope {
            None => Scope::standard(),
            Some(scope) => Scope::parse(scope).or_else(|_| {
                wrong(
                    "scope",
                    "expected scope values with one space between (RFC 6749 section 3.3)",
                )
            })?,
        };
        Ok(Self {
            name: metadata.client_name.clone().unwrap_or_else(|| id.clone()),
            redirect_uris: metadata.redirect_uris.clone(),
            grants,
            auth_method,
            scope,
            is_native,
            requires_pkce: auth_method == AuthMethod::None || metadata.require_pkce == Some(true),
            rotates: metadata.rotate_refresh_tokens.unwrap_or(true),
            skips_consent: metadata.skip_consent == Some(true),
            id_token_algorithm: id_token_algorithm(&metadata)?,
            default_max_age: metadata.default_max_age,
            id,
            metadata,
            secret_digest,
        })
    }

    /// Whether there is a key for what the client wants its ID tokens signed with.
    pub(super) fn check_algorithm(&self, there_are: &[Algorithm]) -> Result<(), MetadataError> {
        match self.id_token_algorithm {
            Some(algorithm) if !there_are.contains(&algorithm) => {
                wrong("id_token_signed_response_alg", "expected one of keys.signing_algorithms")
            }
            _ => Ok(()),
        }
    }

    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    #[must_use]
    pub fn has_redirect_uri(&self, uri: &str) -> bool {
        redirect::is_registered(&self.redirect_uris, uri, self.is_native)
    }

    /// Whether that is the client's secret.
    #[must_use]
    pub fn has_secret(&self, secret: &Secret) -> bool {
        self.secret_digest.is_some_and(|known| digest::equal(&known, &secret.digest()))
    }
}

fn auth_method(metadata: &ClientMetadata, has_secret: bool) -> Result<AuthMethod, MetadataError> {
    let member = "token_endpoint_auth_method";
    let method = match metadata.token_endpoint_auth_method.as_deref() {
        // RFC 7591 §2 has client_secret_basic for the default; without a secret it cannot be meant.
        None if has_secret => AuthMethod::ClientSecretBasic,
        None => AuthMethod::None,
        Some(name) => match AuthMethod::ALL.into_iter().find(|method| method.name() == name) {
            Some(method) => method,
            None => {
                return wrong(member, "expected none, client_secret_basic or client_secret_post");
            }
        },
    };
    match (method, has_secret) {
        (AuthMethod::None, true) => wrong(member, "expected a method that uses the client_secret"),
        (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, false) => {
            wrong("client_secret", "expected one, or token_endpoint_auth_method none")
        }
        _ => Ok(method),
    }
}

fn grant_types(
    metadata: &ClientMetadata,
    auth_method: AuthMethod,
) -> Result<Vec<GrantType>, MetadataError> {
    let mut grants = Vec::new();
    for name in metadata.grant_types.as_deref().unwrap_or(&["authorization_code".to_owned()]) {
        let Some(grant) = GrantType::ALL.into_iter().find(|grant| grant.name() == name) else {
            let expected = "expected authorization_code, refresh_token, client_credentials";
            return wrong("grant_types", format!("{name}: {expected}"));
        };
        grants.push(grant);
    }
    let has_code = grants.contains(&GrantType::AuthorizationCode);
    if has_code && metadata.redirect_uris.is_empty() {
        return wrong("redirect_uris", "expected at least one for authorization_code");
    }
    // RFC 6749 §4.4: only confidential clients.
    if grants.contains(&GrantType::ClientCredentials) && auth_method == AuthMethod::None {
        return wrong("grant_types", "client_credentials: expected a client that has a secret");
    }
    match metadata.response_types.as_deref() {
        None => {}
        Some([only]) if only == "code" && has_code => {}
        Some([]) if !has_code => {}
        Some(_) => return wrong("response_types", "expected [\"code\"] with authorization_code"),
    }
    Ok(grants)
}

fn check_links(metadata: &ClientMetadata) -> Result<(), MetadataError> {
    let links = [
        ("client_uri", &metadata.client_uri),
        ("logo_uri", &metadata.logo_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ];
    for (member, link) in links {
        let Some(link) = link else { continue };
        let parsed = Url::parse(link);
        let is_web = parsed.is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if !is_web || link.len() > 2048 {
            return wrong(member, "expected an http or https URL");
        }
    }
    Ok(())
}

fn id_token_algorithm(metadata: &ClientMetadata) -> Result<Option<Algorithm>, MetadataError> {
    let Some(name) = &metadata.id_token_signed_response_alg else { return Ok(None) };
    match Algorithm::from_name(name) {
        Some(algorithm) => Ok(Some(algorithm)),
        None => wrong("id_token_signed_response_alg", "expected RS256, PS256, ES256 or EdDSA"),
    }
}

/// All clients a node knows, as they stood when it last looked.
#[derive(Default)]
pub struct Clients(HashMap<String, Arc<Client>>);

/// A client just made, with the secret that is shown once.
pub struct NewClient {
    pub client_id: String,
    pub client_secret: Option<Secret>,
}

impl Core {
    /// The client with that id.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.clients.load().0.get(id).cloned()
    }

    /// The clients, by id.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<Client>> {
        let mut clients: Vec<_> = self.clients.load().0.values().cloned().collect();
        clients.sort_by(|a, b| a.id.cmp(&b.id));
        clients
    }

    /// Reads the clients of the database again; those of the configuration win.
    pub(super) async fn reload_clients(&self) -> Result<(), Fault> {
        let rows = store::clients::all(self.store.read()).await.or_fault("read the clients")?;
        let mut clients = HashMap::new();
        for row in rows.into_iter().filter(|row| row.disabled_at.is_none()) {
            match from_row(row) {
                Ok(client) => clients.insert(client.id.clone(), Arc::new(client)),
                // One bad row must not take all the others' clients away.
                Err((id, error)) => {
                    tracing::error!(client.id = id, error, "clients.reload: left out");
                    None
                }
            };
        }
        for client in &self.configured_clients {
            clients.insert(client.id.clone(), Arc::clone(client));
        }
        self.clients.store(Arc::new(Clients(clients)));
        Ok(())
    }

    /// Registers a client; a confidential one unless its metadata says `none`.
    ///
    /// # Errors
    /// The metadata cannot be used, or a fault.
    pub async fn register_client(
        &self,
        metadata: ClientMetadata,
        now: i64,
    ) -> Result<Result<NewClient, MetadataError>, Failure> {
        let is_public = metadata.token_endpoint_auth_method.as_deref() == Some("none");
        let client_secret = (!is_public).then(random::token);
        let secret_digest = client_secret.as_ref().map(Secret::digest);
        let client_id = random::id(now).to_string();
        let checked = Client::new(client_id.clone(), secret_digest, metadata.clone())
            .and_then(|client| client.check_algorithm(&self.rules.algorithms));
        if let Err(error) = checked {
            return Ok(Err(error));
        }
        let row = entity::clients::Model {
            client_id: client_id.clone(),
            secret_digest: secret_digest.map(Vec::from),
            metadata: serde_json::to_string(&metadata).or_fault("write a client")?,
            created_at: now,
            updated_at: now,
            disabled_at: None,
        };
        let event = Note::operator(Event::ClientRegistered).client(&client_id).row(now);
        let registered = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                store::clients::register(tx, row).await?;
                store::audit::record(tx, event).await?;
                store::revisions::bump(tx, REVISION).await
            })
        });
        registered.await.or_fault("register a client")?;
        self.reload_clients().await?;
        Ok(Ok(NewClient { client_id, client_secret }))
    }

    /// Deletes a registered client; false when there is none (one of the configuration is no row).
    ///
    /// # Errors
    /// A fault.
    pub async fn delete_client(&self, client_id: &str, now: i64) -> Result<bool, Failure> {
        let id = client_id.to_owned();
        let event = Note::operator(Event::ClientDeleted).client(client_id).row(now);
        let deleted = self.store.transaction(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                store::revisions::bump(tx, REVISION).await?;
                let deleted = store::clients::delete(tx, &id).await?;
                if deleted {
                    store::audit::record(tx, event).await?;
                }
                Ok(deleted)
            })
        });
        let deleted = deleted.await.or_fault("delete a client")?;
        self.reload_clients().await?;
        Ok(deleted)
    }
}

fn from_row(row: entity::clients::Model) -> Result<Client, (String, String)> {
    let id = row.client_id;
    let failed = |error: String| (id.clone(), error);
    let metadata = serde_json::from_str(&row.metadata).map_err(|e| failed(e.to_string()))?;
    let secret = match row.secret_digest {
        None => None,
        Some(digest) => {
            let digest = <[u8; 32]>::try_from(digest);
            Some(digest.map_err(|_| failed("secret_digest is not 32 bytes".to_owned()))?)
        }
    };
    Client::new(id.clone(), secret, metadata).map_err(|error| failed(error.to_string()))
}
