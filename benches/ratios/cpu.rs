//! The CPU time of each request beside its raw signatures and statements.

use std::time::Duration;

use countersign::jose::Algorithm;
use tokio::runtime::Runtime;

use super::Outcome;
use super::compare::{Comparison, compare};
use super::house::{APP, APP_ES256, House, MACHINE};
use super::http::{Connection, Crowd, get};
use super::journey::{Journey, client_credentials, userinfo};
use super::server::Server;
use super::signatures::{Signature, Signer};
use super::sql::{Cost, Sql};
use super::table::{Table, Target};

/// Where a browser asks whose session it has.
pub const GET_SESSION: &str = "/api/auth/get-session";
/// Requests of one connection in one round.
const FEW: u32 = 100;
const MANY: u32 = 500;

pub fn measure(runtime: &Runtime, house: &House, cookie: &str, table: &mut Table) -> Outcome {
    let signer = Signer::new()?;
    table.heading("CPU time per request beside its raw parts");
    for (algorithm, times) in
        [(Algorithm::Rs256, FEW), (Algorithm::Es256, MANY), (Algorithm::EdDsa, MANY)]
    {
        let mut server = Server::start(house, algorithm)?;
        let figures = machine(&mut server, &signer, times)?;
        let name = format!("client credentials, {algorithm}");
        if algorithm.is_slow() {
            table.row(&name, figures.ratio, written(&figures), at_most("1.25 x", 1.25));
        } else {
            table.row(&name, figures.above, written(&figures), at_most("25 us above", 25.0));
        }
    }
    let mut bed = Bed {
        server: Server::start(house, Algorithm::Es256)?,
        sql: runtime.block_on(Sql::open(&house.database))?,
        runtime,
        signer,
    };
    for (client, id_token) in [(APP, "RS256"), (APP_ES256, "ES256")] {
        let journey = Journey::new(client, cookie);
        let figures = bed.code_flow(&journey)?;
        let name = format!("code flow, ID token {id_token}");
        table.row(&name, figures.ratio, written(&figures), at_most("1.5 x", 1.5));
        let figures = bed.refresh(&journey)?;
        let name = format!("refresh, ID token {id_token}");
        table.row(&name, figures.ratio, written(&figures), Target::None);
    }
    let figures = bed.userinfo(&Journey::new(APP, cookie))?;
    table.row("userinfo", figures.ratio, written(&figures), Target::None);
    let by_cookie = get(GET_SESSION, &[("cookie", cookie)]);
    let token = session_token(&mut Connection::open(bed.server.address)?, &by_cookie)?;
    let bearer = format!("Bearer {token}");
    for (name, by_token, request) in [
        ("get-session, by cookie", true, by_cookie),
        ("/auth/session, by token", false, get("/auth/session", &[("authorization", &bearer)])),
        ("/api/v1/auth/me, by token", false, get("/api/v1/auth/me", &[("authorization", &bearer)])),
    ] {
        let figures = bed.looking(by_token, &request)?;
        table.row(name, figures.above, written(&figures), at_most("50 us above", 50.0));
    }
    let figures = bed.discovery()?;
    let measured = format!("{:.1} us", figures.request);
    table.row("discovery", figures.request, measured, Target::None);
    Ok(())
}

/// The token of a browser's session.
pub fn session_token(connection: &mut Connection, request: &[u8]) -> Outcome<String> {
    let answer: serde_json::Value = serde_json::from_str(&connection.expect(200, request)?.body)?;
    Ok(answer["session"]["token"].as_str().ok_or("no token")?.to_owned())
}

fn at_most(words: &str, most: f64) -> Target {
    Target::AtMost(most, format!("<= {words}"))
}

fn written(figures: &Comparison) -> String {
    let Comparison { request, raw, ratio, above } = figures;
    format!("{ratio:5.2} x  {above:6.1} us above  ({request:6.1} of {raw:6.1} us)")
}

