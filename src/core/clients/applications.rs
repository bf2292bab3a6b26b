//! Applications: clients that people with an account register by a first-party app, and change and
//! delete. Whoever may do so for everybody reaches the operator's and the self-registered ones too.
//!
//! A foreign application reads like an absent one. What only an operator may say is left out, and what
//! an operator trusts more than others is not changed here (R24, R76).

use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::registration::{unreadable, uses_secret};
use super::registry::{Texts, draft, forget, note_change};
use super::{Client, Expected, MetadataError, members, metadata};
use crate::config::{ClientMetadata, PERMISSIONS, gives};
use crate::core::accounts::Account;
use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::roles::Permission;
use crate::core::scope::Scope;
use crate::core::sessions::Place;
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// In characters.
const LONGEST_NAME: usize = 255;
const LONGEST_DESCRIPTION: usize = 4096;
/// Others may change the same application meanwhile; so often it is tried again.
const TRIES: u32 = 20;

/// A client as its owner sees it.
pub struct Application {
    pub client: Arc<Client>,
    pub name: String,
    pub description: Option<String>,
    pub is_active: bool,
    pub owner_id: Option<Uuid>,
    /// In milliseconds.
    pub created_at: i64,
    pub updated_at: i64,
}

/// An application just made or changed, with the secret, if there is a new one: it is shown once.
pub struct Written {
    pub application: Application,
    pub client_secret: Option<Secret>,
}

/// What somebody says of an application. What is left out has its default, or stays as it was.
#[derive(Clone, Default)]
pub struct Wish {
    pub name: Option<String>,
    /// An empty one is none.
    pub description: Option<String>,
    pub is_active: Option<bool>,
    /// Metadata by the names of RFC 7591 §2; `null` takes a member back to its default.
    pub members: Map<String, Value>,
}

impl Wish {
    /// What cannot be used of it, the metadata apart, which is looked at when it is to be written.
    #[must_use]
    pub fn flaws(&self, is_new: bool) -> Vec<Refusal> {
        let mut flaws = Vec::new();
        let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        match self.name.as_deref().map(str::trim) {
            None if is_new => flaws.push(Refusal::NameMissing),
            Some("") => flaws.push(Refusal::NameMissing),
            Some(name) if name.chars().count() > LONGEST_NAME => flaws.push(Refusal::NameTooLong),
            Some(name) if name.chars().any(char::is_control) => {
                flaws.push(Refusal::NameMalformed);
            }
            _ => {}
        }
        if let Some(text) = &self.description
            && (text.chars().count() > LONGEST_DESCRIPTION || text.chars().any(is_control))
        {
            flaws.push(Refusal::DescriptionMalformed);
        }
        flaws
    }
}

