//! The REST dialects of first-party apps.

pub mod applications;
