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
        is_secret_of(Some(self), secret)
    }
}

/// Whether that is the client's secret. One digest and one comparison whoever is named: a client that
/// is unknown, and one that has no secret, are not told apart by their time (R12).
fn is_secret_of(client: Option<&Client>, secret: &Secret) -> bool {
    let held = client.and_then(|client| client.secret_digest);
    let is_equal = digest::equal(&held.unwrap_or_default(), &secret.digest());
    is_equal && held.is_some()
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
            Proof::Secret(secret) => Ok(is_secret_of(client.as_deref(), secret) && known.is_some()),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::ClientMetadata;

    fn client(metadata: ClientMetadata, secret: Option<&str>) -> Client {
        let metadata = ClientMetadata { grant_types: Some(Vec::new()), ..metadata };
        let secret = secret.map(|secret| Secret::new(secret).digest());
        Client::new("app".to_owned(), secret, metadata).unwrap()
    }

    #[test]
    fn r12_peer_kanidm_1_10_0_rauthy_0_32_1_every_outcome_of_a_secret_is_the_same_work() {
        let public = ClientMetadata {
            token_endpoint_auth_method: Some("none".to_owned()),
            ..ClientMetadata::default()
        };
        let (known, bare) =
            (client(ClientMetadata::default(), Some("right")), client(public, None));
        let mut works = BTreeSet::new();
        for (client, secret, is_it) in [
            (Some(&known), "right", true),
            (Some(&known), "wrong", false),
            (Some(&known), "", false),
            (Some(&bare), "right", false),
            (None, "right", false),
        ] {
            let before = digest::work();
            assert_eq!(is_secret_of(client, &Secret::new(secret)), is_it, "{secret}");
            let after = digest::work();
            works.insert((after.digests - before.digests, after.comparisons - before.comparisons));
        }
        assert_eq!(works, BTreeSet::from([(1, 1)]));
    }
}
