//! Signatures, encryption, keys and randomness (jsonwebtoken, josekit, aws-lc). Opens no other room.
//!
//! Keys are parsed once and held. Nothing here reads a clock: time is a parameter, in milliseconds
//! since the Unix epoch.

mod algorithm;
pub mod digest;
pub mod foreign;
mod kek;
mod key;
pub mod random;
mod ring;
mod seal;
mod secret;
mod verified;

pub use algorithm::Algorithm;
pub use kek::{Kek, KekError};
pub use key::{NewKey, SigningKey};
pub use ring::{Invalid, Life, Phase, Ring, RingKey, TokenKind};
pub use seal::Sealer;
pub use secret::Secret;

/// A key, a signature or an encrypted value was refused by the library that made it.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct JoseError {
    why: String,
}

impl JoseError {
    fn new(why: impl std::fmt::Display) -> Self {
        Self { why: why.to_string() }
    }
}
