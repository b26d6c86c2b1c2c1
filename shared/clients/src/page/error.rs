//! Why a page can't be had, and what to do about it.

use std::error::Error as _;

use super::reach::NotPublic;

/// Said to whoever typed the address, so each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("it is no address: it must begin with https:// or http://")]
    NoAddress,
    #[error(
        "leave the name and the password out of the address: save the page and import the file"
    )]
    Password,
    #[error(
        "it is not on the public internet, and could be anything within your network: add \
         --allow-private if it is yours and meant to be told to customers"
    )]
    Private,
    #[error("it leads from one address to the next more than {at_most} times: give the last one")]
    Redirects { at_most: usize },
    #[error("there is nothing at this address any more (status {status})")]
    Gone { status: u16 },
    #[error("its server refuses it (status {status}): save the page and import the file")]
    Refused { status: u16 },
    #[error("it is larger than {mb} MB: save it, cut it into parts and import those")]
    TooLarge { mb: usize },
    #[error("it did not come within {seconds} seconds: try again later, or save it")]
    TooLong { seconds: u64 },
    #[error(
        "its server sends it packed, without being asked to: save the page and import the file"
    )]
    Packed,
    #[error("its server can't be reached: look at the address, and try again later")]
    Interrupted(#[source] reqwest::Error),
}

impl Error {
    pub(super) fn interrupted(error: reqwest::Error) -> Self {
        let mut source = error.source();
        while let Some(cause) = source {
            if cause.is::<NotPublic>() {
                return Self::Private;
            }
            source = cause.source();
        }
        Self::Interrupted(error.without_url())
    }
}
