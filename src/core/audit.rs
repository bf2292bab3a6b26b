//! The audit: what happened to whom, by whom, from where (ASVS 16.3.1–16.4.2). Written in the
//! transaction of what it is about, so that there is neither without the other; a refusal, which
//! writes nothing else, stands on its own.
//!
//! It holds ids, addresses and names of rules: no secret, no e-mail address, nothing that a
//! stranger typed.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::devices::Device;
use super::refusal::OrFault as _;
use super::sessions::Place;
use super::{Core, Fault};
use crate::jose::random;
use crate::store::{self, entity::audit_events::Model};

/// The member of an event's detail that says which device it was.
const DEVICE: &str = "device";

/// What can be on record. A name, once given, does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    SessionOpened,
    /// Signed in again on the same browser.
    SessionRenewed,
    SessionEnded,
    SignInFailed,
    /// The right password of an account that is disabled.
    SignInRefused,
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    AccountDeleted,
    /// What a person shows of themselves; the detail says what.
    AccountChanged,
    AccountLocked,
    PasswordChanged,
    /// By a link that came in a mail.
    PasswordReset,
    EmailVerified,
    EmailChanged,
    ClientRegistered,
    ClientChanged,
    ClientDisabled,
    ClientEnabled,
    ClientDeleted,
    ClientInvited,
    KeyMade,
    KeyRotated,
    KeyRetired,
    /// An authorization code was used twice, and its grant ended.
    CodeReplayed,
    /// A superseded refresh token was used again, and its family ended.
    RefreshReplayed,
    GrantRevoked,
    ApiKeyCreated,
    ApiKeyRevoked,
    /// A superseded token of a session was used again, and the session ended.
    SessionReplayed,
    /// An account elsewhere opens this one from now on.
    LinkAdded,
    LinkRemoved,
    /// A person took back what they had allowed an app.
    AccessRevoked,
    /// A person took a copy of all that is held of them.
    DataExported,
}

impl Event {
    /// The name that it is kept and listed by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SessionOpened => "session.opened",
            Self::SessionRenewed => "session.renewed",
            Self::SessionEnded => "session.ended",
            Self::SignInFailed => "sign_in.failed",
            Self::SignInRefused => "sign_in.refused",
            Self::AccountCreated => "account.created",
            Self::AccountDisabled => "account.disabled",
            Self::AccountEnabled => "account.enabled",
            Self::AccountDeleted => "account.deleted",
            Self::AccountChanged => "account.changed",
            Self::AccountLocked => "account.locked",
            Self::PasswordChanged => "password.changed",
            Self::PasswordReset => "password.reset",
            Self::EmailVerified => "email.verified",
            Self::EmailChanged => "email.changed",
            Self::ClientRegistered => "client.registered",
            Self::ClientChanged => "client.changed",
            Self::ClientDisabled => "client.disabled",
            Self::ClientEnabled => "client.enabled",
            Self::ClientDeleted => "client.deleted",
            Self::ClientInvited => "client.invited",
            Self::KeyMade => "key.made",
            Self::KeyRotated => "key.rotated",
            Self::KeyRetired => "key.retired",
            Self::CodeReplayed => "grant.code_replayed",
            Self::RefreshReplayed => "grant.refresh_replayed",
            Self::GrantRevoked => "grant.revoked",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::SessionReplayed => "session.replayed",
            Self::LinkAdded => "link.added",
            Self::LinkRemoved => "link.removed",
            Self::AccessRevoked => "access.revoked",
            Self::DataExported => "data.exported",
        }
    }

    /// Whether somebody was kept from something.
    const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::SignInFailed
                | Self::SignInRefused
                | Self::AccountLocked
                | Self::CodeReplayed
                | Self::RefreshReplayed
                | Self::SessionReplayed
        )
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody who proved who they are.
    Anyone,
    Account(Uuid),
    Client(String),
    /// Whoever may use the command line.
    Operator,
    /// The server by itself.
    Server,
}

impl Actor {
    /// The name that it is kept and listed by.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Anyone => "anyone".to_owned(),
            Self::Account(id) => format!("account:{id}"),
            Self::Client(id) => format!("client:{id}"),
            Self::Operator => "operator".to_owned(),
            Self::Server => "server".to_owned(),
        }
    }
}

