//! `countersign client …`

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Console, Outcome, explain};
use crate::config::ClientMetadata;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Register an app. Its secret is shown once.
    Create(Create),
    /// List the apps, those of the configuration included.
    List,
    /// Delete an app.
    Delete { client_id: String },
}

#[derive(Args)]
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
    /// client_secret_basic or client_secret_post.
    #[arg(long, conflicts_with = "public")]
    auth_method: Option<String>,
    /// An app of your own: no consent page.
    #[arg(long)]
    skip_consent: bool,
}

impl Create {
    fn metadata(self) -> ClientMetadata {
        let mut grants = Vec::new();
        if !self.redirect_uri.is_empty() {
            grants.extend(["authorization_code".to_owned(), "refresh_token".to_owned()]);
        }
        if !self.public {
            grants.push("client_credentials".to_owned());
        }
        ClientMetadata {
            client_name: Some(self.name),
            redirect_uris: self.redirect_uri,
            grant_types: Some(grants),
            token_endpoint_auth_method: if self.public {
                Some("none".to_owned())
            } else {
                self.auth_method
            },
            scope: self.scope,
            application_type: self.native.then(|| "native".to_owned()),
            require_pkce: Some(true),
            skip_consent: self.skip_consent.then_some(true),
            ..ClientMetadata::default()
        }
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
            let made = core.register_client(create.metadata(), now).await.map_err(explain)??;
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
            let clients = core.clients();
            let plain: Vec<_> =
                clients.iter().map(|client| format!("{}  {}", client.id, client.name)).collect();
            let json: Vec<_> = clients
                .iter()
                .map(|client| {
                    json!({
                        "client_id": client.id,
                        "client_name": client.name,
                        "redirect_uris": client.redirect_uris,
                        "grant_types": client.grants.iter().map(|g| g.name()).collect::<Vec<_>>(),
                        "token_endpoint_auth_method": client.auth_method.name(),
                        "scope": client.scope.to_string(),
                    })
                })
                .collect();
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
    }
}
