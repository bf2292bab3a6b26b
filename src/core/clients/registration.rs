//! Clients that register themselves (RFC 7591, OpenID Connect Dynamic Client Registration 1.0) and
//! manage their registration (RFC 7592). Whoever asks is a stranger: what only an operator may say is
//! left out, and so is what nobody knows.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::members::read;
use super::registry::{Credentials, Texts, draft, forget, note_change};
use super::{AuthMethod, Client, MetadataError, metadata};
use crate::config::{ClientMetadata, DynamicRegistration};
use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::scope::Scope;
use crate::core::sessions::Place;
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, digest, random};
use crate::store::{self, entity, invitations::Invitation};

/// A client's registration, as it is told to the client.
pub struct Registration {
    pub client: Arc<Client>,
    /// In milliseconds.
    pub issued_at: i64,
    /// A secret that was just made, or that the client has just shown.
    pub client_secret: Option<Secret>,
    /// Manages the registration.
    pub token: Secret,
}

/// What a client did about itself, to go on record.
fn by_itself(
    event: Event,
    client_id: &str,
    place: &Place,
    now: i64,
) -> entity::audit_events::Model {
    Note::new(event, Actor::Client(client_id.to_owned()), place).client(client_id).row(now)
}

impl Core {
    /// Whether clients may register themselves at all.
    #[must_use]
    pub fn registers_clients(&self) -> bool {
        self.rules.registration != DynamicRegistration::Off
    }

    /// Whether it takes an initial access token to register.
    #[must_use]
    pub fn asks_for_invitation(&self) -> bool {
        self.rules.registration == DynamicRegistration::Token
    }

    /// Makes an initial access token (RFC 7591 §3), good for so many registrations. The invited may ask
    /// for the standard scopes, and for `scope`.
    ///
    /// # Errors
    /// A fault.
    pub async fn invite_clients(
        &self,
        uses: u32,
        expires_at: i64,
        scope: Option<&Scope>,
        now: i64,
    ) -> Result<Secret, Failure> {
        let token = random::token();
        let invitation = Invitation {
            digest: token.digest(),
            scope: scope.map(Scope::to_string),
            uses: uses.into(),
            expires_at,
            created_at: now,
        };
        let event = Note::operator(Event::ClientInvited).with("uses", uses).row(now);
        let added = self.store.transaction(move |tx| {
            let (invitation, event) = (invitation.clone(), event.clone());
            Box::pin(async move {
                store::invitations::add(tx, invitation).await?;
                store::audit::record(tx, event).await
            })
        });
        added.await.or_fault("add an invitation")?;
        Ok(token)
    }

