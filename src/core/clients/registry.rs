//! How clients come into the database and out of it.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use super::{AuthMethod, Client, Expected, MetadataError, REVISION, metadata};
use crate::config::ClientMetadata;
use crate::core::audit::{Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Fault};
use crate::jose::{Secret, random};
use crate::outbox::Trust;
use crate::store::{self, entity};

/// What a client's sealed secret says it is.
const SEALED: &str = "client secret";

/// A client just made, with the secret that is shown once.
pub struct NewClient {
    pub client_id: String,
    pub client_secret: Option<Secret>,
}

/// A client's secret, and what is stored of it.
pub(super) struct Credentials {
    pub digest: Option<[u8; 32]>,
    pub sealed: Option<String>,
    shared: Option<Secret>,
}

impl Core {
    /// Every client, by id, and whether it is disabled.
    ///
    /// # Errors
    /// A fault.
    pub async fn all_clients(&self) -> Result<Vec<(Arc<Client>, bool)>, Failure> {
        let rows = store::clients::all(self.store.read()).await.or_fault("read the clients")?;
        let registered = rows.into_iter().filter_map(|row| {
            let disabled = row.disabled_at.is_some();
            Some((Arc::new(self.open_or_log(row)?), disabled))
        });
        let configured = self.configured_clients.iter().map(|client| (Arc::clone(client), false));
        let mut all: Vec<_> = configured.chain(registered).collect();
        all.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        // Those of the configuration stand before others of their id, and win.
        all.dedup_by(|(a, _), (b, _)| a.id == b.id);
        Ok(all)
    }

    /// How far a URL in the client's metadata is trusted: those that the operator wrote down may lead
    /// anywhere (R67).
    pub(in crate::core) fn trust_in(&self, client: &Client) -> Trust {
        if self.is_configured(&client.id) { Trust::Configured } else { Trust::Stranger }
    }

    /// What is stored of a client's secret. One that is used as a key has to be kept; sealed.
    pub(super) fn credentials(
        &self,
        method: Option<&str>,
        secret: Option<&Secret>,
    ) -> Result<Credentials, Fault> {
        let signs = method == Some(AuthMethod::ClientSecretJwt.name());
        let shared = secret.filter(|_| signs).cloned();
        let sealed = shared
            .as_ref()
            .map(|secret| self.client_sealer.seal(SEALED, secret.expose().as_bytes()))
            .transpose()
            .or_fault("seal a client's secret")?;
        Ok(Credentials { digest: secret.map(Secret::digest), sealed, shared })
    }

    /// Checks metadata of a client that goes into the database.
    pub(super) async fn check_client(
        &self,
        id: &str,
        credentials: &Credentials,
        metadata: ClientMetadata,
    ) -> Result<Client, MetadataError> {
        metadata::check_stranger(&metadata)?;
        let client = Client::new(id.to_owned(), credentials.digest, metadata)?
            .sharing(credentials.shared.clone());
        client.check_algorithms(&self.rules.algorithms)?;
        self.check_sector(&client.metadata).await?;
        Ok(client)
    }

    /// OpenID Connect Registration §5: the document at `sector_identifier_uri` lists every redirect
    /// URI.
    async fn check_sector(&self, metadata: &ClientMetadata) -> Result<(), MetadataError> {
        let member = "sector_identifier_uri";
        let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
        let document = match self.fetcher.get(uri, Trust::Stranger).await {
            Ok(document) => document,
            Err(error) => {
                tracing::info!(%error, "clients.check_sector");
                return metadata::wrong(member, "metadata-sector");
            }
        };
        let Ok(listed) = serde_json::from_slice::<Vec<String>>(&document) else {
            return metadata::wrong(member, "metadata-sector");
        };
        match metadata.redirect_uris.iter().find(|uri| !listed.contains(uri)) {
            None => Ok(()),
            Some(uri) => {
                metadata::wrong(member, Expected::with("metadata-sector-lacks", "uri", uri))
            }
        }
    }

    /// Registers a client for the operator; a confidential one unless its metadata says `none`.
    ///
    /// # Errors
    /// The metadata cannot be used, or a fault.
    pub async fn register_client(
        &self,
        metadata: ClientMetadata,
        now: i64,
    ) -> Result<Result<NewClient, MetadataError>, Failure> {
        let method = metadata.token_endpoint_auth_method.as_deref();
        let has_none = [AuthMethod::None, AuthMethod::PrivateKeyJwt].map(AuthMethod::name);
        let is_secret = !method.is_some_and(|method| has_none.contains(&method));
        let client_secret = is_secret.then(random::token);
        let credentials = self.credentials(method, client_secret.as_ref())?;
        let client_id = random::id(now).to_string();
        let client = match self.check_client(&client_id, &credentials, metadata).await {
            Ok(client) => client,
            Err(error) => return Ok(Err(error)),
        };
        let row = draft(&client, credentials, now)?;
        let event = Note::operator(Event::ClientRegistered).client(&client_id).row(now);
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
        registered.await.or_fault("register a client")?;
        self.hold(client);
        Ok(Ok(NewClient { client_id, client_secret }))
    }