/// One event, to be recorded: who did what, from where; then to whom.
#[derive(Clone, Debug)]
pub struct Note {
    event: Event,
    actor: Actor,
    place: Place,
    account_id: Option<Uuid>,
    client_id: Option<String>,
    session_id: Option<Uuid>,
    detail: Map<String, Value>,
}

impl Note {
    #[must_use]
    pub fn new(event: Event, actor: Actor, place: &Place) -> Self {
        Self {
            event,
            actor,
            place: place.clone(),
            account_id: None,
            client_id: None,
            session_id: None,
            detail: Map::new(),
        }
    }

    /// Something done on the command line.
    #[must_use]
    pub fn operator(event: Event) -> Self {
        Self::new(event, Actor::Operator, &Place::default())
    }

    /// The account that it is about.
    #[must_use]
    pub fn account(mut self, id: impl Into<Option<Uuid>>) -> Self {
        self.account_id = id.into();
        self
    }

    /// The client that it is about.
    #[must_use]
    pub fn client(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// The session that it is about.
    #[must_use]
    pub fn session(mut self, id: impl Into<Option<Uuid>>) -> Self {
        self.session_id = id.into();
        self
    }

    /// What else there is to know; never a secret.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The row, for `store::audit::record` in a transaction.
    #[must_use]
    pub(super) fn row(&self, now: i64) -> Model {
        Model {
            id: random::ordered_id(now),
            at: now,
            kind: self.event.name().to_owned(),
            outcome: if self.event.is_refusal() { "failure" } else { "success" }.to_owned(),
            actor: self.actor.name(),
            account_id: self.account_id,
            client_id: self.client_id.clone(),
            session_id: self.session_id,
            ip: self.place.ip.clone(),
            request_id: self.place.request_id.clone(),
            // JSON has no line breaks of its own and escapes those of others.
            detail: Value::Object(self.detail_with_device()).to_string(),
        }
    }

    /// What it was done with, by names of ours: what a stranger put into the header is not kept.
    fn detail_with_device(&self) -> Map<String, Value> {
        let mut detail = self.detail.clone();
        if let Some(Device { browser, system }) = Device::of(&self.place.user_agent) {
            detail.insert(DEVICE.to_owned(), json!({ "browser": browser, "system": system }));
        }
        detail
    }
}

/// An event on record.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub id: Uuid,
    pub at: i64,
    pub event: String,
    pub outcome: String,
    pub actor: String,
    pub account_id: Option<Uuid>,
    pub client_id: Option<String>,
    pub session_id: Option<Uuid>,
    pub ip: String,
    pub request_id: String,
    pub detail: Value,
}

impl Recorded {
    /// The device that it was done with, where it was one that is known.
    #[must_use]
    pub fn device(&self) -> Option<Device> {
        let known = self.detail.get(DEVICE)?;
        let name = |member: &str| known.get(member).and_then(Value::as_str).unwrap_or_default();
        Device::named(name("browser"), name("system"))
    }
}

impl From<Model> for Recorded {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            at: row.at,
            event: row.kind,
            outcome: row.outcome,
            actor: row.actor,
            account_id: row.account_id,
            client_id: row.client_id,
            session_id: row.session_id,
            ip: row.ip,
            request_id: row.request_id,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        }
    }
}

impl Core {
    /// Records what has no transaction to be in, a refusal above all. Where that cannot be written
    /// the answer stays what it was; the log says what is missing.
    pub(super) async fn audit(&self, note: &Note, now: i64) {
        if let Err(error) = store::audit::record(self.store.write(), note.row(now)).await {
            let (event, account) = (note.event.name(), note.account_id);
            tracing::error!(event, ?account, %error, "audit.record: not on record");
        }
    }

    /// The newest events since then, newest first; of one account, if it is given.
    ///
    /// # Errors
    /// A fault.
    pub async fn audit_events(
        &self,
        since: i64,
        account_id: Option<Uuid>,
        most: u64,
    ) -> Result<Vec<Recorded>, Fault> {
        let rows = store::audit::since(self.store.read(), since, account_id, most).await;
        Ok(rows.or_fault("read the audit")?.into_iter().map(Recorded::from).collect())
    }
}
