//! A relying party that was registered at run time (those of the configuration file have no row).

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub client_id: String,
    pub secret_digest: Option<Vec<u8>>,
    pub metadata: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub disabled_at: Option<i64>,
    /// The secret itself, sealed, of a client that signs with it.
    pub sealed_secret: Option<String>,
    /// By whoever runs it, with nobody to vouch for it.
    pub self_registered: bool,
    /// Of the token with which it manages its own registration.
    pub management_digest: Option<Vec<u8>>,
    /// What it was given before counts no more.
    pub not_before: i64,
    /// Whose it is; nobody's, where the operator made it, or it registered itself.
    pub owner_id: Option<Uuid>,
    pub name: String,
    /// The name as it compares.
    pub name_key: String,
    pub description: Option<String>,
    /// What is searched, as it compares.
    pub search: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
