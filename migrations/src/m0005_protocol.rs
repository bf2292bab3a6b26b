//! What a grant was asked for beyond its scope, authorization requests that apps pushed, and access
//! tokens that were revoked one by one.

use sea_orm_migration::prelude::*;

use crate::columns::{text, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Grants {
    Table,
    Claims,
    Resources,
}

#[derive(DeriveIden)]
enum PushedRequests {
    Table,
    Digest,
    ClientId,
    Request,
    ExpiresAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Devices {
    Table,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Invitations {
    Table,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum RevokedTokens {
    Table,
    Jti,
    ExpiresAt,
}

fn pushed_requests() -> TableCreateStatement {
    Table::create()
        .table(PushedRequests::Table)
        .col(ColumnDef::new(PushedRequests::Digest).binary_len(32).not_null().primary_key())
        .col(text(PushedRequests::ClientId))
        .col(text(PushedRequests::Request))
        .col(time(PushedRequests::ExpiresAt))
        .col(time(PushedRequests::CreatedAt))
        .to_owned()
}

fn revoked_tokens() -> TableCreateStatement {
    Table::create()
        .table(RevokedTokens::Table)
        .col(text(RevokedTokens::Jti).primary_key())
        .col(time(RevokedTokens::ExpiresAt))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite's ALTER TABLE takes no more.
        let columns = [
            ColumnDef::new(Grants::Claims).text().null().to_owned(),
            text(Grants::Resources).default("").to_owned(),
        ];
        for column in columns {
            let alter = Table::alter().table(Grants::Table).add_column(column).to_owned();
            manager.alter_table(alter).await?;
        }
        manager.create_table(pushed_requests()).await?;
        manager.create_table(revoked_tokens()).await?;
        for index in [
            Index::create()
                .name("pushed_requests_expiry")
                .table(PushedRequests::Table)
                .col(PushedRequests::ExpiresAt)
                .to_owned(),
            Index::create()
                .name("revoked_tokens_expiry")
                .table(RevokedTokens::Table)
                .col(RevokedTokens::ExpiresAt)
                .to_owned(),
            Index::create()
                .name("devices_age")
                .table(Devices::Table)
                .col(Devices::CreatedAt)
                .to_owned(),
            Index::create()
                .name("invitations_expiry")
                .table(Invitations::Table)
                .col(Invitations::ExpiresAt)
                .to_owned(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
