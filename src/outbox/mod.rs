//! What leaves the house. Opens no other room.

mod address;
mod fetch;
mod mail;
mod redis;

pub use fetch::{FetchError, Fetcher, Trust};
pub use mail::{Mail, MailError, Post, Route, Sender, WrongRoute};

pub use self::redis::{Counted, CounterError, CounterStore, SharedCounter, WrongStore};
