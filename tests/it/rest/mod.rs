//! The REST dialects, as the apps of their documents call them.

pub mod better_auth;
