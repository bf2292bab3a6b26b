//! The bodies of dialect D.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::core::accounts::Account;
use crate::core::devices::Device;
use crate::core::{geo, rfc3339, sessions};

#[derive(Deserialize, ToSchema)]
#[schema(as = cookie_pair::Register)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct Register {
    #[schema(pattern = "^[A-Za-z0-9_]{3,30}$", example = "johndoe")]
    username: String,
    #[schema(format = Email, example = "john@example.com")]
    email: String,
    #[schema(format = Password, min_length = 8, max_length = 128, example = "securePassword123")]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = cookie_pair::LogIn)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct LogIn {
    /// An e-mail address or a username.
    #[schema(example = "john@example.com")]
    identifier: String,
    #[schema(format = Password, example = "securePassword123")]
    password: String,
}

/// What every success is.
#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Answer)]
#[serde(rename_all = "camelCase")]
pub struct Answer<T> {
    #[schema(example = true)]
    pub success: bool,
    pub message: String,
    pub data: T,
    /// As in `X-Request-Id`.
    pub request_id: String,
}

/// Of what was done there is nothing to show.
#[derive(Serialize, ToSchema)]
pub struct Nothing;

/// What is shown of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::User)]
#[serde(rename_all = "camelCase")]
pub struct User {
    id: Uuid,
    username: Option<String>,
    email: String,
    role: String,
    is_active: bool,
    is_email_verified: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl User {
    pub fn of(account: &Account) -> Self {
        let (email, is_email_verified) = account.shown_email();
        Self {
            id: account.id,
            username: account.username.clone(),
            email: email.to_owned(),
            role: account.role().to_owned(),
            is_active: !account.disabled,
            is_email_verified,
            created_at: rfc3339(account.created_at),
            updated_at: rfc3339(account.updated_at),
        }
    }
}

/// What its owner is shown of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Profile)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    #[serde(flatten)]
    user: User,
    #[schema(format = DateTime)]
    last_login: Option<String>,
}

impl Profile {
    pub fn of(account: &Account) -> Self {
        Self { user: User::of(account), last_login: account.last_sign_in_at.map(rfc3339) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Entered)]
#[serde(rename_all = "camelCase")]
pub struct Entered {
    pub user: Profile,
    pub session_id: Uuid,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Kept)]
pub struct Kept {
    pub user: Profile,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Session)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    id: Uuid,
    device_info: DeviceInfo,
    location: Location,
    ip_address: String,
    #[schema(format = DateTime)]
    last_activity: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// The one that the request belongs to.
    is_current: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::DeviceInfo)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// As the device wrote it.
    user_agent: String,
    #[schema(example = "Web")]
    platform: Option<&'static str>,
    #[schema(example = "Chrome")]
    browser: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Location)]
pub struct Location {
    #[schema(example = "US")]
    country: Option<String>,
    #[schema(example = "New York")]
    city: Option<String>,
    #[schema(example = "America/New_York")]
    timezone: Option<String>,
}

impl Session {
    pub fn of(session: sessions::Session, location: geo::Location, current: Option<Uuid>) -> Self {
        let device = Device::of(&session.user_agent);
        let geo::Location { country, city, timezone } = location;
        Self {
            id: session.id,
            device_info: DeviceInfo {
                platform: device.and_then(Device::platform),
                browser: device.and_then(|device| device.browser),
                user_agent: session.user_agent,
            },
            location: Location { country, city, timezone },
            ip_address: session.ip,
            last_activity: rfc3339(session.last_seen_at),
            created_at: rfc3339(session.created_at),
            is_current: current == Some(session.id),
        }
    }
}

const SERVICE: &str = "Countersign";

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Health)]
pub struct Health {
    /// `OK`, or `DEGRADED` while the database is away or the node stops.
    status: &'static str,
    #[schema(format = DateTime)]
    timestamp: String,
    #[schema(example = "production")]
    environment: &'static str,
    /// Seconds.
    uptime: f64,
    service: &'static str,
}

impl Health {
    pub fn new(is_well: bool, is_loopback: bool, uptime: Duration, now: i64) -> Self {
        Self {
            status: if is_well { "OK" } else { "DEGRADED" },
            timestamp: rfc3339(now),
            environment: if is_loopback { "development" } else { "production" },
            uptime: (uptime.as_secs_f64() * 1000.0).round() / 1000.0,
            service: SERVICE,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Information)]
pub struct Information {
    success: bool,
    message: String,
    data: About,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::About)]
pub struct About {
    service: &'static str,
    version: &'static str,
    endpoints: Endpoints,
}

#[derive(Serialize, ToSchema)]
#[schema(as = cookie_pair::Endpoints)]
pub struct Endpoints {
    auth: &'static str,
    users: &'static str,
    health: &'static str,
}

impl Information {
    pub fn new(message: String) -> Self {
        let endpoints = Endpoints { auth: "/api/auth", users: "/api/users", health: "/health" };
        let version = env!("CARGO_PKG_VERSION");
        Self { success: true, message, data: About { service: SERVICE, version, endpoints } }
    }
}
