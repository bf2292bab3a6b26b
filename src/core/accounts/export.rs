//! All that is held of a person, for them to take along (GDPR Art. 15 and 20). No secret is in it, nor
//! the digest of one.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::core::audit::{Actor, Event, Note};
use crate::core::claims::StandardClaims;
use crate::core::clock::rfc3339;
use crate::core::devices::Device;
use crate::core::language::Language;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{DEVICE_LIFETIME, Owner, Place};
use crate::core::{Core, Failure, Fault};
use crate::store;

/// Of events and of applications there are so many in it, of events the newest.
const MOST: usize = 10_000;

/// The document. Times are RFC 3339.
#[derive(Debug, Serialize)]
pub struct Export {
    issuer: String,
    exported_at: String,
    account: Profile,
    claims: StandardClaims,
    sessions: Vec<Session>,
    apps: Vec<App>,
    api_keys: Vec<ApiKey>,
    linked_accounts: Vec<LinkedAccount>,
    applications: Vec<Application>,
    /// Whether there are more than those.
    applications_are_cut: bool,
    known_devices: Vec<KnownDevice>,
    events: Vec<Happened>,
    /// Whether there are older events than those.
    events_are_cut: bool,
}

#[derive(Debug, Serialize)]
struct Profile {
    /// What apps know the person by: `sub`.
    id: Uuid,
    email: String,
    email_verified: bool,
    email_waiting_for_proof: Option<String>,
    username: Option<String>,
    has_password: bool,
    roles: Vec<String>,
    created_at: String,
    updated_at: String,
    last_sign_in_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct Session {
    id: Uuid,
    is_this_one: bool,
    kind: &'static str,
    device: Option<String>,
    ip: String,
    country: Option<String>,
    city: Option<String>,
    created_at: String,
    last_used_at: String,
    expires_at: String,
}

#[derive(Debug, Serialize)]
struct App {
    client_id: String,
    name: Option<String>,
    scope: Vec<String>,
    since: String,
    last_used_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ApiKey {
    id: Uuid,
    name: String,
    created_at: String,
    last_used_at: Option<String>,
    expires_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct LinkedAccount {
    upstream: String,
    /// What the person is known by there.
    subject: String,
    email: Option<String>,
    created_at: String,
    last_used_at: String,
}

#[derive(Debug, Serialize)]
struct Application {
    client_id: String,
    name: String,
    description: Option<String>,
    metadata: Value,
    is_active: bool,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize)]
struct KnownDevice {
    known_since: String,
}

#[derive(Debug, Serialize)]
struct Happened {
    at: String,
    event: String,
    outcome: String,
    actor: String,
    client_id: Option<String>,
    session_id: Option<Uuid>,
    ip: String,
    country: Option<String>,
    detail: BTreeMap<String, Value>,
}

impl Core {
    /// All that is held of whoever is signed in. That it was taken is on record.
    ///
    /// # Errors
    /// [`crate::core::Refusal::AccountGone`], or a fault.
    pub async fn export_own_data(
        &self,
        owner: Owner<'_>,
        place: &Place,
        now: i64,
    ) -> Result<Export, Failure> {
        let id = owner.account.id;
        let note = Note::new(Event::DataExported, Actor::Account(id), place).account(id);
        let noted = store::audit::record(self.store.write(), note.row(now)).await;
        noted.or_fault("record an export")?;
        let account = self.account_now(id, now).await?;
        let (events, events_are_cut) = self.events_of(id).await?;
        let (applications, applications_are_cut) = self.applications_of(id).await?;
        let devices =
            store::devices::of_account(self.store.read(), id, now - DEVICE_LIFETIME).await;
        let devices = devices.or_fault("list known devices")?;
        let picture = self.picture_link(&account, now).await;
        Ok(Export {
            issuer: self.rules.issuer.clone(),
            exported_at: rfc3339(now),
            claims: StandardClaims { picture, ..account.claims },
            sessions: self.sessions_of(owner, now).await?,
            apps: self.apps_of(owner, now).await?,
            api_keys: self.keys_of(id).await?,
            linked_accounts: self.linked_of(id).await?,
            applications,
            applications_are_cut,
            known_devices: devices
                .into_iter()
                .map(|at| KnownDevice { known_since: rfc3339(at) })
                .collect(),
            events,
            events_are_cut,
            account: Profile {
                id,
                email: account.email,
                email_verified: account.email_verified,
                email_waiting_for_proof: account.pending_email,
                username: account.username,
                has_password: self.has_password(id).await?,
                roles: account.roles,
                created_at: rfc3339(account.created_at),
                updated_at: rfc3339(account.updated_at),
                last_sign_in_at: account.last_sign_in_at.map(rfc3339),
            },
        })
    }

