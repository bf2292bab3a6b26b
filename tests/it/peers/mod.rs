//! What was wrong elsewhere, once: a test for each advisory of another provider that could be one of
//! ours, with its id in the name. Those that belong to a page or an endpoint stand with its tests.

mod accounts;
mod grants;
mod input;
mod redirects;
mod sessions;
mod tokens;

use serde_json::Value;

use crate::browser::{Browser, request_with};
use crate::conformance::sources;
use crate::house::{House, WEB, json};
use crate::oidc::code::redemption;

/// What a person's sign-in gives the app `web`.
async fn tokens(house: &House, browser: &Browser, scope: &str) -> Value {
    let code = browser.code(&request_with("web", &[("scope", scope)])).await;
    json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await
}

fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().unwrap()
}

async fn refresh(house: &House, client: (&str, &str), token: &str) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let answer = house.token(client, &form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn is_active(house: &House, token: &str) -> bool {
    let answer = house.post("/introspect", WEB, &[("token", token)]).send().await.unwrap();
    json(answer, 200).await["active"] == true
}

/// The advisories of other providers that could be ours. Those of what is not here (the device grant,
/// token exchange, organisations with members) are not among them.
const ADVISORIES: &str = "
    cve_2026_11800 cve_2026_9793 cve_2026_9802 cve_2026_1035 keycloak_50999 keycloak_49213
    keycloak_31296 cve_2026_16089 cve_2026_4282 cve_2026_7507 cve_2025_12390 cve_2026_18963
    cve_2026_9689 cve_2026_18209 cve_2026_7504 cve_2026_3872 keycloak_48430 cve_2024_8883
    cve_2026_9086 cve_2026_9798 cve_2026_16103 cve_2026_1180 cve_2026_4366 cve_2026_37979
    cve_2026_18218 cve_2026_9705 cve_2026_9796 cve_2026_9087
    ghsa_93m4_mfpg_c3xf cve_2025_64101 cve_2025_70948 cve_2025_25198 cve_2025_46815
    cve_2024_29891 cve_2026_55672 cve_2026_27840 cve_2026_55671 cve_2026_27946 cve_2026_54693
    cve_2026_55669 ghsa_wxg7_w2v3_w38g cve_2024_32868 cve_2025_64102
    cve_2024_47070 cve_2023_48228 cve_2024_23647 cve_2024_52289 cve_2024_21637 cve_2024_52287
    cve_2025_53942 cve_2026_25748 ghsa_qgqp_xh8r_v73r
    cve_2025_61928 ghsa_7w99_5wm4_3g79 ghsa_392p_2q2v_4372 cve_2026_45364 ghsa_x732_6j76_qmhm
    ghsa_g38m_r43w_p2q7 better_auth_10203 better_auth_9990 better_auth_9993 ghsa_7rqj_j65f_68wh
    ghsa_x445_f3h2_j279 ghsa_xmf8_cvqr_rfgj cve_2022_35924 cve_2022_31127
    cve_2026_28512 cve_2026_28513 cve_2026_43983 cve_2026_47164 cve_2026_47158 cve_2026_9092
    cve_2024_41657 cve_2022_44942
    cve_2025_24806 cve_2026_47203 cve_2020_5300 cve_2020_15222 cve_2026_33504 cve_2026_33503 ghsa_7qjx_gp9h_65qj
    cve_2024_23656
    kanidm_1_10_0 rauthy_0_32_1 rauthy_0_32_4 cve_2025_54998 cve_2025_54999 cve_2025_62705 cve_2026_40574
    cve_2025_64484 cve_2025_22228 cve_2025_22234 cve_2022_25896 cve_2026_25537
";

/// Whether a name has the id as a whole: none that goes on with a digit.
fn names(line: &str, id: &str) -> bool {
    line.split(id).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn every_advisory_that_could_be_ours_has_a_test_that_names_it() {
    let mut texts = sources("tests/it");
    texts.extend(sources("src"));
    texts.retain(|(path, _)| !path.ends_with(file!()));
    let lines = || texts.iter().flat_map(|(_, text)| text.lines());
    // The names that a macro makes tests of are no functions.
    let is_test = |line: &str| line.contains("peer_") && !line.trim_start().starts_with("//");
    let is_named = |id: &&str| lines().any(|line| is_test(line) && names(line, id));
    let missing: Vec<_> = ADVISORIES.split_ascii_whitespace().filter(|id| !is_named(id)).collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
    assert!(
        names("fn peer_cve_2026_9087_x", "cve_2026_9087")
            && !names("fn peer_cve_2026_90871_x", "cve_2026_9087")
    );
}
