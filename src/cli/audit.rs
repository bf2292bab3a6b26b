//! `countersign audit …`

use clap::Subcommand;
use serde_json::json;

use super::{Console, Outcome, explain};
use crate::core::audit::Recorded;
use crate::core::rfc3339;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List what happened, oldest first.
    List {
        /// How far back, such as 30m, 24h or 7d.
        #[arg(long, default_value = "24h", value_parser = humantime::parse_duration)]
        since: std::time::Duration,
        /// The e-mail address of one account.
        #[arg(long, value_name = "EMAIL")]
        account: Option<String>,
        /// The newest so many.
        #[arg(long, default_value_t = 1000)]
        limit: u64,
    },
}

pub(super) async fn run(console: &Console, command: Command) -> Outcome {
    let Command::List { since, account, limit } = command;
    let core = console.core().await?;
    let account_id = match account {
        None => None,
        Some(email) => {
            let account = core.find_account(&email).await.map_err(explain)?;
            Some(account.ok_or_else(|| format!("{email}: no such account"))?.id)
        }
    };
    let back = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let from = core.clock().now().saturating_sub(back);
    let mut events = core.audit_events(from, account_id, limit).await?;
    events.reverse();
    let plain: Vec<_> = events.iter().map(line).collect();
    let json: Vec<_> = events.iter().map(describe).collect();
    console.print(&json!(json), &plain.join("\n"));
    Ok(())
}

fn describe(event: &Recorded) -> serde_json::Value {
    json!({
        "id": event.id,
        "at": rfc3339(event.at),
        "event": event.event,
        "outcome": event.outcome,
        "actor": event.actor,
        "account_id": event.account_id,
        "client_id": event.client_id,
        "session_id": event.session_id,
        "ip": event.ip,
        "request_id": event.request_id,
        "detail": event.detail,
    })
}

/// One line, whatever somebody managed to put into a name.
fn line(event: &Recorded) -> String {
    let head = format!("{}  {:<22}  {:<7}", rfc3339(event.at), event.event, event.outcome);
    let account = event.account_id.map(|id| id.to_string());
    let session = event.session_id.map(|id| id.to_string());
    let present = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let parts = [
        ("actor", present(&event.actor)),
        ("account", account),
        ("client", event.client_id.clone()),
        ("session", session),
        ("ip", present(&event.ip)),
        ("request", present(&event.request_id)),
    ];
    let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let mut words = vec![head];
    words.extend(parts.map(|(name, value)| format!("{name}={}", value.escape_debug())));
    if event.detail.as_object().is_some_and(|detail| !detail.is_empty()) {
        words.push(event.detail.to_string());
    }
    words.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_16_4_1_a_forged_line_break_is_inert() {
        let event = Recorded {
            id: uuid::Uuid::nil(),
            at: 0,
            event: "grant.revoked".to_owned(),
            outcome: "success".to_owned(),
            actor: "client:a\nb".to_owned(),
            account_id: None,
            client_id: Some("a\r\n2026  session.opened".to_owned()),
            session_id: None,
            ip: String::new(),
            request_id: String::new(),
            detail: json!({ "name": "x\ny" }),
        };
        let line = line(&event);
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(line.contains(r"client=a\r\n2026"), "{line}");
    }
}
