//! From bytes to words.

pub(crate) mod hear;
mod pdf;
mod see;
pub(crate) mod text;

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clients::model::{Error, Model};
use domain::content::{Reading, Unread};
use runtime::Business;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::format::{Family, Format};
use crate::{Stop, aside};

/// The most that is passed on, in characters: three pages.
const WORDS_MAX: usize = 8_000;
/// Documents that are read at once. One takes milliseconds, and one that is made to do harm
/// hundreds of megabytes.
const DOCUMENTS_AT_ONCE: usize = 1;
/// The longest that a document is read, the wait for others before it included.
const DOCUMENT_AT_MOST: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub(crate) struct Reader {
    model: Option<Model>,
    documents: Arc<Semaphore>,
}

impl Reader {
    pub(crate) fn new(model: Option<Model>) -> Self {
        Self { model, documents: Arc::new(Semaphore::new(DOCUMENTS_AT_ONCE)) }
    }

    pub(crate) async fn read(
        &self,
        bytes: Bytes,
        format: &Format,
        business: &Business,
        caption: Option<&str>,
    ) -> Result<Reading, Stop> {
        match format.family {
            Family::Audio => {
                let words = hear::hear(self.model()?, bytes, format).await?;
                Ok(Reading::Transcript(readable(&words)?))
            }
            Family::Image => {
                let words = see::see(self.model()?, &bytes, format, business, caption).await?;
                Ok(Reading::Description(readable(&words)?))
            }
            Family::Pdf => {
                let pages = business.media.pages;
                let read = pdf::read(Arc::clone(&self.documents), bytes, pages);
                let words = match tokio::time::timeout(DOCUMENT_AT_MOST, read).await {
                    Ok(read) => read?,
                    Err(_elapsed) => return Err(Unread::Failed.into()),
                };
                Ok(Reading::Text(readable(&words)?))
            }
            Family::Text => {
                let words = aside(move || text::decode(&bytes)).await?;
                let words = words.ok_or(Unread::Suspicious)?;
                Ok(Reading::Text(readable(&words)?))
            }
            Family::Video | Family::Office => Err(Unread::NoMeans.into()),
        }
    }

    pub(crate) fn has_model(&self) -> bool {
        self.model.is_some()
    }

    fn model(&self) -> Result<&Model, Unread> {
        self.model.as_ref().ok_or(Unread::NoMeans)
    }
}

/// What of the words is passed on, if there are any.
fn readable(words: &str) -> Result<String, Unread> {
    let words = text::cut(words, WORDS_MAX);
    if words.is_empty() { Err(Unread::Empty) } else { Ok(words) }
}

/// Why the model has not read a file. An endpoint that does not have this ability, or not for such
/// a file, says so with one of the first statuses.
fn unread(error: &Error) -> Stop {
    match error {
        Error::Unavailable(down) => Stop::Again { cause: format!("{error}: {down}") },
        Error::Rejected { status: 400 | 404 | 405 | 413 | 415 | 422 | 501, .. } => {
            warn!(%error, "the model does not take such a file");
            Unread::NoMeans.into()
        }
        error => {
            let source = error.source().map(tracing::field::display);
            warn!(%error, source, "the model did not read a file");
            Unread::Failed.into()
        }
    }
}
