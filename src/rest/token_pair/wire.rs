//! The bodies of dialect E.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::core::accounts::Account;
use crate::core::tokens::TokenPair;
use crate::core::{Secret, rfc3339};

#[derive(Deserialize, ToSchema)]
#[schema(as = token_pair::Register)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct Register {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    /// At least 8 characters, among them an upper-case and a lower-case letter and a digit.
    #[schema(format = Password, min_length = 8, max_length = 128, example = "SecurePass123")]
    password: String,
    #[schema(max_length = 128, example = "John Doe")]
    name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = token_pair::LogIn)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct LogIn {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    #[schema(format = Password, example = "SecurePass123")]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = token_pair::Refresh)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct Refresh {
    refresh_token: String,
}

/// What is shown of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::User)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: Uuid,
    email: String,
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
}

impl User {
    pub fn of(account: &Account) -> Self {
        Self {
            id: account.id,
            email: account.shown_email().0.to_owned(),
            name: account.claims.name.clone(),
            created_at: rfc3339(account.created_at),
        }
    }
}

/// A new account, with its API key, which is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::NewUser)]
#[serde(rename_all = "camelCase")]
pub struct NewUser {
    id: Uuid,
    email: String,
    name: Option<String>,
    #[schema(pattern = "^pk_[A-Za-z0-9]{32}$")]
    api_key: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl NewUser {
    pub fn of(account: &Account, api_key: Option<&Secret>) -> Self {
        let User { id, email, name, created_at } = User::of(account);
        let api_key = api_key.map(|key| key.expose().to_owned()).unwrap_or_default();
        Self { id, email, name, api_key, created_at }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Profile)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    id: Uuid,
    email: String,
    name: Option<String>,
    is_active: bool,
    #[schema(format = DateTime)]
    created_at: String,
}

impl Profile {
    pub fn of(account: &Account) -> Self {
        let User { id, email, name, created_at } = User::of(account);
        Self { id, email, name, is_active: !account.disabled, created_at }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Tokens)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// A JWT (RFC 9068).
    access_token: String,
    refresh_token: String,
    /// Seconds until the access token expires.
    expires_in: i64,
}

impl Tokens {
    pub fn of(pair: TokenPair, now: i64) -> Self {
        Self {
            expires_in: (pair.access.expires_at / 1000 - now / 1000).max(0),
            access_token: pair.access.token,
            refresh_token: pair.refresh.token,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Registered)]
pub struct Registered {
    pub user: NewUser,
    pub tokens: Tokens,
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Entered)]
pub struct Entered {
    pub user: User,
    pub tokens: Tokens,
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Refreshed)]
pub struct Refreshed {
    pub tokens: Tokens,
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::Me)]
pub struct Me {
    pub user: Profile,
}

#[derive(Serialize, ToSchema)]
#[schema(as = token_pair::LoggedOut)]
pub struct LoggedOut {
    pub message: String,
}
