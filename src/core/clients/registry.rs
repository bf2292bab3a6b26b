//! The clients that a node holds in memory, and how they come into the database and out of it.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Client, MetadataError, REVISION, metadata};
use crate::config::ClientMetadata;
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Fault};
use crate::jose::{Secret, random};
use crate::outbox::Trust;
use crate::store::{self, entity};

/// All clients a node knows, as they stood when it last looked.
#[derive(Default)]
pub struct Clients(HashMap<String, Arc<Client>>);

/// A client just made, with the secret that is shown once.
pub struct NewClient {
    pub client_id: String,
    pub client_secret: Option<Secret>,
}

impl Core {
    /// The client with that id.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.clients.load().0.get(id).cloned()
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

    /// How far a URL in the client's metadata is trusted: those that the operator wrote down may lead
    /// anywhere (R67).
    pub(in crate::core) fn trust_in(&self, client: &Client) -> Trust {
        let is_configured = self.configured_clients.iter().any(|known| known.id == client.id);
        if is_configured { Trust::Configured } else { Trust::Stranger }
    }

    /// Reads the clients of the database again; those of the configuration win.
    pub(in crate::core) async fn reload_clients(&self) -> Result<(), Fault> {
        let rows = store::clients::all(self.store.read()).await.or_fault("read the clients")?;
        let mut clients = HashMap::new();
        for row in rows.into_iter().filter(|row| row.disabled_at.is_none()) {
            match from_row(row) {
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

    /// Registers a client; a confidential one unless its metadata says `none`.
    ///
    /// # Errors
    /// The metadata cannot be used, or a fault.
    pub async fn register_client(
        &self,
        metadata: ClientMetadata,
        now: i64,
    ) -> Result<Result<NewClient, MetadataError>, Failure> {
        let is_public = metadata.token_endpoint_auth_method.as_deref() == Some("none");
        let client_secret = (!is_public).then(random::token);
        let secret_digest = client_secret.as_ref().map(Secret::digest);
        let client_id = random::id(now).to_string();
        let checked = Client::new(client_id.clone(), secret_digest, metadata.clone())
            .and_then(|client| client.check_algorithms(&self.rules.algorithms))
            .and_then(|()| metadata::check_stranger(&metadata));
        if let Err(error) = checked {
            return Ok(Err(error));
        }
        let row = entity::clients::Model {
            client_id: client_id.clone(),
            secret_digest: secret_digest.map(Vec::from),
            metadata: serde_json::to_string(&metadata).or_fault("write a client")?,
            created_at: now,
            updated_at: now,
            disabled_at: None,
            sealed_secret: None,
            self_registered: false,
            management_digest: None,
        };
        let registered = self.store.transaction(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                store::clients::register(tx, row).await?;
                store::revisions::bump(tx, REVISION).await
            })
        });
        registered.await.or_fault("register a client")?;
        self.reload_clients().await?;
        Ok(Ok(NewClient { client_id, client_secret }))
    }

    /// Deletes a registered client; false when there is none (one of the configuration is no row).
    ///
    /// # Errors
    /// A fault.
    pub async fn delete_client(&self, client_id: &str) -> Result<bool, Failure> {
        let id = client_id.to_owned();
        let deleted = self.store.transaction(move |tx| {
            let id = id.clone();
            Box::pin(async move {
                store::revisions::bump(tx, REVISION).await?;
                store::clients::delete(tx, &id).await
            })
        });
        let deleted = deleted.await.or_fault("delete a client")?;
        self.reload_clients().await?;
        Ok(deleted)
    }
}

fn from_row(row: entity::clients::Model) -> Result<Client, (String, String)> {
    let id = row.client_id;
    let failed = |error: String| (id.clone(), error);
    let metadata = serde_json::from_str(&row.metadata).map_err(|e| failed(e.to_string()))?;
    let secret = match row.secret_digest {
        None => None,
        Some(digest) => {
            let digest = <[u8; 32]>::try_from(digest);
            Some(digest.map_err(|_| failed("secret_digest is not 32 bytes".to_owned()))?)
        }
    };
    let client =
        Client::new(id.clone(), secret, metadata).map_err(|error| failed(error.to_string()))?;
    Ok(if row.self_registered { client.of_stranger() } else { client })
}
