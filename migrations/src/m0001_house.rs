//! Accounts, sessions, clients, consents, grants and signing keys.

use sea_orm_migration::prelude::*;

use crate::columns::{id, maybe_time, text, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
    Email,
    EmailKey,
    EmailVerified,
    Username,
    PasswordHash,
    Claims,
    Roles,
    DisabledAt,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Id,
    TokenDigest,
    AccountId,
    CreatedAt,
    LastSeenAt,
    ExpiresAt,
    AuthTime,
    Amr,
    Ip,
    UserAgent,
    EndedAt,
}

#[derive(DeriveIden)]
enum Clients {
    Table,
    ClientId,
    SecretDigest,
    Metadata,
    CreatedAt,
    UpdatedAt,
    DisabledAt,
}

#[derive(DeriveIden)]
enum Consents {
    Table,
    AccountId,
    ClientId,
    Scope,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum Grants {
    Table,
    Id,
    RequestId,
    ClientId,
    AccountId,
    SessionId,
    CodeDigest,
    CodeExpiresAt,
    SpentAt,
    RedirectUri,
    Challenge,
    Nonce,
    Scope,
    Offline,
    AuthTime,
    Amr,
    Generation,
    RotatedAt,
    ExpiresAt,
    EndedAt,
    CreatedAt,
}

#[derive(DeriveIden)]
enum SigningKeys {
    Table,
    Kid,
    Algorithm,
    Ordinal,
    PrivateJwe,
    PublicJwk,
    CreatedAt,
    SignsFrom,
    SignsUntil,
    LeavesAt,
    RetiredAt,
}

#[derive(DeriveIden)]
enum Revisions {
    Table,
    Name,
    Value,
}

fn accounts() -> TableCreateStatement {
    Table::create()
        .table(Accounts::Table)
        .col(id(Accounts::Id).primary_key())
        .col(text(Accounts::Email))
        .col(text(Accounts::EmailKey).unique_key())
        .col(ColumnDef::new(Accounts::EmailVerified).boolean().not_null())
        .col(ColumnDef::new(Accounts::Username).text().null().unique_key())
        .col(ColumnDef::new(Accounts::PasswordHash).text().null())
        .col(text(Accounts::Claims))
        .col(text(Accounts::Roles))
        .col(maybe_time(Accounts::DisabledAt))
        .col(time(Accounts::CreatedAt))
        .col(time(Accounts::UpdatedAt))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(Sessions::Table)
        .col(id(Sessions::Id).primary_key())
        .col(ColumnDef::new(Sessions::TokenDigest).binary_len(32).not_null().unique_key())
        .col(id(Sessions::AccountId))
        .col(time(Sessions::CreatedAt))
        .col(time(Sessions::LastSeenAt))
        .col(time(Sessions::ExpiresAt))
        .col(time(Sessions::AuthTime))
        .col(text(Sessions::Amr))
        .col(text(Sessions::Ip))
        .col(text(Sessions::UserAgent))
        .col(maybe_time(Sessions::EndedAt))
        .foreign_key(
            ForeignKey::create()
                .from(Sessions::Table, Sessions::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn clients() -> TableCreateStatement {
    Table::create()
        .table(Clients::Table)
        .col(text(Clients::ClientId).primary_key())
        .col(ColumnDef::new(Clients::SecretDigest).binary_len(32).null())
        .col(text(Clients::Metadata))
        .col(time(Clients::CreatedAt))
        .col(time(Clients::UpdatedAt))
        .col(maybe_time(Clients::DisabledAt))
        .to_owned()
}

// A client may stand in the configuration file instead of the table, so nothing points at the table.
fn consents() -> TableCreateStatement {
    Table::create()
        .table(Consents::Table)
        .col(id(Consents::AccountId))
        .col(text(Consents::ClientId))
        .col(text(Consents::Scope))
        .col(time(Consents::CreatedAt))
        .col(time(Consents::UpdatedAt))
        .primary_key(Index::create().col(Consents::AccountId).col(Consents::ClientId))
        .foreign_key(
            ForeignKey::create()
                .from(Consents::Table, Consents::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn grants() -> TableCreateStatement {
    Table::create()
        .table(Grants::Table)
        .col(id(Grants::Id).primary_key())
        .col(id(Grants::RequestId).unique_key())
        .col(text(Grants::ClientId))
        .col(id(Grants::AccountId))
        .col(ColumnDef::new(Grants::SessionId).uuid().null())
        .col(ColumnDef::new(Grants::CodeDigest).binary_len(32).not_null().unique_key())
        .col(time(Grants::CodeExpiresAt))
        .col(maybe_time(Grants::SpentAt))
        .col(text(Grants::RedirectUri))
        .col(text(Grants::Challenge))
        .col(ColumnDef::new(Grants::Nonce).text().null())
        .col(text(Grants::Scope))
        .col(ColumnDef::new(Grants::Offline).boolean().not_null())
        .col(time(Grants::AuthTime))
        .col(text(Grants::Amr))
        .col(ColumnDef::new(Grants::Generation).big_integer().not_null())
        .col(maybe_time(Grants::RotatedAt))
        .col(time(Grants::ExpiresAt))
        .col(maybe_time(Grants::EndedAt))
        .col(time(Grants::CreatedAt))
        .foreign_key(
            ForeignKey::create()
                .from(Grants::Table, Grants::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        // An offline grant outlives its session's row.
        .foreign_key(
            ForeignKey::create()
                .from(Grants::Table, Grants::SessionId)
                .to(Sessions::Table, Sessions::Id)
                .on_delete(ForeignKeyAction::SetNull),
        )
        .to_owned()
}

fn signing_keys() -> TableCreateStatement {
    Table::create()
        .table(SigningKeys::Table)
        .col(text(SigningKeys::Kid).primary_key())
        .col(text(SigningKeys::Algorithm))
        .col(ColumnDef::new(SigningKeys::Ordinal).big_integer().not_null())
        .col(text(SigningKeys::PrivateJwe))
        .col(text(SigningKeys::PublicJwk))
        .col(time(SigningKeys::CreatedAt))
        .col(time(SigningKeys::SignsFrom))
        .col(maybe_time(SigningKeys::SignsUntil))
        .col(maybe_time(SigningKeys::LeavesAt))
        .col(maybe_time(SigningKeys::RetiredAt))
        .to_owned()
}

fn revisions() -> TableCreateStatement {
    Table::create()
        .table(Revisions::Table)
        .col(text(Revisions::Name).primary_key())
        .col(ColumnDef::new(Revisions::Value).big_integer().not_null())
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &str| Index::create().name(name).to_owned();
    vec![
        index("sessions_account").table(Sessions::Table).col(Sessions::AccountId).to_owned(),
        index("sessions_expiry").table(Sessions::Table).col(Sessions::ExpiresAt).to_owned(),
        index("grants_account").table(Grants::Table).col(Grants::AccountId).to_owned(),
        index("grants_session").table(Grants::Table).col(Grants::SessionId).to_owned(),
        index("grants_client").table(Grants::Table).col(Grants::ClientId).to_owned(),
        index("grants_expiry").table(Grants::Table).col(Grants::ExpiresAt).to_owned(),
        // Two nodes that make the n-th key of an algorithm at once: one row.
        index("signing_keys_ordinal")
            .table(SigningKeys::Table)
            .col(SigningKeys::Algorithm)
            .col(SigningKeys::Ordinal)
            .unique()
            .to_owned(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in
            [accounts(), sessions(), clients(), consents(), grants(), signing_keys(), revisions()]
        {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
