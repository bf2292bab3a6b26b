//! One SeaORM model per table. Never on the wire: faces have shapes of their own.
//! Times are milliseconds since the Unix epoch.

pub mod accounts;
pub mod api_keys;
pub mod audit_events;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod grants;
pub mod links;
pub mod mails;
pub mod proofs;
pub mod pushed_requests;
pub mod revisions;
pub mod sessions;
pub mod signing_keys;
