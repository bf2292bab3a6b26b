//! `countersign serve`

use std::io::IsTerminal as _;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::Outcome;
use crate::app::{App, paths};
use crate::config::{Config, ConfigError, Log, LogFormat};
use crate::core::Clock;
use crate::{oidc, router, serve};

#[expect(clippy::print_stdout, reason = "a newcomer is told where to go")]
pub(super) async fn run(config: Config) -> Outcome {
    start_log(&config.log)?;
    let (listen, most) = (config.server.listen, config.server.max_connections);
    let app = App::start(config, Clock::default(), oidc::describe).await?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| ConfigError::wrong("server.listen", format!("{listen}: {error}")))?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let follower = app.core.follow();
    let postman = app.core.send_mail();
    let issuer = app.core.issuer();
    tracing::info!(issuer, %listen, "serving");
    println!("Countersign is ready.");
    println!("  Open        {issuer}");
    if app.config.playground_is_on() {
        println!("  Try it      {issuer}{}", paths::PLAYGROUND);
    }
    println!("  Discovery   {issuer}{}", paths::OPENID_CONFIGURATION);
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: finishing what is under way");
    };
    serve::serve(listener, router::router(&app), most, stop).await;
    follower.abort();
    postman.abort();
    Ok(())
}

/// The filter, if it is one.
pub(super) fn log_filter(log: &Log) -> Result<EnvFilter, ConfigError> {
    EnvFilter::try_new(&log.filter)
        .map_err(|error| ConfigError::wrong("log.filter", format!("expected a filter: {error}")))
}

fn start_log(log: &Log) -> Outcome {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(log_filter(log)?)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    // A panic is caught and answered with 500; its words belong in the log, not beside it.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
    Ok(())
}
