//! Whether a client is who it says.

use std::sync::Arc;

use super::assertion::{self, Unproven};
use super::{AuthMethod, Client};
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Refusal};
use crate::jose::{Secret, digest, foreign};
use crate::store;

/// What a request shows of the client that sends it.
pub enum Proof {
    /// Nothing: a public client.
    None,
    Secret(Secret),
    /// A signed JWT.
    Assertion(String),
}

/// Who a request says it comes from.
pub struct Presented {
    pub client_id: String,
    pub method: AuthMethod,
    pub proof: Proof,
}

impl Client {
    /// Whether that is the client's secret.
    #[must_use]
    pub fn has_secret(&self, secret: &Secret) -> bool {
        self.secret_digest.is_some_and(|known| digest::equal(&known, &secret.digest()))
    }
}

impl Core {
    /// The client that a request comes from. `audiences` are the names of ours that an assertion may be
    /// meant for, `from` is the address that the request came from.
    ///
    /// # Errors
    /// [`Refusal::ClientUnproven`], [`Refusal::ClientSlowDown`], or a fault.
    pub async fn authenticate_client(
        &self,
        presented: &Presented,
        audiences: &[String],
        from: &str,
        now: i64,
    ) -> Result<Arc<Client>, Failure> {
        let id = &presented.client_id;
        self.throttle.check(id, from, now).await?;
        let client = self.find_client(id, now).await?;
        let known = client.as_deref().filter(|client| client.auth_method == presented.method);
        let outcome = match &presented.proof {
            Proof::None => Ok(known.is_some()),
            // The same work as for a client that is there.
            Proof::Secret(secret) => Ok(match client.as_deref() {
                Some(client) => client.has_secret(secret) && known.is_some(),
                None => secret.digest() == [0; 32],
            }),
            Proof::Assertion(assertion) => match known {
                Some(client) => Box::pin(self.is_asserted(client, assertion, audiences, now)).await,
                None => Ok(false),
            },
        };
        match (outcome, client) {
            (Ok(true), Some(client)) => Ok(client),
            // What has shown its key is no guess, and does not count as one.
            (Err(failure), _) => Err(failure),
            _ => {
                Box::pin(self.throttle.count(id, from, now)).await;
                Err(Refusal::ClientUnproven(Unproven::Failed).into())
            }
        }
    }

    /// Whether the client signed the assertion; if it did, whatever else is wrong is an error.
    async fn is_asserted(
        &self,
        client: &Client,
        assertion: &str,
        audiences: &[String],
        now: i64,
    ) -> Result<bool, Failure> {
        let believed = if client.auth_method == AuthMethod::ClientSecretJwt {
            let secret = client.shared_secret.as_ref();
            secret.and_then(|secret| foreign::verify_shared(assertion, secret).ok())
        } else {
            let algorithms = client.assertion_algorithms();
            match self.believe_client(client, assertion, &algorithms, now).await {
                Ok(believed) => Some(believed),
                Err(error) => {
                    // For the operator: the client itself is told no more than that it failed.
                    tracing::debug!(client.id = client.id, %error, "clients.assertion");
                    None
                }
            }
        };
        let Some(believed) = believed else { return Ok(false) };
        let usable =
            assertion::check(client, &believed, audiences, now).map_err(Refusal::ClientUnproven)?;
        // RFC 7523 §3 (7), R13: one conditional write, so once over all nodes.
        let write = self.store.write();
        if !store::assertions::spend(write, usable.digest, usable.expires_at)
            .await
            .or_fault("spend an assertion")?
        {
            return Err(Refusal::ClientUnproven(Unproven::Replayed).into());
        }
        Ok(true)
    }
}
