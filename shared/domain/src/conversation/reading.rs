//! Files that somebody else reads: their turn waits for what they say, within its limit.

use super::gathering::WEIGHT_AT_MOST;
use super::turn::{Heard, Phase, READING_CHARS, Turn};
use super::{Conversation, Effect, Rules};
use crate::message::TurnDue;
use crate::{Content, MessageId, Timestamp};

/// So much of a file is always kept, however much was sent with it.
const READING_CHARS_AT_LEAST: usize = 100;

impl Conversation {
    /// A file that was heard of before has been read, or can't be. What it says joins the turn it
    /// belongs to, which is decided anew if it is being decided without it; a turn that was decided
    /// already remembers it for the next.
    pub(super) fn read(
        &mut self,
        id: MessageId,
        content: &Content,
        now: Timestamp,
        rules: &Rules,
    ) -> Vec<Effect> {
        let Content::Media(media) = content else { return Vec::new() };
        if media.reading.is_none() {
            return Vec::new();
        }
        let weight = self.turn.as_ref().map_or(0, Turn::weight)
            + self.waiting.iter().map(Heard::weight).sum::<usize>();
        let in_turn = self.turn.iter_mut().flat_map(|turn| turn.messages.iter_mut());
        let Some(heard) = in_turn.chain(&mut self.waiting).find(|heard| heard.id == id) else {
            return Vec::new();
        };
        if heard.awaited_until.take().is_none() {
            return Vec::new();
        }
        // An edit of its caption may have come before.
        let caption = heard.content.words().map(str::to_owned);
        // A character takes up to four bytes.
        let room = WEIGHT_AT_MOST.saturating_sub(weight) / 4;
        let chars = room.clamp(READING_CHARS_AT_LEAST, READING_CHARS);
        heard.content = Content::Media(media.with_reading_cut(chars));
        if let Some(caption) = caption {
            heard.content.reword(&caption);
        }
        let Some(turn) = self.turn.as_ref().filter(|turn| turn.has(id)) else { return Vec::new() };
        match turn.phase {
            Phase::Gathering { due_at } => {
                vec![Effect::after(due_at.since(now), TurnDue { turn: turn.id })]
            }
            Phase::Deciding => self.supersede(None, now, rules),
            Phase::Answering | Phase::Sending(_) => Vec::new(),
        }
    }
}

impl Heard {
    /// Until when its turn still waits for it to be read.
    pub(super) fn awaited(&self, now: Timestamp) -> Option<Timestamp> {
        self.awaited_until.filter(|until| now < *until)
    }
}
