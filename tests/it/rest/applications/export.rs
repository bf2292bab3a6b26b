//! The registry as a table.

use reqwest::Method;
use serde_json::{Value, json};

use super::{DEVELOPER, Person, with_roles};
use crate::house::{House, env};
use crate::on_both_databases;

/// What a spreadsheet would run, and what it would stumble over.
const NAMES: [&str; 8] = [
    "=HYPERLINK(\"https://evil.example\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "https://link.example",
    "a,\"b\"",
    "plain",
];

async fn export(person: &Person<'_>, query: &str, media_type: &str, ending: &str) -> Vec<u8> {
    let response = person.ask(Method::GET, &format!("/export{query}")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap();
    assert!(header("content-type").starts_with(media_type));
    let disposition = header("content-disposition");
    let day = disposition.strip_prefix("attachment; filename=\"authentication-").unwrap();
    let day = day.strip_suffix(&format!(".{ending}\"")).unwrap();
    assert!(day.len() == 10 && day.split('-').map(str::len).eq([4, 2, 2]), "{day}");
    assert_eq!(header("cache-control"), "no-store");
    response.bytes().await.unwrap().to_vec()
}

on_both_databases! {
    async fn r78_no_cell_of_a_csv_is_run_by_a_spreadsheet(house: House) {
        let node = with_roles(&house).await;
        let dev = Person::new(&node, "dev", &[DEVELOPER]).await;
        let other = Person::new(&node, "other", &[DEVELOPER]).await;
        other.create(&json!({ "name": "Not mine" })).await;
        let mut secrets = Vec::new();
        for name in NAMES {
            let body = json!({ "name": name, "description": "\t=1\nline", "redirectUris": ["https://a.example/cb"] });
            secrets.push(dev.create(&body).await["clientSecret"].as_str().unwrap().to_owned());
        }
        let text = String::from_utf8(export(&dev, "", "text/csv", "csv").await).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)));
        let mut table = csv::Reader::from_reader(text.as_bytes());
        let names = "id,name,description,isActive,userId,createdAt,updatedAt,redirectUris,grantTypes,tokenEndpointAuthMethod,scope";
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>().join(","), names);
        let rows: Vec<_> = table.records().map(Result::unwrap).collect();
        let shown: Vec<_> = rows.iter().map(|row| row.get(1).unwrap()).collect();
        let expected: Vec<_> =
            NAMES.iter().enumerate().map(|(at, name)| if at < 5 { format!("'{name}") } else { (*name).to_owned() }).collect();
        assert_eq!(shown, expected, "oldest first, one's own");
        for row in &rows {
            assert_eq!(row.get(2), Some("'\t=1\nline"));
            assert_eq!(row.get(4), Some(dev.id.as_str()));
            assert_eq!(row.get(7), Some("https://a.example/cb"));
        }
        let found = export(&dev, "?format=csv&filter[name]=plain", "text/csv", "csv").await;
        assert_eq!(String::from_utf8(found).unwrap().lines().filter(|line| line.contains(",plain,")).count(), 1);
        let empty = export(&dev, "?search=nowhere", "text/csv", "csv").await;
        assert_eq!(String::from_utf8(empty).unwrap(), format!("{names}\r\n"));
    }
}

on_both_databases! {
    async fn r78_a_workbook_has_texts_and_nothing_else(house: House) {
        let admin = Person::admin(&house).await;
        for name in NAMES {
            admin.create(&json!({ "name": name, "description": "a\u{fffe}\u{ffff}b" })).await;
        }
        let book = export(&admin, "?format=xlsx", "application/vnd.openxmlformats-officedocument", "xlsx").await;
        let file = house.directory.path().join("book.xlsx");
        std::fs::write(&file, book).unwrap();
        let python = tokio::process::Command::new(env("COUNTERSIGN_TEST_PYTHON"))
            .arg("tests/tools/read_xlsx.py").arg(&file).output().await.unwrap();
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
        let rows: Value = serde_json::from_slice(&python.stdout).unwrap();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), NAMES.len() + 1);
        for (row, name) in rows[1..].iter().zip(NAMES) {
            assert_eq!(row[1], json!([name, "s", false]), "a string, no formula, no link");
            assert_eq!(row[2][0], "ab", "nothing that XML cannot hold");
            for cell in row.as_array().unwrap() {
                assert!(cell[1] != "f" && cell[2] == false, "{cell}");
            }
        }
        assert_eq!(rows[0][3][0], "isActive");
        let filtered = export(&admin, "?format=xlsx&filter[isActive]=false", "application/vnd", "xlsx").await;
        assert_eq!(&filtered[..2], b"PK");
    }
}
