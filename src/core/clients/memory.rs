//! How a node's memory of the clients is filled, and kept true while they change here and elsewhere.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;

use super::{Client, REVISION, held};
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Fault};
use crate::store::{self, entity};

impl Core {
    /// The client with that id, if this node holds it.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.clients.get(id)
    }

    /// The client with that id.
    ///
    /// # Errors
    /// A fault.
    pub async fn find_client(&self, id: &str, now: i64) -> Result<Option<Arc<Client>>, Fault> {
        if let Some(client) = self.clients.get(id) {
            return Ok(Some(client));
        }
        // Ids that we gave are UUIDs as we write them; nothing else is in the database.
        let Some(name) = Uuid::parse_str(id).ok().filter(|name| name.to_string() == id) else {
            return Ok(None);
        };
        // In a box, as everything is that few requests need: what it would hold has no place in the
        // futures of all others.
        Box::pin(self.fetch_client(id, name, now)).await
    }

    /// One that is known but not held is read; one that was just registered on another node is looked
    /// for.
    async fn fetch_client(
        &self,
        id: &str,
        name: Uuid,
        now: i64,
    ) -> Result<Option<Arc<Client>>, Fault> {
        if !self.clients.knows(&name) && !self.absent_clients.is_worth_a_look(&name, now) {
            return Ok(None);
        }
        let version = self.clients.version();
        let Some(client) = self.look_up(id).await? else {
            self.absent_clients.remember(name).await;
            return Ok(None);
        };
        let client = Arc::new(client);
        self.clients.keep(Arc::clone(&client), version);
        Ok(Some(client))
    }

    /// The client with that id in the database, if it may be used.
    async fn look_up(&self, id: &str) -> Result<Option<Client>, Fault> {
        let row = store::clients::find(self.store.read(), id).await.or_fault("find a client")?;
        let row = row.filter(|row| row.disabled_at.is_none());
        Ok(row.and_then(|row| self.open_or_log(row)))
    }

    /// One bad row must not take all the others' clients away.
    pub(super) fn open_or_log(&self, row: entity::clients::Model) -> Option<Client> {
        let opened = self.open_client(row);
        opened
            .inspect_err(|(id, error)| {
                tracing::error!(client.id = id, error, "clients.open: left out");
            })
            .ok()
    }

    /// Whether a client of ours is the API behind that resource indicator.
    pub(in crate::core) fn serves(&self, resource: &str) -> bool {
        self.clients.serves(resource)
    }

    /// Reads which clients there are, all of the operator's, and the newest of the others. What else is
    /// used is read then.
    pub(in crate::core) async fn load_clients(&self) -> Result<(), Fault> {
        let read = self.store.read();
        // Before the clients: what changes in between is followed after it.
        let revisions = store::revisions::all(read).await.or_fault("read the revisions")?;
        let revision = revisions.iter().find(|row| row.name == REVISION).map_or(0, |row| row.value);
        let mut ids = HashSet::new();
        let mut last = String::new();
        loop {
            let page = store::clients::ids(read, &last).await.or_fault("read the clients")?;
            let Some(end) = page.last() else { break };
            last.clone_from(end);
            ids.extend(page.iter().filter_map(|id| Uuid::parse_str(id).ok()));
        }
        let rows = store::clients::operators(read).await.or_fault("read the clients")?;
        let open = |row| self.open_or_log(row).map(Arc::new);
        let mut clients: Vec<_> = rows.into_iter().filter_map(open).collect();
        let mut before = store::clients::END.to_owned();
        // Oldest last, and held first: they are the first to leave.
        let mut others = Vec::new();
        while others.len() < held::MOST {
            let page = store::clients::newest(read, &before).await.or_fault("read the clients")?;
            let Some(end) = page.last() else { break };
            before.clone_from(&end.client_id);
            others.extend(page.into_iter().filter_map(open));
        }
        others.truncate(held::MOST);
        clients.extend(others.into_iter().rev());
        // Those of the configuration win.
        clients.extend(self.configured_clients.iter().cloned());
        self.clients.replace(clients, ids, revision);
        Ok(())
    }

    /// Reads what has changed up to that revision.
    pub(in crate::core) async fn follow_clients(&self, revision: i64) -> Result<(), Fault> {
        let _turn = self.clients_turn.lock().await;
        let read = self.store.read();
        let since = self.clients.seen();
        if since == revision {
            return Ok(());
        }
        let changed = store::clients::changed(read, since, revision).await;
        let mut changed = changed.or_fault("read what has changed")?;
        // A release before this one counts changes without saying whose they are.
        if i64::try_from(changed.len()).ok() != revision.checked_sub(since) {
            return self.load_clients().await;
        }
        changed.sort_unstable();
        changed.dedup();
        let rows = store::clients::named(read, &changed).await.or_fault("read the clients")?;
        let live = rows.into_iter().filter(|row| row.disabled_at.is_none());
        let live: Vec<_> = live.filter_map(|row| self.open_or_log(row)).collect();
        for id in changed.iter().filter(|id| live.iter().all(|client| client.id != **id)) {
            self.let_go(id);
        }
        for client in live {
            self.hold(client);
        }
        self.clients.saw(revision);
        Ok(())
    }

    /// Holds one client more, or another in its place. The caller has the turn.
    pub(super) fn hold(&self, client: Client) -> Arc<Client> {
        let client = Arc::new(client);
        if !self.is_configured(&client.id) {
            self.clients.put(Arc::clone(&client));
        }
        client
    }

    /// Forgets one client. The caller has the turn.
    pub(super) fn let_go(&self, id: &str) {
        if !self.is_configured(id) {
            self.clients.forget(id);
        }
    }

    /// Forgets the clients that went with their owner.
    pub(in crate::core) async fn let_go_of(&self, ids: &[String]) {
        let _turn = self.clients_turn.lock().await;
        for id in ids {
            self.let_go(id);
        }
    }

    pub(super) fn is_configured(&self, id: &str) -> bool {
        self.configured_clients.iter().any(|known| known.id == id)
    }

    /// Holds what the database has of a client by now. The caller has the turn.
    pub(super) async fn look_again(&self, id: &str) -> Result<(), Fault> {
        match self.look_up(id).await? {
            Some(client) => drop(self.hold(client)),
            None => self.let_go(id),
        }
        Ok(())
    }
}
