//! One authorization: its code, and the family of refresh tokens that came of it, in one row.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub request_id: Uuid,
    pub client_id: String,
    pub account_id: Uuid,
    pub session_id: Option<Uuid>,
    pub code_digest: Vec<u8>,
    pub code_expires_at: i64,
    pub spent_at: Option<i64>,
    pub redirect_uri: String,
    pub challenge: String,
    pub nonce: Option<String>,
    pub scope: String,
    pub offline: bool,
    pub auth_time: i64,
    pub amr: String,
    pub generation: i64,
    pub rotated_at: Option<i64>,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub created_at: i64,
    pub claims: Option<String>,
    pub resources: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
