//! Relying parties: what they may do, checked once when they are read; held in memory by every node
//! and read again when they have changed.

use uuid::Uuid;

use super::redirect;
use super::scope::Scope;
use crate::config::ClientMetadata;
use crate::jose::foreign::ForeignKeys;
use crate::jose::{Algorithm, Secret};

mod absent;
mod applications;
mod assertion;
mod held;
mod keys;
mod listing;
mod members;
mod memory;
mod metadata;
mod proof;
mod registration;
mod registry;
mod throttle;

pub(super) use absent::AbsentClients;
pub use applications::{Application, Wish, Written};
pub use assertion::Unproven;
pub(super) use held::Held;
pub use keys::BadJwt;
pub(super) use keys::ClientKeys;
pub use listing::{Export, Filter, MOST_PER_PAGE, Page, Paging, Sort};
pub use metadata::{Expected, MetadataError};
pub use proof::{Presented, Proof};
pub use registration::Registration;
pub use registry::NewClient;
pub(super) use registry::forget_owned;
pub(super) use throttle::Throttle;

use metadata::wrong;

/// The name under which changes to clients are counted.
pub(super) const REVISION: &str = "clients";

/// How a client proves who it is at the token endpoint (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    /// A JWT that is signed with the secret (HS256).
    ClientSecretJwt,
    /// A JWT that is signed with the client's own key.
    PrivateKeyJwt,
}

impl AuthMethod {
    pub const ALL: [Self; 5] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::None,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether a client that uses it has a secret.
    #[must_use]
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt)
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

/// Which request objects (OIDC Core §6, RFC 9101) a client may send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestObjects {
    /// The only one, where the client has fixed it; else any that is supported.
    pub algorithm: Option<Algorithm>,
    /// The client was registered for `none`.
    pub accepts_unsigned: bool,
    /// Every request must be a signed one.
    pub required: bool,
}

