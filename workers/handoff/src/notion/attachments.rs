//! Files that stand on a page: fetched while their address is good, and kept for outbound.

use clients::notion::{File, FileError};
use clients::whatsapp::MediaKind as Carried;
use domain::TicketId;
use domain::content::MediaKind;
use domain::message::{Attachment, Origin};
use runtime::Failure;
use uuid::Uuid;

use super::Desks;
use super::call::Caller;

const SIXTEEN_MIB: u64 = 16 * 1024 * 1024;

/// A file as it will be sent: the same each time the page is read.
pub(super) fn attachment(business: &str, ticket: Uuid, file: &File) -> Attachment {
    let name = file.name();
    let ending: String = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase())
        .filter(|ending| ending.len() <= 5 && ending.bytes().all(|b| b.is_ascii_alphanumeric()))
        .unwrap_or_else(|| "pdf".to_owned());
    let media = match ending.as_str() {
        "jpg" | "jpeg" | "png" => MediaKind::Image,
        "mp4" | "3gp" => MediaKind::Video,
        "mp3" | "ogg" | "aac" | "amr" | "m4a" => MediaKind::Audio,
        _ => MediaKind::Document,
    };
    let id = Uuid::new_v5(&ticket, file.place().as_bytes());
    Attachment::File {
        media,
        from: Origin::Stored(format!("{business}/desk-{id}.{ending}")),
        caption: None,
        filename: (media == MediaKind::Document).then(|| name.to_owned()),
    }
}

/// The line that says that a file is not sent, the same for the same file.
pub(super) fn unsent_key(ticket: Uuid, file: &File) -> Uuid {
    TicketId::from_uuid(ticket).derive(&format!("unsent\0{}", file.place())).as_uuid()
}

impl Desks {
    /// Fetches a file and keeps it; gives why it can never be had.
    pub(super) async fn keep(
        &self,
        caller: &Caller,
        file: &File,
        attachment: &Attachment,
    ) -> Result<Option<FileError>, Failure> {
        let Attachment::File { from: Origin::Stored(key), media, .. } = attachment else {
            return Ok(None);
        };
        let at_most = match media {
            MediaKind::Document => Carried::Document.at_most_bytes(),
            MediaKind::Image => Carried::Image.at_most_bytes(),
            _ => SIXTEEN_MIB,
        };
        // They are held in memory.
        let Ok(_place) = self.fetches.acquire().await else { return Ok(None) };
        let bytes = match caller.notion.fetch(file, at_most).await {
            Ok(bytes) => bytes,
            Err(error) if error.is_transient() => return Err(Failure::retry(&error)),
            Err(error) => return Ok(Some(error)),
        };
        let put = self.files.put(key, bytes, "application/octet-stream").await;
        put.map(|_| None).map_err(|error| match error.is_transient() {
            true => Failure::retry(&error),
            false => Failure::reject(&error),
        })
    }
}
