//! What an upstream gave out: kept encrypted, shown to its owner's apps, made new when it has expired,
//! and given back with the link.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tracing::Instrument as _;
use uuid::Uuid;

use super::Astray;
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::Secret;
use crate::store::{self, entity};
use crate::upstream::{Tokens, Upstream};

/// What sealed tokens say they are.
const SEALED: &str = "upstream tokens";
/// A token that expires so soon is made new, in milliseconds.
const SOON: i64 = 30 * 1000;
/// How long whoever makes it new has for it; longer than the upstream may take.
const TURN: i64 = 15 * 1000;
/// How often somebody else looks whether it is there.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: u32 = 150;

/// A token for the upstream's own API.
pub struct UpstreamToken {
    pub access_token: Secret,
    pub id_token: Option<Secret>,
    /// In milliseconds; none where it is not told.
    pub expires_at: Option<i64>,
    pub scopes: Vec<String>,
}

/// As they are sealed.
#[derive(Deserialize, Serialize)]
struct Kept {
    access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
}

impl Core {
    pub(super) fn seal_tokens(&self, tokens: &Tokens) -> Result<String, Fault> {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|it| it.expose().to_owned());
        let kept = Kept {
            access_token: tokens.access_token.expose().to_owned(),
            refresh_token: text(&tokens.refresh_token),
            id_token: text(&tokens.id_token),
            expires_at: tokens.expires_at,
            scopes: tokens.scopes.clone(),
        };
        let plain = serde_json::to_vec(&kept).or_fault("seal an upstream's tokens")?;
        self.token_sealer.seal(SEALED, &plain).or_fault("seal an upstream's tokens")
    }

    pub(super) fn open_tokens(&self, link: &entity::links::Model) -> Option<Tokens> {
        let plain = self.token_sealer.open(SEALED, link.tokens.as_deref()?)?;
        let kept: Kept = serde_json::from_slice(&plain).ok()?;
        Some(Tokens {
            access_token: Secret::new(kept.access_token),
            refresh_token: kept.refresh_token.map(Secret::new),
            id_token: kept.id_token.map(Secret::new),
            expires_at: kept.expires_at,
            scopes: kept.scopes,
        })
    }

    /// A token of an account's own for the API of an upstream, made new if it has expired. However many
    /// ask at once, on however many nodes, the upstream is asked once: many take a refresh token that
    /// comes twice for a stolen one.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] without such a link; [`Astray::Unavailable`]; [`Astray::Unproven`] where
    /// the person has to sign in there again.
    pub async fn upstream_token(
        &self,
        account_id: Uuid,
        upstream: &str,
        now: i64,
    ) -> Result<UpstreamToken, Failure> {
        let upstream = Arc::clone(self.enabled_upstream(upstream)?);
        for _ in 0..LOOKS {
            let links = store::links::of_account(self.store.read(), account_id).await;
            let links = links.or_fault("list links")?;
            // Of several, the one used last.
            let own = links.into_iter().filter(|link| link.upstream == upstream.id());
            let link = own.max_by_key(|link| link.last_used_at).ok_or(Refusal::Unknown)?;
            let tokens = self.open_tokens(&link).ok_or(Astray::Unproven)?;
            if tokens.expires_at.is_none_or(|at| at > now + SOON) {
                return Ok(shown(tokens));
            }
            let until = now + TURN;
            let turn = store::links::take_turn(self.store.write(), &link, until, now).await;
            if turn.or_fault("make a token new")? {
                return self.make_new(&upstream, &link, &tokens, (until, now)).await.map(shown);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Astray::Unavailable.into())
    }

    async fn make_new(
        &self,
        upstream: &Upstream,
        link: &entity::links::Model,
        old: &Tokens,
        (until, now): (i64, i64),
    ) -> Result<Tokens, Failure> {
        let new = upstream.refresh(&self.fetcher, old, now).await;
        let sealed = match &new {
            Ok(new) => Some(self.seal_tokens(new)?),
            Err(_) => None,
        };
        let ended = store::links::end_turn(self.store.write(), link.id, until, sealed).await;
        ended.or_fault("make a token new")?;
        new.map_err(|trouble| Self::trouble(upstream, &trouble).into())
    }

    /// Gives back what upstreams gave out for links that are gone. What cannot be given back expires.
    pub(in crate::core) async fn return_tokens(&self, links: Vec<entity::links::Model>, now: i64) {
        for link in links {
            let upstream = self.upstreams.iter().find(|it| it.id() == link.upstream);
            let Some((upstream, tokens)) = upstream.zip(self.open_tokens(&link)) else { continue };
            match upstream.revoke(&self.fetcher, &tokens, now).await {
                Ok(true) => tracing::info!(upstream.id = upstream.id(), "links.return_tokens"),
                Ok(false) => {}
                Err(trouble) => {
                    Self::trouble(upstream, &trouble);
                }
            }
        }
    }

    /// The same, with nobody waiting for it.
    pub(in crate::core) fn return_tokens_later(
        self: &Arc<Self>,
        links: Vec<entity::links::Model>,
        now: i64,
    ) {
        if links.is_empty() {
            return;
        }
        let core = Arc::clone(self);
        let work = async move { core.return_tokens(links, now).await };
        tokio::spawn(work.in_current_span());
    }
}

fn shown(tokens: Tokens) -> UpstreamToken {
    UpstreamToken {
        access_token: tokens.access_token,
        id_token: tokens.id_token,
        expires_at: tokens.expires_at,
        scopes: tokens.scopes,
    }
}
