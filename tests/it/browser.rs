//! A person with a browser that runs no scripts: it keeps cookies, follows links, fills forms.

use std::collections::HashMap;

use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use scraper::{Html, Selector};

use crate::house::{CALLBACK, EMAIL, House, PASSWORD};

pub struct Browser {
    pub http: Client,
    issuer: String,
    /// Redirects are followed within these.
    homes: Vec<String>,
}

/// A page that is open.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub html: String,
}

/// Where a browser ends up.
#[derive(Debug)]
pub enum Landing {
    Page(Page),
    /// Outside the issuer: at the client's redirect URI.
    Away(Url),
}

pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636 appendix B.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The parameters of an authorization request that is as it should be.
pub fn request(client_id: &str) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", client_id.to_owned()),
        ("redirect_uri", CALLBACK.to_owned()),
        ("response_type", "code".to_owned()),
        ("scope", "openid profile email".to_owned()),
        ("state", "a state/+ é".to_owned()),
        ("nonce", "n-0S6_WzA2Mj".to_owned()),
        ("code_challenge", CHALLENGE.to_owned()),
        ("code_challenge_method", "S256".to_owned()),
    ]
}

/// The same with one parameter set or, where the value is empty, taken out.
pub fn request_with(
    client_id: &str,
    changes: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let mut params = request(client_id);
    for (name, value) in changes {
        params.retain(|(known, _)| known != name);
        if !value.is_empty() {
            params.push((name, (*value).to_owned()));
        }
    }
    params
}

impl Browser {
    pub fn new(house: &House) -> Self {
        Self::in_language(house, "en")
    }

    pub fn in_language(house: &House, language: &str) -> Self {
        Self::at(&house.issuer, language)
    }

    pub fn at(issuer: &str, language: &str) -> Self {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("accept", "text/html,*/*;q=0.8".parse().unwrap());
        headers.insert("accept-language", language.parse().unwrap());
        headers
            .insert("user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".parse().unwrap());
        let http = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .default_headers(headers)
            .build()
            .unwrap();
        Self { http, issuer: issuer.to_owned(), homes: vec![format!("{issuer}/")] }
    }

    /// Follows redirects to this app, too.
    pub fn at_home_in(mut self, app: &str) -> Self {
        self.homes.push(format!("{app}/"));
        self
    }

    /// Opens an address and follows where it leads, as long as it leads within the issuer.
    pub async fn open(&self, url: Url) -> Landing {
        self.land(self.http.get(url)).await
    }

    async fn land(&self, request: reqwest::RequestBuilder) -> Landing {
        let mut response = request.send().await.unwrap();
        for _ in 0..10 {
            let url = response.url().clone();
            if !response.status().is_redirection() {
                let status = response.status().as_u16();
                let html = response.text().await.unwrap();
                return Landing::Page(Page { url, status, html });
            }
            let location = response.headers()[LOCATION].to_str().unwrap();
            let next = url.join(location).unwrap();
            if !self.homes.iter().any(|home| next.as_str().starts_with(home)) {
                return Landing::Away(next);
            }
            response = self.http.get(next).send().await.unwrap();
        }
        panic!("redirected in circles");
    }

    pub async fn page(&self, url: Url) -> Page {
        match self.open(url).await {
            Landing::Page(page) => page,
            Landing::Away(url) => panic!("expected a page, was sent to {url}"),
        }
    }

    /// Presses a button of a page's form, with these fields filled in.
    pub async fn press(&self, page: &Page, button: &str, fields: &[(&str, &str)]) -> Landing {
        let (action, mut form) = page.form(button);
        for (name, value) in fields {
            form.insert((*name).to_owned(), (*value).to_owned());
        }
        self.land(self.http.post(page.url.join(&action).unwrap()).form(&form)).await
    }

    /// Starts an authorization request.
    pub async fn authorize(&self, params: &[(&str, String)]) -> Landing {
        let mut url = Url::parse(&format!("{}/authorize", self.issuer)).unwrap();
        url.query_pairs_mut().extend_pairs(params);
        self.open(url).await
    }

