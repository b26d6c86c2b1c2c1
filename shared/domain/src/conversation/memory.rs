//! What was last said, for whoever must understand the next question.

use std::collections::VecDeque;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::turn::Heard;
use crate::Timestamp;
use crate::message::Sent;

const LINES: usize = 20;
const LINE_CHARS: usize = 1000;
/// Our own messages that a channel may still tell us about.
const OWN_MESSAGES: usize = 40;

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

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    lines: VecDeque<Line>,
    own: VecDeque<String>,
}

impl Memory {
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub(super) fn sent_by_us(&self, provider_id: &str) -> bool {
        self.own.iter().any(|own| own == provider_id)
    }

    pub(super) fn remember_customer(&mut self, messages: &[Heard]) {
        for heard in messages {
            if let Some(words) = heard.content.words() {
                self.remember(Author::Customer, words, heard.sent_at);
            }
        }
    }

    pub(super) fn remember_sent(&mut self, sent: &[Sent]) {
        for message in sent {
            // Of a part that only a status tells of, the text may not be known.
            if !message.text.is_empty() {
                self.remember(Author::Bot, &message.text, message.at);
            }
            self.own.push_back(message.provider_id.clone());
        }
        while self.own.len() > OWN_MESSAGES {
            self.own.pop_front();
        }
    }

    pub(super) fn remember_person(&mut self, text: &str, at: Timestamp) {
        self.remember(Author::Person, text, at);
    }

    fn remember(&mut self, author: Author, text: &str, at: Timestamp) {
        let text = text.chars().take(LINE_CHARS).collect();
        self.lines.push_back(Line { author, text, at });
        if self.lines.len() > LINES {
            self.lines.pop_front();
        }
    }
}
