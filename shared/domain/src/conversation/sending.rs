//! Speaking: a reply is claimed before it is sent, so that two workers never say the same thing
//! and nothing stale is said at all.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::memory::Said;
use super::turn::Phase;
use super::{Back, Conversation, Effect, Owner, Rules};
use crate::message::{
    Attachment, Delivery, DeliveryUpdated, ReplyPart, ReplyReady, Sent, Source, Speaker, TurnClosed,
};
use crate::{Content, MessageId, Outcome, Timestamp, TurnId};

/// A reply on its way to the customer, part by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    pub(super) reply: MessageId,
    #[serde(default)]
    pub(super) by: Speaker,
    /// Whether it is nothing but text.
    #[serde(default)]
    pub(super) is_text: bool,
    /// Whether it is nothing but templates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) invites: bool,
    pub(super) closes_as: Outcome,
    /// What it was taken from, until a part of it has been sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) sources: Vec<Source>,
    /// Into how many parts the reply was split.
    pub(super) parts: u16,
    pub(super) sent: Vec<Sent>,
    pub(super) claim: Option<Claimed>,
    /// How often a part was claimed again without knowing what had become of it.
    #[serde(default)]
    pub(super) blind: u8,
}

/// A part that somebody was about to send; until its outcome is known it may have been sent.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Claimed {
    part: u16,
    text: String,
    at: Timestamp,
    /// Whether somebody has asked what became of it since.
    #[serde(default)]
    asked: bool,
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("part", &self.part)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// How often a part is sent again when nothing tells what became of it.
const BLIND_AT_MOST: u8 = 2;
/// How much is said outside of turns at once.
const LETTERS_AT_MOST: usize = 16;

/// The answer to a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The part is the caller's to send, now.
    Granted,
    /// The part has been sent.
    Done,
    /// Somebody claimed this part, or one before it, and the outcome is not known; ask again at
    /// this time.
    Unknown { until: Timestamp },
    /// The customer has been silent for too long to be written to freely.
    WindowClosed,
    /// It was sent several times without any sign of it: once more would only annoy.
    GivenUp,
    /// The reply must not be sent any more.
    Stale(Stale),
}

/// Why a reply is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Its turn is closed, or was superseded.
    Turn,
    /// Whoever may speak has changed since it was made.
    Epoch,
    /// Another reply answers the turn.
    Other,
}

impl Conversation {
    /// Claims part `part` of `parts` of a reply. What is granted must be stored before the
    /// channel is called. A call must give up well before `unknown_outcome` is over, since the
    /// part may be claimed again from then on.
    ///
    /// The wait for a sign of an earlier attempt begins when somebody first asks for it: after an
    /// outage of ours the signs that came meanwhile must be heard first. It doubles each time.
    pub fn claim(
        &mut self,
        id: MessageId,
        reply: &ReplyReady,
        (part, parts): (u16, u16),
        text: &str,
        now: Timestamp,
        rules: &Rules,
    ) -> Claim {
        if let Some(claim) = self.objection(id, reply) {
            return claim;
        }
        let window_is_open = reply.may_open_the_window() || self.window_is_open(now);
        if let Some(sending) = self.sending_mut(id) {
            if sending.has(part) {
                return Claim::Done;
            }
            if let Some(claim) = sending.wait_for_a_sign(now, rules) {
                return claim;
            }
        }
        if !window_is_open {
            return Claim::WindowClosed;
        }
        let sending = self.begin_sending(id, reply);
        // Another version may split a reply otherwise.
        sending.parts = parts;
        sending.blind += u8::from(sending.claim.is_some());
        sending.claim = Some(Claimed { part, text: text.to_owned(), at: now, asked: false });
        Claim::Granted
    }

    /// A reply is ready and can't go out yet, for reasons that are not the customer's: it stays the
    /// turn's answer, and nobody apologises for having none.
    pub fn hold(&mut self, id: MessageId, reply: &ReplyReady, parts: u16) {
        if self.objection(id, reply).is_none() {
            self.begin_sending(id, reply).parts = parts;
        }
    }

