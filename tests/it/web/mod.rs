//! The pages, as a browser without scripts sees them.

mod accounts;
mod lockout;
mod pages;
mod recovery;
