//! What leaves the house. Opens no other room.

mod address;
mod blobs;
mod fetch;
mod mail;
mod redis;

pub use blobs::{BlobError, Blobs, Credentials, Depot, WrongDepot};
pub use fetch::{FetchError, Fetcher, Trust};
pub use mail::{Mail, MailError, Post, Route, Sender, WrongRoute};

pub use self::redis::{Counted, CounterError, CounterStore, SharedCounter, WrongStore};