/// A client's own token: one signature, no statement.
fn machine(server: &mut Server, signer: &Signer, times: u32) -> Outcome<Comparison> {
    let request = client_credentials(MACHINE);
    let mut first = None;
    let mut crowd = Crowd::open(server.address, |connection| {
        let token = connection.expect(200, &request)?.json("access_token")?;
        first = Some(Signature::of(&token)?);
        Ok(())
    })?
    .polling()?;
    let signatures = [first.ok_or("no token")?];
    let raw = || signer.cpu(&signatures, times);
    compare(server, times, raw, || {
        crowd.each(times, |connection, ()| connection.expect(200, &request).map(drop))
    })
}

/// What the requests of people are measured with.
struct Bed<'r> {
    server: Server,
    sql: Sql,
    runtime: &'r Runtime,
    signer: Signer,
}

impl Bed<'_> {
    fn code_flow(&mut self, journey: &Journey) -> Outcome<Comparison> {
        let raw = |cost: Cost| cost.look + cost.open + cost.spend;
        let nothing = |_: &mut Connection| Ok(());
        self.signing(journey, raw, nothing, |connection, ()| {
            journey.code_flow(connection).map(drop)
        })
    }

    fn refresh(&mut self, journey: &Journey) -> Outcome<Comparison> {
        let token = |connection: &mut Connection| Ok(journey.tokens(connection)?.refresh);
        self.signing(
            journey,
            |cost| cost.spend,
            token,
            |connection, token| journey.refresh(connection, token),
        )
    }

    /// A request that makes one of each token.
    fn signing<S: Send>(
        &mut self,
        journey: &Journey,
        raw: impl Fn(Cost) -> Duration,
        state: impl FnMut(&mut Connection) -> Outcome<S>,
        work: impl Fn(&mut Connection, &mut S) -> Outcome + Sync,
    ) -> Outcome<Comparison> {
        let tokens = journey.tokens(&mut Connection::open(self.server.address)?)?;
        let texts = [&tokens.access, &tokens.refresh, &tokens.id];
        let signatures: Vec<_> =
            texts.into_iter().map(|token| Signature::of(token)).collect::<Outcome<_>>()?;
        let mut crowd = Crowd::open(self.server.address, state)?.polling()?;
        let (signer, runtime, sql) = (&self.signer, self.runtime, &self.sql);
        let raw = || {
            let cost = runtime.block_on(sql.cpu(usize::try_from(FEW)?))?;
            Ok(signer.cpu(&signatures, FEW)? + raw(cost))
        };
        compare(&mut self.server, FEW, raw, || crowd.each(FEW, &work))
    }

    /// A request that looks at its session.
    fn looking(&mut self, by_token: bool, request: &[u8]) -> Outcome<Comparison> {
        let mut crowd = Crowd::open(self.server.address, |_| Ok(()))?.polling()?;
        let (runtime, sql) = (self.runtime, &self.sql);
        let raw = || runtime.block_on(sql.whose(by_token, usize::try_from(MANY)?));
        compare(&mut self.server, MANY, raw, || {
            crowd.each(MANY, |connection, ()| connection.expect(200, request).map(drop))
        })
    }

    fn userinfo(&mut self, journey: &Journey) -> Outcome<Comparison> {
        let mut crowd = Crowd::open(self.server.address, |connection| {
            Ok(userinfo(&journey.tokens(connection)?.access))
        })?
        .polling()?;
        let (runtime, sql) = (self.runtime, &self.sql);
        let raw = || runtime.block_on(sql.whose(false, usize::try_from(FEW)?));
        compare(&mut self.server, FEW, raw, || {
            crowd.each(FEW, |connection, request| connection.expect(200, request).map(drop))
        })
    }

    /// Nothing raw is in it: what HTTP alone costs.
    fn discovery(&mut self) -> Outcome<Comparison> {
        let request = get("/.well-known/openid-configuration", &[]);
        let mut crowd = Crowd::open(self.server.address, |_| Ok(()))?.polling()?;
        compare(
            &mut self.server,
            MANY,
            || Ok(Duration::ZERO),
            || crowd.each(MANY, |connection, ()| connection.expect(200, &request).map(drop)),
        )
    }
}
