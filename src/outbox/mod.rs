//! What leaves the house. Opens no other room.

mod address;
mod blobs;
mod fetch;
mod mail;

pub use blobs::{BlobError, Blobs, Credentials, Depot, WrongDepot};
pub use fetch::{FetchError, Fetcher, Trust};
pub use mail::{Mail, MailError, Post, Route, Sender, WrongRoute};
