//! What the core answers when it does not do what it was asked: a refusal, which is a fact about
//! the business and has words in every face, or a fault, which is ours and is logged once.

use super::clients::Unproven;
use super::links::Astray;
use crate::jose::JoseError;
use crate::outbox::BlobError;
use crate::store;

/// One variant per rule; no prose, no HTTP. Each face has words for every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account is unknown, has no password, or has another one: never told apart.
    WrongCredentials,
    /// Told only to who knows the password.
    AccountDisabled,
    EmailMalformed,
    EmailTaken,
    UsernameMalformed,
    UsernameTaken,
    NameMissing,
    NameTooLong,
    PasswordTooShort,
    PasswordTooLong,
    /// One of the commonest, or what others know of the person.
    PasswordCommon,
    /// Of apps whose documents ask for more than length.
    PasswordLacksUpper,
    PasswordLacksLower,
    PasswordLacksDigit,
    /// The current password, asked of somebody who is signed in.
    PasswordWrong,
    /// Too many failed passwords for this account, whichever password comes now. In seconds.
    Locked {
        retry_after: u64,
    },
    /// Too many failed passwords from this address. In seconds.
    SlowDown {
        retry_after: u64,
    },
    /// The one-time link was used, has expired, was superseded, or never was.
    LinkUnknown,
    /// Too many passwords wait to be hashed. In seconds.
    Busy {
        retry_after: u64,
    },
    /// Nobody is signed in here, or not any more.
    NotSignedIn,
    /// The sign-in is too long ago for this; the person signs in again.
    SignInTooOld,
    /// A credential that is none of ours, has expired, or was ended.
    CredentialInvalid,
    /// The credential was good; its account is not there any more.
    AccountGone,
    /// Two credentials in one request, of different accounts.
    CredentialsAmbiguous,
    /// An API key does not reach that far.
    ApiKeyInsufficient,
    /// No role of the account gives that permission.
    PermissionMissing,
    /// There is no such thing, or it is not for whoever asked.
    Unknown,
    /// As many of them as anybody may have.
    TooMany,
    /// Nobody would be left who may do everything.
    LastAdmin,
    /// The authorization request that a page belongs to was altered, or its client is gone.
    FlowBroken,
    /// The person took too long.
    FlowExpired,
    /// The authorization request has its code already, or one that was pushed its answer.
    FlowAnswered,
    CodeUnknown,
    CodeExpired,
    /// The code was used before. All that it gave has been revoked.
    CodeSpent,
    /// The code belongs to another client, redirect URI or code verifier.
    CodeBoundElsewhere,
    /// The session or account behind the code is not live any more.
    CodeOrphaned,
    /// Not a refresh token of ours, or another client's.
    RefreshUnknown,
    RefreshExpired,
    /// The refresh token was superseded and used again. Its family has been ended.
    RefreshReplayed,
    /// The session, account or consent behind the grant is not live any more.
    GrantEnded,
    ScopeTooWide,
    /// Not an access token of ours, or expired, or revoked.
    TokenInvalid,
    /// The access token does not reach that far.
    ScopeInsufficient,
    /// A resource that nobody serves, or that was not granted.
    TargetUnknown,
    /// A pushed request of another client, expired, used or none of ours.
    RequestUriUnknown,
    /// The client is not who it says.
    ClientUnproven(Unproven),
    /// The client failed to authenticate too often, from there. In seconds.
    ClientSlowDown {
        retry_after: u64,
    },
    /// No token, or another one, for registering or managing a client.
    RegistrationTokenInvalid,
    /// Clients do not register themselves here.
    RegistrationOff,
    /// Not a JPEG, PNG, WebP or GIF picture, or not a whole one.
    ImageUnreadable,
    /// More than 5 MB.
    ImageTooLarge,
    /// More than 16 million pixels, or more than 100 frames.
    ImageTooManyPixels,
    /// Not an http or https URL, or one with credentials, or of more than 2048 bytes.
    PictureUrlMalformed,
    /// Not a link to a picture of ours, or an old one.
    MediaLinkInvalid,
    /// A standard claim of another shape than OpenID Connect gives it, or too long: which one.
    ClaimMalformed(&'static str),
    /// The same owner has another one of that name.
    NameTaken,
    /// A name with line breaks or other control characters.
    NameMalformed,
    /// Too long, or with control characters.
    DescriptionMalformed,
    /// People have allowed the application something that still stands.
    ApplicationInUse,
    /// As many mails went to this account for this purpose as may. In seconds.
    TooManyMails {
        retry_after: u64,
    },
    /// The address is not that of whoever is signed in.
    EmailNotOwn,
    /// The address was proven before.
    EmailProven,
    /// A sign-in with an account elsewhere, or a link to one, came to nothing.
    Astray(Astray),
}

/// Something of ours failed. Never spoken: faces say only whether it may pass.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {source}")]
pub struct Fault {
    pub doing: &'static str,
    /// The database or the object storage could not be reached: it may be back in a moment.
    pub unavailable: bool,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Fault {
    /// Something that failed while this was being done.
    pub fn new(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { doing, unavailable: false, source: source.into() }
    }
}

/// Why a verb of the core did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    Refused(Refusal),
    Fault(Fault),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Turns an error of a room below into a fault that says what was being done.
pub(super) trait OrFault<T> {
    fn or_fault(self, doing: &'static str) -> Result<T, Fault>;
}

impl<T> OrFault<T> for Result<T, store::DbErr> {
    fn or_fault(self, doing: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault {
            doing,
            unavailable: store::is_unreachable(&error),
            source: error.into(),
        })
    }
}

impl<T> OrFault<T> for Result<T, JoseError> {
    fn or_fault(self, doing: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault::new(doing, error))
    }
}

impl<T> OrFault<T> for Result<T, BlobError> {
    fn or_fault(self, doing: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault { doing, unavailable: error.may_pass(), source: error.into() })
    }
}

impl<T> OrFault<T> for Result<T, serde_json::Error> {
    fn or_fault(self, doing: &'static str) -> Result<T, Fault> {
        self.map_err(|error| Fault::new(doing, error))
    }
}
