//! The kinds of column that tables are made of. What one is never changes: the schemas of every
//! release stand on it.

use sea_orm_migration::prelude::*;

pub fn id(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().to_owned()
}

pub fn text(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

pub fn number(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

/// A SHA-256.
pub fn digest(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).binary_len(32).not_null().to_owned()
}

/// A time that is always there, in milliseconds since the Unix epoch.
pub fn time(name: impl IntoIden) -> ColumnDef {
    number(name)
}

/// A time of something that may not have happened.
pub fn maybe_time(name: impl IntoIden) -> ColumnDef {
    ColumnDef::new(name).big_integer().null().to_owned()
}
