//! What the token endpoint can be asked for: one file and one line in [`GRANTS`] each.

use futures_util::future::BoxFuture;

use super::error::OAuthError;
use super::params::Params;
use super::token::{optional, required};
use crate::app::Shared;
use crate::core::clients::{Client, GrantType};
use crate::core::sessions::Place;
use crate::core::tokens::TokenSet;

mod authorization_code;
mod client_credentials;
mod refresh_token;

/// What a grant is given: the node, the proven client, the form, where from, the time.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub app: &'a Shared,
    pub client: &'a Client,
    pub params: &'a Params,
    pub place: &'a Place,
    pub now: i64,
}

type Run = for<'a> fn(Asked<'a>) -> BoxFuture<'a, Result<TokenSet, OAuthError>>;

/// A grant type and what it does.
pub struct Grant {
    pub kind: GrantType,
    run: Run,
}

pub const GRANTS: [Grant; 3] = [
    Grant { kind: GrantType::AuthorizationCode, run: authorization_code::run },
    Grant { kind: GrantType::RefreshToken, run: refresh_token::run },
    Grant { kind: GrantType::ClientCredentials, run: client_credentials::run },
];

impl Grant {
    pub async fn run(&self, asked: Asked<'_>) -> Result<TokenSet, OAuthError> {
        (self.run)(asked).await
    }
}

/// The grant that the form asks for, if this client may.
pub fn choose(params: &Params, client: &Client) -> Result<&'static Grant, OAuthError> {
    let name = required(params, "grant_type")?;
    let Some(grant) = GRANTS.iter().find(|grant| grant.kind.name() == name) else {
        let description =
            "grant_type must be authorization_code, refresh_token or client_credentials";
        return Err(OAuthError::bad_request("unsupported_grant_type", description));
    };
    if !client.may(grant.kind) {
        return Err(OAuthError::bad_request(
            "unauthorized_client",
            format!("the client is not registered for {name}"),
        ));
    }
    Ok(grant)
}

/// The resource indicators that the token shall be for (RFC 8707 §2.2).
fn resources(params: &Params) -> Vec<String> {
    params.all("resource").map(str::to_owned).collect()
}

/// The `scope` that was asked for, if any.
fn scope(params: &Params) -> Result<Option<crate::core::scope::Scope>, OAuthError> {
    optional(params, "scope")
        .map(|text| {
            crate::core::scope::Scope::parse(text).map_err(|_| {
                let description = "scope must be values with one space between";
                OAuthError::bad_request("invalid_scope", description)
            })
        })
        .transpose()
}