impl Core {
    /// Registers an application of the caller's own.
    ///
    /// # Errors
    /// The metadata cannot be used; [`Refusal::PermissionMissing`], [`Refusal::NameTaken`], one of
    /// [`Wish::flaws`], or a fault.
    pub async fn create_application(
        &self,
        caller: &Account,
        wish: Wish,
        place: &Place,
        now: i64,
    ) -> Result<Result<Written, MetadataError>, Failure> {
        self.require(caller, Permission::CreateApplications)?;
        if let Some(flaw) = wish.flaws(true).into_iter().next() {
            return Err(flaw.into());
        }
        let name = wish.name.as_deref().unwrap_or_default().trim();
        let metadata = members::of_application(None, name, &wish.members);
        let metadata = match metadata.and_then(|it| self.check_scope(caller, it)) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Err(error)),
        };
        let method = metadata.token_endpoint_auth_method.as_deref();
        let client_secret = uses_secret(method).then(random::token);
        let credentials = self.credentials(method, client_secret.as_ref())?;
        let client_id = random::ordered_id(now).to_string();
        let client = match self.check_client(&client_id, &credentials, metadata).await {
            Ok(client) => client.of_owner(caller.id),
            Err(error) => return Ok(Err(error)),
        };
        let description = wish.description.filter(|text| !text.is_empty());
        let Texts { name, name_key, search } = Texts::of(name, description.as_deref());
        let is_active = wish.is_active.unwrap_or(true);
        let row = entity::clients::Model {
            disabled_at: (!is_active).then_some(now),
            owner_id: Some(caller.id),
            name,
            name_key,
            description,
            search,
            ..draft(&client, credentials, now)?
        };
        let event = by(caller, Event::ClientRegistered, &row, place, now);
        let application = self.application_of(row.clone())?;
        let _turn = self.clients_turn.lock().await;
        let registered = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                let id = row.client_id.clone();
                store::clients::register(tx, row).await?;
                store::audit::record(tx, event).await?;
                note_change(tx, &id, now).await
            })
        });
        registered.await.map_err(|error| taken(error, "register an application"))?;
        if is_active {
            self.hold(client);
        }
        tracing::info!(client.id = client_id, "clients.create_application");
        Ok(Ok(Written { application, client_secret }))
    }

    /// One application.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`], [`Refusal::Unknown`], or a fault.
    pub async fn application(&self, caller: &Account, id: Uuid) -> Result<Application, Failure> {
        self.require(caller, Permission::ReadApplications)?;
        let row = self.reached(caller, id).await?;
        Ok(self.application_of(row)?)
    }

    /// Changes what the wish says of an application, and nothing else. One that is not active any more
    /// is no client from now on, and all that it was granted ends.
    ///
    /// # Errors
    /// As [`Core::create_application`], and [`Refusal::Unknown`].
    pub async fn change_application(
        &self,
        caller: &Account,
        id: Uuid,
        wish: &Wish,
        place: &Place,
        now: i64,
    ) -> Result<Result<Written, MetadataError>, Failure> {
        self.require(caller, Permission::UpdateApplications)?;
        if let Some(flaw) = wish.flaws(false).into_iter().next() {
            return Err(flaw.into());
        }
        for _ in 0..TRIES {
            let row = self.reached(caller, id).await?;
            let was = row.clone();
            let (row, client_secret) = match self.wished(caller, row, wish, now).await? {
                Ok(wished) => wished,
                Err(error) => return Ok(Err(error)),
            };
            if self.write_application(caller, (row, was), wish, (place, now)).await? {
                let row = self.reached(caller, id).await?;
                let application = self.application_of(row)?;
                tracing::info!(client.id = %id, "clients.change_application");
                return Ok(Ok(Written { application, client_secret }));
            }
        }
        Err(Refusal::Busy { retry_after: 1 }.into())
    }

    /// The row as the wish has it.
    async fn wished(
        &self,
        caller: &Account,
        mut row: entity::clients::Model,
        wish: &Wish,
        now: i64,
    ) -> Result<Result<(entity::clients::Model, Option<Secret>), MetadataError>, Failure> {
        let changes_text = wish.name.is_some() || wish.description.is_some();
        if !changes_text && wish.members.is_empty() {
            return Ok(Ok((row, None)));
        }
        let before: ClientMetadata =
            serde_json::from_str(&row.metadata).or_fault("read an application")?;
        // What people are not asked about, or what other services believe, is the operator's word.
        if before.skip_consent == Some(true) || !before.resources.is_empty() {
            return Err(Refusal::PermissionMissing.into());
        }
        let name = match &wish.name {
            Some(name) => name.trim().to_owned(),
            // A release before this one gives no name.
            None if row.name.is_empty() => {
                before.client_name.clone().unwrap_or_else(|| row.client_id.clone())
            }
            None => row.name.clone(),
        };
        let metadata = members::of_application(Some(before), &name, &wish.members);
        let metadata = match metadata.and_then(|it| self.check_scope(caller, it)) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Err(error)),
        };
        let method = metadata.token_endpoint_auth_method.as_deref();
        let (credentials, client_secret) = self.rekeyed(&row, method, None)?;
        let client = match self.check_client(&row.client_id, &credentials, metadata).await {
            Ok(client) => client,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(description) = &wish.description {
            row.description = Some(description.clone()).filter(|text| !text.is_empty());
        }
        let texts = Texts::of(&name, row.description.as_deref());
        (row.name, row.name_key, row.search) = (texts.name, texts.name_key, texts.search);
        row.metadata = serde_json::to_string(&client.metadata).or_fault("write an application")?;
        row.secret_digest = credentials.digest.map(Vec::from);
        row.sealed_secret = credentials.sealed;
        row.updated_at = now;
        Ok(Ok((row, client_secret)))
    }

    /// Writes it, if nobody else has written meanwhile.
    async fn write_application(
        &self,
        caller: &Account,
        (row, was): (entity::clients::Model, entity::clients::Model),
        wish: &Wish,
        (place, now): (&Place, i64),
    ) -> Result<bool, Failure> {
        let id = row.client_id.clone();
        let changed =
            (row.updated_at == now).then(|| by(caller, Event::ClientChanged, &row, place, now));
        let switched = wish.is_active.map(|active| {
            let event = if active { Event::ClientEnabled } else { Event::ClientDisabled };
            (active, by(caller, event, &row, place, now))
        });
        let _turn = self.clients_turn.lock().await;
        let written = self.store.transaction(move |tx| {
            let (row, was) = (row.clone(), was.clone());
            let (changed, switched) = (changed.clone(), switched.clone());
            Box::pin(async move {
                if let Some(event) = changed {
                    if !store::applications::change(tx, &row, &was).await? {
                        return Ok(false);
                    }
                    store::audit::record(tx, event).await?;
                }
                let id = &row.client_id;
                if let Some((active, event)) = switched
                    && store::clients::set_disabled(tx, id, !active, now).await?
                {
                    store::audit::record(tx, event).await?;
                    // When it begins anew, too: a node that had not heard yet may have given
                    // something in between.
                    store::grants::end_of_client(tx, id, now).await?;
                }
                note_change(tx, id, now).await?;
                Ok(true)
            })
        });
        let written = written.await.map_err(|error| taken(error, "change an application"))?;
        if written {
            self.look_again(&id).await?;
        }
        Ok(written)
    }

    /// Deletes an application that people have not allowed anything that still stands; disabling it
    /// ends that.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`], [`Refusal::Unknown`], [`Refusal::ApplicationInUse`], or a fault.
    pub async fn delete_application(
        &self,
        caller: &Account,
        id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        self.require(caller, Permission::DeleteApplications)?;
        let row = self.reached(caller, id).await?;
        let event = by(caller, Event::ClientDeleted, &row, place, now);
        let (client_id, owner) = (row.client_id, self.reach(caller));
        let span = (now, now - self.rules.session_idle);
        let _turn = self.clients_turn.lock().await;
        let named = client_id.clone();
        let deleted = self.store.transaction(move |tx| {
            let (named, event) = (named.clone(), event.clone());
            Box::pin(async move {
                if !store::applications::delete_idle(tx, &named, owner, span).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                forget(tx, &named, now).await?;
                Ok(true)
            })
        });
        if !deleted.await.or_fault("delete an application")? {
            // In use; or another one has deleted it meanwhile.
            self.reached(caller, id).await?;
            return Err(Refusal::ApplicationInUse.into());
        }
        self.let_go(&client_id);
        tracing::info!(client.id = client_id, "clients.delete_application");
        Ok(())
    }

    /// Whose applications the caller reaches; everybody's, where none is named.
    pub(super) fn reach(&self, caller: &Account) -> Option<Uuid> {
        (!self.may(caller, Permission::AnyApplication)).then_some(caller.id)
    }

    async fn reached(&self, caller: &Account, id: Uuid) -> Result<entity::clients::Model, Failure> {
        let (id, owner) = (id.to_string(), self.reach(caller));
        let row = store::applications::find(self.store.read(), &id, owner).await;
        Ok(row.or_fault("find an application")?.ok_or(Refusal::Unknown)?)
    }

    pub(super) fn application_of(
        &self,
        mut row: entity::clients::Model,
    ) -> Result<Application, Fault> {
        let (owner_id, created_at, updated_at) = (row.owner_id, row.created_at, row.updated_at);
        let (name, description) = (std::mem::take(&mut row.name), row.description.take());
        let is_active = row.disabled_at.is_none();
        let client = Arc::new(self.open_client(row).map_err(unreadable)?);
        // A release before this one gives no name.
        let name = if name.is_empty() { client.name.clone() } else { name };
        Ok(Application { client, name, description, is_active, owner_id, created_at, updated_at })
    }

    /// R76: a scope value that is one of our permissions is not for who does not hold it.
    fn check_scope(
        &self,
        caller: &Account,
        metadata: ClientMetadata,
    ) -> Result<ClientMetadata, MetadataError> {
        let scope = Scope::stored(metadata.scope.as_deref().unwrap_or_default());
        let held = self.permissions(caller);
        let is_beyond = |value: &str| {
            PERMISSIONS.iter().any(|given| gives(value, given) && !held.contains(given))
        };
        match scope.iter().find(|value| is_beyond(value)) {
            Some(value) => metadata::wrong("scope", Expected::of(&value, "metadata-scope-beyond")),
            None => Ok(metadata),
        }
    }
}

/// What somebody did to a client, to go on record.
fn by(
    caller: &Account,
    event: Event,
    row: &entity::clients::Model,
    place: &Place,
    now: i64,
) -> entity::audit_events::Model {
    let note = Note::new(event, Actor::Account(caller.id), place);
    note.account(row.owner_id).client(&row.client_id).row(now)
}

fn taken(error: store::DbErr, doing: &'static str) -> Failure {
    if store::is_taken(&error) {
        return Refusal::NameTaken.into();
    }
    match Err::<(), _>(error).or_fault(doing) {
        Ok(()) => Refusal::NameTaken.into(),
        Err(fault) => fault.into(),
    }
}
