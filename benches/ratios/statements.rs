//! SQL statements per request, counted in a server of this process: the binary tells nobody.

use countersign::app::{App, Shared};
use countersign::config::Config;
use countersign::core::Clock;
use countersign::jose::Algorithm;
use countersign::{oidc, router, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::Outcome;
use super::house::{APP, APP_ES256, House, MACHINE};
use super::http::{Connection, get};
use super::journey::{Journey, client_credentials, sign_in, userinfo};
use super::table::{Table, Target};

/// Each request is made so often, and its most expensive time is what counts.
const TIMES: usize = 5;

/// Counts, and returns the cookie of the session that it signed Ada in to.
pub fn count(runtime: &Runtime, house: &House, table: &mut Table) -> Outcome<String> {
    let config = Config::from_toml(&house.config(Algorithm::Es256))?;
    let app = runtime.block_on(App::start(config, Clock::default(), oidc::describe))?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let mut connection = Connection::open(listener.local_addr()?)?;
    let (stop, stopped) = oneshot::channel();
    let serving =
        serve::serve(listener, router::router(&app), serve::Limits::default(), None, async {
            stopped.await.ok();
        });
    let serving = runtime.spawn(serving);

    let cookie = sign_in(house, &mut connection, &[APP, APP_ES256])?;
    table.heading("SQL statements");
    let mut row = |name: &str, most: u32, work: &mut dyn FnMut(&mut Connection) -> Outcome| {
        let counted = most_of(&app, &mut connection, work)?;
        let target = Target::AtMost(f64::from(most), format!("<= {most}"));
        table.row(name, f64::from(counted), counted.to_string(), target);
        Outcome::Ok(())
    };
    for path in ["/.well-known/openid-configuration", "/jwks"] {
        row(&format!("GET {path}"), 0, &mut |connection| {
            connection.expect(200, &get(path, &[])).map(drop)
        })?;
    }
    row("client credentials", 0, &mut |connection| {
        connection.expect(200, &client_credentials(MACHINE)).map(drop)
    })?;
    let journey = Journey::new(APP, &cookie);
    let mut tokens = None;
    row("code flow (authorize + token)", 4, &mut |connection| {
        tokens = Some(journey.tokens(connection)?);
        Ok(())
    })?;
    let mut tokens = tokens.ok_or("no tokens")?;
    row("refresh", 2, &mut |connection| journey.refresh(connection, &mut tokens.refresh))?;
    row("userinfo", 1, &mut |connection| {
        connection.expect(200, &userinfo(&tokens.access)).map(drop)
    })?;

    drop(connection);
    stop.send(()).ok();
    runtime.block_on(serving)?;
    Ok(cookie)
}

fn most_of(
    app: &Shared,
    connection: &mut Connection,
    work: &mut dyn FnMut(&mut Connection) -> Outcome,
) -> Outcome<u32> {
    let mut most = 0;
    for _ in 0..TIMES {
        let before = app.core.statements();
        work(connection)?;
        most = most.max(app.core.statements() - before);
    }
    Ok(u32::try_from(most)?)
}
