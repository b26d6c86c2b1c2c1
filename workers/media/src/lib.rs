//! Turns voice notes, images and documents into text, before triage.
//!
//! Whatever a customer sends comes back as `message.received` with what was made of it, or why
//! nothing was: a file is never an error, and its turn waits for it no longer than its business
//! allows.

mod fetch;
mod format;
mod keep;
mod patience;
mod read;

use std::collections::BTreeMap;

use clients::files::Files;
use clients::model::Model;
use clients::whatsapp::WhatsApp;
use domain::content::{self, Reading, Unread};
use domain::message::{Inbound, MediaReceived, MessageReceived};
use domain::{Body, BusinessId, Content, Effect, Envelope};
use runtime::{Business, Context, Effects, Failure, Handler, metrics};
use tracing::{info, warn};

use crate::patience::Patience;
use crate::read::Reader;

pub use keep::sweep_for_ever;

/// The worker. Clones share their connections and the threads that read documents.
#[derive(Debug, Clone)]
pub struct Media {
    channels: BTreeMap<BusinessId, WhatsApp>,
    files: Files,
    reader: Reader,
}

/// Why there is no reading.
#[derive(Debug, PartialEq, Eq)]
enum Stop {
    /// And there will be none.
    Final(Unread),
    /// It may succeed later.
    Again { cause: String },
}

impl From<Unread> for Stop {
    fn from(why: Unread) -> Self {
        Self::Final(why)
    }
}

impl Media {
    /// Without a model, PDF and text documents are read all the same.
    pub fn new(
        channels: BTreeMap<BusinessId, WhatsApp>,
        model: Option<Model>,
        files: Files,
    ) -> Self {
        Self { channels, files, reader: Reader::new(model) }
    }
}

impl Handler for Media {
    const WORKER: &'static str = "media";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Body::MediaReceived(MediaReceived(sent)) = &envelope.body else {
            return Ok(Effects::none());
        };
        let mut inbound = sent.clone();
        let kind = inbound.content.kind();
        if let Content::Media(media) = &mut inbound.content {
            let age = context.now().since(envelope.time);
            let patience = Patience::new(context.business().rules.reading_at_most, age);
            let looked = self.look(envelope, sent, context.business(), media);
            let reading = match tokio::time::timeout(patience.attempt(), looked).await {
                Ok(Ok(reading)) => reading,
                Ok(Err(Stop::Final(why))) => Reading::Unread(why),
                Ok(Err(Stop::Again { cause })) => match patience.again() {
                    Some(after) => return Err(Failure::Retry { cause, after: Some(after) }),
                    None => {
                        warn!(cause, "left unread: its turn waits no longer");
                        Reading::Unread(Unread::Failed)
                    }
                },
                Err(_elapsed) => {
                    warn!("left unread: it took too long");
                    Reading::Unread(Unread::Failed)
                }
            };
            let result = match &reading {
                Reading::Unread(why) => why.as_str(),
                _ => "read",
            };
            info!(media.kind = kind, media.result = result, media.kept = media.file.is_some());
            metrics::media_read(kind, result);
            media.reading = Some(reading);
        }
        Ok(Effects::publish(vec![Effect::now(MessageReceived(inbound))]))
    }
}

impl Media {
    /// Fetches the file, keeps it and reads it, in this order: what can't be read is there for a
    /// person all the same. `media.file` is set as soon as it is kept.
    async fn look(
        &self,
        envelope: &Envelope,
        sent: &Inbound,
        business: &Business,
        media: &mut content::Media,
    ) -> Result<Reading, Stop> {
        // Nothing is fetched that would not be opened.
        if let Some(mime_type) = &media.mime_type {
            format::claim(Some(mime_type), media.filename.as_deref(), media.kind)?;
        }
        let Some(whatsapp) = self.channels.get(&envelope.business) else {
            warn!(business = %envelope.business, "no channel to fetch files from");
            return Err(Unread::NoMeans.into());
        };
        let at_most = fetch::at_most(media.kind, business.media.file_mb);
        let file = fetch::fetch(whatsapp, &sent.address, media, at_most).await?;
        let mime_type = media.mime_type.as_deref().or(file.mime_type.as_deref());
        let format = format::agree(mime_type, media.filename.as_deref(), media.kind, &file.bytes)?;
        // The same for a message that the ledger sent again.
        let key = keep::key(&envelope.business, sent.sent_at, envelope.correlation, format);
        media.file = keep::keep(&self.files, key, &file.bytes, format).await;
        self.reader.read(file.bytes, format, business, media.caption.as_deref()).await
    }
}
