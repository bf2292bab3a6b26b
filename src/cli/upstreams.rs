//! `countersign upstream …`

use clap::Subcommand;
use serde_json::json;

use super::{Console, Outcome};
use crate::config::UpstreamKind;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the upstreams of the configuration.
    List,
    /// Ask an upstream all that can be asked without a person, and say what is wrong with its
    /// configuration, here or there.
    Test { id: String },
}

pub(super) async fn run(console: &Console, command: Command) -> Outcome {
    let core = console.core().await?;
    match command {
        Command::List => {
            let all = core.configured_upstreams();
            let rows = all.iter().map(|it| {
                let config = it.config();
                let kind = match config.kind {
                    UpstreamKind::Oidc => "oidc",
                    UpstreamKind::OAuth2 => "oauth2",
                };
                let at = config.issuer.as_ref().or(config.authorization_endpoint.as_ref());
                (config, kind, at.cloned().unwrap_or_default(), it.redirect_uri())
            });
            let rows: Vec<_> = rows.collect();
            let plain = rows.iter().map(|(config, kind, at, redirect_uri)| {
                let off = if config.enabled { "" } else { "  (off)" };
                format!("{}  {kind}  {at}{off}\n  redirect URI: {redirect_uri}", config.id)
            });
            let list = rows.iter().map(|(config, kind, at, redirect_uri)| {
                json!({
                    "id": config.id,
                    "name": config.name,
                    "kind": kind,
                    "at": at,
                    "enabled": config.enabled,
                    "redirect_uri": redirect_uri,
                })
            });
            let list: Vec<_> = list.collect();
            console.print(&json!(list), &plain.collect::<Vec<_>>().join("\n"));
            Ok(())
        }
        Command::Test { id } => {
            let probe = core.probe_upstream(&id, core.clock().now()).await;
            let probe = probe.ok_or_else(|| format!("{id}: no upstream of the configuration"))?;
            let lines = probe.findings.iter().map(|finding| {
                let mark = if finding.is_good { "good " } else { "WRONG" };
                format!("{mark}  {:<10}  {}", finding.what, finding.words)
            });
            let register = format!("redirect URI to register there: {}", probe.redirect_uri);
            let plain = lines.chain([register]).collect::<Vec<_>>().join("\n");
            let findings = probe.findings.iter().map(|finding| {
                json!({ "what": finding.what, "good": finding.is_good, "words": finding.words })
            });
            let json = json!({
                "good": probe.is_good(),
                "findings": findings.collect::<Vec<_>>(),
                "redirect_uri": probe.redirect_uri,
            });
            console.print(&json, &plain);
            if probe.is_good() { Ok(()) } else { Err(format!("{id}: see above").into()) }
        }
    }
}
