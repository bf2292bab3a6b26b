//! `countersign user …`

use std::io::Read as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Console, Outcome, explain};
use crate::core::accounts::{Account, NewAccount};
use crate::core::claims::StandardClaims;
use crate::core::{Core, Secret, rfc3339};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an account.
    Create(Create),
    /// List the accounts.
    List,
    /// Read a new password from standard input; ends the account's sessions.
    SetPassword { email: String },
    /// Keep an account from signing in; ends its sessions.
    Disable { email: String },
    /// Let a disabled account sign in again.
    Enable { email: String },
    /// Delete an account and all that belongs to it.
    Delete { email: String },
}

#[derive(Args)]
pub(super) struct Create {
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: Option<String>,
    /// May be given several times.
    #[arg(long)]
    role: Vec<String>,
    #[arg(long)]
    username: Option<String>,
    /// The e-mail address is known to be theirs.
    #[arg(long)]
    verified: bool,
    /// A JSON file of OpenID Connect standard claims.
    #[arg(long, value_name = "FILE")]
    claims: Option<PathBuf>,
    /// Read the password from standard input. Without it the account cannot sign in by password.
    #[arg(long)]
    password_stdin: bool,
}

impl Create {
    fn account(self) -> Outcome<NewAccount> {
        let mut claims = match &self.claims {
            None => StandardClaims::default(),
            Some(path) => {
                let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
                let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
                let claims: StandardClaims =
                    serde_json::from_str(&text).map_err(|error| failed(&error))?;
                claims.check().map_err(|error| failed(&error))?;
                claims
            }
        };
        if self.name.is_some() {
            claims.name = self.name;
        }
        Ok(NewAccount {
            email: self.email,
            email_verified: self.verified,
            username: self.username,
            password: if self.password_stdin { Some(read_password()?) } else { None },
            claims,
            roles: self.role,
            ..NewAccount::default()
        })
    }
}

pub(super) async fn run(console: &Console, command: Command) -> Outcome {
    // Files and standard input are read before anything is opened.
    match command {
        Command::Create(create) => {
            let new = create.account()?;
            let core = console.core().await?;
            let now = core.clock().now();
            let account = core.create_account(new, now).await.map_err(explain)?;
            console.print(&describe(&account), &format!("{}  {}", account.id, account.email));
            Ok(())
        }
        Command::List => list(console).await,
        Command::SetPassword { email } => {
            let password = read_password()?;
            let core = console.core().await?;
            let account = find(&core, &email).await?;
            let now = core.clock().now();
            core.set_password(account.id, password, now).await.map_err(explain)?;
            console.print(&json!({ "email": email }), &format!("{email} has a new password"));
            Ok(())
        }
        Command::Disable { email } => {
            let core = console.core().await?;
            let account = find(&core, &email).await?;
            let now = core.clock().now();
            if !core.disable_account(account.id, now).await.map_err(explain)? {
                return Err(format!("{email}: disabled already").into());
            }
            console.print(&json!({ "disabled": email }), &format!("{email} is disabled"));
            Ok(())
        }
        Command::Enable { email } => {
            let core = console.core().await?;
            let account = find(&core, &email).await?;
            let now = core.clock().now();
            if !core.enable_account(account.id, now).await.map_err(explain)? {
                return Err(format!("{email}: not disabled").into());
            }
            console.print(&json!({ "enabled": email }), &format!("{email} may sign in again"));
            Ok(())
        }
        Command::Delete { email } => {
            let core = console.core().await?;
            let account = find(&core, &email).await?;
            core.delete_account(account.id, core.clock().now()).await.map_err(explain)?;
            console.print(&json!({ "deleted": email }), &format!("{email} is deleted"));
            Ok(())
        }
    }
}

async fn list(console: &Console) -> Outcome {
    let core = console.core().await?;
    let accounts = core.accounts().await.map_err(explain)?;
    let plain = accounts.iter().map(|account| {
        let state = if account.disabled { "disabled" } else { "enabled" };
        format!("{}  {}  {state}", account.id, account.email)
    });
    let plain = plain.collect::<Vec<_>>().join("\n");
    let json: Vec<_> = accounts.iter().map(describe).collect();
    console.print(&json!(json), &plain);
    Ok(())
}

async fn find(core: &Core, email: &str) -> Outcome<Account> {
    let account = core.find_account(email).await.map_err(explain)?;
    account.ok_or_else(|| format!("{email}: no such account").into())
}

fn describe(account: &Account) -> serde_json::Value {
    json!({
        "id": account.id,
        "email": account.email,
        "email_verified": account.email_verified,
        "username": account.username,
        "name": account.claims.name,
        "roles": account.roles,
        "disabled": account.disabled,
        "created_at": rfc3339(account.created_at),
    })
}

/// One line, or all of standard input; the line's end does not belong to the password.
fn read_password() -> Outcome<Secret> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(password.strip_suffix('\r').unwrap_or(password)))
}
