//! Where signatures are made.

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::core::refusal::OrFault as _;
use crate::core::{Core, Fault};
use crate::jose::{Algorithm, TokenKind};

/// Turns to make a long signature on an async thread: one fewer than there are such threads, so that one
/// of them always goes on with what is short.
pub struct Signing(Semaphore);

impl Signing {
    /// On the runtime that this runs on.
    pub fn here() -> Self {
        Self(Semaphore::new(Handle::current().metrics().num_workers().saturating_sub(1)))
    }
}

impl Core {
    /// Signs: where the request runs, since to wake another thread and to be woken by it costs a tenth of a
    /// long signature and more; where too many do so already, off the async threads.
    pub(in crate::core) async fn sign(
        &self,
        kind: TokenKind,
        algorithm: Algorithm,
        claims: &(impl Serialize + Sync),
        now: i64,
    ) -> Result<String, Fault> {
        let key = self.ring.load().signer(algorithm, now).cloned();
        let key = key
            .ok_or_else(|| Fault::new("sign a token", format!("no {algorithm} key is current")))?;
        let input = key.input(kind, claims).or_fault("sign a token")?;
        let turn = algorithm.is_slow().then(|| self.signing.0.try_acquire());
        if turn.as_ref().is_none_or(Result::is_ok) {
            return key.finish(input).or_fault("sign a token");
        }
        tokio::task::spawn_blocking(move || key.finish(input))
            .await
            .map_err(|error| Fault::new("sign a token", error))?
            .or_fault("sign a token")
    }
}
