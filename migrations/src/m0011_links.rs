//! Accounts elsewhere that open an account here, and the sessions that they opened.

use sea_orm_migration::prelude::*;

use crate::columns::{id, number, text, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    LinkId,
    UpstreamSid,
}

#[derive(DeriveIden)]
enum Links {
    Table,
    Id,
    AccountId,
    Upstream,
    Issuer,
    Subject,
    Email,
    Roles,
    Tokens,
    CreatedAt,
    LastUsedAt,
    BusyUntil,
}

fn maybe_text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().null().to_owned()
}

fn links() -> TableCreateStatement {
    Table::create()
        .table(Links::Table)
        .col(id(Links::Id).primary_key())
        .col(id(Links::AccountId))
        .col(text(Links::Upstream))
        .col(text(Links::Issuer))
        .col(text(Links::Subject))
        .col(maybe_text(Links::Email))
        .col(text(Links::Roles))
        .col(maybe_text(Links::Tokens))
        .col(time(Links::CreatedAt))
        .col(time(Links::LastUsedAt))
        .col(number(Links::BusyUntil).default(0))
        .foreign_key(
            ForeignKey::create()
                .from(Links::Table, Links::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(links()).await?;
        let identity = Index::create()
            .name("links_identity")
            .table(Links::Table)
            .col(Links::Upstream)
            .col(Links::Issuer)
            .col(Links::Subject)
            .unique()
            .to_owned();
        let of_account = Index::create()
            .name("links_account")
            .table(Links::Table)
            .col(Links::AccountId)
            .to_owned();
        manager.create_index(identity).await?;
        manager.create_index(of_account).await?;
        let link = ColumnDef::new(Sessions::LinkId).uuid().null().to_owned();
        for column in [link, maybe_text(Sessions::UpstreamSid)] {
            let alter = Table::alter().table(Sessions::Table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        // Few sessions have a link, and only those stand in it.
        let by_link = "CREATE INDEX sessions_link ON sessions (link_id) WHERE link_id IS NOT NULL";
        manager.get_connection().execute_unprepared(by_link).await.map(drop)
    }
}
