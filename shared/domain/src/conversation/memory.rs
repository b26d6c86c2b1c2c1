//! What was last said, for whoever must understand the next question.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::turn::Heard;
use crate::content::gloss;
use crate::message::{Attachment, Release, ReplyReady, Sent, Speaker};
use crate::{Outcome, Timestamp};

const LINES: usize = 20;
const LINE_CHARS: usize = 1000;
/// Our own messages that a channel may still tell us about.
const OWN_MESSAGES: usize = 40;
/// Of so many of them it is kept what they said.
const OWN_TEXTS: usize = 4;
/// In bytes; a larger card of contacts is not kept.
const ATTACHMENT_AT_MOST: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    Customer,
    Bot,
    Person,
}

/// Something that was said, cut to a length that fits a prompt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub author: Author,
    pub text: String,
    pub at: Timestamp,
    /// The channel's id of the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
}

impl Line {
    fn is(&self, provider_id: &str) -> bool {
        self.provider_id.as_deref() == Some(provider_id)
    }
}

/// Shows who and when, never what.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("author", &self.author)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Memory {
    lines: VecDeque<Line>,
    own: VecDeque<Own>,
}

/// A message of ours. Of the newest it is kept what they said, in case the channel does not
/// deliver them after all.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Own {
    #[serde(rename = "i")]
    provider_id: String,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    said: Option<Said>,
}

/// What a message of ours said: a text, or what was attached.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    #[serde(rename = "t", default, skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment>,
    #[serde(rename = "b", default)]
    by: Speaker,
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    releases: Vec<Release>,
    /// Whether it is not said once more.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_last: bool,
}

impl Said {
    /// None for what is not worth keeping: nobody misses a reaction.
    pub(super) fn new(
        text: &str,
        attachment: Option<&Attachment>,
        by: Speaker,
        is_last: bool,
    ) -> Option<Self> {
        let Some(attachment) = attachment else {
            let (text, releases) = (text.to_owned(), Vec::new());
            return (!text.is_empty()).then_some(Self {
                text,
                attachment: None,
                by,
                releases,
                is_last,
            });
        };
        let size = serde_json::to_vec(attachment).map_or(usize::MAX, |json| json.len());
        let is_kept =
            !matches!(attachment, Attachment::Reaction { .. }) && size <= ATTACHMENT_AT_MOST;
        let attachment = Some(attachment.clone());
        let (text, releases) = (String::new(), Vec::new());
        is_kept.then_some(Self { text, attachment, by, releases, is_last })
    }

    /// The same, as a part of what says these answers.
    pub(super) fn of(self, releases: &[Release]) -> Self {
        Self { releases: releases.to_vec(), ..self }
    }

    pub(super) fn attachment(&self) -> Option<&Attachment> {
        self.attachment.as_ref()
    }

    pub(super) fn is_template(&self) -> bool {
        matches!(self.attachment, Some(Attachment::Template(_)))
    }

    pub(super) fn by(&self) -> Speaker {
        self.by
    }

    /// The same again, which has been said as often as before.
    pub(super) fn like_before(self, epoch: u32) -> ReplyReady {
        let closes_as = match self.attachment {
            _ if self.is_last => Outcome::Noted,
            Some(Attachment::Template(_)) => Outcome::Postponed,
            _ => Outcome::Answered,
        };
        ReplyReady { closes_as, ..self.again(epoch) }
    }

    /// The same again, which is then not said a third time.
    pub(super) fn again(self, epoch: u32) -> ReplyReady {
        let reply = ReplyReady::outside(epoch, self.text, Outcome::Noted);
        let attachments = self.attachment.into_iter().collect();
        ReplyReady { by: self.by, attachments, releases: self.releases, ..reply }
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("provider_id", &self.provider_id).finish_non_exhaustive()
    }
}

impl Memory {
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub(super) fn sent_by_us(&self, provider_id: &str) -> bool {
        self.own.iter().any(|own| own.provider_id == provider_id)
    }

    pub(super) fn remember_customer(&mut self, messages: &[Heard]) {
        for heard in messages {
            if let Some(meaning) = heard.meaning() {
                self.remember(Author::Customer, &heard.provider_id, &meaning, heard.sent_at);
            }
        }
    }

    pub(super) fn remember_sent(&mut self, sent: &[Sent]) {
        for message in sent {
            // Of a part that only a status tells of, the text may not be known.
            if !message.text.is_empty() {
                let author = match message.by {
                    Speaker::Bot => Author::Bot,
                    Speaker::Person => Author::Person,
                };
                self.remember(author, &message.provider_id, &message.text, message.at);
            }
        }
    }

    /// The channel has taken a message of ours. What it said is kept in case it is not delivered.
    pub(super) fn remember_own(&mut self, provider_id: &str, said: Option<Said>) {
        self.own.push_back(Own { provider_id: provider_id.to_owned(), said });
        self.trim_own();
    }

    fn trim_own(&mut self) {
        let excess = self.own.len().saturating_sub(OWN_MESSAGES);
        self.own.drain(..excess);
        let old = self.own.len().saturating_sub(OWN_TEXTS);
        self.own.iter_mut().take(old).for_each(|own| own.said = None);
    }

    pub(super) fn remember_person(&mut self, provider_id: &str, text: &str, at: Timestamp) {
        self.remember(Author::Person, provider_id, text, at);
    }

    /// What a message of ours said, as far as it is kept.
    pub(super) fn own(&self, provider_id: &str) -> Option<&Said> {
        self.own.iter().find(|own| own.provider_id == provider_id)?.said.as_ref()
    }

    /// The same; once.
    pub(super) fn take_own(&mut self, provider_id: &str) -> Option<Said> {
        self.own.iter_mut().find(|own| own.provider_id == provider_id)?.said.take()
    }

    pub(super) fn said_at(&self, provider_id: &str) -> Option<Timestamp> {
        Some(self.lines.iter().rev().find(|line| line.is(provider_id))?.at)
    }

    /// What this message said, as far as it is remembered.
    pub(super) fn said(&self, provider_id: &str) -> Option<&str> {
        let line = self.lines.iter().rev().find(|line| line.is(provider_id))?;
        Some(line.text.as_str())
    }

    pub(super) fn knows(&self, provider_id: &str) -> bool {
        self.lines.iter().any(|line| line.is(provider_id))
    }

    /// A customer's message says something else now, or nothing any more.
    pub(super) fn correct(&mut self, provider_id: &str, words: Option<&str>) {
        let Some(place) = self.lines.iter().rposition(|line| line.is(provider_id)) else { return };
        match words {
            Some(words) => {
                let words = gloss::unbracketed(words);
                self.lines[place].text = words.chars().take(LINE_CHARS).collect();
            }
            None => drop(self.lines.remove(place)),
        }
    }

    /// Adds what another conversation of the same customer remembers, in the order of time.
    pub(super) fn absorb(&mut self, other: &Self) {
        let mut lines: Vec<Line> =
            self.lines.drain(..).chain(other.lines.iter().cloned()).collect();
        lines.sort_by_key(|line| line.at);
        self.lines = lines.split_off(lines.len().saturating_sub(LINES)).into();
        let mut own: VecDeque<Own> = other.own.iter().cloned().collect();
        own.append(&mut self.own);
        self.own = own;
        self.trim_own();
    }

    fn remember(&mut self, author: Author, provider_id: &str, text: &str, at: Timestamp) {
        let text = text.chars().take(LINE_CHARS).collect();
        let provider_id = Some(provider_id.to_owned());
        self.lines.push_back(Line { author, text, at, provider_id });
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }
}
