//! `countersign serve`

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;

use super::Outcome;
use crate::app::{App, Shared, paths};
use crate::config::{self, Config, ConfigError, Log, LogFormat, Server};
use crate::core::Clock;
use crate::serve::{self, Limits, Tls};
use crate::{oidc, router};

/// Open files that are no connections: the database's, the log, the listeners.
const KEPT_FILES: usize = 128;

/// The libraries that sign requests to a bucket.
const SIGNERS: [&str; 4] = ["aws_runtime", "aws_sdk_s3", "aws_sigv4", "aws_smithy_runtime"];

#[expect(clippy::print_stdout, reason = "a newcomer is told where to go")]
pub(super) async fn run(config: Config) -> Outcome {
    start_log(&config.log)?;
    let tls = open_tls(&config.server.tls)?;
    let (listen, metrics) = (config.server.listen, config.metrics.address());
    let limits = limits(&config.server);
    let app = App::start(config, Clock::default(), oidc::describe).await?;
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| ConfigError::wrong("server.listen", format!("{listen}: {error}")))?;
    let limits = Limits { open: app.core.metrics().connections.clone(), ..limits };
    let counting = match metrics {
        Some(address) => Some(serve_metrics(&app, address).await?),
        None => None,
    };
    let (stop, mut give_up) = stops()?;
    let (follower, sweeper) = (app.core.follow(), app.core.keep_swept());
    let postman = app.core.send_mail();
    let reloader = tls.as_ref().map(follow_certificate).transpose()?;
    let issuer = app.core.issuer();
    tracing::info!(issuer, %listen, "serving");
    println!("Countersign is ready.");
    println!("  Open        {issuer}");
    if app.config.playground_is_on() {
        println!("  Try it      {issuer}{}", paths::PLAYGROUND);
    }
    println!("  Discovery   {issuer}{}", paths::OPENID_CONFIGURATION);
    let stop = async {
        stop.await.ok();
        app.stop();
        tracing::info!("stopping: finishing what is under way");
    };
    tokio::select! {
        () = serve::serve(listener, router::router(&app), limits, tls, stop) => {}
        _ = &mut give_up => tracing::warn!("stopping at once: told so a second time"),
    }
    for task in
        [Some(follower), Some(sweeper), Some(postman), reloader, counting].into_iter().flatten()
    {
        task.abort();
    }
    Ok(())
}

/// A listener of its own for what is counted, as long as this node runs.
async fn serve_metrics(app: &Shared, address: SocketAddr) -> Outcome<JoinHandle<()>> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| ConfigError::wrong("metrics.listen", format!("{address}: {error}")))?;
    let limits = Limits { connections: 64, ..Limits::default() };
    let serving =
        serve::serve(listener, router::metrics(app), limits, None, std::future::pending());
    Ok(tokio::spawn(serving))
}

/// The first SIGTERM or SIGINT, and the second.
fn stops() -> Outcome<(oneshot::Receiver<()>, oneshot::Receiver<()>)> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (first, stop) = oneshot::channel();
    let (second, give_up) = oneshot::channel();
    tokio::spawn(async move {
        for heard in [first, second] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            heard.send(()).ok();
        }
    });
    Ok((stop, give_up))
}

/// What connections keep to. One is one open file, and the operating system has a limit of its own.
fn limits(server: &Server) -> Limits {
    let most = open_files().saturating_sub(KEPT_FILES).max(16);
    if most < server.max_connections {
        tracing::warn!(most, "server.max_connections: the limit of open files allows for fewer");
    }
    Limits {
        connections: server.max_connections.min(most),
        head: server.header_timeout.duration(),
        idle: server.idle_timeout.duration(),
        ..Limits::default()
    }
}

/// Asks for as many open files as this process may have; how many those are.
fn open_files() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if setrlimit(Resource::Nofile, wanted).is_ok() {
            limit = getrlimit(Resource::Nofile);
        }
    }
    limit.current.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX))
}

/// The certificate and key of the configuration, if there is TLS.
pub(super) fn open_tls(files: &config::Tls) -> Result<Option<Arc<Tls>>, ConfigError> {
    if !files.is_on() {
        return Ok(None);
    }
    Tls::open(&files.cert, &files.key)
        .map(Some)
        .map_err(|error| ConfigError::wrong(error.key, error.to_string()))
}

/// Reads the certificate again when its files change, and on SIGHUP.
fn follow_certificate(tls: &Arc<Tls>) -> Outcome<JoinHandle<()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    let (tls, follower) = (Arc::clone(tls), tls.follow());
    Ok(tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            tls.reload();
        }
        follower.abort();
    }))
}

/// The filter, if it is one.
pub(super) fn log_filter(log: &Log) -> Result<EnvFilter, ConfigError> {
    let wrong = |error| ConfigError::wrong("log.filter", format!("expected a filter: {error}"));
    let filter = EnvFilter::try_new(&log.filter).map_err(wrong)?;
    // What these say below a warning holds whole requests to a bucket, signatures and session tokens.
    SIGNERS.iter().try_fold(filter, |filter, target| {
        Ok(filter.add_directive(format!("{target}=warn").parse().map_err(wrong)?))
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r90_what_signs_requests_to_a_bucket_tells_no_filter_how() {
        for filter in ["trace", "aws_sigv4=trace,aws_smithy_runtime=trace", "info"] {
            let log = Log { filter: filter.to_owned(), ..Log::default() };
            let filter = log_filter(&log).unwrap().to_string();
            for target in SIGNERS {
                assert!(filter.contains(&format!("{target}=warn")), "{filter}");
                assert!(!filter.contains(&format!("{target}=trace")), "{filter}");
            }
        }
    }
}
