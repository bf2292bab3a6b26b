//! The page on which people rule their account.

use crate::browser::{Browser, Landing, Page};
use crate::house::{House, PASSWORD};

mod apps;
mod back;
mod data;
mod delete;
mod keys;
mod log;
mod profile;
mod sessions;

pub const GRACE: &str = "grace@example.com";
/// Every address of the page.
pub const PAGES: [&str; 11] = [
    "/account",
    "/account/profile",
    "/email",
    "/password",
    "/account/links",
    "/account/sessions",
    "/account/apps",
    "/account/keys",
    "/account/log",
    "/account/data",
    "/account/delete",
];

pub async fn press(browser: &Browser, page: &Page, button: &str, fields: &[(&str, &str)]) -> Page {
    match browser.press(page, button, fields).await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

/// Ada's browser.
pub async fn ada(house: &House) -> Browser {
    let browser = Browser::new(house);
    browser.sign_in(house).await;
    browser
}

/// The browser of a second person, who has just signed up.
pub async fn grace(house: &House) -> Browser {
    let browser = Browser::new(house);
    let page = browser.page(house.url("/sign-up")).await;
    let fields = [("name", "Grace Hopper"), ("email", GRACE), ("password", PASSWORD)];
    assert_eq!(press(&browser, &page, "sign-up", &fields).await.url.path(), "/");
    browser
}

/// The values of an attribute of all elements that fit.
pub fn all(page: &Page, selector: &str, attribute: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.html);
    let selector = scraper::Selector::parse(selector).unwrap();
    html.select(&selector).filter_map(|it| it.attr(attribute).map(str::to_owned)).collect()
}

/// The words of all elements that fit.
pub fn texts(page: &Page, selector: &str) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.html);
    let selector = scraper::Selector::parse(selector).unwrap();
    let text = |it: scraper::ElementRef<'_>| it.text().collect::<String>();
    let tidy = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    html.select(&selector).map(text).map(tidy).collect()
}

/// What a page says without what differs from request to request, and between two ids.
pub fn words(page: &Page) -> String {
    page.text("main").unwrap().split("Request number").next().unwrap().to_owned()
}
