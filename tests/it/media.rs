//! Pictures of people, from the upload to the browser that shows them.

use std::io::Cursor;
use std::path::PathBuf;

use countersign::config::Aws;
use countersign::core::accounts::Account;
use countersign::core::sessions::Place;
use countersign::core::{Failure, Refusal};
use futures_util::future::join_all;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Response, Url};
use serde_json::{Value, json as value};

use crate::browser::{Browser, request_with};
use crate::house::{Db, EMAIL, House, WEB, env, json};
use crate::oidc::code::{claims, redemption};
use crate::on_both_databases;

const WEEK: i64 = 7 * 24 * 60 * 60 * 1000;

fn picture(format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_pixel(32, 16, Rgb([200, 30, 30]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn ada(house: &House) -> Account {
    house.app.core.find_account(EMAIL).await.unwrap().unwrap()
}

async fn upload(house: &House, bytes: Vec<u8>) -> Result<(), Failure> {
    let id = ada(house).await.id;
    house.app.core.set_avatar(id, bytes, Place::default(), house.clock.now()).await
}

async fn link(house: &House) -> Option<Url> {
    let link = house.app.core.picture_link(&ada(house).await, house.clock.now()).await?;
    Some(Url::parse(&link).unwrap())
}

async fn get(house: &House, url: &Url) -> Response {
    house.http.get(url.clone()).send().await.unwrap()
}

async fn status(house: &House, url: &str) -> u16 {
    house.http.get(url).send().await.unwrap().status().as_u16()
}

/// The link with one parameter of its query set.
fn with(link: &Url, name: &str, value: &str) -> String {
    let mut changed = link.clone();
    let rest = link.query_pairs().filter(|(known, _)| known != name);
    changed.query_pairs_mut().clear().extend_pairs(rest).append_pair(name, value);
    changed.to_string()
}

/// The objects in the house's folder.
fn objects(house: &House) -> Vec<PathBuf> {
    match std::fs::read_dir(house.directory.path().join("media/avatars")) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    }
}

on_both_databases! {
    async fn r70_r71_a_picture_is_shown_for_seven_days_to_whoever_has_the_link(house: House) {
        for (format, media_type) in [(ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::Gif, "image/png")] {
            upload(&house, picture(format)).await.unwrap();
            let link = link(&house).await.unwrap();
            assert!(link.as_str().starts_with(&format!("{}/media/avatars/", house.issuer)));
            let shown = get(&house, &link).await;
            assert_eq!(shown.status(), 200);
            for (name, value) in [
                ("content-type", media_type),
                ("content-disposition", "inline"),
                ("x-content-type-options", "nosniff"),
                ("content-security-policy", "sandbox; default-src 'none'"),
                ("cross-origin-resource-policy", "cross-origin"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(shown.headers()[name], value, "{name}");
            }
            let cache = shown.headers()["cache-control"].to_str().unwrap().to_owned();
            let seconds = cache.strip_prefix("private, max-age=").unwrap().split(',').next().unwrap();
            assert!((604_795..=604_800).contains(&seconds.parse::<u32>().unwrap()), "{cache}");
            assert!(!shown.headers().contains_key("set-cookie"));
            let kept = image::load_from_memory(&shown.bytes().await.unwrap()).unwrap();
            assert_eq!((kept.width(), kept.height()), (32, 16));
        }
        assert_eq!(objects(&house).len(), 1, "the one before is gone");
    }
}

on_both_databases! {
    async fn r71_a_link_that_is_old_or_altered_shows_nothing(house: House) {
        upload(&house, picture(ImageFormat::Png)).await.unwrap();
        let link = link(&house).await.unwrap();
        let query: std::collections::HashMap<_, _> = link.query_pairs().into_owned().collect();
        let (expires, signature) = (&query["expires"], &query["signature"]);
        let later = (expires.parse::<i64>().unwrap() + 1).to_string();
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        let mut other = link.clone();
        other.set_path("/media/avatars/AAAAAAAAAAAAAAAAAAAAAA");
        let mut bare = link.clone();
        bare.set_query(None);
        for forged in [
            with(&link, "expires", &later),
            with(&link, "expires", "9223372036854775807"),
            with(&link, "expires", "soon"),
            with(&link, "signature", ""),
            with(&link, "signature", &format!("{flipped}{}", &signature[1..])),
            with(&link, "signature", &format!("{signature}A")),
            format!("{link}&expires={expires}"),
            other.to_string(),
            bare.to_string(),
            format!("{bare}?expires={expires}"),
        ] {
            let answer = house.http.get(&forged).send().await.unwrap();
            assert_eq!(answer.status(), 403, "{forged}");
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
            assert_eq!(answer.headers()["cache-control"], "no-store");
        }
        assert_eq!(house.http.post(link.clone()).send().await.unwrap().status(), 405);
        house.clock.advance(WEEK - 60_000);
        assert_eq!(get(&house, &link).await.status(), 200);
        house.clock.advance(61_000);
        assert_eq!(get(&house, &link).await.status(), 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2022_44942_no_path_leads_out_of_the_folder() {
    let house = House::open(Db::Sqlite).await;
    upload(&house, picture(ImageFormat::Png)).await.unwrap();
    let link = link(&house).await.unwrap();
    let (query, path) = (link.query().unwrap(), link.path());
    let name = path.strip_prefix("/media/").unwrap();
    // One of 128 random bits, of which nothing comes from whoever sent it.
    let random = name.strip_prefix("avatars/").unwrap();
    assert!(
        random.len() == 22
            && !random.contains(|c: char| !(c.is_alphanumeric() || "-_".contains(c)))
    );
    let address = house.issuer.strip_prefix("http://").unwrap();
    for path in [
        "/media/../keys/key-encryption-key".to_owned(),
        "/media/avatars/../../keys/key-encryption-key".to_owned(),
        "/media/avatars/..%2f..%2fkeys%2fkey-encryption-key".to_owned(),
        "/media/%2e%2e/keys/key-encryption-key".to_owned(),
        "/media//etc/passwd".to_owned(),
        "/media/".to_owned(),
        "/media/avatars/\\..\\".to_owned(),
        "/media/avatars/a%00".to_owned(),
        format!("/media/./{name}"),
        format!("/media/{}", name.replace('/', "%2f")),
        format!("/media/%61{}", &name[1..]),
    ] {
        // As it stands: a client of HTTP would tidy it up.
        let answer = raw(address, &format!("{path}?{query}")).await;
        let status = answer.split(' ').nth(1).unwrap();
        assert!(matches!(status, "400" | "403" | "404"), "{path}: {status}");
        assert!(!answer.contains("root:"));
    }
    let whole = raw(address, &format!("{path}?{query}")).await;
    assert!(whole.starts_with("HTTP/1.1 200"), "and the path itself is good: {whole}");
}

async fn raw(address: &str, target: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!("GET {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

on_both_databases! {
    async fn oidc_core_5_1_the_picture_claim_is_a_fresh_link_or_the_address_elsewhere(house: House) {
        let core = &house.app.core;
        let id = ada(&house).await.id;
        let wish = value!({ "id_token": { "picture": null } }).to_string();
        let params = request_with("web", &[("scope", "openid profile"), ("claims", &wish)]);
        let given = Browser::new(&house).code(&params).await;
        let tokens = json(house.token(WEB, &redemption(&given)).send().await.unwrap(), 200).await;
        let access = tokens["access_token"].as_str().unwrap();
        assert!(claims(&tokens["id_token"]).get("picture").is_none());
        let picture_claim = async || json(house.userinfo(access).await, 200).await["picture"].clone();
        assert_eq!(picture_claim().await, Value::Null);

        upload(&house, picture(ImageFormat::WebP)).await.unwrap();
        let first = picture_claim().await;
        let shown = get(&house, &first.as_str().unwrap().parse().unwrap()).await;
        assert_eq!((shown.status().as_u16(), &shown.headers()["content-type"]), (200, &"image/webp".parse().unwrap()));
        house.clock.advance(5_000);
        assert_ne!(picture_claim().await, first, "made afresh");
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let next = json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        let claim = claims(&next["id_token"])["picture"].as_str().unwrap().to_owned();
        assert_eq!(get(&house, &claim.parse().unwrap()).await.status(), 200);

        let place = Place::default();
        let elsewhere = "https://pictures.example/ada.png?v=1";
        core.set_picture_url(id, elsewhere, &place, house.clock.now()).await.unwrap();
        assert_eq!(picture_claim().await, elsewhere);
        assert!(objects(&house).is_empty());
        assert_eq!(status(&house, &claim).await, 404, "its link is good, and it is gone");
        let wrong = core.set_picture_url(id, "javascript:alert(1)", &place, house.clock.now()).await;
        assert!(matches!(wrong, Err(Failure::Refused(Refusal::PictureUrlMalformed))));
        assert_eq!(picture_claim().await, elsewhere);

        upload(&house, picture(ImageFormat::Jpeg)).await.unwrap();
        core.remove_picture(id, &place, house.clock.now()).await.unwrap();
        assert_eq!(picture_claim().await, Value::Null, "the address from before does not come back");
        assert!(objects(&house).is_empty());
        let changes = core.audit_events(0, Some(id), 100).await.unwrap();
        let changes: Vec<_> = changes.iter().filter(|event| event.event == "account.changed").collect();
        assert_eq!(changes.len(), 4);
        assert_eq!(changes[0].detail, value!({ "what": "picture" }));
        assert_eq!(changes[0].actor, format!("account:{id}"));
    }
}

on_both_databases! {
    async fn no_object_is_without_its_account_and_no_account_without_its_object(house: House) {
        let core = &house.app.core;
        let account = ada(&house).await;
        for bad in [b"<svg/>".to_vec(), picture(ImageFormat::Png)[..40].to_vec()] {
            let refused = upload(&house, bad).await;
            assert!(matches!(refused, Err(Failure::Refused(Refusal::ImageUnreadable))));
        }
        assert!(objects(&house).is_empty());
        // All at once: whoever comes last stays, and nobody else does.
        let uploads = (0..8).map(|_| upload(&house, picture(ImageFormat::Png)));
        let outcomes = join_all(uploads).await;
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert!(done > 0);
        assert!(outcomes.into_iter().all(|outcome| matches!(
            outcome,
            Ok(()) | Err(Failure::Refused(Refusal::Busy { .. }))
        )));
        assert_eq!(objects(&house).len(), 1);
        assert_eq!(get(&house, &link(&house).await.unwrap()).await.status(), 200);
        // The storage fails: nothing changes.
        let shown = objects(&house);
        let folder = house.directory.path().join("media/avatars");
        let aside = house.directory.path().join("aside");
        std::fs::rename(&folder, &aside).unwrap();
        std::fs::write(&folder, "in the way").unwrap();
        let Err(Failure::Fault(fault)) = upload(&house, picture(ImageFormat::Png)).await else { panic!("kept") };
        assert!(fault.to_string().contains("keep a picture: the storage folder"), "{fault}");
        std::fs::remove_file(&folder).unwrap();
        std::fs::rename(&aside, &folder).unwrap();
        assert_eq!(objects(&house), shown);
        assert_eq!(get(&house, &link(&house).await.unwrap()).await.status(), 200);
        // With the account goes its picture; and who is gone gets none.
        assert!(core.delete_account(account.id, house.clock.now()).await.unwrap());
        assert!(objects(&house).is_empty());
        let late = core.set_avatar(account.id, picture(ImageFormat::Png), Place::default(), house.clock.now()).await;
        assert!(matches!(late, Err(Failure::Refused(Refusal::NotSignedIn))));
        assert!(objects(&house).is_empty());
    }
}

/// A node that keeps pictures in the bucket of the S3 server that `tests/run` started, with that secret
/// in place of the right one if one is given.
async fn with_bucket(house: &House, secret: Option<&str>) -> House {
    let server = Url::parse(&env("COUNTERSIGN_TEST_S3")).unwrap();
    let (host, port) = (server.host_str().unwrap(), server.port().unwrap());
    let bucket = server.path().trim_start_matches('/');
    let mut config = house.config.clone();
    config.storage.url =
        format!("s3://{bucket}?endpoint=http://{host}:{port}&force_path_style=true");
    config.storage.aws = Aws {
        access_key_id: Some(server.username().to_owned()),
        secret_access_key: Some(secret.or(server.password()).unwrap().to_owned()),
        ..Aws::default()
    };
    house.restart(&config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn r71_a_bucket_shows_a_picture_for_seven_days_to_whoever_has_the_link() {
    let house = with_bucket(&House::open(Db::Sqlite).await, None).await;
    upload(&house, picture(ImageFormat::Jpeg)).await.unwrap();
    assert!(objects(&house).is_empty());
    let first = link(&house).await.unwrap();
    let shown = get(&house, &first).await;
    assert_eq!(shown.status(), 200);
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    let kept = image::load_from_memory(&shown.bytes().await.unwrap()).unwrap();
    assert_eq!((kept.width(), kept.height()), (32, 16));

    // AWS Signature Version 4, "Authenticating Requests: Using Query Parameters".
    let query: std::collections::HashMap<_, _> = first.query_pairs().into_owned().collect();
    assert_eq!(query["X-Amz-Expires"], "604800");
    assert!(!first.as_str().contains(&house.config.storage.aws.secret_access_key.clone().unwrap()));
    let mut other = first.clone();
    other.set_path(&format!("{}A", first.path()));
    let mut bare = first.clone();
    bare.set_query(None);
    for forged in [
        with(&first, "X-Amz-Expires", "604801"),
        with(&first, "X-Amz-Signature", &"0".repeat(64)),
        other.to_string(),
        bare.to_string(),
    ] {
        assert_eq!(status(&house, &forged).await, 403, "{forged}");
    }
    // It is for reading alone.
    for method in [reqwest::Method::DELETE, reqwest::Method::PUT] {
        let answer = house.http.request(method, first.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 403);
    }
    // The server's clock stays; ours was another when these two were made.
    let (account, now) = (ada(&house).await, house.clock.now());
    let made = async |at| house.app.core.picture_link(&account, at).await.unwrap();
    assert_eq!(status(&house, &made(now - WEEK + 60_000).await).await, 200);
    assert_eq!(status(&house, &made(now - WEEK - 60_000).await).await, 403);

    upload(&house, picture(ImageFormat::Png)).await.unwrap();
    assert_eq!(get(&house, &first).await.status(), 404, "the one before is gone");
    let second = link(&house).await.unwrap();
    assert_eq!(get(&house, &second).await.headers()["content-type"], "image/png");
    assert!(house.app.core.delete_account(account.id, now).await.unwrap());
    assert_eq!(get(&house, &second).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_does_not_take_a_picture_leaves_everything_as_it_was() {
    let house = House::open(Db::Sqlite).await;
    let wrong = with_bucket(&house, Some("not-the-secret-of-this-server")).await;
    let Err(Failure::Fault(fault)) = upload(&wrong, picture(ImageFormat::Png)).await else {
        panic!("the bucket believed a wrong secret");
    };
    let told = fault.to_string();
    assert!(
        told.contains("keep a picture: the bucket answered 403 SignatureDoesNotMatch"),
        "{told}"
    );
    assert!(!told.contains("not-the-secret") && !fault.unavailable);
    assert_eq!(link(&wrong).await, None);

    let mut config = wrong.config.clone();
    let port = crate::house::free_port();
    config.storage.url =
        format!("s3://pictures?endpoint=http://127.0.0.1:{port}&force_path_style=true");
    let away = house.restart(&config).await;
    let Err(Failure::Fault(fault)) = upload(&away, picture(ImageFormat::Png)).await else {
        panic!("nobody was there");
    };
    assert!(fault.unavailable && fault.to_string().contains("could not be reached"), "{fault}");
    assert_eq!(link(&away).await, None);

    config.storage.aws.secret_access_key = None;
    let error = countersign::core::Core::check(&config).unwrap_err().to_string();
    assert!(error.contains("`storage.url`") && error.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
}
