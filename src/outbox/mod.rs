//! What leaves the house. Opens no other room.

mod address;
mod fetch;

pub use fetch::{FetchError, Fetcher, Trust};
