//! The bodies of dialect A.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::Shared;
use crate::core::accounts::Account;
use crate::core::callers::{Caller, Via};
use crate::core::sessions::{self, SignedIn};
use crate::core::{Fault, rfc3339};

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::SignUp)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignUp {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    #[schema(format = Password, min_length = 8, max_length = 128, example = "password123")]
    password: String,
    #[schema(min_length = 1, max_length = 128, example = "John Doe")]
    name: String,
    /// `false`: the cookie lasts as long as the browser runs.
    remember_me: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::SignIn)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignIn {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
    #[schema(format = Password, example = "password123")]
    password: String,
    /// `false`: the cookie lasts as long as the browser runs.
    remember_me: Option<bool>,
    /// A path, or a URL of the issuer or of a first-party app.
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::ForgotPassword)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct ForgotPassword {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::ResetPassword)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct ResetPassword {
    /// Of the mail.
    token: Option<String>,
    /// Or `newPassword`.
    #[schema(format = Password, min_length = 8, max_length = 128)]
    password: Option<String>,
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::SendVerification)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SendVerification {
    #[schema(format = Email, example = "user@example.com")]
    email: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::UpdateUser)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct UpdateUser {
    #[schema(min_length = 1, max_length = 128)]
    name: Option<String>,
    /// An http or https URL; `null` takes the picture away.
    #[schema(format = "uri")]
    image: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::UpdateProfile)]
#[expect(dead_code, reason = "the description of what `Form` reads")]
pub struct UpdateProfile {
    #[schema(min_length = 1, max_length = 128, example = "John Updated")]
    name: Option<String>,
    #[schema(format = Email, example = "john.updated@example.com")]
    email: Option<String>,
    /// A JPEG, PNG, WebP or GIF file of at most 5 MB, or an http or https URL; empty takes the picture
    /// away.
    image: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::ChangePassword)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct ChangePassword {
    #[schema(format = Password)]
    current_password: String,
    #[schema(format = Password, min_length = 8, max_length = 128)]
    new_password: String,
    /// All others end whatever it says.
    revoke_other_sessions: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::ChangeEmail)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct ChangeEmail {
    #[schema(format = Email)]
    new_email: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::DeleteUser)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct DeleteUser {
    /// Not needed within 15 minutes of the sign-in.
    #[schema(format = Password)]
    password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::RevokeSession)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct RevokeSession {
    /// As the list of sessions shows it, or one's own session token.
    token: String,
}

/// What is shown of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::User)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: Uuid,
    /// Empty where there is none: apps of this dialect take it for text.
    name: String,
    email: String,
    email_verified: bool,
    #[schema(format = "uri")]
    image: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl User {
    /// The address is the one asked for last, proven or not.
    pub async fn of(app: &Shared, account: &Account, now: i64) -> Self {
        Self::with(account, account.shown_email(), app.core.picture_link(account, now).await)
    }

    fn with(account: &Account, (email, verified): (&str, bool), image: Option<String>) -> Self {
        Self {
            id: account.id,
            name: account.claims.name.clone().unwrap_or_default(),
            email: email.to_owned(),
            email_verified: verified,
            image,
            created_at: rfc3339(account.created_at),
            updated_at: rfc3339(account.updated_at),
        }
    }
}

/// An account as those see it who may read everybody's: the address is the account's own.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Person)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[serde(flatten)]
    user: User,
    username: Option<String>,
    role: String,
    is_active: bool,
}

impl Person {
    pub async fn of(app: &Shared, account: &Account, now: i64) -> Self {
        let own = (account.email.as_str(), account.email_verified);
        Self {
            user: User::with(account, own, app.core.picture_link(account, now).await),
            username: account.username.clone(),
            role: account.role().to_owned(),
            is_active: !account.disabled,
        }
    }
}

