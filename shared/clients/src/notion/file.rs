//! Files that stand on pages.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Notion;

/// The most that fetching one takes, its connection included.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// A file as a page names it. Its address is good for an hour when Notion keeps it.
#[derive(Clone, Deserialize)]
pub struct File {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    file: Option<Place>,
    #[serde(default)]
    external: Option<Place>,
}

#[derive(Clone, Deserialize)]
struct Place {
    url: SecretString,
}

/// A file that could not be had. Holds nothing of its address.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file has more than {at_most} bytes")]
    TooLarge { at_most: u64 },
    /// Not asked.
    #[error("the file has no address that can be asked")]
    Nowhere,
    #[error("the file's server answered {0}")]
    Refused(u16),
    #[error("receive a file of Notion's")]
    Interrupted(#[source] reqwest::Error),
}

impl FileError {
    /// Whether asking again may help; a new address too.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Nowhere => false,
            Self::Refused(status) => *status >= 500 || matches!(*status, 403 | 408 | 429),
            Self::Interrupted(_) => true,
        }
    }
}

impl File {
    pub fn name(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("archivo")
    }

    /// Its address without what signs it, which is another each time: by this it is known again.
    pub fn place(&self) -> String {
        let url = self.url().and_then(|url| Url::parse(url.expose_secret()).ok());
        url.map(|mut url| {
            url.set_query(None);
            url.to_string()
        })
        .unwrap_or_default()
    }

    fn url(&self) -> Option<&SecretString> {
        self.file.as_ref().or(self.external.as_ref()).map(|place| &place.url)
    }
}

impl Notion {
    /// Fetches a file, without our key, and stops as soon as it turns out to be larger.
    pub async fn fetch(&self, file: &File, at_most: u64) -> Result<Bytes, FileError> {
        let url = file.url().and_then(|url| Url::parse(url.expose_secret()).ok());
        let url = url
            .filter(|url| url.scheme() == "https" || url.origin() == self.base.origin())
            .ok_or(FileError::Nowhere)?;
        let interrupted = |error: reqwest::Error| FileError::Interrupted(error.without_url());
        let mut response = self.files.get(url).send().await.map_err(interrupted)?;
        if !response.status().is_success() {
            return Err(FileError::Refused(response.status().as_u16()));
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(interrupted)? {
            if bytes.len() as u64 + chunk.len() as u64 > at_most {
                return Err(FileError::TooLarge { at_most });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.place() == other.place()
    }
}

impl Eq for File {}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("File")
    }
}
