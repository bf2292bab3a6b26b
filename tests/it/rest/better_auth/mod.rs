//! Dialect A.

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::house::{EMAIL, House, PASSWORD};

mod account;
pub mod client;
mod document;
mod errors;
mod rules;
mod shapes;
mod users;

/// An app in a browser of its own, which keeps cookies.
pub struct Guest<'h> {
    pub house: &'h House,
    pub http: Client,
}

impl<'h> Guest<'h> {
    pub fn new(house: &'h House) -> Self {
        let http = Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none());
        Self { house, http: http.user_agent("an app").build().unwrap() }
    }

    /// A guest who has signed in as Ada.
    pub async fn ada(house: &'h House) -> Self {
        let guest = Self::new(house);
        guest.good("/sign-in/email", json!({ "email": EMAIL, "password": PASSWORD })).await;
        guest
    }

    /// A guest who has just signed up.
    pub async fn newcomer(house: &'h House, email: &str) -> Self {
        let guest = Self::new(house);
        let body = json!({ "email": email, "password": PASSWORD, "name": "New" });
        guest.good("/sign-up/email", body).await;
        guest
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path =
            if path.starts_with("/v1") { path.to_owned() } else { format!("/api/auth{path}") };
        self.http.request(method, self.house.url(&path))
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub async fn patch(&self, body: Value) -> Response {
        self.request(Method::PATCH, "/v1/user/update").json(&body).send().await.unwrap()
    }

    pub async fn good(&self, path: &str, body: Value) -> Value {
        crate::house::json(self.post(path, body).await, 200).await
    }

    /// What `get-session` says.
    pub async fn session(&self) -> Value {
        crate::house::json(self.get("/get-session").await, 200).await
    }
}

/// The status and the code of a refusal; its body has the shape that the document gives.
pub async fn refusal(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["success"], false, "{body}");
    assert_eq!(
        (&body["code"], &body["message"]),
        (&body["error"]["code"], &body["error"]["message"])
    );
    (status, body["code"].as_str().unwrap().to_owned())
}

pub fn told(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// What is different each time, once its shape is checked, is named in place of its value.
pub fn shape(mut value: Value, house: &House) -> Value {
    redact(&mut value, house);
    value
}

fn redact(value: &mut Value, house: &House) {
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| redact(member, house)),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, house)),
        Value::String(text) => {
            if let Some(name) = name_of(text, house) {
                name.clone_into(text);
            }
        }
        _ => {}
    }
}

fn name_of(text: &str, house: &House) -> Option<&'static str> {
    let is_time = text.len() == 24
        && text.ends_with('Z')
        && time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
            .is_ok();
    let is_token = || house.app.core.session_named(&Secret::new(text), house.clock.now()).is_some();
    if uuid::Uuid::parse_str(text).is_ok_and(|id| id.get_version_num() == 7) {
        Some("<uuidv7>")
    } else if is_time {
        Some("<time>")
    } else if text.starts_with("eyJ") && is_token() {
        Some("<token>")
    } else {
        None
    }
}

impl House {
    /// Somebody who may do everything.
    pub async fn add_admin(&self, email: &str) -> uuid::Uuid {
        let new = NewAccount {
            email: email.to_owned(),
            email_verified: true,
            password: Some(Secret::new(PASSWORD)),
            roles: vec!["admin".to_owned()],
            ..NewAccount::default()
        };
        self.app.core.create_account(new, self.clock.now()).await.unwrap().id
    }

    /// An API key of Ada's.
    pub async fn ada_key(&self) -> String {
        let ada = self.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let place = countersign::core::sessions::Place::default();
        let made =
            self.app.core.create_api_key(ada.id, "test", None, &place, self.clock.now()).await;
        made.unwrap().0.expose().to_owned()
    }

    /// The token in the link of the newest mail with this subject.
    pub async fn token_in_mail(&self, to: &str, subject: &str, count: usize) -> String {
        let mails = self.mails(to, subject, count).await;
        let link = mails.last().unwrap().link();
        let token = link.query_pairs().find(|(name, _)| name == "token").unwrap().1.into_owned();
        assert_eq!(token.len(), 43);
        token
    }
}

/// Whether somebody with that address and password gets in.
pub async fn signs_in(house: &House, email: &str, password: &str) -> bool {
    let body = json!({ "email": email, "password": password });
    let answer = Guest::new(house).post("/sign-in/email", body).await;
    assert!([200, 401].contains(&answer.status().as_u16()));
    answer.status() == 200
}

/// A form whose one part is a file, with the boundary `x`.
pub fn upload(name: &str, media_type: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!(
        "--x\r\ncontent-disposition: form-data; name=\"image\"; filename=\"{name}\"\r\n\
         content-type: {media_type}\r\n\r\n"
    );
    [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat()
}
