//! A signing key: its public half, and its private half encrypted with the key-encryption key.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    pub algorithm: String,
    pub ordinal: i64,
    pub private_jwe: String,
    pub public_jwk: String,
    pub created_at: i64,
    pub signs_from: i64,
    pub signs_until: Option<i64>,
    pub leaves_at: Option<i64>,
    pub retired_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
