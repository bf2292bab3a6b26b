//! How an upstream is asked: by the house's one guarded client.

use std::pin::Pin;

use ::http::{HeaderValue, Request, Response, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oauth2::AsyncHttpClient;
use serde_json::Value;
use url::{Origin, Url};

use super::Trouble;
use crate::config::{UpstreamClientAuth, UpstreamConfig};
use crate::jose::Secret;
use crate::outbox::{FetchError, Fetcher, Trust};

/// The client, and what the operator wrote down: those hosts may be anywhere. What an upstream's
/// metadata names elsewhere is a stranger's word (R67).
#[derive(Clone, Copy)]
pub struct Http<'a> {
    fetcher: &'a Fetcher,
    named: &'a [Origin],
}

type Answer = Result<Response<Vec<u8>>, FetchError>;

impl<'a> Http<'a> {
    pub fn new(fetcher: &'a Fetcher, named: &'a [Origin]) -> Self {
        Self { fetcher, named }
    }

    fn trust(&self, url: &str) -> Trust {
        let origin = Url::parse(url).map(|url| url.origin());
        if origin.is_ok_and(|origin| self.named.contains(&origin)) {
            Trust::Configured
        } else {
            Trust::Stranger
        }
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Answer {
        let trust = self.trust(&request.uri().to_string());
        self.fetcher.send(request, trust).await
    }

    /// A JSON document; `token` shows who asks (RFC 6750 §2.1).
    pub async fn json(&self, url: &str, token: Option<&Secret>) -> Result<Value, Trouble> {
        self.dated_json(url, token).await.map(|(document, _)| document)
    }

    /// The same, with the time by the host's clock, where it says so (RFC 9110 §6.6.1).
    pub async fn dated_json(
        &self,
        url: &str,
        token: Option<&Secret>,
    ) -> Result<(Value, Option<String>), Trouble> {
        let failed = |why: &dyn std::fmt::Display| Trouble::unavailable(url, why);
        let mut request = Request::get(url)
            .header(header::ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|error| failed(&error))?;
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            let mut value =
                value.map_err(|_| Trouble::refused("the access token is no HTTP header"))?;
            value.set_sensitive(true);
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let answer = self.send(request).await.map_err(|error| failed(&error))?;
        if answer.status() != 200 {
            return Err(failed(&format!("the host answered {}", answer.status().as_u16())));
        }
        let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        let document = serde_json::from_slice(answer.body());
        Ok((document.map_err(|_| failed(&"the answer is not JSON"))?, date.map(str::to_owned)))
    }
}

impl Http<'_> {
    /// Posts a form as ourselves.
    pub async fn form(
        &self,
        url: &str,
        config: &UpstreamConfig,
        pairs: &[(&str, &str)],
    ) -> Result<Response<Vec<u8>>, Trouble> {
        let request = as_ourselves(url, config, pairs);
        let request = request.map_err(|error| Trouble::unavailable(url, error))?;
        self.send(request).await.map_err(|error| Trouble::unavailable(url, error))
    }
}

/// A form of ours, by the secret that the upstream gave out (RFC 6749 §2.3.1).
fn as_ourselves(
    url: &str,
    config: &UpstreamConfig,
    pairs: &[(&str, &str)],
) -> Result<Request<Vec<u8>>, ::http::Error> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    let mut request =
        Request::post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    match config.client_auth {
        UpstreamClientAuth::ClientSecretBasic => {
            let encode =
                |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let (id, secret) = (encode(&config.client_id), encode(&config.client_secret));
            let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")));
            let mut value = HeaderValue::try_from(basic)?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        UpstreamClientAuth::ClientSecretPost => {
            form.append_pair("client_id", &config.client_id);
            form.append_pair("client_secret", &config.client_secret);
        }
    }
    request.body(form.finish().into_bytes())
}

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send + 'c>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        Box::pin(self.send(request))
    }
}
