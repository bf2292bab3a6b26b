//! The audit, and the indexes that the sweep finds ended rows by.

use sea_orm_migration::prelude::*;

use crate::columns::text;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum AuditEvents {
    Table,
    Id,
    At,
    Kind,
    Outcome,
    Actor,
    AccountId,
    ClientId,
    SessionId,
    Ip,
    RequestId,
    Detail,
}

// Nothing points at accounts: what happened stays on record when the account is gone.
fn audit_events() -> TableCreateStatement {
    Table::create()
        .table(AuditEvents::Table)
        .col(ColumnDef::new(AuditEvents::Id).uuid().not_null().primary_key())
        .col(ColumnDef::new(AuditEvents::At).big_integer().not_null())
        .col(text(AuditEvents::Kind))
        .col(text(AuditEvents::Outcome))
        .col(text(AuditEvents::Actor))
        .col(ColumnDef::new(AuditEvents::AccountId).uuid().null())
        .col(ColumnDef::new(AuditEvents::ClientId).text().null())
        .col(ColumnDef::new(AuditEvents::SessionId).uuid().null())
        .col(text(AuditEvents::Ip))
        .col(text(AuditEvents::RequestId))
        .col(text(AuditEvents::Detail))
        .to_owned()
}

/// Partial ones, so that a row costs nothing until it ends. Both databases read this text.
const ENDED: [&str; 2] = [
    "CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX grants_ended ON grants (ended_at) WHERE ended_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(audit_events()).await?;
        let by_time = Index::create()
            .name("audit_events_at")
            .table(AuditEvents::Table)
            .col(AuditEvents::At)
            .to_owned();
        manager.create_index(by_time).await?;
        let by_account = Index::create()
            .name("audit_events_account")
            .table(AuditEvents::Table)
            .col(AuditEvents::AccountId)
            .col(AuditEvents::At)
            .to_owned();
        manager.create_index(by_account).await?;
        for index in ENDED {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}
