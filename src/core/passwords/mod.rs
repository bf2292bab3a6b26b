//! Passwords: the rule they obey, and the threads that hash them.
//!
//! Argon2id takes 12 ms and 19 MiB a time, so it runs on a few threads of its own, at a low
//! priority, behind a bounded queue: a flood of sign-ins leaves everybody else's requests alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use tokio::sync::oneshot;

use super::{Failure, Fault, Refusal};
use crate::jose::Secret;

mod argon;
mod common;

use argon::Argon;
pub use common::is_common;

/// NIST SP 800-63B §3.1.1.2; counted in characters.
const SHORTEST: usize = 8;
const LONGEST: usize = 128;

/// How much nicer than everybody else a hashing thread is.
const NICENESS: i32 = 10;

/// How long a thread with nothing to do keeps the memory of the last hash.
const KEPT: Duration = Duration::from_secs(5);

/// What a password is compared with when there is no account, so that it takes the same time
/// (RFC 6819 §5.1.4.2). No password has this hash.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a new password must hold, beside being long enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordRule {
    #[default]
    Length,
    /// An upper-case letter, a lower-case letter and a digit, because the app's document says so.
    Mixed,
}

/// Checks a password that somebody wants to have.
///
/// # Errors
/// [`Refusal::PasswordTooShort`], [`Refusal::PasswordTooLong`]; [`Refusal::PasswordLacksUpper`],
/// [`Refusal::PasswordLacksLower`], [`Refusal::PasswordLacksDigit`].
pub fn check_new(rule: PasswordRule, password: &Secret) -> Result<(), Refusal> {
    let password = password.expose();
    match password.chars().count() {
        0..SHORTEST => return Err(Refusal::PasswordTooShort),
        SHORTEST..=LONGEST => {}
        _ => return Err(Refusal::PasswordTooLong),
    }
    if rule == PasswordRule::Length {
        return Ok(());
    }
    let lacks = |kind: fn(char) -> bool| !password.chars().any(kind);
    if lacks(char::is_uppercase) {
        Err(Refusal::PasswordLacksUpper)
    } else if lacks(char::is_lowercase) {
        Err(Refusal::PasswordLacksLower)
    } else if lacks(|c| c.is_ascii_digit()) {
        Err(Refusal::PasswordLacksDigit)
    } else {
        Ok(())
    }
}

type Job = Box<dyn FnOnce(&mut Argon) + Send>;

/// The hashing threads.
pub struct HashPool {
    queue: Sender<Job>,
    /// Passwords that may wait.
    room: usize,
    waiting: Arc<AtomicUsize>,
    done: Arc<AtomicU64>,
}

impl HashPool {
    /// Starts the threads; `threads` 0 means half of the cores. At most `queue` passwords wait.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub fn start(threads: usize, queue: usize) -> std::io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { (cores / 2).max(1) } else { threads };
        let room = queue;
        let (queue, jobs) = bounded(queue);
        for _ in 0..threads {
            let jobs = jobs.clone();
            std::thread::Builder::new().name("hash".to_owned()).spawn(move || work(&jobs))?;
        }
        Ok(Self { queue, room, waiting: Arc::default(), done: Arc::default() })
    }

    /// The PHC string of a password, with a salt of its own.
    ///
    /// # Errors
    /// [`Refusal::Busy`], or the library's.
    pub async fn hash(&self, password: Secret) -> Result<String, Failure> {
        let outcome = self.run(move |argon| argon.hash(&password)).await?;
        Ok(outcome.map_err(|error| Fault::new("hash a password", error.to_string()))?)
    }

    /// Whether the password has that hash. Without a hash the answer is no, after the same work.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> Result<bool, Failure> {
        self.run(move |argon| {
            let known = hash.is_some();
            // A password that could never have been set costs the same work, and is never right.
            let possible = password.expose().chars().count() <= LONGEST;
            let hash = hash.as_deref().unwrap_or(NOBODY);
            let right = argon.verify(&password, hash).unwrap_or_default();
            right && known && possible
        })
        .await
    }

    /// Whether a password may be worth looking anything up for. Others may be faster: whoever was let
    /// in here may find the queue full all the same.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub fn check_room(&self) -> Result<(), Refusal> {
        // Without a queue there is room when a thread has nothing to do, which does not show here.
        let full = self.room > 0 && self.waiting() >= self.room;
        if full { Err(Refusal::Busy { retry_after: 1 }) } else { Ok(()) }
    }

    /// Passwords hashed since the start, whatever for.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// How many passwords wait for a thread.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Argon) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let (waits, done) = (Waits(Arc::clone(&self.waiting)), Arc::clone(&self.done));
        let job: Job = Box::new(move |argon| {
            drop(waits);
            // Who gave up waiting needs no work done.
            if !reply.is_closed() {
                let outcome = work(argon);
                done.fetch_add(1, Ordering::Relaxed);
                reply.send(outcome).ok();
            }
        });
        self.queue.try_send(job).map_err(|_| Refusal::Busy { retry_after: 1 })?;
        Ok(answer.await.map_err(|error| Fault::new("hash a password", error))?)
    }
}

