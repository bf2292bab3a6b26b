//! `cargo bench -- order PROGRAM` writes `src/order.ld`: which functions the linker puts beside each other.
//!
//! The kernel maps sixteen pages around each one that is touched, so that an idle server holds most of
//! its own code in memory, if what a start needs lies all over it; and a processor reads a request's
//! functions faster where they share pages. Which ones run, Callgrind knows; PROGRAM is a release build
//! that has kept its symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use countersign::jose::Algorithm;
use tokio::runtime::Runtime;

use super::Outcome;
use super::cpu::{GET_SESSION, session_token};
use super::house::{APP, APP_ES256, House, MACHINE};
use super::http::{Connection, get};
use super::journey::{Journey, client_credentials, sign_in, userinfo};
use super::postgres::Postgres;
use super::server::Server;
use super::sign_in::right;

/// Each request is made so often; a function that ran as often is a request's.
const TIMES: u64 = 20;
/// Everything takes fifty times as long as it should.
const PATIENCE: Duration = Duration::from_mins(2);

/// A name that stands for this many times more than what runs of it is a loose one.
const LOOSE: u64 = 3;

/// How often each function was called.
type Calls = BTreeMap<String, u64>;

#[expect(clippy::print_stdout, reason = "where to look")]
pub fn write(runtime: &Runtime, program: &Path) -> Outcome {
    let postgres = Postgres::start()?;
    let database = runtime.block_on(postgres.new_database())?;
    let (mut requests, mut start) = (BTreeSet::new(), BTreeSet::new());
    for house in [House::on_sqlite()?, House::on(database.clone())?] {
        house.add_ada()?;
        let watched = Watched { house: &house, program };
        // The first start is another one: it makes the keys.
        drop(Server::start(&house, Algorithm::EdDsa)?);
        let idle = watched.calls(Algorithm::Es256, |_| Ok(()))?;
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
            let busy = watched.calls(algorithm, |server| ask(&house, server))?;
            let often = |(name, calls): &(String, u64)| {
                *calls >= idle.get(name).copied().unwrap_or_default() + TIMES
            };
            requests.extend(busy.into_iter().filter(often).map(|(name, _)| name));
        }
        start.extend(idle.into_keys());
    }
    runtime.block_on(postgres.drop_database(&database))?;
    let sizes = Sizes::of(program)?;
    let (requests, mut loose) = sizes.patterns(&requests);
    let (mut start, others) = sizes.patterns(&start);
    loose.extend(others);
    start.retain(|name| !requests.contains(name));
    loose.retain(|name| !requests.contains(name) && !start.contains(name));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/order.ld");
    let groups = [requests, start, loose];
    std::fs::write(&path, script(&groups)?)?;
    println!("{}: {:?} names", path.display(), groups.map(|group| group.len()));
    Ok(())
}

/// A server whose calls are counted.
struct Watched<'a> {
    house: &'a House,
    program: &'a Path,
}

impl Watched<'_> {
    fn calls(&self, algorithm: Algorithm, work: impl FnOnce(&Server) -> Outcome) -> Outcome<Calls> {
        let counted = self.house.path("callgrind");
        let own = self.house.countersign(algorithm)?;
        let mut command = Command::new("valgrind");
        command.args(["--quiet", "--tool=callgrind", "--demangle=no"]);
        command.arg(format!("--callgrind-out-file={}", counted.display()));
        command.arg(self.program).args(own.get_args()).env_clear();
        command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.current_dir(own.get_current_dir().ok_or("no directory")?);
        let server = Server::of(command, self.house, PATIENCE)?;
        // What it does by itself, it does within seconds.
        std::thread::sleep(Duration::from_secs(3));
        work(&server)?;
        drop(server);
        read(&std::fs::read_to_string(counted)?, self.program)
    }
}

/// What people and apps ask for most.
fn ask(house: &House, server: &Server) -> Outcome {
    let mut connection = Connection::open(server.address)?;
    let cookie = sign_in(house, &mut connection, &[APP, APP_ES256])?;
    let get_session = get(GET_SESSION, &[("cookie", &cookie)]);
    let token = session_token(&mut connection, &get_session)?;
    let bearer = format!("Bearer {token}");
    for _ in 0..TIMES {
        for path in ["/.well-known/openid-configuration", "/jwks"] {
            connection.expect(200, &get(path, &[]))?;
        }
        connection.expect(200, &client_credentials(MACHINE))?;
        for app in [APP, APP_ES256] {
            let journey = Journey::new(app, &cookie);
            let mut tokens = journey.tokens(&mut connection)?;
            journey.refresh(&mut connection, &mut tokens.refresh)?;
            connection.expect(200, &userinfo(&tokens.access))?;
        }
        connection.expect(200, &get_session)?;
        for path in ["/auth/session", "/api/v1/auth/me"] {
            connection.expect(200, &get(path, &[("authorization", &bearer)]))?;
        }
        connection.expect(200, &right(""))?;
    }
    Ok(())
}

