//! Applications in pages, and all of them one after the other.

use uuid::Uuid;

use super::applications::Application;
use super::registry::fold;
use crate::core::accounts::Account;
use crate::core::refusal::OrFault as _;
use crate::core::roles::Permission;
use crate::core::{Core, Failure, Refusal};
use crate::store;
pub use crate::store::applications::Sort;
use crate::store::applications::{Narrow, Window};

/// Items of a page; more are asked for page by page.
pub const MOST_PER_PAGE: u64 = 100;
/// Of an export, read at once.
const BATCH: u64 = 500;

/// Which applications somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    pub name: Option<String>,
    pub is_active: Option<bool>,
    /// A part of the name or the description, in any letter case; of fewer than three characters, what
    /// the name begins with.
    pub search: Option<String>,
}

/// Which page, and how it is sorted.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    /// 1 to [`MOST_PER_PAGE`].
    pub limit: u64,
    pub sort: Sort,
    pub descending: bool,
}

/// A page, and how many there are on all of them.
pub struct Page {
    pub items: Vec<Application>,
    pub total: u64,
}

/// How far somebody has read all applications.
pub struct Export {
    narrow: Option<Narrow>,
    at: (i64, String),
}

impl Core {
    /// A page of the applications that the caller reaches.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`], or a fault.
    pub async fn applications(
        &self,
        caller: &Account,
        filter: &Filter,
        paging: Paging,
    ) -> Result<Page, Failure> {
        let Some(narrow) = self.narrow(caller, filter)? else {
            return Ok(Page { items: Vec::new(), total: 0 });
        };
        let take = paging.limit.clamp(1, MOST_PER_PAGE);
        let skip = paging.page.saturating_sub(1).saturating_mul(take);
        let read = self.store.read();
        let total = store::applications::count(read, &narrow).await;
        let total = total.or_fault("count applications")?;
        if skip >= total {
            return Ok(Page { items: Vec::new(), total });
        }
        let window = Window { sort: paging.sort, descending: paging.descending, skip, take };
        let rows = store::applications::page(read, &narrow, window).await;
        let rows = rows.or_fault("list applications")?;
        Ok(Page { items: self.readable(rows), total })
    }

    /// Begins to read all of them.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`].
    pub fn export_applications(
        &self,
        caller: &Account,
        filter: &Filter,
    ) -> Result<Export, Refusal> {
        let narrow = self.narrow(caller, filter)?;
        Ok(Export { narrow, at: (i64::MIN, String::new()) })
    }

    /// The next ones, oldest first; none at the end.
    ///
    /// # Errors
    /// A fault.
    pub async fn export_more(&self, export: &mut Export) -> Result<Vec<Application>, Failure> {
        loop {
            let Some(narrow) = &export.narrow else { return Ok(Vec::new()) };
            let at = (export.at.0, export.at.1.as_str());
            let rows = store::applications::after(self.store.read(), narrow, at, BATCH).await;
            let rows = rows.or_fault("export applications")?;
            let Some(last) = rows.last() else { return Ok(Vec::new()) };
            export.at = (last.created_at, last.client_id.clone());
            let items = self.readable(rows);
            if !items.is_empty() {
                return Ok(items);
            }
        }
    }

    /// What the database is asked; nothing, where the filter lies beyond the caller's reach.
    fn narrow(&self, caller: &Account, filter: &Filter) -> Result<Option<Narrow>, Refusal> {
        self.require(caller, Permission::ReadApplications)?;
        let owner = match (self.reach(caller), filter.owner_id) {
            (Some(own), Some(asked)) if own != asked => return Ok(None),
            (own, asked) => own.or(asked),
        };
        let search = filter.search.as_deref().map(str::trim).filter(|part| !part.is_empty());
        Ok(Some(Narrow {
            owner,
            client_id: filter.id.map(|id| id.to_string()),
            name_key: filter.name.as_deref().map(|name| fold(name.trim())),
            search: search.map(fold),
            active: filter.is_active,
        }))
    }

    /// One bad row must not take all the others away.
    fn readable(&self, rows: Vec<store::entity::clients::Model>) -> Vec<Application> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            match self.application_of(row) {
                Ok(item) => items.push(item),
                Err(error) => tracing::error!(%error, "clients.list: left out"),
            }
        }
        items
    }
}
