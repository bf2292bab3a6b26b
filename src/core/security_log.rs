//! The audit of an account, for its owner: page by page, each from where the last one ended.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::audit::Recorded;
use super::refusal::OrFault as _;
use super::sessions::Owner;
use super::{Core, Failure, Fault};
use crate::store;

/// Events on a page.
const PAGE: usize = 25;
/// What a sealed place in the log says it is.
const SEALED: &str = "security log";

/// A place in one account's log.
#[derive(Serialize, Deserialize)]
struct Mark {
    account: Uuid,
    at: i64,
    id: Uuid,
}

impl Core {
    /// What happened to an account, newest first, from a place that an earlier page named; and the
    /// place where the next page begins, if there is one. A place that is none of ours is the
    /// beginning.
    ///
    /// # Errors
    /// A fault.
    pub async fn security_log(
        &self,
        owner: Owner<'_>,
        from: Option<&str>,
    ) -> Result<(Vec<Recorded>, Option<String>), Failure> {
        let id = owner.account.id;
        let after = from.and_then(|from| self.mark(from)).filter(|mark| mark.account == id);
        let after = after.map(|mark| (mark.at, mark.id));
        let most = PAGE as u64 + 1;
        let rows = store::audit::of_account(self.store.read(), id, after, most).await;
        let mut rows = rows.or_fault("read the audit")?;
        let has_more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = match rows.last().filter(|_| has_more) {
            Some(last) => Some(self.seal_mark(&Mark { account: id, at: last.at, id: last.id })?),
            None => None,
        };
        Ok((rows.into_iter().map(Recorded::from).collect(), next))
    }

    fn mark(&self, sealed: &str) -> Option<Mark> {
        serde_json::from_slice(&self.sealer.open(SEALED, sealed)?).ok()
    }

    fn seal_mark(&self, mark: &Mark) -> Result<String, Fault> {
        let plain = serde_json::to_vec(mark).or_fault("seal a place in the log")?;
        self.sealer.seal(SEALED, &plain).or_fault("seal a place in the log")
    }
}
