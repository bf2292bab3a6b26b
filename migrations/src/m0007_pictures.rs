//! The pictures of people that are ours to keep.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    PictureKey,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = ColumnDef::new(Accounts::PictureKey).text().null().to_owned();
        let alter = Table::alter().table(Accounts::Table).add_column(key).to_owned();
        manager.alter_table(alter).await
    }
}
