//! What whoever has a role may do. Asked anew for each request, so that a change bites at once; what a
//! token says of it is for other services to read.

use std::collections::BTreeMap;

use super::accounts::Account;
use super::{Core, Refusal};
use crate::config::{PERMISSIONS, gives};

/// The role that everybody has who has no other.
pub const USER: &str = "user";
/// The role of whoever may do everything, unless the configuration says otherwise.
pub const ADMIN: &str = "admin";

/// What may be done that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    ReadUsers,
    CreateApplications,
    ReadApplications,
    UpdateApplications,
    DeleteApplications,
    /// Beside one's own applications, everybody's.
    AnyApplication,
}

impl Permission {
    /// As it stands in the configuration and in tokens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReadUsers => "users:read",
            Self::CreateApplications => "authentication:create",
            Self::ReadApplications => "authentication:read",
            Self::UpdateApplications => "authentication:update",
            Self::DeleteApplications => "authentication:delete",
            Self::AnyApplication => "authentication:any",
        }
    }
}

/// The roles of the configuration.
pub(super) type Roles = BTreeMap<String, Vec<String>>;

impl Core {
    /// Whether an account may do that.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`].
    pub fn require(&self, account: &Account, permission: Permission) -> Result<(), Refusal> {
        if self.may(account, permission) { Ok(()) } else { Err(Refusal::PermissionMissing) }
    }

    /// Whether an account may do that.
    #[must_use]
    pub fn may(&self, account: &Account, permission: Permission) -> bool {
        self.given(account).any(|given| gives(given, permission.name()))
    }

    /// All that an account may do, by name, for its tokens.
    #[must_use]
    pub fn permissions(&self, account: &Account) -> Vec<&'static str> {
        let held = |permission: &&str| self.given(account).any(|given| gives(given, permission));
        PERMISSIONS.into_iter().filter(held).collect()
    }

    fn given<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a str> {
        let roles = account.roles.iter().filter_map(|role| self.rules.roles.get(role));
        roles.flatten().map(String::as_str)
    }
}

impl Account {
    /// The one role that a dialect without room for more shows.
    #[must_use]
    pub fn role(&self) -> &str {
        if self.roles.iter().any(|role| role == ADMIN) {
            return ADMIN;
        }
        self.roles.first().map_or(USER, String::as_str)
    }
}