    /// Why nothing of this reply may be said, or need be.
    fn objection(&self, id: MessageId, reply: &ReplyReady) -> Option<Claim> {
        let is_stale = match reply.turn {
            Some(_) => self.epoch != reply.epoch,
            // That a turn took too long makes nothing stale that does not answer it.
            None => reply.epoch < self.owned_since,
        };
        let may_not_speak =
            reply.by == Speaker::Bot && (is_stale || !matches!(self.owner, Owner::Bot));
        let Some(turn) = reply.turn else {
            return if self.seen.contains(id) {
                Some(Claim::Done)
            } else {
                may_not_speak.then_some(Claim::Stale(Stale::Epoch))
            };
        };
        let Some(turn) = self.turn.as_ref().filter(|open| open.id == turn) else {
            return Some(Claim::Stale(Stale::Turn));
        };
        match &turn.phase {
            _ if may_not_speak => Some(Claim::Stale(Stale::Epoch)),
            Phase::Gathering { .. } | Phase::Deciding => Some(Claim::Stale(Stale::Turn)),
            Phase::Sending(sending) if sending.reply != id => Some(Claim::Stale(Stale::Other)),
            Phase::Answering | Phase::Sending(_) => None,
        }
    }

    fn begin_sending(&mut self, id: MessageId, reply: &ReplyReady) -> &mut Sending {
        let begun = || Sending {
            reply: id,
            by: reply.by,
            is_text: reply.attachments.is_empty(),
            invites: reply.may_open_the_window(),
            closes_as: reply.closes_as,
            sources: reply.sources.clone(),
            parts: 0,
            sent: Vec::new(),
            claim: None,
            blind: 0,
        };
        if let Some(turn) = self.turn.as_mut().filter(|turn| Some(turn.id) == reply.turn) {
            if !matches!(turn.phase, Phase::Sending(_)) {
                turn.phase = Phase::Sending(begun());
            }
            let Phase::Sending(sending) = &mut turn.phase else { unreachable!("it was just set") };
            return sending;
        }
        let place =
            self.letters.iter().position(|letter| letter.reply == id).unwrap_or_else(|| {
                // One that nobody ever finished must not stay for ever.
                if self.letters.len() >= LETTERS_AT_MOST {
                    let quiet = self.letters.iter().position(|letter| !letter.may_have_spoken());
                    self.letters.remove(quiet.unwrap_or_default());
                }
                self.letters.push(begun());
                self.letters.len() - 1
            });
        &mut self.letters[place]
    }

    /// The channel has accepted a part, as its own answer or a status says. The last part closes
    /// the turn. A part that was on its way when its turn closed is remembered all the same.
    /// `text` is empty where only a status tells of it.
    pub fn part_sent(
        &mut self,
        part: ReplyPart,
        provider_id: &str,
        (text, attachment): (&str, Option<&Attachment>),
        now: Timestamp,
    ) -> Vec<Effect> {
        let (ReplyPart { reply, part: number }, provider_id) = (part, provider_id.to_owned());
        let sent = |text, by, sources| {
            let provider_id = provider_id.clone();
            Sent { reply, part: number, provider_id, text, at: now, by, sources }
        };
        let came_back = self.memory.sent_by_us(&provider_id);
        let Some(sending) = self.sending_mut(reply) else {
            let sent = vec![sent(text.to_owned(), Speaker::Bot, Vec::new())];
            if came_back {
                return Vec::new();
            }
            self.memory.remember_own(&provider_id, None);
            self.memory.remember_sent(&sent);
            let closed = self.settled(&[], Outcome::Noted);
            return vec![Effect::now(TurnClosed { sent, ..closed })];
        };
        let mut effects = Vec::new();
        if !sending.has(number) {
            // Of what only a status tells nobody says whether something was attached.
            let is_known = sending.is_text || !text.is_empty();
            let claimed = sending.claim.take_if(|claimed| claimed.part == number);
            let text = claimed.map_or_else(|| text.to_owned(), |claimed| claimed.text);
            let sources = std::mem::take(&mut sending.sources);
            sending.sent.push(sent(text.clone(), sending.by, sources));
            let is_last = sending.is_last_attempt();
            let said = Said::new(&text, attachment, sending.by, is_last).filter(|_| is_known);
            if !came_back {
                self.memory.remember_own(&provider_id, said);
            } else if let Some(said) = said {
                effects.extend(self.once_more(said, now));
            }
        }
        let Some(sending) = self.sending_mut(reply) else { return effects };
        if sending.sent.len() < usize::from(sending.parts) {
            return effects;
        }
        let outcome = sending.closes_as;
        effects.extend(if self.letters.iter().any(|letter| letter.reply == reply) {
            self.end_letter(reply, outcome, None, now)
        } else {
            self.close(outcome, None)
        });
        effects
    }

