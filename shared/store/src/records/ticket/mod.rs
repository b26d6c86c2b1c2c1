//! What is with a person.
//!
//! A ticket is filled by messages that may come twice, late and out of order, and ends up the same
//! (test `a_ticket_is_the_same_in_whatever_order_its_notes_arrive`). Each change raises its
//! version, so that whoever shows it sees what is new.

mod fill;
mod poll;
mod read;
mod show;

use std::fmt;

use uuid::Uuid;

pub use self::read::TicketFilter;
pub use self::show::Page;

/// A ticket as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    /// As the conversation names it: `waiting`, `taken`, `answered`, `closed`.
    pub state: String,
    pub step: i32,
    /// None of these until its opening has arrived.
    pub reason: Option<String>,
    pub summary: Option<String>,
    pub language: Option<String>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_user: Option<String>,
    pub assigned: Option<String>,
    pub opened_ms: Option<i64>,
    pub changed_ms: i64,
    pub answered_ms: Option<i64>,
    pub closed_ms: Option<i64>,
    pub reminded_ms: Option<i64>,
    pub escalated_ms: Option<i64>,
    pub version: i64,
    pub shown_version: i64,
    pub page: Page,
    pub learned: Learned,
}

/// What became of its answer as knowledge.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Learned {
    pub candidate: Option<Uuid>,
    pub revision: Option<i64>,
    pub state: Option<String>,
    /// As it would be kept.
    pub proposal: Option<String>,
    pub why: Option<String>,
    /// How many customers it has answered.
    pub helped: i64,
}

/// Something that belongs on a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketChange {
    pub ticket: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub state: String,
    /// The state of the highest step holds.
    pub step: i32,
    pub at_ms: i64,
    /// When to look whether something is due.
    pub due_ms: i64,
    pub opening: Option<Opening>,
    pub lines: Vec<TicketLine>,
    /// The line that its customer has deleted.
    pub withdrawn: Option<Uuid>,
    pub release: Option<TicketRelease>,
    pub said: Option<ReleaseSaid>,
    pub assigned: Option<String>,
    pub reminded: bool,
    pub escalated: bool,
    /// Whether the desk must be shown the state although it has not changed.
    pub shows_state: bool,
}

impl TicketChange {
    /// One that says nothing yet.
    pub fn new(ticket: Uuid, business: String, conversation: Uuid) -> Self {
        Self {
            ticket,
            business,
            conversation,
            state: String::new(),
            step: 0,
            at_ms: 0,
            due_ms: 0,
            opening: None,
            lines: Vec::new(),
            withdrawn: None,
            release: None,
            said: None,
            assigned: None,
            reminded: false,
            escalated: false,
            shows_state: false,
        }
    }
}

/// What a ticket begins with.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    pub reason: String,
    pub summary: String,
    pub language: String,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_user: Option<String>,
}

/// Something that was said or happened, in its order of time.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketLine {
    /// The same for the same thing.
    pub key: Uuid,
    pub kind: LineKind,
    pub text: String,
    /// Of a file: its kind, and where it is kept.
    pub media: Option<String>,
    pub file: Option<String>,
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    Customer,
    Bot,
    Person,
    /// Nobody said it: the ticket was taken, closed, ….
    Event,
    /// Its customer has deleted it.
    Withdrawn,
}

impl LineKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Bot => "bot",
            Self::Person => "person",
            Self::Event => "event",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Customer, Self::Bot, Self::Person, Self::Event, Self::Withdrawn]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A text that a person released.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketRelease {
    /// From one.
    pub number: i32,
    pub text: String,
    /// As JSON; opaque here.
    pub attachments: String,
    pub author: Option<String>,
    pub at_ms: i64,
    /// The reply that says it.
    pub reply: Option<Uuid>,
    /// What outbound made of it; none while it is on its way.
    pub outcome: Option<String>,
    pub error_code: Option<i64>,
    /// The channel's ids of its parts.
    pub provider_ids: Vec<String>,
}

/// What became of a release.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleaseSaid {
    pub number: i32,
    pub reply: Uuid,
    pub outcome: String,
    pub error_code: Option<i64>,
    pub provider_ids: Vec<String>,
}

// These hold what was said and who said it: `Debug` shows which it is, and no more.

macro_rules! masked {
    ($($name:ident { $($field:ident),* }),+ $(,)?) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        })+
    };
}

masked! {
    Ticket { id, business, state, step, version, shown_version },
    TicketChange { ticket, business, state, step, at_ms },
    Learned { candidate, revision, state, helped },
    Opening { reason, language },
    TicketLine { key, kind, at_ms },
    TicketRelease { number, reply, outcome, error_code },
    ReleaseSaid { number, reply, outcome, error_code },
}
