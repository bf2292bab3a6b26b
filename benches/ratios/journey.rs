//! What a browser and an app send, from the sign-in page to userinfo.

use url::Url;

use super::Outcome;
use super::house::{CALLBACK, EMAIL, House, PASSWORD, basic};
use super::http::{Answer, Connection, encode, get, post};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const SESSION: &str = "countersign_session";

/// The cookies of a browser.
#[derive(Default)]
pub struct Cookies(Vec<(String, String)>);

impl Cookies {
    pub fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            self.0.retain(|(known, _)| known != name);
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn header(&self) -> String {
        let pairs: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    /// All but the session's: what a browser sends whose person has signed out.
    pub fn without_session(&self) -> String {
        let rest = self.0.iter().filter(|(name, _)| name != SESSION);
        rest.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The session's cookie alone: what a browser sends that has been here for a while.
    fn session(&self) -> Outcome<String> {
        let found = self.0.iter().find(|(name, _)| name == SESSION);
        let (name, value) = found.ok_or("the sign-in set no session's cookie")?;
        Ok(format!("{name}={value}"))
    }
}

/// The value of a hidden field of a page.
pub fn field(page: &Answer, name: &str) -> Outcome<String> {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.body.split_once(&start).map(|(_, rest)| rest);
    let value = rest.and_then(|rest| rest.split('"').next());
    Ok(value.ok_or_else(|| format!("no field {name} on the page: {}", page.body))?.to_owned())
}

/// Signs Ada in, through the pages, and has her allow each client what it asks for. Returns the
/// header of her session's cookie.
pub fn sign_in(house: &House, connection: &mut Connection, clients: &[&str]) -> Outcome<String> {
    let mut cookies = Cookies::default();
    for client in clients {
        let mut path = authorize_path(client);
        let mut answer = connection.ask(&get(&path, &[("cookie", &cookies.header())]))?;
        loop {
            cookies.keep(&answer);
            let held = cookies.header();
            let headers = [("cookie", held.as_str())];
            let request = if let Some(location) = answer.header("location") {
                let local = location.strip_prefix(&house.issuer()).unwrap_or(location);
                local.split('?').next().unwrap_or_default().clone_into(&mut path);
                if path == CALLBACK {
                    break;
                }
                get(local, &headers)
            } else {
                let (flow, csrf) = (field(&answer, "flow")?, field(&answer, "csrf")?);
                let hidden = [("flow", flow.as_str()), ("csrf", csrf.as_str())];
                let own: &[(&str, &str)] = match path.as_str() {
                    "/sign-in" => {
                        &[("action", "sign-in"), ("email", EMAIL), ("password", PASSWORD)]
                    }
                    "/consent" => &[("action", "allow")],
                    _ => return Err(format!("{path}: {}", answer.body).into()),
                };
                post(&path, &headers, &[&hidden, own].concat())
            };
            answer = connection.ask(&request)?;
        }
    }
    cookies.session()
}

fn authorize_path(client: &str) -> String {
    let query = encode(&[
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", "openid profile email"),
        ("state", "af0ifjsldkj-0123456789"),
        ("nonce", "n-0S6_WzA2Mj-0123456789"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    format!("/authorize?{query}")
}

/// What an app holds after a code flow.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Outcome<Self> {
        Ok(Self {
            access: answer.json("access_token")?,
            refresh: answer.json("refresh_token")?,
            id: answer.json("id_token")?,
        })
    }
}

/// The requests of one app on behalf of a person who is signed in.
pub struct Journey {
    client: &'static str,
    authorize: Vec<u8>,
}

impl Journey {
    pub fn new(client: &'static str, cookie: &str) -> Self {
        Self { client, authorize: get(&authorize_path(client), &[("cookie", cookie)]) }
    }

    /// Asks for a code, and redeems it.
    pub fn code_flow(&self, connection: &mut Connection) -> Outcome<Answer> {
        let answer = connection.expect(303, &self.authorize)?;
        let location = Url::parse(answer.header("location").ok_or("no location")?)?;
        let code = location.query_pairs().find(|(name, _)| name == "code");
        let code = code.ok_or_else(|| format!("no code in {location}"))?.1;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.token(connection, &form)
    }

    pub fn tokens(&self, connection: &mut Connection) -> Outcome<Tokens> {
        Tokens::of(&self.code_flow(connection)?)
    }

    /// Uses a refresh token, and puts its successor in its place.
    pub fn refresh(&self, connection: &mut Connection, token: &mut String) -> Outcome {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        let answer = self.token(connection, &form)?;
        *token = answer.json("refresh_token")?;
        Ok(())
    }

    fn token(&self, connection: &mut Connection, form: &[(&str, &str)]) -> Outcome<Answer> {
        let basic = basic(self.client);
        connection.expect(200, &post("/token", &[("authorization", &basic)], form))
    }
}

/// A client's request for its own token.
pub fn client_credentials(client: &str) -> Vec<u8> {
    let basic = basic(client);
    post("/token", &[("authorization", &basic)], &[("grant_type", "client_credentials")])
}

pub fn userinfo(access_token: &str) -> Vec<u8> {
    get("/userinfo", &[("authorization", &format!("Bearer {access_token}"))])
}
