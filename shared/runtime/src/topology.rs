//! Every queue that Relevo has, what comes into it and how it is worked off.
//!
//! Each process declares all of them before it does anything else, so that a message never finds
//! its queue missing because the worker behind it has not been started yet. Receipts, slow
//! decisions and presence have lanes of their own: none of them can hold up an answer.

use std::time::Duration;

use broker::Queue;
use domain::Kind;

use crate::Schedule;

/// A queue with the way in which its worker takes from it.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    /// The queue's name: the worker's, with what sets the lane apart.
    pub queue: &'static str,
    pub topics: &'static [&'static str],
    /// How many messages one process handles at once.
    pub at_once: u16,
    /// How long one attempt may take.
    pub time_out: Duration,
    pub schedule: Schedule,
}

/// For work within Relevo: quick at first, then patient for a quarter of an hour.
const INTERNAL: Schedule = Schedule {
    delays: &[
        Duration::from_millis(200),
        Duration::from_secs(1),
        Duration::from_secs(5),
        Duration::from_secs(15),
        Duration::from_secs(60),
    ],
    attempts: 18,
};

/// For what tells a waiting reply that it was sent, or must not be: after an outage it must be heard
/// before the reply is tried again.
const RECEIPTS: Schedule = Schedule {
    delays: &[Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5)],
    attempts: 180,
};

/// For calls to a channel: WhatsApp may be away for hours and must find the answer when it is back.
const CHANNEL: Schedule = Schedule {
    delays: &[
        Duration::from_secs(1),
        Duration::from_secs(4),
        Duration::from_secs(16),
        Duration::from_secs(60),
        Duration::from_secs(300),
    ],
    attempts: 300,
};

pub const TRIAGE: Lane = Lane {
    queue: "triage",
    topics: &[
        Kind::MessageReceived.as_str(),
        Kind::MediaReceived.as_str(),
        Kind::TurnDue.as_str(),
        Kind::TurnClosed.as_str(),
    ],
    at_once: 32,
    time_out: Duration::from_secs(15),
    schedule: INTERNAL,
};

pub const TRIAGE_DECIDE: Lane = Lane {
    queue: "triage.decide",
    topics: &[Kind::TurnGathered.as_str()],
    at_once: 32,
    time_out: Duration::from_secs(45),
    schedule: INTERNAL,
};

/// Files are fetched and read while their turn waits; a few at once, since each may be large.
pub const MEDIA: Lane = Lane {
    queue: "media",
    topics: &[Kind::MediaReceived.as_str()],
    at_once: 8,
    time_out: Duration::from_secs(120),
    schedule: INTERNAL,
};

pub const KNOWLEDGE: Lane = Lane {
    queue: "knowledge",
    topics: &[Kind::QuestionAsked.as_str()],
    at_once: 16,
    time_out: Duration::from_secs(45),
    schedule: INTERNAL,
};

/// What specialists taught. Each needs a search or two, and no customer waits for it.
pub const KNOWLEDGE_LEARNING: Lane = Lane {
    queue: "knowledge.learning",
    topics: &[Kind::AnswerLearned.as_str(), Kind::AnswerReviewed.as_str()],
    at_once: 2,
    time_out: Duration::from_secs(60),
    schedule: INTERNAL,
};

/// What customers make of what they were told. Nobody waits for it either.
pub const KNOWLEDGE_OUTCOMES: Lane = Lane {
    queue: "knowledge.outcomes",
    topics: &[
        Kind::MessageReceived.as_str(),
        Kind::QuestionAsked.as_str(),
        Kind::HandoffRequested.as_str(),
        Kind::TurnClosed.as_str(),
    ],
    at_once: 8,
    time_out: Duration::from_secs(60),
    schedule: INTERNAL,
};

pub const HANDOFF: Lane = Lane {
    queue: "handoff",
    topics: &[
        Kind::HandoffRequested.as_str(),
        Kind::TurnOverdue.as_str(),
        Kind::MessageDied.as_str(),
    ],
    at_once: 16,
    time_out: Duration::from_secs(30),
    schedule: INTERNAL,
};

/// A person has spoken: nothing else may keep the bot talking until that is known.
pub const HANDOFF_PEOPLE: Lane = Lane {
    queue: "handoff.people",
    topics: &[Kind::HumanSpoke.as_str()],
    at_once: 16,
    time_out: Duration::from_secs(15),
    schedule: RECEIPTS,
};

pub const OUTBOUND: Lane = Lane {
    queue: "outbound",
    topics: &[Kind::ReplyReady.as_str()],
    at_once: 64,
    time_out: Duration::from_secs(60),
    schedule: CHANNEL,
};

pub const OUTBOUND_PRESENCE: Lane = Lane {
    queue: "outbound.presence",
    topics: &[Kind::TurnNoticed.as_str()],
    at_once: 16,
    time_out: Duration::from_secs(15),
    schedule: INTERNAL,
};

pub const OUTBOUND_RECEIPTS: Lane = Lane {
    queue: "outbound.receipts",
    topics: &[Kind::DeliveryUpdated.as_str()],
    at_once: 16,
    time_out: Duration::from_secs(15),
    schedule: RECEIPTS,
};

pub const LEDGER: Lane = Lane {
    queue: "ledger",
    topics: &[
        Kind::MessageReceived.as_str(),
        Kind::MediaReceived.as_str(),
        Kind::TurnClosed.as_str(),
        Kind::HumanSpoke.as_str(),
        Kind::AlertRaised.as_str(),
    ],
    at_once: 32,
    time_out: Duration::from_secs(15),
    schedule: INTERNAL,
};

pub const LEDGER_RECEIPTS: Lane = Lane {
    queue: "ledger.receipts",
    topics: &[Kind::DeliveryUpdated.as_str()],
    at_once: 16,
    time_out: Duration::from_secs(15),
    schedule: INTERNAL,
};

/// What was said before Relevo was there comes by the thousand, and nobody waits for it.
pub const LEDGER_HISTORY: Lane = Lane {
    queue: "ledger.history",
    topics: &[Kind::HistoryReceived.as_str()],
    at_once: 2,
    time_out: Duration::from_secs(60),
    schedule: INTERNAL,
};

pub const LANES: &[Lane] = &[
    TRIAGE,
    TRIAGE_DECIDE,
    MEDIA,
    KNOWLEDGE,
    HANDOFF,
    HANDOFF_PEOPLE,
    OUTBOUND,
    OUTBOUND_PRESENCE,
    OUTBOUND_RECEIPTS,
    LEDGER,
    LEDGER_RECEIPTS,
    LEDGER_HISTORY,
    KNOWLEDGE_LEARNING,
    KNOWLEDGE_OUTCOMES,
];

/// All lanes as the broker declares them.
pub fn queues() -> Vec<Queue> {
    LANES.iter().map(|lane| Queue { name: lane.queue, topics: lane.topics }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lanes_share_a_queue() {
        for (index, lane) in LANES.iter().enumerate() {
            assert!(
                LANES[index + 1..].iter().all(|other| other.queue != lane.queue),
                "{}",
                lane.queue
            );
        }
    }
}
