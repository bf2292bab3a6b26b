//! Signatures with nothing around them, on keys like the server's and over texts as long.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::{Algorithm, Kek, NewKey, SigningKey};
use rustix::time::{ClockId, clock_gettime};

use super::Outcome;
use super::http::CONNECTIONS;

/// What a signature is made over, and how.
pub struct Signature {
    algorithm: Algorithm,
    input: Vec<u8>,
}

impl Signature {
    /// The signature of a token that the server made.
    pub fn of(token: &str) -> Outcome<Self> {
        let (input, _) = token.rsplit_once('.').ok_or("not a JWS")?;
        let header = URL_SAFE_NO_PAD.decode(input.split('.').next().unwrap_or_default())?;
        let header: serde_json::Value = serde_json::from_slice(&header)?;
        let algorithm = header.get("alg").and_then(|alg| Algorithm::from_name(alg.as_str()?));
        let algorithm = algorithm.ok_or("a token without a known algorithm")?;
        Ok(Self { algorithm, input: input.as_bytes().to_vec() })
    }
}

pub struct Signer(Vec<SigningKey>);

impl Signer {
    pub fn new() -> Outcome<Self> {
        let directory = tempfile::tempdir()?;
        let sealer = Kek::open(directory.path(), false)?.sealer("signing keys");
        let mut keys = Vec::new();
        for algorithm in Algorithm::ALL {
            let NewKey { kid, public_jwk, private_jwe } = NewKey::generate(algorithm, &sealer)?;
            keys.push(SigningKey::open(&kid, algorithm, &public_jwk, &private_jwe, &sealer)?);
        }
        Ok(Self(keys))
    }

    fn key(&self, algorithm: Algorithm) -> Outcome<&SigningKey> {
        let found = self.0.iter().find(|key| key.algorithm() == algorithm);
        found.ok_or_else(|| format!("no key for {algorithm}").into())
    }

    /// The CPU time of making all these signatures once: of the threads that make them, of which
    /// there are as many as connections, so that the processor is as busy as with requests.
    pub fn cpu(&self, signatures: &[Signature], times: u32) -> Outcome<Duration> {
        let work = || {
            let keys: Vec<_> =
                signatures.iter().map(|one| self.key(one.algorithm)).collect::<Outcome<_>>()?;
            let before = clock(ClockId::ThreadCPUTime);
            for _ in 0..times {
                for (key, signature) in keys.iter().zip(signatures) {
                    std::hint::black_box(key.sign_raw(&signature.input)?);
                }
            }
            Outcome::Ok(clock(ClockId::ThreadCPUTime).saturating_sub(before) / times)
        };
        let mut sum = Duration::ZERO;
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                sum += thread.join().map_err(|_| "a signing thread panicked")??;
            }
            Outcome::Ok(())
        })?;
        Ok(sum / u32::try_from(CONNECTIONS)?)
    }
}

/// The CPU time that this thread, or process, has used.
pub fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    let (seconds, nanos) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanos.unwrap_or_default())
}