    /// The same by a form that a page of another site sends, as browsers do it: a `SameSite=Lax` cookie
    /// stays behind, and comes along where the answer leads by GET (RFC 6265bis §5.6.7.1).
    pub async fn authorize_from_afar(&self, params: &[(&str, String)]) -> Landing {
        let bare = Client::builder().redirect(Policy::none()).build().unwrap();
        let form = bare.post(format!("{}/authorize", self.issuer)).form(params);
        let far = [("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
        let form = far.into_iter().fold(form, |form, (name, value)| form.header(name, value));
        let response = form.header("accept", "text/html").send().await.unwrap();
        let (status, url) = (response.status(), response.url().clone());
        if !status.is_redirection() {
            let html = response.text().await.unwrap();
            return Landing::Page(Page { url, status: status.as_u16(), html });
        }
        let next = url.join(response.headers()[LOCATION].to_str().unwrap()).unwrap();
        if !next.as_str().starts_with(&self.homes[0]) {
            return Landing::Away(next);
        }
        self.open(next).await
    }

    /// Takes an authorization request to its end as Ada, who allows everything.
    pub async fn complete(&self, params: &[(&str, String)]) -> Url {
        let mut landing = self.authorize(params).await;
        for _ in 0..5 {
            let page = match landing {
                Landing::Away(url) => return url,
                Landing::Page(page) => page,
            };
            assert_eq!(page.status, 200, "{}", page.html);
            landing = match page.url.path() {
                "/sign-in" => {
                    let fields = [("email", EMAIL), ("password", PASSWORD)];
                    self.press(&page, "sign-in", &fields).await
                }
                "/consent" => self.press(&page, "allow", &[]).await,
                other => panic!("did not expect {other}"),
            };
        }
        panic!("the flow does not end");
    }

    /// The code of a request that is taken to its end.
    pub async fn code(&self, params: &[(&str, String)]) -> String {
        let url = self.complete(params).await;
        query(&url).remove("code").unwrap_or_else(|| panic!("no code in {url}"))
    }

    /// Signs Ada in, without an authorization request.
    pub async fn sign_in(&self, house: &House) {
        let page = self.page(house.url("/sign-in")).await;
        let landing = self.press(&page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
        match landing.await {
            Landing::Page(page) => assert_eq!(page.url.path(), "/", "{}", page.html),
            Landing::Away(url) => panic!("sent to {url}"),
        }
    }
}

impl Page {
    /// The action and the fields of the form that has this button, the button's own included.
    fn form(&self, button: &str) -> (String, HashMap<String, String>) {
        let html = Html::parse_document(&self.html);
        let forms = Selector::parse("form").unwrap();
        let pressed = Selector::parse(&format!("button#{button}")).unwrap();
        let inputs = Selector::parse("input").unwrap();
        let form = html
            .select(&forms)
            .find(|form| form.select(&pressed).next().is_some())
            .unwrap_or_else(|| panic!("no button #{button} on {}: {}", self.url, self.html));
        assert_eq!(form.attr("method"), Some("post"));
        let mut fields = HashMap::new();
        for input in form.select(&inputs) {
            if let Some(name) = input.attr("name") {
                fields.insert(name.to_owned(), input.attr("value").unwrap_or_default().to_owned());
            }
        }
        let button = form.select(&pressed).next().unwrap();
        if let Some(name) = button.attr("name") {
            fields.insert(name.to_owned(), button.attr("value").unwrap_or_default().to_owned());
        }
        let action = button.attr("formaction").or(form.attr("action")).unwrap_or_default();
        (action.to_owned(), fields)
    }

    /// The text of the first element of a selector.
    pub fn text(&self, selector: &str) -> Option<String> {
        let html = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        let text = html.select(&selector).next()?.text().collect::<String>();
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    pub fn value(&self, selector: &str) -> Option<String> {
        self.attribute(selector, "value")
    }

    /// An attribute of the first element of a selector.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let html = Html::parse_document(&self.html);
        let selector = Selector::parse(selector).unwrap();
        html.select(&selector).next()?.attr(name).map(str::to_owned)
    }
}

/// The query of an address.
pub fn query(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}