    async fn sessions_of(&self, owner: Owner<'_>, now: i64) -> Result<Vec<Session>, Failure> {
        let live = self.sessions(owner.account.id, now).await?;
        let describe = |session: crate::core::sessions::Session| {
            let location = self.locate(&session.ip);
            Session {
                id: session.id,
                is_this_one: session.id == owner.session_id,
                kind: session.kind.name(),
                device: Device::of(&session.user_agent).map(|it| it.words(Language::En)),
                country: location.country,
                city: location.city,
                ip: session.ip,
                created_at: rfc3339(session.created_at),
                last_used_at: rfc3339(session.last_seen_at),
                expires_at: rfc3339(session.expires_at),
            }
        };
        Ok(live.into_iter().map(describe).collect())
    }

    async fn apps_of(&self, owner: Owner<'_>, now: i64) -> Result<Vec<App>, Failure> {
        let describe = |access: crate::core::access::Access| App {
            name: access.client.map(|client| client.name.clone()),
            client_id: access.client_id,
            // A single claim is kept behind a quotation mark.
            scope: access.scope.iter().map(|one| one.trim_start_matches('"').to_owned()).collect(),
            since: rfc3339(access.since),
            last_used_at: access.last_used_at.map(rfc3339),
        };
        Ok(self.accesses(owner, now).await?.into_iter().map(describe).collect())
    }

    async fn linked_of(&self, id: Uuid) -> Result<Vec<LinkedAccount>, Failure> {
        let describe = |link: crate::core::links::Linked| LinkedAccount {
            upstream: link.upstream,
            subject: link.subject,
            email: link.email,
            created_at: rfc3339(link.created_at),
            last_used_at: rfc3339(link.last_used_at),
        };
        Ok(self.links(id).await?.into_iter().map(describe).collect())
    }

    async fn keys_of(&self, id: Uuid) -> Result<Vec<ApiKey>, Failure> {
        let describe = |key: crate::core::api_keys::ApiKey| ApiKey {
            id: key.id,
            name: key.name,
            created_at: rfc3339(key.created_at),
            last_used_at: key.last_used_at.map(rfc3339),
            expires_at: key.expires_at.map(rfc3339),
        };
        Ok(self.api_keys(id).await?.into_iter().map(describe).collect())
    }

    async fn applications_of(&self, id: Uuid) -> Result<(Vec<Application>, bool), Failure> {
        let most = MOST as u64 + 1;
        let rows = store::applications::all_of_owner(self.store.read(), id, most).await;
        let mut rows = rows.or_fault("list applications")?;
        let is_cut = rows.len() > MOST;
        rows.truncate(MOST);
        let describe = |row: store::entity::clients::Model| {
            Ok(Application {
                metadata: serde_json::from_str(&row.metadata).or_fault("read a client")?,
                client_id: row.client_id,
                name: row.name,
                description: row.description,
                is_active: row.disabled_at.is_none(),
                created_at: rfc3339(row.created_at),
                updated_at: rfc3339(row.updated_at),
            })
        };
        let all: Result<_, Fault> = rows.into_iter().map(describe).collect();
        Ok((all?, is_cut))
    }

    async fn events_of(&self, id: Uuid) -> Result<(Vec<Happened>, bool), Failure> {
        let most = MOST as u64 + 1;
        let rows = store::audit::of_account(self.store.read(), id, None, most).await;
        let mut rows = rows.or_fault("read the audit")?;
        let is_cut = rows.len() > MOST;
        rows.truncate(MOST);
        let describe = |row: store::entity::audit_events::Model| Happened {
            at: rfc3339(row.at),
            event: row.kind,
            outcome: row.outcome,
            actor: row.actor,
            client_id: row.client_id,
            session_id: row.session_id,
            country: self.locate(&row.ip).country,
            ip: row.ip,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        };
        Ok((rows.into_iter().map(describe).collect(), is_cut))
    }
}
