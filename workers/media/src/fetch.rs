//! Getting a file from the channel: whole, unchanged, and no larger than it may be.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use clients::whatsapp::{
    AUDIO_BYTES_MAX, Class, DOCUMENT_BYTES_MAX, DownloadError, IMAGE_BYTES_MAX, STICKER_BYTES_MAX,
    SendError, VIDEO_BYTES_MAX, WhatsApp,
};
use domain::content::{Media, MediaKind, Unread};
use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::{Stop, aside};

/// How often a file is fetched within one attempt.
const TIMES: u32 = 3;
/// Before it is fetched again; twice that the next time.
const PAUSE: Duration = Duration::from_millis(500);

pub(crate) struct Fetched {
    pub(crate) bytes: Bytes,
    /// As the channel says when it is asked for the file.
    pub(crate) mime_type: Option<String>,
}

/// What went wrong, and whether fetching it again at once may help.
enum Fault {
    Lasting(Stop),
    Passing(Stop),
}

/// How large a file may be: as the business says, and never beyond what the platform carries.
pub(crate) fn at_most(kind: MediaKind, file_mb: u32) -> u64 {
    let platform = match kind {
        MediaKind::Image => IMAGE_BYTES_MAX,
        MediaKind::Audio => AUDIO_BYTES_MAX,
        MediaKind::Video => VIDEO_BYTES_MAX,
        MediaKind::Document => DOCUMENT_BYTES_MAX,
        MediaKind::Sticker => STICKER_BYTES_MAX,
    };
    platform.min(u64::from(file_mb) * 1024 * 1024)
}

/// Looks the file's address up and downloads it. The address dies within minutes and a download
/// may be damaged, so both are done again, a few times.
pub(crate) async fn fetch(
    whatsapp: &WhatsApp,
    phone_number_id: &str,
    media: &Media,
    at_most: u64,
) -> Result<Fetched, Stop> {
    let mut times = 0;
    loop {
        times += 1;
        match once(whatsapp, phone_number_id, media, at_most).await {
            Ok(fetched) => return Ok(fetched),
            Err(Fault::Passing(_)) if times < TIMES => tokio::time::sleep(PAUSE * times).await,
            Err(Fault::Passing(stop) | Fault::Lasting(stop)) => return Err(stop),
        }
    }
}

async fn once(
    whatsapp: &WhatsApp,
    phone_number_id: &str,
    media: &Media,
    at_most: u64,
) -> Result<Fetched, Fault> {
    let info = whatsapp.media(phone_number_id, &media.id).await.map_err(|error| unknown(&error))?;
    if info.file_size.is_some_and(|size| size > at_most) {
        return Err(Fault::Lasting(Unread::TooLarge.into()));
    }
    let bytes = whatsapp.download(&info, at_most).await.map_err(not_downloaded)?;
    let (said, sent) = ([media.sha256.clone(), info.sha256], bytes.clone());
    let is_whole = aside(move || {
        let digest = Sha256::digest(&sent);
        said.iter().flatten().all(|said| is_hash(said, &digest))
    });
    if !is_whole.await.map_err(|why| Fault::Lasting(why.into()))? {
        warn!("what came is not what was sent");
        return Err(Fault::Passing(Unread::Suspicious.into()));
    }
    Ok(Fetched { bytes, mime_type: info.mime_type })
}

fn unknown(error: &SendError) -> Fault {
    match error.class() {
        Class::Transient | Class::Throttled { .. } => {
            Fault::Passing(Stop::Again { cause: format!("look a file up: {error}") })
        }
        // How the platform says that it has no such file (any more).
        Class::Ours => Fault::Lasting(Unread::Gone.into()),
        Class::Account => account_refused(error),
        _ => refused(error),
    }
}

fn not_downloaded(error: DownloadError) -> Fault {
    match error {
        DownloadError::TooLarge { .. } => Fault::Lasting(Unread::TooLarge.into()),
        // The address is dead; a new one may not be.
        DownloadError::Gone => Fault::Passing(Unread::Gone.into()),
        error if error.is_transient() => {
            Fault::Passing(Stop::Again { cause: format!("download a file: {error}") })
        }
        DownloadError::Refused(error) if error.class() == Class::Account => account_refused(&error),
        error => refused(&error),
    }
}

/// Such as by a token that has expired. The platform keeps the file until somebody has mended it.
fn account_refused(error: &SendError) -> Fault {
    Fault::Lasting(Stop::Again { cause: format!("fetch a file: {error}") })
}

fn refused(error: &dyn std::error::Error) -> Fault {
    warn!(%error, "a file is refused to us");
    Fault::Lasting(Unread::Failed.into())
}

/// Whether this names the digest: the webhook has it in base64, the look-up in hex. What is
/// neither says nothing.
fn is_hash(said: &str, digest: &[u8]) -> bool {
    let said = said.trim();
    let decoded = match hex::decode(said) {
        Ok(bytes) if bytes.len() == digest.len() => Some(bytes),
        _ => STANDARD.decode(said).ok().filter(|bytes| bytes.len() == digest.len()),
    };
    decoded.is_none_or(|bytes| bytes == digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_in_hex_and_in_base64() {
        let (digest, other) = (Sha256::digest(b"a"), Sha256::digest(b"b"));
        for (said, expected) in [
            (hex::encode(digest), true),
            (hex::encode_upper(digest), true),
            (STANDARD.encode(digest), true),
            (hex::encode(other), false),
            (STANDARD.encode(other), false),
            ("b64=".to_owned(), true),
            (String::new(), true),
        ] {
            assert_eq!(is_hash(&said, &digest), expected, "{said}");
        }
    }

    #[test]
    fn a_business_may_allow_less_than_the_platform_and_not_more() {
        const MB: u64 = 1024 * 1024;
        assert_eq!(at_most(MediaKind::Document, 25), 25 * MB);
        assert_eq!(at_most(MediaKind::Image, 1), MB);
        assert!(at_most(MediaKind::Image, 25) < 25 * MB);
    }
}
