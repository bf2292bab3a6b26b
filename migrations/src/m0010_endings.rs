//! Since when a client's own tokens count, and that a pushed authorization request has its answer.

use sea_orm_migration::prelude::*;

use crate::columns::time;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Clients {
    Table,
    NotBefore,
}

#[derive(DeriveIden)]
enum PushedRequests {
    Table,
    AnsweredAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let not_before = time(Clients::NotBefore).default(0).to_owned();
        let alter = Table::alter().table(Clients::Table).add_column(not_before).to_owned();
        manager.alter_table(alter).await?;
        let answered = ColumnDef::new(PushedRequests::AnsweredAt).big_integer().null().to_owned();
        let alter = Table::alter().table(PushedRequests::Table).add_column(answered).to_owned();
        manager.alter_table(alter).await
    }
}
