//! Words on the command line. Every command prints plain text, or JSON with `--json`, and exits
//! non-zero with a reason.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use serde_json::Value;

use crate::app::App;
use crate::config::Config;
use crate::core::{Clock, Core, Failure, Refusal};

mod audit;
mod clients;
mod keys;
mod serve;
mod upstreams;
mod users;

/// Why a command failed, in words for who typed it.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// An OpenID Connect identity provider and token server.
#[derive(Parser)]
#[command(name = "countersign", version, about)]
struct Cli {
    /// The configuration file. Else COUNTERSIGN_CONFIG, else ./config.toml if it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve (what happens without a command, too).
    Serve,
    /// Bring the database's schema up to date. Serving does so too.
    Migrate,
    /// Look at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Signing keys.
    #[command(subcommand)]
    Key(keys::Command),
    /// Apps that may send people here.
    #[command(subcommand)]
    Client(clients::Command),
    /// People.
    #[command(subcommand)]
    User(users::Command),
    /// Other providers, with whose accounts people sign in.
    #[command(subcommand)]
    Upstream(upstreams::Command),
    /// What happened to whom, by whom, from where.
    #[command(subcommand)]
    Audit(audit::Command),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Check the configuration without starting anything.
    Check,
}

/// What commands share.
struct Console {
    config: Config,
    json: bool,
}

/// Runs the command that the arguments name.
///
/// # Errors
/// A reason, for the last line on standard error.
pub fn run() -> Outcome {
    let cli = Cli::parse();
    // Once for everything that speaks TLS; whoever was faster chose the same.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let console = Console { config: Config::load(cli.config.as_deref())?, json: cli.json };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // For signatures with RSA and look-ups of names; passwords have threads of their own.
        .max_blocking_threads(16)
        .build()?;
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(console.config).await,
            Command::Migrate => migrate(&console).await,
            Command::Config(ConfigCommand::Check) => check(&console),
            Command::Key(command) => keys::run(&console, command).await,
            Command::Client(command) => clients::run(&console, command).await,
            Command::User(command) => users::run(&console, command).await,
            Command::Upstream(command) => upstreams::run(&console, command).await,
            Command::Audit(command) => audit::run(&console, command).await,
        }
    })
}

impl Console {
    async fn core(&self) -> Outcome<std::sync::Arc<Core>> {
        Ok(Core::start(&self.config, Vec::new(), Clock::default()).await?)
    }

    /// Prints the JSON, or the plain text. Who reads no further (`| head`) has read enough.
    fn print(&self, json: &Value, plain: &str) {
        let mut out = std::io::stdout().lock();
        let written = if self.json { writeln!(out, "{json}") } else { writeln!(out, "{plain}") };
        if let Err(error) = written
            && error.kind() != ErrorKind::BrokenPipe
        {
            writeln!(std::io::stderr(), "countersign: standard output: {error}").ok();
        }
    }
}

async fn migrate(console: &Console) -> Outcome {
    console.core().await?;
    console.print(&serde_json::json!({ "migrated": true }), "the database is up to date");
    Ok(())
}

fn check(console: &Console) -> Outcome {
    App::check(&console.config)?;
    serve::log_filter(&console.config.log)?;
    serve::open_tls(&console.config.server.tls)?;
    let issuer = &console.config.server.public_url;
    console.print(
        &serde_json::json!({ "valid": true, "issuer": issuer }),
        &format!("the configuration is good; the issuer is {issuer}"),
    );
    Ok(())
}

/// What went wrong, in words for an operator.
fn explain(failure: Failure) -> Box<dyn std::error::Error> {
    use Refusal as R;
    let refusal = match failure {
        Failure::Fault(fault) => return fault.into(),
        Failure::Refused(refusal) => refusal,
    };
    let words = match refusal {
        R::EmailMalformed => "the e-mail address is not one",
        R::EmailTaken => "there is an account with this e-mail address",
        R::UsernameMalformed => "a username is 3 to 30 of A-Z, a-z, 0-9 and _",
        R::UsernameTaken => "there is an account with this username",
        R::NameMissing => "the name is missing",
        R::NameTooLong => "the name is too long",
        R::NameMalformed => "the name is not one line of text",
        R::PasswordTooShort => "a password has at least 8 characters",
        R::PasswordTooLong => "a password has at most 128 characters",
        R::PasswordCommon => {
            "the password is one of the commonest, or the person's name or address"
        }
        R::PasswordLacksUpper => "the password needs an upper-case letter",
        R::PasswordLacksLower => "the password needs a lower-case letter",
        R::PasswordLacksDigit => "the password needs a digit",
        R::LastAdmin => "nobody would be left with the role admin",
        R::Busy { .. } => "busy; try again",
        R::WrongCredentials
        | R::AccountDisabled
        | R::SignInTooOld
        | R::CredentialInvalid
        | R::AccountGone
        | R::CredentialsAmbiguous
        | R::ApiKeyInsufficient
        | R::PermissionMissing
        | R::Unknown
        | R::TooMany
        | R::PasswordWrong
        | R::Locked { .. }
        | R::SlowDown { .. }
        | R::LinkUnknown
        | R::NotSignedIn
        | R::FlowBroken
        | R::FlowExpired
        | R::FlowAnswered
        | R::CodeUnknown
        | R::CodeExpired
        | R::CodeSpent
        | R::CodeBoundElsewhere
        | R::CodeOrphaned
        | R::RefreshUnknown
        | R::RefreshExpired
        | R::RefreshReplayed
        | R::GrantEnded
        | R::ScopeTooWide
        | R::TokenInvalid
        | R::ScopeInsufficient
        | R::TargetUnknown
        | R::RequestUriUnknown
        | R::ClientUnproven(_)
        | R::ClientSlowDown { .. }
        | R::RegistrationTokenInvalid
        | R::RegistrationOff
        | R::TooManyMails { .. }
        | R::EmailNotOwn
        | R::EmailProven
        | R::Astray(_)
        | R::ImageUnreadable
        | R::ImageTooLarge
        | R::ImageTooManyPixels
        | R::PictureUrlMalformed
        | R::ClaimMalformed(_)
        | R::MediaLinkInvalid
        | R::NameTaken
        | R::DescriptionMalformed
        | R::ApplicationInUse => "refused",
    };
    words.into()
}
