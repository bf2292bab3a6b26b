//! What a node holds in memory of the clients: the operator's own all, of the others those used last,
//! and which others there are. Looking one up takes no statement, and neither a change nor a reload
//! touches more than what has changed.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::Client;

/// Clients that are not the operator's own and held all the same; one takes some 2 KB.
pub const MOST: usize = 10_000;
/// What leaves at once when there are more, the longest unused first.
const LEAVING: usize = 1_000;

/// The clients that a node holds.
#[derive(Default)]
pub struct Held {
    inner: RwLock<Inner>,
    /// Counts arrivals: what was used before one is older than it.
    round: AtomicU64,
    /// The revision up to which all this is true.
    seen: AtomicI64,
}

#[derive(Default)]
struct Inner {
    /// Of the configuration and the command line.
    operators: HashMap<String, Arc<Client>>,
    others: HashMap<String, Other>,
    /// All that are registered and in use, held or not.
    ids: HashSet<Uuid>,
    /// Counts changes: what was read before one may be older than what is held.
    version: u64,
}

struct Other {
    client: Arc<Client>,
    used: AtomicU64,
}

/// What was read while there was this version of everything.
#[derive(Clone, Copy)]
pub struct Version(u64);

impl Held {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client with that id, if it is held.
    pub fn get(&self, id: &str) -> Option<Arc<Client>> {
        let inner = self.read();
        if let Some(client) = inner.operators.get(id) {
            return Some(Arc::clone(client));
        }
        let other = inner.others.get(id)?;
        let round = self.round.load(Ordering::Relaxed);
        if other.used.load(Ordering::Relaxed) != round {
            other.used.store(round, Ordering::Relaxed);
        }
        Some(Arc::clone(&other.client))
    }

    /// Whether there is such a client, held or not.
    pub fn knows(&self, id: &Uuid) -> bool {
        self.read().ids.contains(id)
    }

    /// Whether one of them is the API behind that resource indicator; only an operator's can be.
    pub fn serves(&self, resource: &str) -> bool {
        let inner = self.read();
        inner.operators.values().any(|client| client.resources.iter().any(|one| one == resource))
    }

    /// To be asked before reading what is to be held by [`Held::keep`].
    pub fn version(&self) -> Version {
        Version(self.read().version)
    }

    /// Holds a client that was changed, or is new.
    pub fn put(&self, client: Arc<Client>) {
        let mut inner = self.write();
        inner.version += 1;
        self.insert(&mut inner, client);
    }

    /// Holds a client that was read, unless something has changed since.
    pub fn keep(&self, client: Arc<Client>, since: Version) {
        let mut inner = self.write();
        if inner.version == since.0 {
            self.insert(&mut inner, client);
        }
    }

    fn insert(&self, inner: &mut Inner, client: Arc<Client>) {
        if let Ok(id) = Uuid::parse_str(&client.id) {
            inner.ids.insert(id);
        }
        if client.is_operators() {
            inner.operators.insert(client.id.clone(), client);
            return;
        }
        let used = AtomicU64::new(self.round.fetch_add(1, Ordering::Relaxed) + 1);
        inner.others.insert(client.id.clone(), Other { client, used });
        if inner.others.len() > MOST {
            let mut used: Vec<u64> =
                inner.others.values().map(|other| other.used.load(Ordering::Relaxed)).collect();
            let (_, last, _) = used.select_nth_unstable(LEAVING);
            let (last, mut leaving) = (*last, LEAVING);
            inner.others.retain(|_, other| {
                let stays = *other.used.get_mut() > last || leaving == 0;
                leaving -= usize::from(!stays);
                stays
            });
        }
    }

    /// Forgets a client that is not there any more, or disabled.
    pub fn forget(&self, id: &str) {
        let mut inner = self.write();
        inner.version += 1;
        inner.operators.remove(id);
        inner.others.remove(id);
        if let Ok(id) = Uuid::parse_str(id) {
            inner.ids.remove(&id);
        }
    }

    /// Forgets everything but this, which was read at that revision.
    pub fn replace(&self, clients: Vec<Arc<Client>>, ids: HashSet<Uuid>, revision: i64) {
        let mut inner = self.write();
        let version = inner.version + 1;
        *inner = Inner { ids, version, ..Inner::default() };
        for client in clients {
            self.insert(&mut inner, client);
        }
        self.seen.store(revision, Ordering::Relaxed);
    }

    /// The revision up to which what is held is true.
    pub fn seen(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// All changes up to that revision have been followed.
    pub fn saw(&self, revision: i64) {
        self.seen.store(revision, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientMetadata;

    fn client(id: u128, owned: bool) -> Arc<Client> {
        let metadata = ClientMetadata {
            grant_types: Some(vec!["client_credentials".to_owned()]),
            ..ClientMetadata::default()
        };
        let id = Uuid::from_u128(id).to_string();
        let client = Client::new(id, Some([1; 32]), metadata).unwrap();
        Arc::new(if owned { client.of_owner(Uuid::nil()) } else { client })
    }

    #[test]
    fn of_more_than_can_be_held_those_used_last_stay_and_the_operators_all() {
        let held = Held::default();
        held.put(client(1, false));
        let used = client(2, true);
        held.put(Arc::clone(&used));
        for id in 3..2 * MOST as u128 {
            held.put(client(id, true));
            assert!(held.get(&used.id).is_some(), "used all the time");
        }
        assert!(held.read().others.len() <= MOST);
        assert!(held.get(&Uuid::from_u128(3).to_string()).is_none(), "the oldest has left");
        assert!(held.get(&Uuid::from_u128(1).to_string()).is_some());
        for id in [1, 3, 19_999] {
            assert!(held.knows(&Uuid::from_u128(id)), "{id} is still known");
        }
    }

    #[test]
    fn what_was_read_before_a_change_does_not_undo_it() {
        let held = Held::default();
        let before = held.version();
        let read = client(1, true);
        held.forget(&read.id);
        held.keep(Arc::clone(&read), before);
        assert!(held.get(&read.id).is_none() && !held.knows(&Uuid::from_u128(1)));
        held.keep(Arc::clone(&read), held.version());
        assert!(held.get(&read.id).is_some());
    }
}
