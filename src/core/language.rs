//! The languages that people are spoken to in.

/// English or French.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    En,
    Fr,
}

impl Language {
    /// All of them, as metadata lists them.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language of a BCP 47 tag, whatever its region.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// The first of a space-separated list that we speak (`ui_locales`, OIDC Core §3.1.2.1).
    #[must_use]
    pub fn from_locales(locales: &str) -> Option<Self> {
        locales.split_ascii_whitespace().find_map(Self::from_tag)
    }

    /// The best of an `Accept-Language` (RFC 9110 §12.5.4); weights decide, then the order.
    #[must_use]
    pub fn from_accept(header: &str) -> Option<Self> {
        let weighted = header.split(',').filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = match parameters.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse::<f32>().ok()?,
                None => 1.0,
            };
            let language = Self::from_tag(tag)?;
            (weight > 0.0).then_some((language, weight))
        });
        weighted
            .fold(None, |best: Option<(Self, f32)>, next| match best {
                Some(best) if best.1 >= next.1 => Some(best),
                _ => Some(next),
            })
            .map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, En, Fr};

    #[test]
    fn rfc9110_12_5_4_the_highest_weight_wins_then_the_order() {
        assert_eq!(Language::from_accept("de, fr-CH;q=0.9, en;q=0.8"), Some(Fr));
        assert_eq!(Language::from_accept("en-GB,fr"), Some(En));
        assert_eq!(Language::from_accept("fr;q=0.1, en;q=0.2"), Some(En));
        assert_eq!(Language::from_accept("fr;q=0"), None);
        assert_eq!(Language::from_accept("de"), None);
        assert_eq!(Language::from_accept(";;q=,"), None);
    }
}
