//! The table that an export is, without anything that a spreadsheet would run (R78, CWE-1236).

use crate::core::clients::Application;
use crate::core::rfc3339;

pub const COLUMNS: [&str; 11] = [
    "id",
    "name",
    "description",
    "isActive",
    "userId",
    "createdAt",
    "updatedAt",
    "redirectUris",
    "grantTypes",
    "tokenEndpointAuthMethod",
    "scope",
];

/// An application, cell by cell; no secret has a column.
pub fn row(application: &Application) -> [String; COLUMNS.len()] {
    let client = &application.client;
    let grants: Vec<_> = client.grants.iter().map(|grant| grant.name()).collect();
    [
        client.id.clone(),
        application.name.clone(),
        application.description.clone().unwrap_or_default(),
        application.is_active.to_string(),
        application.owner_id.map(|id| id.to_string()).unwrap_or_default(),
        rfc3339(application.created_at),
        rfc3339(application.updated_at),
        client.redirect_uris.join(" "),
        grants.join(" "),
        client.auth_method.name().to_owned(),
        client.scope.to_string(),
    ]
}

/// `Content-Disposition` (RFC 6266 §4) of an export of that day.
pub fn file_name(now: i64, ending: &str) -> String {
    let now = rfc3339(now);
    let day = now.split('T').next().unwrap_or_default();
    format!("attachment; filename=\"authentication-{day}.{ending}\"")
}

/// A cell that stays a text: one that begins as a formula does, with spaces before it or without,
/// gets an apostrophe, and so do the full-width forms that some programs take for the same.
pub fn defused(mut cell: String) -> String {
    let is_formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let is_break = |c: char| matches!(c, '\t' | '\r' | '\n');
    let mut letters = cell.chars().skip_while(|&c| c.is_whitespace() && !is_break(c));
    let breaks_first = letters.next().is_some_and(is_break);
    if breaks_first || cell.trim_start().starts_with(is_formula) {
        cell.insert(0, '\'');
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r78_whatever_a_spreadsheet_would_run_begins_with_an_apostrophe() {
        for formula in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "  =1",
            "\u{a0}=1",
            "\u{3000}@x",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            " \t=1",
            "=",
        ] {
            assert_eq!(defused(formula.to_owned()), format!("'{formula}"));
        }
        for plain in ["", " ", "a=b", "1-1", "é", "'=1", "a\n=b"] {
            assert_eq!(defused(plain.to_owned()), plain);
        }
    }

    #[test]
    fn the_name_of_the_file_has_the_day() {
        let name = file_name(1_761_904_800_000, "csv");
        assert_eq!(name, "attachment; filename=\"authentication-2025-10-31.csv\"");
    }
}
