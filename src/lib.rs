//! Countersign: an OpenID Connect identity provider and token server.
//!
//! One core that knows the rules, faces that only know how to speak, one store that knows SQL.
//! Arrows only point down:
//!
//! | room | what it owns | may open |
//! |---|---|---|
//! | [`cli`] | words on the command line | everything |
//! | [`router`] | the one list of what is mounted where | faces, [`app`] |
//! | [`serve`] | the accept loop, TLS | [`app`], [`metrics`] |
//! | [`oidc`] | face 1: the protocol that relying parties speak | [`core`], [`app`] |
//! | [`rest`] | face 2: the five documented REST dialects of first-party apps | [`core`], [`app`] |
//! | [`web`] | face 3: what people see | [`core`], [`app`] |
//! | [`app`] | what every face shares: a request's context and its limits, what lies around every endpoint, cookies, problems for a page | [`core`], [`config`] |
//! | [`core`] | the rules: accounts, sessions, clients, flows, grants, tokens, links, keys | [`store`], [`jose`], [`upstream`], [`outbox`], [`metrics`], [`config`] |
//! | [`store`] | SQL, and nothing else | its entities |
//! | [`upstream`] | other people's providers, and the proof of who somebody is there | [`jose`], [`outbox`], [`config`] |
//! | [`jose`] | signatures, encryption, keys, randomness | nothing |
//! | [`outbox`] | what leaves the house: mail, stored objects, the guarded HTTP client, the counts that nodes share | nothing |
//! | [`metrics`] | what is counted | nothing |
//! | [`config`] | the configuration, checked once at start | nothing |
//!
//! `tests/it/rooms.rs` reads the `use` lines and fails on any other arrow.

pub mod app;
pub mod cli;
pub mod config;
pub mod core;
pub mod jose;
pub mod metrics;
pub mod oidc;
pub mod outbox;
pub mod rest;
pub mod router;
pub mod serve;
pub mod store;
pub mod upstream;
pub mod web;
