//! What could not be said: because the channel's window is closed, or because the channel took it
//! and did not deliver it.

use serde::{Deserialize, Serialize};

use super::agreeing::agrees;
use super::memory::Said;
use super::turn::Phase;
use super::{Conversation, Effect, Owner};
use crate::message::{Attachment, DeliveryUpdated, ReplyReady, Speaker, Template, TurnClosed};
use crate::{Content, MessageId, Outcome, Timestamp};

/// How much waits for a customer who is silent; of more, the oldest is out of date.
const POSTPONED_AT_MOST: usize = 8;
/// The channel's code for a closed window.
const WINDOW_CLOSED: i64 = 131_047;

/// What to do about a message that the channel took and did not deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Back {
    /// It may be delivered another time: it is said once more.
    Again,
    /// The account can't deliver anything now: it is said again, however often that was tried.
    Blocked,
    /// The window was closed; the template invites the customer, if there is one.
    NeedsTemplate(Option<Template>),
    /// This customer does not get it.
    Lost,
}

/// Whether it is a text and nothing else.
fn is_plain(reply: &ReplyReady) -> bool {
    reply.choices.is_empty() && reply.attachments.is_empty() && reply.quotes.is_none()
}

/// What the customer is told when they write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Postponed(ReplyReady);

impl Conversation {
    /// The channel says that the window was closed at that time, whatever we believed. What the
    /// customer has written since has opened it.
    pub fn shut_window(&mut self, as_of: Timestamp) {
        self.heard_at = self.heard_at.filter(|heard| *heard > as_of);
    }

    /// The window is closed: the template invites the customer to write, and the reply follows
    /// when they do. Without a template the reply can't be delivered. If the customer has written
    /// in this very moment, it is said now.
    pub fn postpone(
        &mut self,
        id: MessageId,
        reply: &ReplyReady,
        template: Option<Template>,
        now: Timestamp,
    ) -> Vec<Effect> {
        if !self.is_current(id, reply.turn) {
            return Vec::new();
        }
        if self.window_is_open(now) {
            let again = Effect::now(reply.clone());
            let Some(turn) = self.turn.as_mut().filter(|turn| Some(turn.id) == reply.turn) else {
                // It goes on as another: this one must never be claimed again.
                let mut effects = self.end_letter(id, Outcome::Postponed, None, now);
                effects.push(again);
                return effects;
            };
            turn.phase = Phase::Answering;
            return vec![again];
        }
        let Some(template) = template else {
            return self.refused(id, reply.turn, Outcome::Undeliverable, Some(WINDOW_CLOSED), now);
        };
        // Parts of it that have come back wait already; the whole takes their place.
        let parts = self.sending_mut(id).map(|sending| sending.sent.clone()).unwrap_or_default();
        self.postponed.retain(|Postponed(one)| !parts.iter().any(|part| part.text == one.text));
        let mut effects =
            self.refused(id, reply.turn, Outcome::Postponed, Some(WINDOW_CLOSED), now);
        self.keep_for_later(Postponed(ReplyReady { turn: None, ..reply.clone() }));
        effects.extend(self.invite(template, reply.by, now));
        effects
    }

    pub(super) fn keep_for_later(&mut self, postponed: Postponed) {
        self.postponed.push(postponed);
        let excess = self.postponed.len().saturating_sub(POSTPONED_AT_MOST);
        self.postponed.drain(..excess);
    }

    /// A person has the word: what the bot wanted to say is out of date.
    pub(super) fn forget_the_bots_postponed(&mut self) {
        self.postponed.retain(|Postponed(reply)| reply.by == Speaker::Person);
    }

    /// Once: a second invitation before an answer to the first would only annoy. One that fails
    /// counts as none, so that what is postponed next invites again.
    fn invite(&mut self, template: Template, by: Speaker, now: Timestamp) -> Option<Effect> {
        if self.invited_at.is_some() {
            return None;
        }
        self.invited_at = Some(now);
        let attachments = vec![Attachment::Template(template)];
        let invitation = ReplyReady::outside(self.epoch, "", Outcome::Postponed);
        Some(Effect::now(ReplyReady { by, attachments, ..invitation }))
    }

    /// The customer has written: what waited for that is said. What the bot wanted to say is not,
    /// when a person has taken over since. A message that was held up for so long that the window
    /// is still closed was written before the invitation, and answers none.
    pub(super) fn follow_up(&mut self, now: Timestamp) -> Vec<Effect> {
        if !self.window_is_open(now) {
            return Vec::new();
        }
        self.invited_at = None;
        let bot_may_speak = matches!(self.owner, Owner::Bot);
        let mut said: Vec<ReplyReady> = Vec::new();
        for Postponed(reply) in std::mem::take(&mut self.postponed) {
            if !bot_may_speak && reply.by == Speaker::Bot {
                continue;
            }
            match said.last_mut() {
                // As one message: two could overtake each other, and each of them is charged.
                Some(last) if last.by == reply.by && is_plain(last) && is_plain(&reply) => {
                    last.text = format!("{}\n\n{}", last.text, reply.text);
                    last.releases.extend(reply.releases);
                }
                _ => said.push(ReplyReady { epoch: self.epoch, ..reply }),
            }
        }
        said.into_iter().map(Effect::now).collect()
    }

