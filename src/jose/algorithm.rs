use std::fmt;

/// The signature algorithms that Countersign makes (RFC 7518 §3.1, RFC 8037 §3.1). A key has
/// exactly one of them for life (RFC 8725 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// The name that goes on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The algorithm that somebody else means by a name: RFC 9864 §2.2 gives `EdDSA` on Ed25519 one of
    /// its own, which libraries write by now.
    #[must_use]
    pub fn from_foreign_name(name: &str) -> Option<Self> {
        if name == Self::ED25519 { Some(Self::EdDsa) } else { Self::from_name(name) }
    }

    /// What RFC 9864 calls `EdDSA`.
    pub const ED25519: &str = "Ed25519";

    /// Whether a signature takes long (0.2 ms): not every async thread may be at one.
    #[must_use]
    pub const fn is_slow(self) -> bool {
        matches!(self, Self::Rs256 | Self::Ps256)
    }

    pub(super) const fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
