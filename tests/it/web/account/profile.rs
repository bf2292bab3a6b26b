//! What apps may learn of a person, and the picture.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::{GRACE, ada, all, grace, press};
use crate::browser::{Browser, Page, request};
use crate::house::{EMAIL, House, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

on_both_databases! {
    async fn oidc_core_5_1_what_a_person_says_is_what_apps_are_told(house: House) {
        let browser = ada(&house).await;
        let page = browser.page(house.url("/account/profile")).await;
        assert_eq!(page.value("#name").as_deref(), Some("Ada Lovelace"));
        let fields = [("name", "Ada King"), ("given_name", " Ada "), ("family_name", "King"), ("nickname", "Countess"),
            ("username", "ada_king"), ("website", "https://ada.example/"), ("birthdate", "0000-12-10"),
            ("zoneinfo", "Europe/London"), ("locale", "en-gb"), ("phone_number", "+44 20 7946 0958")];
        let saved = press(&browser, &page, "save", &fields).await;
        assert_eq!(saved.text("[role=status]").as_deref(), Some("Your profile is saved."));
        let asked = crate::browser::request_with("web", &[("scope", "openid profile phone address")]);
        let code = browser.code(&asked).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let told = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        for (claim, value) in [("name", "Ada King"), ("given_name", "Ada"), ("preferred_username", "ada_king"),
            ("website", "https://ada.example/"), ("birthdate", "0000-12-10"), ("locale", "en-GB"), ("phone_number", "+442079460958")] {
            assert_eq!(told[claim], value, "{claim}");
        }
        assert_eq!(told["address"]["country"], "UK", "what is not asked here stays");
        // What is emptied is said no more.
        let page = browser.page(house.url("/account/profile")).await;
        press(&browser, &page, "save", &[("nickname", ""), ("website", " "), ("username", "")]).await;
        let told = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert!(told.get("nickname").is_none() && told.get("website").is_none() && told.get("preferred_username").is_none());
    }
}

on_both_databases! {
    async fn all_that_is_wrong_is_said_at_once_and_nothing_changes(house: House) {
        let grace = grace(&house).await;
        let page = grace.page(house.url("/account/profile")).await;
        let fields = [("name", ""), ("username", "a b"), ("website", "javascript:alert(1)"), ("birthdate", "31.12.1990"),
            ("zoneinfo", "the moon"), ("locale", "a language"), ("phone_number", "0123"), ("family_name", "<Hopper>")];
        let refused = press(&grace, &page, "save", &fields).await;
        assert_eq!(refused.status, 422);
        for (field, typed) in fields.into_iter().filter(|(field, _)| *field != "family_name") {
            assert!(refused.text(&format!("#{field}-wrong")).is_some(), "{field}");
            assert_eq!(refused.value(&format!("#{field}[aria-invalid=true][aria-describedby]")).as_deref(), Some(typed));
        }
        assert_eq!(refused.value("#family_name").as_deref(), Some("<Hopper>"), "what was typed stays");
        assert_eq!(all(&refused, "[role=alert] a", "href").len(), 7, "each is one press away");
        let taken = press(&grace, &page, "save", &[("username", "ADA")]).await;
        assert_eq!(taken.text("#username-wrong").as_deref(), Some("Somebody else has this username. Choose another."));
        let account = house.app.core.find_account(GRACE).await.unwrap().unwrap();
        assert_eq!((account.username, account.claims.name.as_deref()), (None, Some("Grace Hopper")));
        // Nothing else is written, whatever a form says (R48).
        press(&grace, &page, "save", &[("email", "other@example.com"), ("roles", "[\"admin\"]"), ("email_verified", "true"), ("id", "x")]).await;
        let after = house.app.core.find_account(GRACE).await.unwrap().unwrap();
        assert_eq!((after.id, after.roles.len(), after.email_verified), (account.id, 0, false));
    }
}

fn picture(side: u32) -> Vec<u8> {
    let pixels = RgbImage::from_fn(side, side, |x, y| {
        Rgb([x, y, x ^ y].map(|it| u8::try_from(it * 4 % 256).unwrap()))
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Sends the form with the picture as a browser does.
async fn send(browser: &Browser, page: &Page, action: &str, bytes: &[u8]) -> Page {
    let part = |name: &str, more: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
    };
    let csrf = page.value("input[name=csrf]").unwrap();
    let head =
        [part("csrf", ""), csrf, "\r\n".to_owned(), part("image", "; filename=\"../../me.svg\"")]
            .concat();
    let tail =
        ["\r\n".to_owned(), part("action", ""), action.to_owned(), "\r\n--x--\r\n".to_owned()]
            .concat();
    let body = [head.as_bytes(), bytes, tail.as_bytes()].concat();
    let url = page.url.join("/account/profile/picture").unwrap();
    let request =
        browser.http.post(url).header("content-type", "multipart/form-data; boundary=x").body(body);
    let response = request.send().await.unwrap();
    let (status, url) = (response.status().as_u16(), response.url().clone());
    if let Some(next) = response.headers().get("location") {
        let next = url.join(next.to_str().unwrap()).unwrap();
        return browser.page(next).await;
    }
    Page { url, status, html: response.text().await.unwrap() }
}

on_both_databases! {
    async fn r69_r70_a_picture_is_taken_shown_and_removed(house: House) {
        let browser = ada(&house).await;
        let page = browser.page(house.url("/account/profile")).await;
        let own = house.url("/account/profile/picture");
        assert_eq!(browser.http.get(own.clone()).send().await.unwrap().status(), 404);
        let missing = send(&browser, &page, "upload", b"").await;
        assert_eq!((missing.status, missing.text("#image-wrong").as_deref()), (422, Some("Choose a file first.")));
        for (bytes, words) in [(b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "not a picture"), (vec![0; 5 * 1024 * 1024 + 1], "larger than 5 MB"),
            (vec![0; 6 * 1024 * 1024 + 1], "larger than 5 MB")] {
            let refused = send(&browser, &page, "upload", &bytes).await;
            assert_eq!(refused.status, 422, "{words}");
            assert!(refused.text("#image-wrong").unwrap().contains(words), "{}", refused.html);
        }
        let done = send(&browser, &page, "upload", &picture(64)).await;
        assert_eq!(done.text("[role=status]").as_deref(), Some("Your picture is saved."));
        assert_eq!(all(&done, ".pictured img", "src"), ["/account/profile/picture"]);
        let shown = browser.http.get(own.clone()).send().await.unwrap();
        assert_eq!(shown.status(), 200);
        assert_eq!(shown.headers()["content-type"], "image/png");
        assert_eq!(shown.headers()["content-security-policy"], "sandbox; default-src 'none'");
        assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
        // Whoever is somebody else, or nobody, sees their own or is asked who they are.
        let grace = grace(&house).await;
        assert_eq!(grace.http.get(own.clone()).send().await.unwrap().status(), 404);
        assert_eq!(house.http.get(own.clone()).send().await.unwrap().status(), 303);
        let code = browser.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let told = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert!(told["picture"].as_str().unwrap().contains("/media/avatars/"));
        let removed = send(&browser, &done, "remove", b"").await;
        assert_eq!(removed.text("[role=status]").as_deref(), Some("Your picture is removed."));
        assert!(all(&removed, ".pictured img", "src").is_empty());
        assert!(!house.app.core.find_account(EMAIL).await.unwrap().unwrap().keeps_picture());
    }
}