/// A relying party whose metadata has been checked.
#[expect(clippy::struct_excessive_bools, reason = "independent members of the metadata")]
pub struct Client {
    pub id: String,
    pub name: String,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    pub grants: Vec<GrantType>,
    pub auth_method: AuthMethod,
    /// What it may ask for.
    pub scope: Scope,
    pub is_native: bool,
    pub requires_pkce: bool,
    /// Its authorization requests must have been pushed (RFC 9126 §6).
    pub requires_par: bool,
    pub request_objects: RequestObjects,
    pub rotates: bool,
    pub skips_consent: bool,
    /// Nobody vouches for it: it was registered by whoever runs it (RFC 7591 §5).
    pub self_registered: bool,
    /// The account that has registered it, by a first-party app.
    pub owner_id: Option<Uuid>,
    pub id_token_algorithm: Option<Algorithm>,
    /// `None`: userinfo is plain JSON.
    pub userinfo_algorithm: Option<Algorithm>,
    pub access_token_algorithm: Option<Algorithm>,
    /// In seconds.
    pub default_max_age: Option<u64>,
    pub require_auth_time: bool,
    pub default_acr_values: Vec<String>,
    /// The resource indicators (RFC 8707) of the API that it is.
    pub resources: Vec<String>,
    pub metadata: ClientMetadata,
    /// What it was given before counts no more; in milliseconds.
    not_before: i64,
    /// Of its assertions, where the client has fixed it.
    assertion_algorithm: Option<Algorithm>,
    /// Those of `jwks`.
    keys: Option<ForeignKeys>,
    secret_digest: Option<[u8; 32]>,
    /// The secret itself, of a client that signs with it (`client_secret_jwt`).
    shared_secret: Option<Secret>,
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
            return wrong("client_id", "metadata-client-id");
        }
        let is_native = metadata::is_native(&metadata)?;
        metadata::check_redirects(&metadata, is_native)?;
        let keys = metadata::keys(&metadata)?;
        let auth_method = metadata::auth_method(&metadata, secret_digest.is_some())?;
        let grants = metadata::grant_types(&metadata, auth_method)?;
        metadata::check_links(&metadata)?;
        metadata::check_texts(&metadata)?;
        let scope = match &metadata.scope {
            None => Scope::standard(),
            Some(scope) => Scope::parse(scope).or_else(|_| wrong("scope", "metadata-scope"))?,
        };
        let algorithm = metadata::algorithm;
        let of = &metadata;
        Ok(Self {
            name: metadata.client_name.clone().unwrap_or_else(|| id.clone()),
            redirect_uris: metadata.redirect_uris.clone(),
            post_logout_redirect_uris: metadata.post_logout_redirect_uris.clone(),
            grants,
            auth_method,
            scope,
            is_native,
            requires_pkce: auth_method == AuthMethod::None || metadata.require_pkce == Some(true),
            requires_par: metadata.require_pushed_authorization_requests == Some(true),
            request_objects: metadata::request_objects(&metadata)?,
            rotates: metadata.rotate_refresh_tokens.unwrap_or(true),
            skips_consent: metadata.skip_consent == Some(true),
            self_registered: false,
            owner_id: None,
            id_token_algorithm: algorithm(
                "id_token_signed_response_alg",
                of.id_token_signed_response_alg.as_ref(),
            )?,
            userinfo_algorithm: algorithm(
                "userinfo_signed_response_alg",
                of.userinfo_signed_response_alg.as_ref(),
            )?,
            access_token_algorithm: algorithm(
                "access_token_signed_response_alg",
                of.access_token_signed_response_alg.as_ref(),
            )?,
            default_max_age: metadata.default_max_age,
            require_auth_time: metadata.require_auth_time == Some(true),
            default_acr_values: metadata.default_acr_values.clone(),
            resources: metadata::resources(&metadata)?,
            assertion_algorithm: metadata::assertion_algorithm(&metadata, auth_method)?,
            keys,
            id,
            metadata,
            not_before: 0,
            secret_digest,
            shared_secret: None,
        })
    }

    /// The client with the secret that it signs with.
    #[must_use]
    pub(super) fn sharing(mut self, secret: Option<Secret>) -> Self {
        self.shared_secret = secret.filter(|_| self.auth_method == AuthMethod::ClientSecretJwt);
        self
    }

    /// The client, whose own tokens of before count no more.
    #[must_use]
    pub(super) fn counting_from(mut self, not_before: i64) -> Self {
        self.not_before = not_before;
        self
    }

    /// The `iat` of a token that it gets for itself: now, but never before the cut-off, which tokens
    /// can only name by the second.
    #[must_use]
    pub(super) fn issue_time(&self, now: i64) -> i64 {
        (now / 1000).max(self.cut_off())
    }

    /// Whether a token of its own that was issued then, in seconds, came before the cut-off.
    #[must_use]
    pub(super) fn is_cut_off(&self, iat: i64) -> bool {
        iat < self.cut_off()
    }

    /// The first whole second after it.
    fn cut_off(&self) -> i64 {
        if self.not_before == 0 { 0 } else { self.not_before / 1000 + 1 }
    }

    /// The client, registered by whoever runs it: nothing that only an operator may say counts.
    #[must_use]
    fn of_stranger(mut self) -> Self {
        self.self_registered = true;
        self.skips_consent = false;
        self.resources.clear();
        self
    }

    /// The client, registered by somebody with an account here; what only an operator may say does not
    /// count either.
    #[must_use]
    fn of_owner(self, owner_id: Uuid) -> Self {
        Self { owner_id: Some(owner_id), self_registered: false, ..self.of_stranger() }
    }

    /// Whether the operator made it, in the configuration or on the command line.
    #[must_use]
    pub fn is_operators(&self) -> bool {
        self.owner_id.is_none() && !self.self_registered
    }

    /// What its assertions may be signed with (OIDC Core §9).
    #[must_use]
    pub fn assertion_algorithms(&self) -> Vec<Algorithm> {
        self.assertion_algorithm.map_or_else(|| Algorithm::ALL.to_vec(), |fixed| vec![fixed])
    }

    /// Whether there are keys for what the client wants signed.
    pub(super) fn check_algorithms(&self, there_are: &[Algorithm]) -> Result<(), MetadataError> {
        let wanted = [
            ("id_token_signed_response_alg", self.id_token_algorithm),
            ("userinfo_signed_response_alg", self.userinfo_algorithm),
            ("access_token_signed_response_alg", self.access_token_algorithm),
        ];
        for (member, algorithm) in wanted {
            if algorithm.is_some_and(|algorithm| !there_are.contains(&algorithm)) {
                return wrong(member, "metadata-algorithm-absent");
            }
        }
        Ok(())
    }

    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    #[must_use]
    pub fn has_redirect_uri(&self, uri: &str) -> bool {
        redirect::is_registered(&self.redirect_uris, uri, self.is_native)
    }

    #[must_use]
    pub fn has_post_logout_redirect_uri(&self, uri: &str) -> bool {
        redirect::is_registered(&self.post_logout_redirect_uris, uri, self.is_native)
    }

    /// What people who read that language (BCP 47) call it.
    #[must_use]
    pub fn name_in(&self, language: &str) -> &str {
        self.metadata.localized.get("client_name", language).unwrap_or(&self.name)
    }
}