    /// Whether this only says yes to an invitation, so that what follows answers it. A tap on
    /// something else that we said is about that.
    pub(super) fn accepts_an_invitation(&self, content: &Content, quotes: Option<&str>) -> bool {
        let invites = |quoted| {
            self.memory.own(quoted).is_some_and(Said::is_template)
                || self.memory.said(quoted).is_none()
        };
        match content {
            Content::Choice { .. } => quotes.is_none_or(invites),
            Content::Text { body } => agrees(body),
            _ => false,
        }
    }

    /// A message of ours has come back: the channel took it, and says now that it failed.
    pub fn came_back(
        &mut self,
        updated: &DeliveryUpdated,
        back: Back,
        now: Timestamp,
    ) -> Vec<Effect> {
        let said_at = self.memory.said_at(&updated.provider_id).unwrap_or(updated.at);
        if let Some(part) = updated.reply
            && let Some(sending) = self.sending_mut(part.reply)
        {
            let reply = sending.reply;
            let is_accepted = sending.sent.iter().any(|one| one.provider_id == updated.provider_id);
            if !is_accepted && back != Back::Lost {
                if self.memory.sent_by_us(&updated.provider_id) {
                    return Vec::new();
                }
                // Its acceptance may be told only after its failure: see [`Self::part_sent`].
                self.memory.remember_own(&updated.provider_id, None);
            }
            // Whoever has claimed it comes back for it: to send it again, or to find the window
            // closed. Of a part that was accepted nobody thinks any more.
            match &back {
                Back::Again | Back::Blocked if self.take_back(part) => return Vec::new(),
                Back::NeedsTemplate(_) if self.take_back(part) => {
                    self.shut_window(said_at);
                    return Vec::new();
                }
                Back::Lost => {
                    let is_letter = self.letters.iter().any(|letter| letter.reply == reply);
                    let turn = self.turn.as_ref().filter(|_| !is_letter).map(|turn| turn.id);
                    let code = updated.error_code;
                    return self.refused(reply, turn, Outcome::Undeliverable, code, now);
                }
                Back::Again | Back::Blocked | Back::NeedsTemplate(_) => {}
            }
        }
        let Some(said) = self.memory.take_own(&updated.provider_id) else { return Vec::new() };
        let effect = match back {
            Back::Again => self.once_more(said, now),
            Back::Blocked => Some(Effect::now(said.like_before(self.epoch))),
            Back::NeedsTemplate(template) if !said.is_last && !said.is_template() => {
                self.shut_window(said_at);
                if self.window_is_open(now) {
                    return self.once_more(said, now).into_iter().collect();
                }
                let by = said.by();
                self.keep_for_later(Postponed(said.again(self.epoch)));
                template.and_then(|template| self.invite(template, by, now))
            }
            Back::NeedsTemplate(_) | Back::Lost => {
                self.not_invited(said.is_template());
                None
            }
        };
        effect.into_iter().collect()
    }

    /// Says once more, and once only, what the customer did not get. Whoever has written meanwhile
    /// needs no invitation.
    pub(super) fn once_more(&mut self, said: Said, now: Timestamp) -> Option<Effect> {
        if said.is_last || said.is_template() && self.window_is_open(now) {
            self.not_invited(said.is_template());
            return None;
        }
        Some(Effect::now(said.again(self.epoch)))
    }

    fn not_invited(&mut self, by_this: bool) {
        self.invited_at = self.invited_at.filter(|_| !by_this);
    }

    /// What was attached to a message of ours that the channel tells about, as far as it is kept.
    pub fn attached_to(&self, provider_id: &str) -> Option<&Attachment> {
        self.memory.own(provider_id)?.attachment()
    }

    /// Something outside of a turn has been said, or never will be.
    pub(super) fn end_letter(
        &mut self,
        id: MessageId,
        outcome: Outcome,
        error_code: Option<i64>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let letter = self.letters.iter().position(|letter| letter.reply == id);
        let letter = letter.map(|place| self.letters.remove(place));
        let is_unsaid = matches!(outcome, Outcome::Undeliverable | Outcome::Failed);
        self.not_invited(is_unsaid && letter.as_ref().is_some_and(|letter| letter.invites));
        let (sent, releases) = letter.map_or_else(
            || (Vec::new(), self.releases_of(id)),
            |letter| (letter.sent, letter.releases),
        );
        self.seen.add(id, now);
        self.seen.settle(&[id], outcome);
        self.memory.remember_sent(&sent);
        let closed = self.settled(&[], outcome);
        let mut effects = self.note_said(&sent);
        effects.extend(self.note_outcome(&releases, id, (outcome, error_code), &sent, now));
        effects.push(Effect::now(TurnClosed { sent, error_code, ..closed }));
        effects
    }
}