/// A session.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Session)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    id: Uuid,
    /// When it ends, if it is not used again.
    #[schema(format = DateTime)]
    expires_at: String,
    /// A JWT (RFC 9068) that is as good as the cookie; of other sessions, their id.
    pub token: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used.
    #[schema(format = DateTime)]
    updated_at: String,
    ip_address: String,
    user_agent: String,
    user_id: Uuid,
}

impl Session {
    pub fn of(session: &sessions::Session, user_id: Uuid, token: String) -> Self {
        Self {
            id: session.id,
            expires_at: rfc3339(session.expires_at),
            token: Some(token),
            created_at: rfc3339(session.created_at),
            updated_at: rfc3339(session.last_seen_at),
            ip_address: session.ip.clone(),
            user_agent: session.user_agent.clone(),
            user_id,
        }
    }
}

/// Who is signed in, and by which session.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Whole)]
pub struct Whole {
    pub user: User,
    pub session: Session,
}

impl Whole {
    pub async fn of(app: &Shared, signed_in: &SignedIn, now: i64) -> Result<Self, Fault> {
        let SignedIn { account, session, .. } = signed_in;
        let token = app.core.session_token(account, session, now).await?.token;
        let session = Session::of(session, account.id, token);
        Ok(Self { user: User::of(app, account, now).await, session })
    }

    /// Where a program acts with an API key, the key stands in the session's place.
    pub async fn of_caller(app: &Shared, caller: &Caller, now: i64) -> Result<Self, Fault> {
        let account = &caller.account;
        let key = match &caller.via {
            Via::Session(session) => {
                let token = app.core.token_beside(caller, session, now).await?.token;
                let session = Session::of(session, account.id, token);
                return Ok(Self { user: User::of(app, account, now).await, session });
            }
            Via::ApiKey(key) => key,
        };
        let idle = app.config.sessions.idle_lifetime.milliseconds();
        let session = Session {
            id: key.id,
            expires_at: rfc3339(key.expires_at.unwrap_or(now + idle)),
            token: None,
            created_at: rfc3339(key.created_at),
            updated_at: rfc3339(key.created_at),
            ip_address: String::new(),
            user_agent: String::new(),
            user_id: account.id,
        };
        Ok(Self { user: User::of(app, account, now).await, session })
    }
}

/// Who has just come in.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Entered)]
pub struct Entered {
    #[serde(flatten)]
    pub whole: Whole,
    /// The session's, where Better Auth's client looks.
    pub token: Option<String>,
    /// Whether the app goes on to `url`; after a sign-in alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// It is done.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Succeeded)]
pub struct Succeeded {
    success: bool,
    /// Where Better Auth's client looks after a password was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Succeeded {
    pub fn plain() -> Self {
        Self { success: true, status: None, message: None }
    }

    pub fn saying(message: String) -> Self {
        Self { message: Some(message), ..Self::plain() }
    }

    /// The same, for who forgot a password.
    pub fn recovering(message: String) -> Self {
        Self { status: Some(true), ..Self::saying(message) }
    }
}

/// It is done.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Status)]
pub struct Status {
    status: bool,
}

impl Status {
    pub fn done() -> Self {
        Self { status: true }
    }
}

/// A password was changed: the session's new token.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Changed)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    pub token: String,
    /// Of a session that an app carries on by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    pub user: User,
}

/// An address was proven.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Verified)]
pub struct Verified {
    pub status: bool,
    pub user: User,
}

/// What an answer under `/v1` holds.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Answer)]
pub struct Answer<T> {
    success: bool,
    data: T,
}

impl<T> Answer<T> {
    pub fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Users)]
pub struct Users {
    pub items: Vec<Person>,
    pub pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Pagination)]
pub struct Pagination {
    pub limit: u32,
    pub offset: u32,
    /// How many there are in all.
    pub total: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Health)]
pub struct Health {
    #[schema(example = "ok")]
    pub status: &'static str,
    pub db: Database,
}

#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Database)]
pub struct Database {
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
