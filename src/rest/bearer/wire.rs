//! The bodies of dialect B.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::core::accounts::Account;
use crate::core::rfc3339;
use crate::core::tokens::Dated;

#[derive(Deserialize, ToSchema)]
#[schema(as = bearer::SignUp)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignUp {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    /// At least 8 characters, among them an upper-case and a lower-case letter and a digit.
    #[schema(format = Password, min_length = 8, max_length = 128, example = "SecurePass123!")]
    password: String,
    #[schema(min_length = 1, max_length = 128, example = "John Doe")]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = bearer::SignIn)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignIn {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    #[schema(format = Password, example = "SecurePass123!")]
    password: String,
}

/// What is shown of an account beside its session.
#[derive(Serialize, ToSchema)]
#[schema(as = bearer::User)]
pub struct User {
    id: Uuid,
    email: String,
    name: Option<String>,
}

impl User {
    pub fn of(account: &Account) -> Self {
        Self {
            id: account.id,
            email: account.shown_email().0.to_owned(),
            name: account.claims.name.clone(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::Profile)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    id: Uuid,
    email: String,
    name: Option<String>,
    email_verified: bool,
}

impl Profile {
    pub fn of(account: &Account) -> Self {
        let User { id, email, name } = User::of(account);
        Self { id, email, name, email_verified: account.shown_email().1 }
    }
}

/// A session, or an API key in its place.
#[derive(Serialize, ToSchema)]
#[schema(as = bearer::Session)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    id: Uuid,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl Session {
    pub fn new(id: Uuid, expires_at: i64) -> Self {
        Self { id, expires_at: rfc3339(expires_at) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::SessionToken)]
#[serde(rename_all = "camelCase")]
pub struct SessionToken {
    id: Uuid,
    /// A JWT (RFC 9068).
    token: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionToken {
    pub fn of(id: Uuid, token: Dated) -> Self {
        Self { id, token: token.token, expires_at: rfc3339(token.expires_at) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::NewEntered)]
pub struct NewEntered {
    pub user: Profile,
    pub session: SessionToken,
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::Entered)]
pub struct Entered {
    pub user: User,
    pub session: SessionToken,
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::Shown)]
pub struct Shown {
    pub user: User,
    pub session: Session,
}

#[derive(Serialize, ToSchema)]
#[schema(as = bearer::SignedOut)]
pub struct SignedOut {
    pub success: bool,
}