    /// Deletes a registered client and ends all that it was granted; false when there is none (one of
    /// the configuration is no row).
    ///
    /// # Errors
    /// A fault.
    pub async fn delete_client(&self, client_id: &str, now: i64) -> Result<bool, Failure> {
        let id = client_id.to_owned();
        let event = Note::operator(Event::ClientDeleted).client(client_id).row(now);
        let _turn = self.clients_turn.lock().await;
        let deleted = self.store.transaction(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !store::clients::delete(tx, &id).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                forget(tx, &id, now).await?;
                Ok(true)
            })
        });
        let deleted = deleted.await.or_fault("delete a client")?;
        if deleted {
            self.let_go(client_id);
        }
        Ok(deleted)
    }

    /// Disables a registered client, which ends all that it was granted, or enables it again; false
    /// when it is so already, or there is none. What it was given before stays worth nothing, and so
    /// does what a node gave it that had not heard yet.
    ///
    /// # Errors
    /// A fault.
    pub async fn disable_client(
        &self,
        client_id: &str,
        disabled: bool,
        now: i64,
    ) -> Result<bool, Failure> {
        let id = client_id.to_owned();
        let event = if disabled { Event::ClientDisabled } else { Event::ClientEnabled };
        let event = Note::operator(event).client(client_id).row(now);
        let _turn = self.clients_turn.lock().await;
        let changed = self.store.transaction(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !store::clients::set_disabled(tx, &id, disabled, now).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                store::grants::end_of_client(tx, &id, now).await?;
                note_change(tx, &id, now).await?;
                Ok(true)
            })
        });
        let changed = changed.await.or_fault("disable a client")?;
        if changed {
            self.look_again(client_id).await?;
        }
        Ok(changed)
    }

    pub(super) fn open_client(
        &self,
        row: entity::clients::Model,
    ) -> Result<Client, (String, String)> {
        let id = row.client_id;
        let failed = |error: String| (id.clone(), error);
        let metadata = serde_json::from_str(&row.metadata).map_err(|e| failed(e.to_string()))?;
        let digest = row.secret_digest.map(<[u8; 32]>::try_from).transpose();
        let digest = digest.map_err(|_| failed("secret_digest is not 32 bytes".to_owned()))?;
        let open = |sealed: String| {
            let secret = self.client_sealer.open(SEALED, &sealed).map(String::from_utf8);
            let secret = secret.and_then(Result::ok).map(Secret::new);
            secret.ok_or_else(|| failed("sealed with another key-encryption key".to_owned()))
        };
        let shared = row.sealed_secret.map(open).transpose()?;
        let client = Client::new(id.clone(), digest, metadata)
            .map_err(|error| failed(error.to_string()))?
            .sharing(shared)
            .counting_from(row.not_before);
        Ok(match row.owner_id {
            Some(owner) => client.of_owner(owner),
            None if row.self_registered => client.of_stranger(),
            None => client,
        })
    }
}

/// The row of a client that is new, the operator's unless said otherwise.
pub(super) fn draft(
    client: &Client,
    credentials: Credentials,
    now: i64,
) -> Result<entity::clients::Model, Fault> {
    let Texts { name, name_key, search } = Texts::of(&client.name, None);
    Ok(entity::clients::Model {
        client_id: client.id.clone(),
        secret_digest: credentials.digest.map(Vec::from),
        metadata: serde_json::to_string(&client.metadata).or_fault("write a client")?,
        created_at: now,
        updated_at: now,
        disabled_at: None,
        sealed_secret: credentials.sealed,
        self_registered: false,
        management_digest: None,
        not_before: 0,
        owner_id: None,
        name,
        name_key,
        description: None,
        search,
    })
}

/// What a client is found by.
pub(super) struct Texts {
    pub name: String,
    pub name_key: String,
    pub search: String,
}

impl Texts {
    pub fn of(name: &str, description: Option<&str>) -> Self {
        let name_key = fold(name);
        let search = match description {
            None | Some("") => name_key.clone(),
            Some(description) => format!("{name_key}\n{}", fold(description)),
        };
        Self { name: name.to_owned(), name_key, search }
    }
}

/// A text as it compares: whatever its letters' case, and however they are composed.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

/// Counts one more change, for nodes that hold that client.
pub(super) async fn note_change(
    tx: &store::Transaction,
    client_id: &str,
    now: i64,
) -> Result<(), store::DbErr> {
    let revision = store::revisions::next(tx, REVISION).await?;
    store::clients::note_change(tx, revision, client_id, now).await
}

/// What goes with an account that has been deleted: the clients that were its own, and what goes with
/// those.
pub(in crate::core) async fn forget_owned(
    tx: &store::Transaction,
    owned: &[String],
    now: i64,
) -> Result<(), store::DbErr> {
    for id in owned {
        store::clients::delete(tx, id).await?;
        forget(tx, id, now).await?;
    }
    Ok(())
}

/// What goes with a client that is deleted: its grants, and what people allowed it.
pub(super) async fn forget(
    tx: &store::Transaction,
    client_id: &str,
    now: i64,
) -> Result<(), store::DbErr> {
    store::grants::end_of_client(tx, client_id, now).await?;
    store::consents::forget_client(tx, client_id).await?;
    note_change(tx, client_id, now).await
}
