//! The schema's story, the same on SQLite and PostgreSQL.
//!
//! Expand, then contract: a release may add what the next one needs, never take away what the one
//! before it still reads, so that two versions can run side by side during a rolling restart.
//! Times are integers (milliseconds since the Unix epoch): text times compare wrongly on SQLite.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

mod columns;
mod m0001_house;
mod m0002_accounts;
mod m0003_operations;
mod m0004_clients;
mod m0005_protocol;
mod m0006_first_party;
mod m0007_pictures;
mod m0008_usernames;
mod m0009_applications;
mod m0010_endings;
mod m0011_links;

/// Runs every migration that the database has not seen, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_house::Migration),
            Box::new(m0002_accounts::Migration),
            Box::new(m0003_operations::Migration),
            Box::new(m0004_clients::Migration),
            Box::new(m0005_protocol::Migration),
            Box::new(m0006_first_party::Migration),
            Box::new(m0007_pictures::Migration),
            Box::new(m0008_usernames::Migration),
            Box::new(m0009_applications::Migration),
            Box::new(m0010_endings::Migration),
            Box::new(m0011_links::Migration),
        ]
    }
}
