//! What a business learns: from its specialists' answers, and from what customers make of what
//! they are told.
//!
//! An answer becomes a [candidate](store::records::Candidate); guards refuse what holds for one
//! customer only; somebody approves it; then it is an entry, until it fails, expires, or the
//! documents that it was checked against change. Whoever shows a candidate is told of each change
//! by [`tend`], which finds in the records what was not told yet.

mod alike;
mod basis;
mod clean;
mod guard;
mod lane;
mod outcome;
mod propose;
pub mod review;
mod signs;
mod standing;
mod tend;
mod usage;
mod why;
mod word;

use runtime::Failure;
use uuid::Uuid;

pub(crate) use alike::NEGATIONS;
pub use lane::{Learning, Outcomes};
pub use tend::tend;
pub(crate) use usage::Told;
pub(crate) use word::words;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no candidate {0}")]
    Absent(Uuid),
    #[error("it can't be kept as it is. {}", .0.as_deref().unwrap_or_default())]
    Refused(Option<String>),
    #[error("somebody else keeps changing it: try again")]
    Raced,
    #[error(transparent)]
    Records(#[from] store::records::Error),
    #[error(transparent)]
    Base(#[from] crate::base::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Records(error) | Error::Base(crate::base::Error::Records(error)) => error.into(),
            Error::Raced | Error::Base(_) => Self::retry(&error),
            Error::Absent(_) | Error::Refused(_) => Self::reject(&error),
        }
    }
}
