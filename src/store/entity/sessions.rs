//! A browser, or an app, in which a person has signed in.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub token_digest: Vec<u8>,
    pub account_id: Uuid,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub auth_time: i64,
    pub amr: String,
    pub ip: String,
    pub user_agent: String,
    pub ended_at: Option<i64>,
    /// How it is carried on.
    pub kind: String,
    /// Which of its successive tokens is the living one.
    pub generation: i64,
    pub rotated_at: Option<i64>,
    /// The link by which the person came in, if they did.
    pub link_id: Option<Uuid>,
    /// The session there that this one came of.
    pub upstream_sid: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
