//! Files of our own must be with the channel before a message can show them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use clients::files::Files;
use clients::whatsapp::{Class, SendError, WhatsApp};
use domain::Timestamp;
use domain::content::MediaKind;

/// WhatsApp keeps what a business uploads for thirty days.
const KEPT: Duration = Duration::from_hours(25 * 24);
/// So many are remembered; one that is not is only uploaded again.
const REMEMBERED: usize = 1000;

/// What this process has uploaded lately.
pub(crate) struct Uploads {
    files: Files,
    ids: Mutex<BTreeMap<Place, Uploaded>>,
}

/// A file and the number that it was uploaded for.
type Place = (String, String);

#[derive(Debug, Clone)]
struct Uploaded {
    id: String,
    at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("read the file {key} of a reply from the store")]
    Read { key: String, source: clients::files::Error },
    #[error("send the file {key}: it is not in the store")]
    Missing { key: String },
    #[error("upload the file {key}")]
    Upload { key: String, source: SendError },
}

impl Error {
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Read { source, .. } => source.is_transient(),
            Self::Missing { .. } => false,
            Self::Upload { source, .. } => matches!(source.class(), Class::Transient),
        }
    }
}

/// A stored file, as a reply names it.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) key: &'a str,
    pub(crate) media: MediaKind,
    pub(crate) filename: Option<&'a str>,
}

impl Uploads {
    pub(crate) fn new(files: Files) -> Self {
        Self { files, ids: Mutex::default() }
    }

    /// The channel's id of the file, for this number: a known one, or that of a new upload.
    pub(crate) async fn id(
        &self,
        whatsapp: &WhatsApp,
        phone_number_id: &str,
        file: File<'_>,
        now: Timestamp,
    ) -> Result<String, Error> {
        let place = (phone_number_id.to_owned(), file.key.to_owned());
        if let Some(known) = self.known(&place, now) {
            return Ok(known);
        }
        let key = || file.key.to_owned();
        let read = self.files.get(file.key).await;
        let bytes = read.map_err(|source| Error::Read { key: key(), source })?;
        let bytes = bytes.ok_or_else(|| Error::Missing { key: key() })?;
        let name = file.filename.or_else(|| file.key.rsplit('/').next()).unwrap_or("file");
        let uploaded = whatsapp.upload(phone_number_id, mime_type(file, name), name, bytes).await;
        let id = uploaded.map_err(|source| Error::Upload { key: key(), source })?;
        self.remember(place, Uploaded { id: id.clone(), at: now });
        Ok(id)
    }

    /// The channel did not like it: next time it is uploaded anew.
    pub(crate) fn forget(&self, phone_number_id: &str, key: &str) {
        let place = (phone_number_id.to_owned(), key.to_owned());
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
    }

    fn known(&self, place: &Place, now: Timestamp) -> Option<String> {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.get(place).filter(|uploaded| now.since(uploaded.at) < KEPT).map(|one| one.id.clone())
    }

    fn remember(&self, place: Place, uploaded: Uploaded) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.retain(|_, one| uploaded.at.since(one.at) < KEPT);
        while ids.len() >= REMEMBERED {
            ids.pop_first();
        }
        ids.insert(place, uploaded);
    }
}

/// By the name's ending, otherwise what is usual for its kind.
fn mime_type(file: File<'_>, name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match (file.media, ending.as_deref().unwrap_or_default()) {
        (MediaKind::Image, "png") => "image/png",
        (MediaKind::Image, _) => "image/jpeg",
        (MediaKind::Sticker, _) => "image/webp",
        (MediaKind::Audio, "mp3") => "audio/mpeg",
        (MediaKind::Audio, "m4a" | "mp4") => "audio/mp4",
        (MediaKind::Audio, "aac") => "audio/aac",
        (MediaKind::Audio, "amr") => "audio/amr",
        (MediaKind::Audio, _) => "audio/ogg",
        (MediaKind::Video, "3gp") => "video/3gpp",
        (MediaKind::Video, _) => "video/mp4",
        (MediaKind::Document, "txt" | "csv") => "text/plain",
        (MediaKind::Document, "doc") => "application/msword",
        (MediaKind::Document, "xls") => "application/vnd.ms-excel",
        (MediaKind::Document, "ppt") => "application/vnd.ms-powerpoint",
        (MediaKind::Document, "docx") => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        (MediaKind::Document, "xlsx") => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        (MediaKind::Document, "pptx") => {
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"
        }
        (MediaKind::Document, _) => "application/pdf",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_type_of_its_ending_or_of_its_kind() {
        for (media, name, expected) in [
            (MediaKind::Image, "foto.PNG", "image/png"),
            (MediaKind::Image, "0f3a", "image/jpeg"),
            (MediaKind::Document, "plan.pdf", "application/pdf"),
            (MediaKind::Document, "precios.csv", "text/plain"),
            (MediaKind::Audio, "nota", "audio/ogg"),
            (MediaKind::Video, "a.b.3gp", "video/3gpp"),
        ] {
            let file = File { key: "k", media, filename: Some(name) };
            assert_eq!(mime_type(file, name), expected, "{name}");
        }
    }
}