/// One password that waits.
struct Waits(Arc<AtomicUsize>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn work(jobs: &Receiver<Job>) {
    // On Linux this concerns the calling thread alone. Where it is not allowed, hashing still works.
    rustix::process::nice(NICENESS).ok();
    let mut argon = Argon::default();
    loop {
        let next = if argon.holds_memory() {
            jobs.recv_timeout(KEPT)
        } else {
            jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(job) => job(&mut argon),
            Err(RecvTimeoutError::Timeout) => argon = Argon::default(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use argon2::Argon2;
    use argon2::password_hash::phc::PasswordHash;
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_alone() {
        let pool = HashPool::start(1, 4).unwrap();
        let hash = pool.hash(Secret::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(pool.verify(Secret::new("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!pool.verify(Secret::new("correct horse "), Some(hash)).await.unwrap());
        assert!(!pool.verify(Secret::new(""), None).await.unwrap());
    }

    #[test]
    fn a_hash_is_what_the_library_makes_of_it() {
        let mut argon = Argon::default();
        let ours = argon.hash(&Secret::new("correct horse")).unwrap();
        let parsed = PasswordHash::new(&ours).unwrap();
        assert_eq!(Argon2::default().verify_password(b"correct horse", &parsed), Ok(()));
        // Other parameters, smaller and larger than what the memory has held before.
        for (memory, passes, lanes) in [(64, 1, 2), (19_456, 2, 1), (32_768, 1, 1)] {
            let params = argon2::Params::new(memory, passes, lanes, Some(24)).unwrap();
            let theirs = Argon2::from(params).hash_password_with_salt(b"tea", &[7; 16]).unwrap();
            assert_eq!(argon.verify(&Secret::new("tea"), &theirs.to_string()), Ok(true));
            assert_eq!(argon.verify(&Secret::new("coffee"), &theirs.to_string()), Ok(false));
        }
    }

    #[test]
    fn nobodys_hash_asks_for_the_same_work_as_everybodys() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let hash: PasswordHash =
            Argon2::default().hash_password_with_salt(b"password", &[0; 16]).unwrap();
        assert_eq!(nobody.params, hash.params);
        assert_eq!(nobody.algorithm, hash.algorithm);
        assert_eq!(nobody.hash.unwrap().as_bytes().len(), hash.hash.unwrap().as_bytes().len());
    }

    #[tokio::test]
    async fn beyond_its_queue_the_pool_says_that_it_is_busy() {
        let pool = HashPool::start(1, 1).unwrap();
        let attempts = (0..8).map(|_| pool.verify(Secret::new("password"), None));
        let outcomes = futures_util::future::join_all(attempts).await;
        let busy = |outcome: &Result<bool, Failure>| {
            matches!(outcome, Err(Failure::Refused(Refusal::Busy { retry_after: 1 })))
        };
        assert!(outcomes.iter().any(busy), "none was refused");
        assert!(outcomes.iter().any(Result::is_ok), "all were refused");
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(
            check_new(PasswordRule::Length, &Secret::new("é".repeat(7))),
            Err(Refusal::PasswordTooShort)
        );
        assert_eq!(check_new(PasswordRule::Length, &Secret::new("é".repeat(8))), Ok(()));
        assert_eq!(check_new(PasswordRule::Length, &Secret::new("é".repeat(128))), Ok(()));
        assert_eq!(
            check_new(PasswordRule::Length, &Secret::new("é".repeat(129))),
            Err(Refusal::PasswordTooLong)
        );
    }
}
