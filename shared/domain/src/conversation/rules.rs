use std::time::Duration;

/// The times of a conversation; a business may set its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// A turn gathers until the customer has paused for this long. Zero: a turn is
    /// decided as soon as it opens.
    pub pause: Duration,
    /// A turn gathers no longer than this in all.
    pub gather_at_most: Duration,
    /// A turn waits no longer than this for a file to be read.
    pub reading_at_most: Duration,
    /// A turn without an answer for this long is handed off.
    pub overdue: Duration,
    /// How long to wait for a sign of a message whose sending has no known outcome.
    pub unknown_outcome: Duration,
    /// A person who has said nothing for this long has handed the conversation back.
    pub release_after: Duration,
    /// The same of one whose answer from the desk nobody has replied to.
    pub release_after_answer: Duration,
    /// When nobody has answered a ticket for so long, the desk is reminded.
    pub remind_after: Duration,
    /// And after so long somebody else is called.
    pub escalate_after: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(1500),
            gather_at_most: Duration::from_secs(8),
            reading_at_most: Duration::from_secs(40),
            overdue: Duration::from_secs(90),
            unknown_outcome: Duration::from_secs(20),
            release_after: Duration::from_hours(12),
            release_after_answer: Duration::from_hours(2),
            remind_after: Duration::from_mins(30),
            escalate_after: Duration::from_hours(2),
        }
    }
}
