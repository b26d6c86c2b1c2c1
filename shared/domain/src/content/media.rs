//! Files that customers send, and what was made of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::gloss;

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    #[serde(rename = "media")]
    pub kind: MediaKind,
    pub id: String,
    pub mime_type: Option<String>,
    pub sha256: Option<String>,
    pub caption: Option<String>,
    pub filename: Option<String>,
    /// A voice note, spoken for this conversation, as opposed to a sound file.
    #[serde(default)]
    pub voice: bool,
    /// Where the file is kept, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What was made of it; absent until somebody has looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

/// What a file says, as far as a machine can tell.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// What is spoken in it.
    Transcript(String),
    /// What is seen in it.
    Description(String),
    /// What is written in it.
    Text(String),
    /// It could not be read.
    Unread(Unread),
}

/// Why a file was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    TooLarge,
    /// A type that nobody here opens.
    WrongType,
    /// What is in it is not what it says it is, or it was damaged on the way.
    Suspicious,
    /// The channel no longer has it.
    Gone,
    /// There is nothing in it: silence, a blank page.
    Empty,
    /// Relevo was not given the means to read this kind.
    NoMeans,
    /// It should have been read, and something failed.
    Failed,
}

impl Unread {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::WrongType => "wrong_type",
            Self::Suspicious => "suspicious",
            Self::Gone => "gone",
            Self::Empty => "empty",
            Self::NoMeans => "no_means",
            Self::Failed => "failed",
        }
    }
}

impl Media {
    /// What the customer says in it: the caption, or what is spoken.
    pub(super) fn words(&self) -> Option<&str> {
        let caption = self.caption.as_deref().filter(|caption| !caption.trim().is_empty());
        caption.or(match &self.reading {
            Some(Reading::Transcript(text)) => Some(text),
            _ => None,
        })
    }

    /// The same with at most so many characters of what was read in it.
    pub(crate) fn with_reading_cut(&self, chars: usize) -> Self {
        let cut = |text: &String| gloss::cut(text, chars);
        let reading = self.reading.as_ref().map(|reading| match reading {
            Reading::Transcript(text) => Reading::Transcript(cut(text)),
            Reading::Description(text) => Reading::Description(cut(text)),
            Reading::Text(text) => Reading::Text(cut(text)),
            Reading::Unread(why) => Reading::Unread(*why),
        });
        Self { reading, ..self.clone() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
    Sticker,
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("kind", &self.kind)
            .field("voice", &self.voice)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Transcript(_) => "Transcript",
            Self::Description(_) => "Description",
            Self::Text(_) => "Text",
            Self::Unread(why) => why.as_str(),
        })
    }
}
