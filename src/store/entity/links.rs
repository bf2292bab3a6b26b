//! An account elsewhere that opens an account here.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_id: Uuid,
    /// Its id in the configuration; with the next two it is the identity.
    pub upstream: String,
    pub issuer: String,
    pub subject: String,
    /// The address that it had there last, for its owner to tell it from others.
    pub email: Option<String>,
    /// The roles that the account has from it alone, as a JSON array.
    pub roles: String,
    /// What the upstream gave out last, sealed.
    pub tokens: Option<String>,
    pub created_at: i64,
    pub last_used_at: i64,
    /// Until then somebody is fetching new tokens.
    pub busy_until: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