/// Reads what Callgrind writes (<https://valgrind.org/docs/manual/cl-format.html>): how often each of the
/// program's functions was called.
fn read(text: &str, program: &Path) -> Outcome<Calls> {
    let (mut objects, mut functions) = (Names::default(), Names::default());
    let (mut object, mut callee) = (String::new(), String::new());
    let (mut own, mut calls) = (BTreeSet::new(), Calls::new());
    for line in text.lines() {
        let Some((key, value)) = line.split_once('=') else { continue };
        match key {
            "ob" => object = objects.read(value)?,
            "cob" => drop(objects.read(value)?),
            "fn" => {
                let name = functions.read(value)?;
                // Valgrind knows nobody's code outside a `.text` of its own: what was put together before.
                let is_own = Path::new(&object) == program || object == "???";
                if is_own && !name.starts_with("0x") && !name.starts_with('(') {
                    own.insert(name);
                }
            }
            "cfn" => callee = functions.read(value)?,
            "calls" => {
                let times = value.split(' ').next().unwrap_or_default().parse::<u64>()?;
                *calls.entry(callee.clone()).or_default() += times;
            }
            _ => {}
        }
    }
    calls.retain(|name, _| own.contains(name));
    for name in own {
        calls.entry(name).or_default();
    }
    Ok(calls)
}

/// A name stands where it is first used, beside a number that stands for it after that.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn read(&mut self, text: &str) -> Outcome<String> {
        let (number, name) = text.split_once(')').ok_or_else(|| format!("no name: {text}"))?;
        if let Some(name) = name.strip_prefix(' ') {
            self.0.insert(number.to_owned(), name.to_owned());
        }
        let name = self.0.get(number).ok_or_else(|| format!("an unknown name: {text}"))?;
        // Where a function calls itself, that is counted by itself.
        Ok(name.split('\'').next().unwrap_or_default().to_owned())
    }
}

/// The name without what differs from build to build: the hash at its end, or LLVM's number.
fn pattern(name: &str) -> String {
    let hash = name.rfind("17h").filter(|at| name[at + 3..].contains('E'));
    let end = hash.map(|at| at + 3).or_else(|| name.find(".llvm."));
    end.map_or_else(|| name.to_owned(), |end| format!("{}*", &name[..end]))
}

/// How long the program's functions are.
struct Sizes(BTreeMap<String, u64>);

impl Sizes {
    fn of(program: &Path) -> Outcome<Self> {
        let listed =
            Command::new("nm").args(["--print-size", "--defined-only"]).arg(program).output()?;
        let mut sizes = BTreeMap::new();
        for line in String::from_utf8(listed.stdout)?.lines() {
            if let [_, size, "t" | "T", name] = line.split(' ').collect::<Vec<_>>()[..] {
                sizes.insert(name.to_owned(), u64::from_str_radix(size, 16)?);
            }
        }
        Ok(Self(sizes))
    }

    /// The patterns of these functions, and apart from them those that mean mostly others, as what is
    /// compiled for every type has one name for all.
    fn patterns(&self, names: &BTreeSet<String>) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut own, mut all) = (Calls::new(), Calls::new());
        for (name, size) in &self.0 {
            *all.entry(pattern(name)).or_default() += size;
            if names.contains(name) {
                *own.entry(pattern(name)).or_default() += size;
            }
        }
        let is_close = |name: &String| all.get(name).is_some_and(|all| *all <= LOOSE * own[name]);
        own.keys().cloned().partition(is_close)
    }
}

fn script(groups: &[BTreeSet<String>]) -> Outcome<String> {
    let mut text = String::from(
        "/* Written by `cargo bench -- order` (docs/develop.md): what requests run; what a start and an idle\n   \
         server run; and what runs under the name of much else. A name that is gone does no harm. */\n\
         SECTIONS {\n  .text.first : {\n",
    );
    for names in groups {
        text.push_str("    *(\n");
        for name in names {
            writeln!(text, "      .text.{name}")?;
        }
        text.push_str("    )\n");
    }
    text.push_str("  }\n}\nINSERT BEFORE .text;\n");
    Ok(text)
}
