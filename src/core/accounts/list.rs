//! Accounts, as those see them who may read everybody's.

use uuid::Uuid;

use super::{Account, is_username};
use crate::core::email::Email;
use crate::core::refusal::OrFault as _;
use crate::core::roles::Permission;
use crate::core::{Core, Failure};
use crate::store::people::{self, By, Filter, Page};

/// What a list of accounts goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Created,
    Email,
}

/// Which accounts, in which order. Only what the list itself shows is asked for: a filter by anything
/// else would tell it, one question at a time.
#[derive(Clone, Debug)]
pub struct Listing {
    pub id: Option<Uuid>,
    pub email: Option<String>,
    pub username: Option<String>,
    pub email_verified: Option<bool>,
    pub is_active: Option<bool>,
    pub sort: Sort,
    pub descending: bool,
    pub limit: u32,
    pub offset: u32,
}

impl Core {
    /// The accounts that fit, a page of them, and how many there are in all.
    ///
    /// # Errors
    /// [`crate::core::Refusal::PermissionMissing`].
    pub async fn list_accounts(
        &self,
        reader: &Account,
        asked: Listing,
    ) -> Result<(Vec<Account>, u64), Failure> {
        self.require(reader, Permission::ReadUsers)?;
        let filter = Filter {
            id: asked.id,
            // What is no address, or no username, is nobody's; and PostgreSQL takes no text with a NUL.
            email_key: asked.email.map(|email| {
                Email::parse(&email).map_or_else(|_| String::new(), |email| email.key)
            }),
            username: asked.username.map(|name| {
                let name = name.trim();
                if is_username(name) { name.to_owned() } else { String::new() }
            }),
            email_verified: asked.email_verified,
            enabled: asked.is_active,
        };
        let page = Page {
            by: match asked.sort {
                Sort::Created => By::Created,
                Sort::Email => By::Email,
            },
            descending: asked.descending,
            limit: asked.limit.into(),
            offset: asked.offset.into(),
        };
        let rows = people::page(self.store.read(), &filter, page).await;
        let rows = rows.or_fault("list accounts")?;
        let total = people::count(self.store.read(), &filter).await.or_fault("count accounts")?;
        let accounts = rows.into_iter().map(Account::from_row).collect::<Result<_, _>>()?;
        Ok((accounts, total))
    }
}
