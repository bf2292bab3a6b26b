//! What first-party apps need: sessions that are carried on by tokens, and keys for programs.

use sea_orm_migration::prelude::*;

use crate::columns::{digest, id, maybe_time, number, text, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Kind,
    Generation,
    RotatedAt,
}

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
    LastSignInAt,
}

#[derive(DeriveIden)]
enum ApiKeys {
    Table,
    Id,
    AccountId,
    Digest,
    Name,
    Hint,
    CreatedAt,
    LastUsedAt,
    ExpiresAt,
}

fn api_keys() -> TableCreateStatement {
    Table::create()
        .table(ApiKeys::Table)
        .col(id(ApiKeys::Id).primary_key())
        .col(id(ApiKeys::AccountId))
        .col(digest(ApiKeys::Digest).unique_key())
        .col(text(ApiKeys::Name))
        .col(text(ApiKeys::Hint))
        .col(time(ApiKeys::CreatedAt))
        .col(maybe_time(ApiKeys::LastUsedAt))
        .col(maybe_time(ApiKeys::ExpiresAt))
        .foreign_key(
            ForeignKey::create()
                .from(ApiKeys::Table, ApiKeys::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite's ALTER TABLE takes no more.
        for column in [
            text(Sessions::Kind).default("browser").to_owned(),
            number(Sessions::Generation).default(0).to_owned(),
            maybe_time(Sessions::RotatedAt),
        ] {
            let alter = Table::alter().table(Sessions::Table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        let last = maybe_time(Accounts::LastSignInAt);
        let alter = Table::alter().table(Accounts::Table).add_column(last).to_owned();
        manager.alter_table(alter).await?;
        manager.create_table(api_keys()).await?;
        let of_account = Index::create()
            .name("api_keys_account")
            .table(ApiKeys::Table)
            .col(ApiKeys::AccountId)
            .to_owned();
        manager.create_index(of_account).await
    }
}
