//! A browser is one person's at a time, whichever cookies it holds: two people's in one request are
//! nobody's, and a browser sends what it has.

use uuid::Uuid;

use super::{Place, note_end};
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Fault};
use crate::jose::{Secret, TokenKind};
use crate::store;

/// What a browser holds by which somebody is signed in.
#[derive(Clone, Copy, Default)]
pub struct Held<'a> {
    /// Of a session of the browser's own.
    pub session: Option<&'a Secret>,
    /// Of a session that a pair of tokens carries on.
    pub access: Option<&'a Secret>,
    pub refresh: Option<&'a Secret>,
}

/// What of it was another person's: it is over, and the browser has no use for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub session: bool,
    pub pair: bool,
}

impl Core {
    /// Somebody has come in on a browser: other people's sessions there end, their own stay.
    ///
    /// # Errors
    /// A fault.
    pub async fn take_over(
        &self,
        held: Held<'_>,
        account_id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<Left, Fault> {
        let access = held.access.and_then(|token| self.session_of(token, now));
        let refresh = held.refresh.and_then(|token| self.carrying(TokenKind::Refresh, token, now));
        let of_pair = [access, refresh.map(|claims| (claims.sid, claims.sub))];
        let others: Vec<_> =
            of_pair.into_iter().flatten().filter(|(_, owner)| *owner != account_id).collect();
        let session = held.session.map(Secret::digest);
        let pair = !others.is_empty();
        if session.is_none() && !pair {
            return Ok(Left::default());
        }
        let place = place.clone();
        let ended = self.store.transaction(move |tx| {
            let (others, place) = (others.clone(), place.clone());
            Box::pin(async move {
                for (id, owner) in others {
                    if store::sessions::end_by_id(tx, id, owner, now).await? {
                        note_end(tx, Some((id, owner)), &place, now).await?;
                    }
                }
                let Some(digest) = session else { return Ok(false) };
                let ended = store::sessions::end_anothers(tx, &digest, account_id, now).await?;
                note_end(tx, ended, &place, now).await?;
                Ok(ended.is_some())
            })
        });
        Ok(Left { session: ended.await.or_fault("end another person's session")?, pair })
    }
}
