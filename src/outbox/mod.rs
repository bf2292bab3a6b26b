//! What leaves the house. Opens no other room.

mod address;
mod fetch;
mod mail;

pub use fetch::{FetchError, Fetcher, Trust};
pub use mail::{Mail, MailError, Post, Route, Sender, WrongRoute};
