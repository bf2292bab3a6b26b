//! The pages, as a browser without scripts sees them.

pub mod account;
mod accounts;
mod lockout;
mod pages;
mod recovery;
