/// How a session is carried on, which decides how long it lasts without being used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// By a browser's cookie: it slides with each use.
    #[default]
    Browser,
    /// By one token, which is exchanged for a later one.
    Bearer,
    /// By a short access token and a refresh token, both in cookies.
    CookiePair,
    /// By an access token and a refresh token that an app keeps.
    TokenPair,
}

const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Kind {
    const ALL: [Self; 4] = [Self::Browser, Self::Bearer, Self::CookiePair, Self::TokenPair];

    /// As it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Bearer => "bearer",
            Self::CookiePair => "cookie_pair",
            Self::TokenPair => "token_pair",
        }
    }

    pub(super) fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).unwrap_or_default()
    }

    /// An access token of a pair, in milliseconds.
    #[must_use]
    pub const fn access_lifetime(self) -> i64 {
        match self {
            Self::Browser | Self::Bearer | Self::CookiePair => 15 * MINUTE,
            Self::TokenPair => 7 * DAY,
        }
    }

    /// How long a session lasts from when it was opened or carried on, in milliseconds; `absolute` and
    /// `bearer` are the configuration's.
    pub(super) const fn lifetime(self, absolute: i64, bearer: i64) -> i64 {
        match self {
            Self::Browser => absolute,
            Self::Bearer => bearer,
            Self::CookiePair => 7 * DAY,
            Self::TokenPair => 30 * DAY,
        }
    }
}
