//! The tests that run against a real server on a real port. They read like the specifications that
//! they prove; what takes part is started by `tests/run`.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests stop at the first surprise"
)]

mod browser;
mod cli;
mod config;
mod conformance;
mod follow;
mod host;
mod house;
mod log;
mod mail;
mod media;
mod oidc;
mod operations;
mod peers;
mod properties;
mod relying_parties;
mod rest;
mod rooms;
mod store;
mod upstream;
mod web;