    /// Registers the client that asks for it, with the initial access token that it brings.
    ///
    /// # Errors
    /// The metadata cannot be used; [`Refusal::RegistrationOff`],
    /// [`Refusal::RegistrationTokenInvalid`], or a fault.
    pub async fn self_register(
        &self,
        members: Map<String, Value>,
        invitation: Option<&Secret>,
        place: &Place,
        now: i64,
    ) -> Result<Result<Registration, MetadataError>, Failure> {
        // Before anything is read or fetched for somebody who may not be here.
        let (invitation, also) = self.admitted(invitation, now).await?;
        let metadata = match read(members, &also) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Err(error)),
        };
        let method = metadata.token_endpoint_auth_method.as_deref();
        let client_secret = uses_secret(method).then(random::token);
        let credentials = self.credentials(method, client_secret.as_ref())?;
        let client_id = random::id(now).to_string();
        let client = match self.check_client(&client_id, &credentials, metadata).await {
            Ok(client) => client.of_stranger(),
            Err(error) => return Ok(Err(error)),
        };
        let token = random::token();
        let row = entity::clients::Model {
            self_registered: true,
            management_digest: Some(token.digest().to_vec()),
            ..draft(&client, credentials, now)?
        };
        let event = by_itself(Event::ClientRegistered, &row.client_id, place, now);
        let _turn = self.clients_turn.lock().await;
        let registered = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                if let Some(digest) = invitation
                    && !store::invitations::spend(tx, digest, now).await?
                {
                    return Ok(false);
                }
                let id = row.client_id.clone();
                store::clients::register(tx, row).await?;
                store::audit::record(tx, event).await?;
                note_change(tx, &id, now).await?;
                Ok(true)
            })
        });
        if !registered.await.or_fault("register a client")? {
            // Somebody else had the last of its uses in the same moment.
            return Err(Refusal::RegistrationTokenInvalid.into());
        }
        let client = self.hold(client);
        tracing::info!(client.id = client.id, "clients.self_register");
        Ok(Ok(Registration { client, issued_at: now, client_secret, token }))
    }

    /// Whether somebody may register: the invitation to be spent, and the scopes that come with it.
    async fn admitted(
        &self,
        invitation: Option<&Secret>,
        now: i64,
    ) -> Result<(Option<[u8; 32]>, Scope), Failure> {
        match self.rules.registration {
            DynamicRegistration::Off => Err(Refusal::RegistrationOff.into()),
            DynamicRegistration::Open => Ok((None, Scope::default())),
            DynamicRegistration::Token => {
                let digest = invitation.ok_or(Refusal::RegistrationTokenInvalid)?.digest();
                let scope = store::invitations::find(self.store.read(), digest, now)
                    .await
                    .or_fault("find an invitation")?
                    .ok_or(Refusal::RegistrationTokenInvalid)?;
                Ok((Some(digest), Scope::stored(&scope.unwrap_or_default())))
            }
        }
    }

    /// The registration that a management token belongs to. An unknown client and a wrong token are one
    /// answer; so is a client that the operator has disabled.
    ///
    /// # Errors
    /// [`Refusal::RegistrationOff`], [`Refusal::RegistrationTokenInvalid`], or a fault.
    pub async fn registration(
        &self,
        client_id: &str,
        token: &Secret,
    ) -> Result<Registration, Failure> {
        let row = self.managed(client_id, token).await?;
        let issued_at = row.created_at;
        let client = self.open_client(row).map_err(unreadable)?;
        let token = token.clone();
        Ok(Registration { client: Arc::new(client), issued_at, client_secret: None, token })
    }

    /// Puts other metadata in place of all that the client has registered (RFC 7592 §2.2).
    ///
    /// # Errors
    /// The metadata cannot be used; else as [`Core::registration`].
    pub async fn replace_registration(
        &self,
        client_id: &str,
        token: &Secret,
        members: Map<String, Value>,
        place: &Place,
        now: i64,
    ) -> Result<Result<Registration, MetadataError>, Failure> {
        let mut row = self.managed(client_id, token).await?;
        let shown = match shown(&row, &members) {
            Ok(shown) => shown,
            Err(error) => return Ok(Err(error)),
        };
        // What an invitation gave stays what may be asked for.
        let before: ClientMetadata =
            serde_json::from_str(&row.metadata).or_fault("read a client")?;
        let also = Scope::stored(&before.scope.unwrap_or_default());
        let metadata = match read(members, &also) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(Err(error)),
        };
        let method = metadata.token_endpoint_auth_method.as_deref();
        let (credentials, client_secret) = self.rekeyed(&row, method, shown)?;
        let client = match self.check_client(client_id, &credentials, metadata).await {
            Ok(client) => client.of_stranger(),
            Err(error) => return Ok(Err(error)),
        };
        row.metadata = serde_json::to_string(&client.metadata).or_fault("write a client")?;
        let texts = Texts::of(&client.name, row.description.as_deref());
        (row.name, row.name_key, row.search) = (texts.name, texts.name_key, texts.search);
        row.secret_digest = credentials.digest.map(Vec::from);
        row.sealed_secret = credentials.sealed;
        row.updated_at = now;
        let issued_at = row.created_at;
        let event = by_itself(Event::ClientChanged, client_id, place, now);
        let _turn = self.clients_turn.lock().await;
        let replaced = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                let replaced = store::clients::replace(tx, &row).await?;
                if replaced {
                    store::audit::record(tx, event).await?;
                    note_change(tx, &row.client_id, now).await?;
                }
                Ok(replaced)
            })
        });
        if !replaced.await.or_fault("replace a registration")? {
            return Err(Refusal::RegistrationTokenInvalid.into());
        }
        let client = self.hold(client);
        tracing::info!(client.id = client.id, "clients.replace_registration");
        Ok(Ok(Registration { client, issued_at, client_secret, token: token.clone() }))
    }

    /// What is stored of a client's secret after a change of its metadata, and the secret, if that is
    /// another one or was just shown.
    pub(super) fn rekeyed(
        &self,
        row: &entity::clients::Model,
        method: Option<&str>,
        shown: Option<Secret>,
    ) -> Result<(Credentials, Option<Secret>), Failure> {
        let was_signing = row.sealed_secret.is_some();
        let signs = method == Some(AuthMethod::ClientSecretJwt.name());
        let keeps = row.secret_digest.is_some() && (!signs || was_signing);
        // A secret of which only the digest is known cannot be signed with: the client gets another,
        // unless it has just shown this one.
        let client_secret = match shown {
            _ if !uses_secret(method) => None,
            Some(shown) => Some(shown),
            None if keeps => None,
            None => Some(random::token()),
        };
        let mut credentials = self.credentials(method, client_secret.as_ref())?;
        if uses_secret(method) && client_secret.is_none() {
            let held = self.open_client(row.clone()).map_err(unreadable)?;
            credentials = self.credentials(method, held.shared_secret.as_ref())?;
            credentials.digest = held.secret_digest;
        }
        Ok((credentials, client_secret))
    }

    /// Deletes the client at its own wish (RFC 7592 §2.3), and ends all that it was granted.
    ///
    /// # Errors
    /// As [`Core::registration`].
    pub async fn withdraw_registration(
        &self,
        client_id: &str,
        token: &Secret,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        self.managed(client_id, token).await?;
        let (id, digest) = (client_id.to_owned(), token.digest());
        let event = by_itself(Event::ClientDeleted, client_id, place, now);
        let _turn = self.clients_turn.lock().await;
        let withdrawn = self.store.transaction(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !store::clients::withdraw(tx, &id, &digest).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                forget(tx, &id, now).await?;
                Ok(true)
            })
        });
        if !withdrawn.await.or_fault("withdraw a registration")? {
            return Err(Refusal::RegistrationTokenInvalid.into());
        }
        self.let_go(client_id);
        tracing::info!(client.id = client_id, "clients.withdraw_registration");
        Ok(())
    }

    async fn managed(
        &self,
        client_id: &str,
        token: &Secret,
    ) -> Result<entity::clients::Model, Failure> {
        if !self.registers_clients() {
            return Err(Refusal::RegistrationOff.into());
        }
        // Ids that we gave are UUIDs; nothing else is worth the database's time, or fit for its text.
        uuid::Uuid::parse_str(client_id).map_err(|_| Refusal::RegistrationTokenInvalid)?;
        let row = store::clients::find(self.store.read(), client_id).await;
        let row = row.or_fault("find a client")?;
        let is_its = |row: &entity::clients::Model| {
            row.management_digest
                .as_ref()
                .is_some_and(|known| digest::equal(known, &token.digest()))
        };
        let row = row.filter(|row| is_its(row) && row.disabled_at.is_none());
        Ok(row.ok_or(Refusal::RegistrationTokenInvalid)?)
    }
}

pub(super) fn unreadable((_, error): (String, String)) -> Fault {
    Fault::new("read a client", error)
}

pub(super) fn uses_secret(method: Option<&str>) -> bool {
    AuthMethod::ALL.iter().any(|known| Some(known.name()) == method && known.uses_secret())
}

/// RFC 7592 §2.2: the client names itself, and its secret, if it sends one, is the one it has.
fn shown(
    row: &entity::clients::Model,
    members: &Map<String, Value>,
) -> Result<Option<Secret>, MetadataError> {
    if members.get("client_id").and_then(Value::as_str) != Some(row.client_id.as_str()) {
        return metadata::wrong("client_id", "metadata-client-id-own");
    }
    let secret = match members.get("client_secret") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(secret)) => Secret::new(secret),
        Some(_) => return metadata::wrong("client_secret", "metadata-text"),
    };
    let known = row.secret_digest.as_deref();
    if known.is_some_and(|known| digest::equal(known, &secret.digest())) {
        return Ok(Some(secret));
    }
    metadata::wrong("client_secret", "metadata-secret-issued")
}
