//! Argon2id in memory that is used again.
//!
//! A hash fills 19 MiB. Taken from the kernel anew each time, those 5,000 pages cost nearly as much as
//! the hash itself.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::jose::{Secret, random};

#[derive(Default)]
pub struct Argon {
    memory: Vec<Block>,
}

impl Argon {
    /// The PHC string of a password, with a salt of its own.
    pub fn hash(&mut self, password: &Secret) -> Result<String> {
        let salt = Salt::new(&random::bytes::<16>())?;
        let params = Params::default();
        let mut hash = PasswordHash {
            algorithm: Algorithm::default().ident(),
            version: Some(Version::default().into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(salt),
            hash: None,
        };
        hash.hash = Some(self.output(password, &hash, Params::DEFAULT_OUTPUT_LEN)?);
        Ok(hash.to_string())
    }

    /// Whether the password has this hash, a PHC string, whatever parameters that names.
    pub fn verify(&mut self, password: &Secret, hash: &str) -> Result<bool> {
        let hash = PasswordHash::new(hash)?;
        let expected = hash.hash.ok_or(Error::PasswordInvalid)?;
        // `Output` compares in constant time.
        Ok(self.output(password, &hash, expected.len())? == expected)
    }

    pub const fn holds_memory(&self) -> bool {
        self.memory.capacity() > 0
    }

    /// What Argon2 makes of the password with another hash's algorithm, parameters and salt.
    fn output(&mut self, password: &Secret, like: &PasswordHash, length: usize) -> Result<Output> {
        let salt = like.salt.ok_or(Error::SaltInvalid)?;
        let version = like.version.map_or(Ok(Version::default()), Version::try_from)?;
        let params = Params::try_from(&like.params)?;
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory = vec![Block::default(); blocks];
        }
        let memory = self.memory.get_mut(..blocks).ok_or(Error::Internal)?;
        let algorithm = Algorithm::try_from(like.algorithm.as_str())?;
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length).ok_or(Error::OutputSize)?;
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(
            password.expose().as_bytes(),
            &salt,
            output,
            memory,
        )?;
        Ok(Output::new(output)?)
    }
}
