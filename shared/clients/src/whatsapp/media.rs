//! Files: where they are, what they hold, and how new ones get to the platform.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Url;
use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::answer::Answer;
use super::message::within;
use super::{Class, MediaKind, SendError, WhatsApp};

const MIB: u64 = 1024 * 1024;

// The largest files that the platform carries.
pub const IMAGE_BYTES_MAX: u64 = 5 * MIB;
pub const AUDIO_BYTES_MAX: u64 = 16 * MIB;
pub const VIDEO_BYTES_MAX: u64 = 16 * MIB;
pub const DOCUMENT_BYTES_MAX: u64 = 100 * MIB;
/// Of a sticker that moves; one that does not is smaller.
pub const STICKER_BYTES_MAX: u64 = 500 * 1024;

/// The most that moving one file takes, its connection included: far more than a message, since a
/// document has a hundred megabytes.
const TRANSFER_TIMEOUT: Duration = Duration::from_secs(60);

/// Meta's own file servers, each with whatever is below its name.
const FILE_SERVERS: [&str; 3] = ["lookaside.fbsbx.com", "fbcdn.net", "whatsapp.net"];

/// Where a customer's file is, and what the platform says about it.
#[derive(Clone, Debug, Deserialize)]
pub struct MediaInfo {
    /// Good for five minutes.
    pub url: SecretString,
    pub mime_type: Option<String>,
    /// In hexadecimal digits.
    pub sha256: Option<String>,
    /// In bytes.
    #[serde(default, deserialize_with = "count")]
    pub file_size: Option<u64>,
}

/// A file that could not be had. Holds nothing of the address.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("the file has more than {at_most} bytes")]
    TooLarge { at_most: u64 },
    /// The address has expired, or the file is no longer kept. A new address from
    /// [`WhatsApp::media`] tells which.
    #[error("there is no file at this address any more")]
    Gone,
    /// Not asked: the token must not go to a stranger. The test
    /// `the_token_goes_to_nobody_but_the_platform` holds that.
    #[error("the address of the file is not the platform's")]
    Elsewhere,
    #[error("download a file from WhatsApp")]
    Refused(#[source] SendError),
    /// No connection, or one that was lost or too slow.
    #[error("receive a file from WhatsApp")]
    Interrupted(#[source] reqwest::Error),
}

#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

impl WhatsApp {
    /// Looks up where a file is. An id that does not exist is refused as [`Class::Ours`].
    pub async fn media(
        &self,
        phone_number_id: &str,
        media_id: &str,
    ) -> Result<MediaInfo, SendError> {
        let number = [("phone_number_id", phone_number_id)];
        self.exchange(self.http.get(self.url(&[media_id])).query(&number)).await?.read(&[])
    }

    /// Downloads a file and stops as soon as it turns out to have more than `at_most` bytes.
    pub async fn download(&self, info: &MediaInfo, at_most: u64) -> Result<Bytes, DownloadError> {
        let too_large = DownloadError::TooLarge { at_most };
        let url = Url::parse(info.url.expose_secret()).ok();
        let url = url.filter(|url| self.is_platforms(url)).ok_or(DownloadError::Elsewhere)?;
        if info.file_size.is_some_and(|size| size > at_most) {
            return Err(too_large);
        }
        let request = self.http.get(url).timeout(TRANSFER_TIMEOUT);
        let mut response = request.send().await.map_err(DownloadError::interrupted)?;
        if !response.status().is_success() {
            return Err(DownloadError::refused(&Answer::of(response).await));
        }
        let mut left = at_most;
        let mut file = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(DownloadError::interrupted)? {
            let Some(rest) = left.checked_sub(chunk.len() as u64) else { return Err(too_large) };
            left = rest;
            file.extend_from_slice(&chunk);
        }
        Ok(file.freeze())
    }

    /// Hands a file to the platform, which keeps it for 30 days, and returns the id by which it can
    /// be sent. May be repeated: a file that nobody sends does no harm.
    pub async fn upload(
        &self,
        phone_number_id: &str,
        mime_type: &str,
        filename: &str,
        bytes: Bytes,
    ) -> Result<String, SendError> {
        let size = bytes.len();
        let most = MediaKind::of(mime_type).at_most_bytes();
        within("size of the file", size, 1, usize::try_from(most).unwrap_or(usize::MAX))?;
        let file = Part::stream_with_length(bytes, size as u64)
            .file_name(filename.to_owned())
            .mime_str(mime_type)
            .map_err(|_| SendError::Unfit("the type of the file is no MIME type"))?;
        let form = Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", mime_type.to_owned())
            .part("file", file);
        let request = self.http.post(self.url(&[phone_number_id, "media"])).multipart(form);
        let answer = self.exchange(request.timeout(TRANSFER_TIMEOUT)).await?;
        answer.read(&[filename]).map(|Uploaded { id }| id)
    }

    /// Whether the token may go there: to the API's own host, or to one of Meta's file servers.
    fn is_platforms(&self, url: &Url) -> bool {
        let is_file_server = |host: &str| {
            FILE_SERVERS.iter().any(|server| {
                host.strip_suffix(server).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })
        };
        url.origin() == self.base.origin()
            || url.scheme() == "https"
                && url.port().is_none()
                && url.host_str().is_some_and(is_file_server)
    }
}

impl MediaKind {
    /// As what the platform takes a file of this type. Of images, only stickers are `webp`.
    pub fn of(mime_type: &str) -> Self {
        match mime_type.split(['/', ';']).next().unwrap_or_default() {
            _ if mime_type.starts_with("image/webp") => Self::Sticker,
            "image" => Self::Image,
            "audio" => Self::Audio,
            "video" => Self::Video,
            _ => Self::Document,
        }
    }

    pub fn at_most_bytes(self) -> u64 {
        match self {
            Self::Image => IMAGE_BYTES_MAX,
            Self::Audio => AUDIO_BYTES_MAX,
            Self::Video => VIDEO_BYTES_MAX,
            Self::Document => DOCUMENT_BYTES_MAX,
            Self::Sticker => STICKER_BYTES_MAX,
        }
    }
}

impl DownloadError {
    /// Whether the same address may work later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::Gone | Self::Elsewhere => false,
            Self::Refused(error) => {
                matches!(error.class(), Class::Transient | Class::Throttled { .. })
            }
            Self::Interrupted(_) => true,
        }
    }

    /// The file servers answer 404 to an address that has expired; 403 and 410 are other
    /// distribution networks' words for it. What the API itself refuses has a code.
    fn refused(answer: &Answer) -> Self {
        match answer.refusal(&[]) {
            SendError::Unreadable { status: 403 | 404 | 410, .. } => Self::Gone,
            error => Self::Refused(error),
        }
    }

    fn interrupted(error: reqwest::Error) -> Self {
        Self::Interrupted(error.without_url())
    }
}

/// The platform writes the size as a string, and in its own examples as a number.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    })
}