    /// The channel tells how far a part has come. For a part whose sending had no known outcome
    /// this is its outcome; otherwise nothing changes here.
    pub fn part_delivered(&mut self, updated: &DeliveryUpdated, now: Timestamp) -> Vec<Effect> {
        let Some(part) = updated.reply else { return Vec::new() };
        match updated.status {
            Delivery::Failed => self.came_back(updated, Back::Lost, now),
            _ if self.sending_mut(part.reply).is_none() => Vec::new(),
            _ => self.part_sent(part, &updated.provider_id, ("", None), now),
        }
    }

    /// The part has certainly not been sent: it may be claimed again at once.
    pub fn unclaim(&mut self, part: ReplyPart) {
        self.take_back(part);
    }

    /// The part certainly did not arrive. Whether somebody had claimed it, who will try again.
    pub(super) fn take_back(&mut self, part: ReplyPart) -> bool {
        let Some(sending) = self.sending_mut(part.reply) else { return false };
        sending.claim.take_if(|claimed| claimed.part == part.part).is_some()
    }

    /// The channel will never accept this reply: the turn ends.
    pub fn refused(
        &mut self,
        reply: MessageId,
        turn: Option<TurnId>,
        outcome: Outcome,
        error_code: Option<i64>,
        now: Timestamp,
    ) -> Vec<Effect> {
        match turn {
            _ if !self.is_current(reply, turn) => Vec::new(),
            Some(_) => self.close(outcome, error_code),
            None => self.end_letter(reply, outcome, error_code, now),
        }
    }

    /// Whether this reply may still be said: the open turn's, or one outside of a turn that has
    /// not ended.
    pub(super) fn is_current(&self, reply: MessageId, turn: Option<TurnId>) -> bool {
        let Some(turn) = turn else { return !self.seen.contains(reply) };
        self.turn.as_ref().is_some_and(|open| {
            open.id == turn
                && match &open.phase {
                    Phase::Sending(sending) => sending.reply == reply,
                    Phase::Answering => true,
                    Phase::Gathering { .. } | Phase::Deciding => false,
                }
        })
    }

    /// Whether these are the words of a part that is being sent, or may have been: its echo can
    /// come before anybody has told us its id.
    pub(super) fn is_saying(&self, content: &Content) -> bool {
        let in_turn = self.turn.as_ref().and_then(|turn| match &turn.phase {
            Phase::Sending(sending) => Some(sending),
            _ => None,
        });
        let mut claimed =
            in_turn.into_iter().chain(&self.letters).filter_map(|one| one.claim.as_ref());
        claimed.any(|claimed| content.words() == Some(claimed.text.as_str()))
    }

    pub(super) fn sending_mut(&mut self, reply: MessageId) -> Option<&mut Sending> {
        let in_turn = self.turn.as_mut().and_then(|turn| match &mut turn.phase {
            Phase::Sending(sending) => Some(sending),
            _ => None,
        });
        in_turn.into_iter().chain(&mut self.letters).find(|sending| sending.reply == reply)
    }
}

impl Sending {
    /// Whether something of it may be with the customer.
    pub(super) fn may_have_spoken(&self) -> bool {
        self.claim.is_some() || !self.sent.is_empty()
    }

    /// What to do before a part whose outcome is not known is claimed again: the wait for a sign
    /// of an earlier attempt begins when somebody first asks for it.
    fn wait_for_a_sign(&mut self, now: Timestamp, rules: &Rules) -> Option<Claim> {
        let claimed = self.claim.as_mut()?;
        let wait = rules.unknown_outcome * 2u32.pow(u32::from(self.blind));
        if !claimed.asked {
            claimed.asked = true;
            claimed.at = if now < claimed.at + wait { claimed.at } else { now };
        }
        if now < claimed.at + wait {
            return Some(Claim::Unknown { until: claimed.at + wait });
        }
        (self.blind == BLIND_AT_MOST).then_some(Claim::GivenUp)
    }

    /// Whether it is said again already, or is not worth it: so close [`Conversation::say_again`]
    /// and the invitations.
    fn is_last_attempt(&self) -> bool {
        self.closes_as == Outcome::Noted
    }

    fn has(&self, part: u16) -> bool {
        self.sent.iter().any(|sent| sent.part == part)
    }
}
