//! Why the store could not do what it was asked.

use std::io::{self, ErrorKind};

use crate::http;

/// Holds neither a file's content, nor a key, nor anything that was signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the key of a file is not made of letters, digits, '-', '_' and '.' between slashes")]
    Key,
    #[error("{operation} in the folder of files")]
    Folder { operation: &'static str, source: io::Error },
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("set up the S3 client")]
    Setup(#[from] http::Error),
    #[error("make an address out of the S3 endpoint and bucket")]
    Bucket(#[from] rusty_s3::BucketError),
    #[error("{operation} in the S3 bucket")]
    Unreached { operation: &'static str, source: reqwest::Error },
    #[error("the S3 endpoint refused to {operation} with {status} ({})", code.as_deref().unwrap_or("no code"))]
    Refused { operation: &'static str, status: u16, code: Option<String> },
    #[error("the S3 endpoint's list of files can't be read")]
    Unreadable,
}

impl Error {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Key | Self::Missing(_) | Self::Setup(_) | Self::Bucket(_) | Self::Unreadable => {
                false
            }
            Self::Folder { source, .. } => matches!(
                source.kind(),
                ErrorKind::Interrupted
                    | ErrorKind::QuotaExceeded
                    | ErrorKind::ResourceBusy
                    | ErrorKind::StorageFull
                    | ErrorKind::TimedOut
                    | ErrorKind::WouldBlock
            ),
            Self::Unreached { .. } => true,
            Self::Refused { status, .. } => matches!(status, 408 | 429 | 500..),
        }
    }
}
