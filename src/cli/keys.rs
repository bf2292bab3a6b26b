//! `countersign key …`

use clap::Subcommand;
use serde_json::json;

use super::{Console, Outcome, explain};
use crate::core::{KeyPhase, SignatureAlgorithm, rfc3339};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the keys of the JWKS.
    List,
    /// Make the next key of every algorithm, or of one. It is published at once and signs once
    /// every app can have seen it (keys.publish_ahead); the one before it stays in the JWKS until
    /// all that it signed has expired.
    Rotate {
        /// RS256, PS256, ES256 or EdDSA.
        #[arg(long)]
        algorithm: Option<String>,
    },
    /// Take a compromised key out of use at once: what it signed stops verifying.
    Retire {
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

pub(super) async fn run(console: &Console, command: Command) -> Outcome {
    let core = console.core().await?;
    let now = core.clock().now();
    match command {
        Command::List => {
            let keys = core.keys(now);
            let words = KeyPhase::name;
            let plain = keys.iter().map(|key| {
                let until = key.leaves_at.map(|at| format!(", leaves {}", rfc3339(at)));
                format!(
                    "{}  {:<5}  {:<7}  signs from {}{}",
                    key.kid,
                    key.algorithm,
                    words(key.phase),
                    rfc3339(key.signs_from),
                    until.unwrap_or_default()
                )
            });
            let plain = plain.collect::<Vec<_>>().join("\n");
            let list = keys.iter().map(|key| {
                json!({
                    "kid": key.kid,
                    "alg": key.algorithm,
                    "phase": words(key.phase),
                    "signs_from": rfc3339(key.signs_from),
                    "signs_until": key.signs_until.map(rfc3339),
                    "leaves_at": key.leaves_at.map(rfc3339),
                })
            });
            console.print(&json!(list.collect::<Vec<_>>()), &plain);
            Ok(())
        }
        Command::Rotate { algorithm } => {
            let only = match algorithm.as_deref() {
                None => None,
                Some(name) => Some(
                    SignatureAlgorithm::from_name(name)
                        .filter(|algorithm| core.algorithms().contains(algorithm))
                        .ok_or_else(|| format!("{name}: not one of keys.signing_algorithms"))?,
                ),
            };
            let made = core.rotate_keys(only, now).await.map_err(explain)?;
            if made.is_empty() {
                return Err("the next key stands in the JWKS already: see `key list`".into());
            }
            let ahead = console.config.keys.publish_ahead.whole_seconds();
            let plain = made.iter().map(|kid| format!("{kid}  signs in {ahead} s"));
            console.print(&json!({ "kids": made }), &plain.collect::<Vec<_>>().join("\n"));
            Ok(())
        }
        Command::Retire { kid } => {
            if !core.retire_key(&kid, now).await.map_err(explain)? {
                return Err(format!("{kid}: no such key is in use").into());
            }
            console.print(&json!({ "retired": kid }), &format!("{kid} is out of use"));
            Ok(())
        }
    }
}
