//! The clients that a node holds in memory, and how they come into the database and out of it.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use super::{AuthMethod, Client, MetadataError, REVISION, metadata};
use crate::config::ClientMetadata;
use crate::core::audit::{Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Fault};
use crate::jose::{Secret, random};
use crate::outbox::Trust;
use crate::store::{self, entity};

/// What a client's sealed secret says it is.
const SEALED: &str = "client secret";
/// All clients a node knows, as they stood when it last looked.
#[derive(Clone, Default)]
pub struct Clients(HashMap<String, Arc<Client>>);

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
    /// The client with that id, of those that this node knows.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.clients.load().0.get(id).cloned()
    }

    /// The client with that id; one that was just registered on another node is looked for in the
    /// database.
    ///
    /// # Errors
    /// A fault.
    pub async fn find_client(&self, id: &str, now: i64) -> Result<Option<Arc<Client>>, Fault> {
        if let Some(client) = self.client(id) {
            return Ok(Some(client));
        }
        let Some(name) = self.absent_clients.worth_a_look(id, now) else { return Ok(None) };
        // In a box, as everything is that few requests need: what it would hold has no place in the
        // futures of all others.
        Box::pin(self.fetch_client(id, name)).await
    }

    async fn fetch_client(&self, id: &str, name: Uuid) -> Result<Option<Arc<Client>>, Fault> {
        if self.look_up(id).await?.is_none() {
            self.absent_clients.remember(name).await;
            return Ok(None);
        }
        // Once more with the turn: it may have gone in between, and must not be held after that.
        let _turn = self.clients_turn.lock().await;
        Ok(self.look_up(id).await?.map(|client| self.hold(client)))
    }

    /// The client with that id in the database.
    async fn look_up(&self, id: &str) -> Result<Option<Client>, Fault> {
        let row = store::clients::find(self.store.read(), id).await.or_fault("find a client")?;
        let row = row.filter(|row| row.disabled_at.is_none());
        Ok(row.and_then(|row| self.open_client(row).ok()))
    }

    /// The clients, by id.
    #[must_use]
    pub fn clients(&self) -> Vec<Arc<Client>> {
        let mut clients: Vec<_> = self.clients.load().0.values().cloned().collect();
        clients.sort_by(|a, b| a.id.cmp(&b.id));
        clients
    }

    /// Whether a client of ours is the API behind that resource indicator.
    pub(in crate::core) fn serves(&self, resource: &str) -> bool {
        let clients = self.clients.load();
        clients.0.values().any(|client| client.resources.iter().any(|one| one == resource))
    }

    /// The clients that the operator has disabled, by id.
    ///
    /// # Errors
    /// A fault.
    pub async fn disabled_clients(&self) -> Result<Vec<Client>, Failure> {
        let rows = store::clients::all(self.store.read()).await.or_fault("read the clients")?;
        let disabled = rows.into_iter().filter(|row| row.disabled_at.is_some());
        let mut clients: Vec<_> = disabled.filter_map(|row| self.open_client(row).ok()).collect();
        clients.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(clients)
    }

    /// How far a URL in the client's metadata is trusted: those that the operator wrote down may lead
    /// anywhere (R67).
    pub(in crate::core) fn trust_in(&self, client: &Client) -> Trust {
        let is_configured = self.configured_clients.iter().any(|known| known.id == client.id);
        if is_configured { Trust::Configured } else { Trust::Stranger }
    }

    /// Reads the clients of the database again; those of the configuration win.
    pub(in crate::core) async fn reload_clients(&self) -> Result<(), Fault> {
        let _turn = self.clients_turn.lock().await;
        let rows = store::clients::all(self.store.read()).await.or_fault("read the clients")?;
        let mut clients = HashMap::new();
        for row in rows.into_iter().filter(|row| row.disabled_at.is_none()) {
            match self.open_client(row) {
                Ok(client) => clients.insert(client.id.clone(), Arc::new(client)),
                // One bad row must not take all the others' clients away.
                Err((id, error)) => {
                    tracing::error!(client.id = id, error, "clients.reload: left out");
                    None
                }
            };
        }
        for client in &self.configured_clients {
            clients.insert(client.id.clone(), Arc::clone(client));
        }
        self.clients.store(Arc::new(Clients(clients)));
        Ok(())
    }

    /// Holds one client more, or another in its place. The caller has the turn.
    pub(super) fn hold(&self, client: Client) -> Arc<Client> {
        let mut held = Clients::clone(&self.clients.load());
        let client = Arc::new(client);
        let is_configured = self.configured_clients.iter().any(|known| known.id == client.id);
        if !is_configured {
            held.0.insert(client.id.clone(), Arc::clone(&client));
            self.clients.store(Arc::new(held));
        }
        client
    }

    /// Forgets one client. The caller has the turn.
    pub(super) fn let_go(&self, id: &str) {
        let mut held = Clients::clone(&self.clients.load());
        if self.configured_clients.iter().all(|known| known.id != id) && held.0.remove(id).is_some()
        {
            self.clients.store(Arc::new(held));
        }
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
        let expected = "expected the URL of a JSON array of redirect URIs that can be fetched";
        let document = match self.fetcher.get(uri, Trust::Stranger).await {
            Ok(document) => document,
            Err(error) => {
                tracing::info!(%error, "clients.check_sector");
                return metadata::wrong(member, expected);
            }
        };
        let Ok(listed) = serde_json::from_slice::<Vec<String>>(&document) else {
            return metadata::wrong(member, expected);
        };
        match metadata.redirect_uris.iter().find(|uri| !listed.contains(uri)) {
            None => Ok(()),
            Some(uri) => metadata::wrong(member, format!("it does not list {uri}")),
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
        let row = entity::clients::Model {
            client_id: client_id.clone(),
            secret_digest: credentials.digest.map(Vec::from),
            metadata: serde_json::to_string(&client.metadata).or_fault("write a client")?,
            created_at: now,
            updated_at: now,
            disabled_at: None,
            sealed_secret: credentials.sealed,
            self_registered: false,
            management_digest: None,
            not_before: 0,
        };
        let event = Note::operator(Event::ClientRegistered).client(&client_id).row(now);
        let _turn = self.clients_turn.lock().await;
        let registered = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                store::clients::register(tx, row).await?;
                store::audit::record(tx, event).await?;
                store::revisions::bump(tx, REVISION).await
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
        let changed = self.store.transaction(move |tx| {
            let (id, event) = (id.clone(), event.clone());
            Box::pin(async move {
                if !store::clients::set_disabled(tx, &id, disabled, now).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                store::grants::end_of_client(tx, &id, now).await?;
                store::revisions::bump(tx, REVISION).await?;
                Ok(true)
            })
        });
        let changed = changed.await.or_fault("disable a client")?;
        self.reload_clients().await?;
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
        Ok(if row.self_registered { client.of_stranger() } else { client })
    }
}

/// What goes with a client that is deleted: its grants, and what people allowed it.
pub(super) async fn forget(
    tx: &store::Transaction,
    client_id: &str,
    now: i64,
) -> Result<(), store::DbErr> {
    store::grants::end_of_client(tx, client_id, now).await?;
    store::consents::forget_client(tx, client_id).await?;
    store::revisions::bump(tx, REVISION).await
}
