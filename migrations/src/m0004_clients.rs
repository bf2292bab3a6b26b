//! Clients that register themselves (RFC 7591, RFC 7592), that sign with their secret, and whose
//! assertions are taken once (RFC 7523 §3).

use sea_orm_migration::prelude::*;

use crate::columns::{digest, number};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Clients {
    Table,
    SealedSecret,
    SelfRegistered,
    ManagementDigest,
}

#[derive(DeriveIden)]
enum SpentJtis {
    Table,
    Digest,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Invitations {
    Table,
    Digest,
    Scope,
    UsesLeft,
    ExpiresAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Consents {
    Table,
    ClientId,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in [
            ColumnDef::new(Clients::SealedSecret).text().null().to_owned(),
            ColumnDef::new(Clients::SelfRegistered).boolean().not_null().default(false).to_owned(),
            ColumnDef::new(Clients::ManagementDigest).binary_len(32).null().to_owned(),
        ] {
            manager
                .alter_table(Table::alter().table(Clients::Table).add_column(column).to_owned())
                .await?;
        }
        let spent = Table::create()
            .table(SpentJtis::Table)
            .col(digest(SpentJtis::Digest).primary_key())
            .col(number(SpentJtis::ExpiresAt))
            .to_owned();
        manager.create_table(spent).await?;
        let invitations = Table::create()
            .table(Invitations::Table)
            .col(digest(Invitations::Digest).primary_key())
            .col(ColumnDef::new(Invitations::Scope).text().null())
            .col(number(Invitations::UsesLeft))
            .col(number(Invitations::ExpiresAt))
            .col(number(Invitations::CreatedAt))
            .to_owned();
        manager.create_table(invitations).await?;
        let index = |name: &str| Index::create().name(name).to_owned();
        for index in [
            index("spent_jtis_expiry").table(SpentJtis::Table).col(SpentJtis::ExpiresAt).to_owned(),
            index("consents_client").table(Consents::Table).col(Consents::ClientId).to_owned(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
