//! Speaking: a reply is claimed before it is sent, so that two workers never say the same thing
//! and nothing stale is said at all.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::turn::Phase;
use super::{Conversation, Effect, Owner, Rules};
use crate::message::{Delivery, DeliveryUpdated, ReplyPart, ReplyReady, Sent, TurnClosed};
use crate::{MessageId, Outcome, Timestamp, TurnId};

/// A reply on its way to the customer, part by part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    pub(super) reply: MessageId,
    pub(super) closes_as: Outcome,
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
        let window_is_open = self.window_is_open(now);
        let stale_epoch = self.epoch != reply.epoch || !matches!(self.owner, Owner::Bot);
        let Some(turn) = self.open_turn_mut(reply.turn) else { return Claim::Stale(Stale::Turn) };
        if stale_epoch {
            return Claim::Stale(Stale::Epoch);
        }
        match &turn.phase {
            Phase::Gathering { .. } | Phase::Deciding => return Claim::Stale(Stale::Turn),
            Phase::Sending(sending) if sending.reply != id => return Claim::Stale(Stale::Other),
            Phase::Sending(sending) if sending.has(part) => return Claim::Done,
            Phase::Answering | Phase::Sending(_) => {}
        }
        if let Phase::Sending(Sending { claim: Some(claimed), blind, .. }) = &mut turn.phase {
            let wait = rules.unknown_outcome * 2u32.pow(u32::from(*blind));
            if !claimed.asked {
                claimed.asked = true;
                claimed.at = if now < claimed.at + wait { claimed.at } else { now };
            }
            if now < claimed.at + wait {
                return Claim::Unknown { until: claimed.at + wait };
            }
            if *blind == BLIND_AT_MOST {
                return Claim::GivenUp;
            }
        }
        if !window_is_open {
            return Claim::WindowClosed;
        }
        if matches!(turn.phase, Phase::Answering) {
            let closes_as = reply.closes_as;
            let sent = Vec::new();
            let sending = Sending { reply: id, closes_as, parts, sent, claim: None, blind: 0 };
            turn.phase = Phase::Sending(sending);
        }
        let Phase::Sending(sending) = &mut turn.phase else { return Claim::Stale(Stale::Turn) };
        // Another version may split a reply otherwise.
        sending.parts = parts;
        sending.blind += u8::from(sending.claim.is_some());
        sending.claim = Some(Claimed { part, text: text.to_owned(), at: now, asked: false });
        Claim::Granted
    }

    /// The channel has accepted a part, as its own answer or a status says. The last part closes
    /// the turn. A part that was on its way when its turn closed is remembered all the same.
    pub fn part_sent(
        &mut self,
        part: ReplyPart,
        provider_id: &str,
        text: &str,
        now: Timestamp,
    ) -> Vec<Effect> {
        let (ReplyPart { reply, part: number }, provider_id) = (part, provider_id.to_owned());
        let sent =
            |text| Sent { reply, part: number, provider_id: provider_id.clone(), text, at: now };
        let Some(sending) = self.sending_mut(reply) else {
            let sent = vec![sent(text.to_owned())];
            if self.memory.sent_by_us(&provider_id) {
                return Vec::new();
            }
            self.memory.remember_sent(&sent);
            let closed = self.settled(&[], Outcome::Noted);
            return vec![Effect::now(TurnClosed { sent, ..closed })];
        };
        if !sending.has(number) {
            let claimed = sending.claim.take_if(|claimed| claimed.part == number);
            sending
                .sent
                .push(sent(claimed.map_or_else(|| text.to_owned(), |claimed| claimed.text)));
        }
        if sending.sent.len() < usize::from(sending.parts) {
            return Vec::new();
        }
        let outcome = sending.closes_as;
        self.close(outcome, None)
    }

    /// The channel tells how far a part has come. For a part whose sending had no known outcome
    /// this is its outcome; otherwise nothing changes here.
    pub fn part_delivered(&mut self, updated: &DeliveryUpdated, now: Timestamp) -> Vec<Effect> {
        let Some(part) = updated.reply else { return Vec::new() };
        if self.sending_mut(part.reply).is_none() {
            return Vec::new();
        }
        match updated.status {
            Delivery::Failed => self.close(Outcome::Undeliverable, updated.error_code),
            _ => self.part_sent(part, &updated.provider_id, "", now),
        }
    }

    /// The part has certainly not been sent: it may be claimed again at once.
    pub fn unclaim(&mut self, part: ReplyPart) {
        if let Some(sending) = self.sending_mut(part.reply)
            && sending.claim.as_ref().is_some_and(|claimed| claimed.part == part.part)
        {
            sending.claim = None;
        }
    }

    /// The channel will never accept this reply: the turn ends.
    pub fn refused(
        &mut self,
        reply: MessageId,
        turn: TurnId,
        outcome: Outcome,
        error_code: Option<i64>,
    ) -> Vec<Effect> {
        let is_current = self.turn.as_ref().is_some_and(|open| {
            open.id == turn
                && match &open.phase {
                    Phase::Sending(sending) => sending.reply == reply,
                    Phase::Answering => true,
                    Phase::Gathering { .. } | Phase::Deciding => false,
                }
        });
        if is_current { self.close(outcome, error_code) } else { Vec::new() }
    }

    fn sending_mut(&mut self, reply: MessageId) -> Option<&mut Sending> {
        match &mut self.turn.as_mut()?.phase {
            Phase::Sending(sending) if sending.reply == reply => Some(sending),
            _ => None,
        }
    }
}

impl Sending {
    /// Whether something of it may be with the customer.
    pub(super) fn may_have_spoken(&self) -> bool {
        self.claim.is_some() || !self.sent.is_empty()
    }

    fn has(&self, part: u16) -> bool {
        self.sent.iter().any(|sent| sent.part == part)
    }
}
