//! Mail that waits to be sent, one-time links, known devices, and counts of failed attempts.

use sea_orm_migration::prelude::*;

use crate::columns::{digest, id, number, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
}

#[derive(DeriveIden)]
enum Mails {
    Table,
    Id,
    Sealed,
    CreatedAt,
    DueAt,
    TakenUntil,
    Tries,
}

#[derive(DeriveIden)]
enum Proofs {
    Table,
    AccountId,
    Purpose,
    Digest,
    Email,
    EmailKey,
    CreatedAt,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum Devices {
    Table,
    Digest,
    AccountId,
    CreatedAt,
}

#[derive(DeriveIden)]
enum Attempts {
    Table,
    Name,
    Failed,
    Reserved,
    EndsAt,
}

fn mails() -> TableCreateStatement {
    Table::create()
        .table(Mails::Table)
        .col(id(Mails::Id).primary_key())
        .col(text(Mails::Sealed))
        .col(number(Mails::CreatedAt))
        .col(number(Mails::DueAt))
        .col(number(Mails::TakenUntil))
        .col(number(Mails::Tries))
        .to_owned()
}

// One row for an account and a purpose: a newer link takes the older one's place.
fn proofs() -> TableCreateStatement {
    Table::create()
        .table(Proofs::Table)
        .col(id(Proofs::AccountId))
        .col(text(Proofs::Purpose))
        .col(digest(Proofs::Digest).unique_key())
        .col(text(Proofs::Email))
        .col(text(Proofs::EmailKey))
        .col(number(Proofs::CreatedAt))
        .col(number(Proofs::ExpiresAt))
        .primary_key(Index::create().col(Proofs::AccountId).col(Proofs::Purpose))
        .foreign_key(
            ForeignKey::create()
                .from(Proofs::Table, Proofs::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn devices() -> TableCreateStatement {
    Table::create()
        .table(Devices::Table)
        .col(digest(Devices::Digest).primary_key())
        .col(id(Devices::AccountId))
        .col(number(Devices::CreatedAt))
        .foreign_key(
            ForeignKey::create()
                .from(Devices::Table, Devices::AccountId)
                .to(Accounts::Table, Accounts::Id)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn attempts() -> TableCreateStatement {
    Table::create()
        .table(Attempts::Table)
        .col(text(Attempts::Name).primary_key())
        .col(number(Attempts::Failed))
        .col(number(Attempts::Reserved))
        .col(number(Attempts::EndsAt))
        .to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [mails(), proofs(), devices(), attempts()] {
            manager.create_table(table).await?;
        }
        let index = |name: &str| Index::create().name(name).to_owned();
        for index in [
            index("mails_due").table(Mails::Table).col(Mails::DueAt).to_owned(),
            index("proofs_expiry").table(Proofs::Table).col(Proofs::ExpiresAt).to_owned(),
            index("devices_account").table(Devices::Table).col(Devices::AccountId).to_owned(),
            index("attempts_end").table(Attempts::Table).col(Attempts::EndsAt).to_owned(),
        ] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
