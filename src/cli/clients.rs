//! `countersign client …`

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Console, Outcome, explain};
use crate::config::ClientMetadata;
use crate::core::clients::Client;
use crate::core::scope::Scope;
use crate::core::{Core, rfc3339};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an app. Its secret is shown once.
    Create(Create),
    /// List the apps, those of the configuration included.
    List,
    /// Delete an app.
    Delete { client_id: String },
    /// Take an app out of use. What it was granted ends.
    Disable { client_id: String },
    /// Let a disabled app be used again.
    Enable { client_id: String },
    /// Make an initial access token, with which apps register themselves. It is shown once.
    Invite(Invite),
}

#[derive(Args)]
pub(super) struct Invite {
    /// How many apps may register with it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    uses: u32,
    /// For how long, such as 24h or 7d.
    #[arg(long, default_value = "24h")]
    valid: humantime::Duration,
    /// Space-separated: what they may ask for beside the standard scopes.
    #[arg(long)]
    scope: Option<String>,
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent options")]
pub(super) struct Create {
    /// What people read on the sign-in page.
    #[arg(long)]
    name: String,
    /// Where answers go; may be given several times. Without one the app has tokens for itself only.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// An app that can keep no secret: in a browser, on a phone, on a desktop.
    #[arg(long)]
    public: bool,
    /// An app on the person's device: loopback redirect URIs with any port, or a scheme of its own.
    #[arg(long)]
    native: bool,
    /// Space-separated; every standard scope unless given.
    #[arg(long)]
    scope: Option<String>,
    /// client_secret_basic, client_secret_post, client_secret_jwt or private_key_jwt.
    #[arg(long, conflicts_with = "public")]
    auth_method: Option<String>,
    /// A file with the app's public keys (a JWK Set); it then authenticates with private_key_jwt.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["public", "jwks_uri"])]
    jwks: Option<PathBuf>,
    /// Where those keys are instead.
    #[arg(long, value_name = "URL", conflicts_with = "public")]
    jwks_uri: Option<String>,
    /// Where people may be sent after signing out; may be given several times.
    #[arg(long, value_name = "URI")]
    post_logout_redirect_uri: Vec<String>,
    /// Its authorization requests must be pushed (RFC 9126).
    #[arg(long)]
    require_par: bool,
    /// An app of your own: no consent page.
    #[arg(long)]
    skip_consent: bool,
}

impl Create {
    fn metadata(self) -> Outcome<ClientMetadata> {
        let mut grants = Vec::new();
        if !self.redirect_uri.is_empty() {
            grants.extend(["authorization_code".to_owned(), "refresh_token".to_owned()]);
        }
        if !self.public {
            grants.push("client_credentials".to_owned());
        }
        let jwks = match &self.jwks {
            None => None,
            Some(path) => {
                let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
                let text = std::fs::read(path).map_err(|error| wrong(&error))?;
                Some(serde_json::from_slice(&text).map_err(|error| wrong(&error))?)
            }
        };
        let has_keys = jwks.is_some() || self.jwks_uri.is_some();
        let own = if self.public {
            Some("none".to_owned())
        } else {
            has_keys.then(|| "private_key_jwt".to_owned())
        };
        Ok(ClientMetadata {
            client_name: Some(self.name),
            redirect_uris: self.redirect_uri,
            grant_types: Some(grants),
            token_endpoint_auth_method: self.auth_method.or(own),
            jwks,
            jwks_uri: self.jwks_uri,
            post_logout_redirect_uris: self.post_logout_redirect_uri,
            require_pushed_authorization_requests: self.require_par.then_some(true),
            scope: self.scope,
            application_type: self.native.then(|| "native".to_owned()),
            require_pkce: Some(true),
            skip_consent: self.skip_consent.then_some(true),
            ..ClientMetadata::default()
        })
    }
}

pub(super) async fn run(console: &Console, command: Command) -> Outcome {
    let core = console.core().await?;
    match command {
        Command::Create(create) => {
            if create.public && create.redirect_uri.is_empty() {
                return Err("a public client signs people in: it needs a --redirect-uri".into());
            }
            let now = core.clock().now();
            let made = core.register_client(create.metadata()?, now).await.map_err(explain)??;
            let secret = made.client_secret.as_ref().map(|secret| secret.expose().to_owned());
            let mut plain = format!("client_id      {}", made.client_id);
            if let Some(secret) = &secret {
                plain.push_str("\nclient_secret  ");
                plain.push_str(secret);
                plain.push_str("\nThe secret is not shown again.");
            }
            let json = json!({ "client_id": made.client_id, "client_secret": secret });
            console.print(&json, &plain);
            Ok(())
        }
        Command::List => {
            let all = core.all_clients().await.map_err(explain)?;
            let plain_line = |(client, disabled): &(Arc<Client>, bool)| {
                let mark = if *disabled { "  (disabled)" } else { "" };
                format!("{}  {}{mark}", client.id, client.name)
            };
            let plain: Vec<_> = all.iter().map(plain_line).collect();
            let json: Vec<_> =
                all.iter().map(|(client, disabled)| describe(client, *disabled)).collect();
            console.print(&json!(json), &plain.join("\n"));
            Ok(())
        }
        Command::Delete { client_id } => {
            if !core.delete_client(&client_id, core.clock().now()).await.map_err(explain)? {
                return Err(format!("{client_id}: no such registered client").into());
            }
            console.print(&json!({ "deleted": client_id }), &format!("{client_id} is deleted"));
            Ok(())
        }
        Command::Disable { client_id } => set_disabled(console, &core, &client_id, true).await,
        Command::Enable { client_id } => set_disabled(console, &core, &client_id, false).await,
        Command::Invite(invite) => {
            let scope = invite.scope.as_deref().map(Scope::parse).transpose();
            let scope = scope.map_err(|_| "--scope: expected values with one space between")?;
            let now = core.clock().now();
            let valid = i64::try_from(invite.valid.as_millis()).unwrap_or(i64::MAX);
            let expires_at = now.saturating_add(valid);
            let made = core.invite_clients(invite.uses, expires_at, scope.as_ref(), now).await;
            let token = made.map_err(explain)?;
            let token = token.expose();
            let plain = format!(
                "initial_access_token  {token}\nexpires               {}\n\
                 The token is not shown again.",
                rfc3339(expires_at)
            );
            let json = json!({
                "initial_access_token": token,
                "uses": invite.uses,
                "expires_at": rfc3339(expires_at),
            });
            console.print(&json, &plain);
            Ok(())
        }
    }
}

fn describe(client: &Client, disabled: bool) -> Value {
    json!({
        "client_id": client.id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": client.grants.iter().map(|grant| grant.name()).collect::<Vec<_>>(),
        "token_endpoint_auth_method": client.auth_method.name(),
        "scope": client.scope.to_string(),
        "self_registered": client.self_registered,
        "disabled": disabled,
    })
}

async fn set_disabled(console: &Console, core: &Core, client_id: &str, disabled: bool) -> Outcome {
    let now = core.clock().now();
    let word = if disabled { "disabled" } else { "enabled" };
    if !core.disable_client(client_id, disabled, now).await.map_err(explain)? {
        let why = format!("{client_id}: no such registered client, or it is {word} already");
        return Err(why.into());
    }
    console.print(&json!({ word: client_id }), &format!("{client_id} is {word}"));
    Ok(())
}
