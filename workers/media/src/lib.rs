//! Turns voice notes, images and documents into text, before triage.
//!
//! Whatever a customer sends comes back as `message.received` with what was made of it, or why
//! nothing was: a file is never an error, and its turn waits for it no longer than its business
//! allows. What the platform could not give by then is fetched later, for people and the record.

mod fetch;
mod format;
mod keep;
mod patience;
mod read;
mod share;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use clients::files::Files;
use clients::model::Model;
use clients::whatsapp::WhatsApp;
use domain::content::{self, Reading, Unread};
use domain::message::{Inbound, MediaReceived, MessageReceived};
use domain::{Body, BusinessId, Content, Effect, Envelope};
use runtime::{Context, Effects, Failure, Handler, metrics};
use tracing::{info, warn};

use crate::fetch::Fetched;
use crate::format::Format;
use crate::patience::Patience;
use crate::read::Reader;
use crate::share::{Hands, Turnstile};

pub use keep::sweep_for_ever;

/// The worker. Clones share their connections and the threads that read documents.
#[derive(Debug, Clone)]
pub struct Media {
    channels: BTreeMap<BusinessId, WhatsApp>,
    files: Files,
    reader: Reader,
    hands: Hands,
}

/// When a file is looked at whose customer has others in hand.
const NEXT: Duration = Duration::from_secs(1);

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
        Self { channels, files, reader: Reader::new(model), hands: Hands::default() }
    }
}

impl Handler for Media {
    const WORKER: &'static str = "media";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Body::MediaReceived(MediaReceived(sent)) = &envelope.body else {
            return Ok(Effects::none());
        };
        let Some(_hold) = self.hands.take(envelope.conversation) else {
            let cause = "other files of this customer come first".to_owned();
            return Err(Failure::Later { cause, after: NEXT });
        };
        let mut inbound = sent.clone();
        let kind = inbound.content.kind();
        let Content::Media(media) = &mut inbound.content else {
            return Ok(Effects::publish(vec![Effect::now(MessageReceived(inbound))]));
        };
        let age = context.now().since(envelope.time);
        let patience = Patience::new(context.business().rules.reading_at_most, age);
        let looked = self.look(envelope, sent, context, &patience, media);
        let reading = match tokio::time::timeout(patience.attempt(), looked).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(Stop::Final(why))) => Reading::Unread(why),
            Ok(Err(Stop::Again { cause })) => {
                if let Some(after) = patience.again() {
                    return Err(Failure::Retry { cause, after: Some(after) });
                }
                if let (None, Some(after)) = (&media.file, patience.late()) {
                    if patience.is_first_late() {
                        warn!(cause, "left unread for now: its turn waits no longer");
                        conclude(kind, media, Reading::Unread(Unread::Failed));
                        context.tell(MessageReceived(inbound)).await?;
                    }
                    return Err(Failure::Later { cause, after });
                }
                warn!(cause, "left unread: its turn waits no longer");
                Reading::Unread(Unread::Failed)
            }
            Err(_elapsed) => {
                warn!("left unread: it took too long");
                Reading::Unread(Unread::Failed)
            }
        };
        conclude(kind, media, reading);
        Ok(Effects::publish(vec![Effect::now(MessageReceived(inbound))]))
    }
}

/// What came of a file, for its turn and for operators.
fn conclude(kind: &'static str, media: &mut content::Media, reading: Reading) {
    let result = match &reading {
        Reading::Unread(why) => why.as_str(),
        _ => "read",
    };
    info!(media.kind = kind, media.result = result, media.kept = media.file.is_some());
    metrics::media_read(kind, result);
    media.reading = Some(reading);
}

/// Runs what takes long for a large file where it holds up nobody: in one process with the
/// ingress, the others answer webhooks.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unread> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        warn!(%error, "a file was too much for its reader");
        Unread::Failed
    })
}

impl Media {
    /// Fetches the file, keeps it and reads it, the latter two at once: what can't be read is there
    /// for a person all the same. `media.file` is set as soon as it is kept.
    async fn look(
        &self,
        envelope: &Envelope,
        sent: &Inbound,
        context: &Context<'_>,
        patience: &Patience,
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
        let at_most = fetch::at_most(media.kind, context.business().media.file_mb);
        let Fetched { bytes, mime_type } =
            fetch::fetch(whatsapp, &sent.address, media, at_most).await?;
        let (mime_type, name) = (media.mime_type.clone().or(mime_type), media.filename.clone());
        let (kind, file) = (media.kind, bytes.clone());
        let agreed =
            aside(move || format::agree(mime_type.as_deref(), name.as_deref(), kind, &file));
        let format = agreed.await??;
        // The same for a message that the ledger sent again.
        let key = keep::key(&envelope.business, sent.sent_at, envelope.correlation, format);
        let content::Media { file, caption, .. } = media;
        let kept = async {
            *file = keep::keep(&self.files, key, &bytes, format, patience.rest()).await;
        };
        let read = self.read(envelope, context, &bytes, format, caption.as_deref());
        let ((), reading) = tokio::join!(kept, read);
        reading
    }

    /// Reads the file, by a model only as much as one customer may ask of it.
    async fn read(
        &self,
        envelope: &Envelope,
        context: &Context<'_>,
        bytes: &Bytes,
        format: &Format,
        caption: Option<&str>,
    ) -> Result<Reading, Stop> {
        let read = self.reader.read(bytes.clone(), format, context.business(), caption);
        if !(self.reader.has_model() && format.family.is_read_by_model()) {
            return read.await;
        }
        let turnstile = Turnstile::pass(context, envelope.conversation).await?;
        let reading = read.await;
        if let Err(Stop::Again { .. }) = reading {
            turnstile.give_back().await;
        }
        reading
    }
}
