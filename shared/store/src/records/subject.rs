//! One customer, in everything that the records hold: under which names, and where.

use std::fmt;

use uuid::Uuid;

use super::{Error, Records, read, storable};

/// Of one business.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Subject {
    pub business: String,
    /// Under whichever names the customer wrote, and what was joined with them.
    pub conversations: Vec<Uuid>,
    /// User ids and phone numbers.
    pub names: Vec<String>,
}

/// A kind of thing that the records hold of customers. What is added here is exported
/// (`export.rs`), erased (`erase.rs`) and checked by the suite in `tests/it/erasure.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    MessagesIn,
    MessagesOut,
    Orders,
    /// With what was said on them and what people released.
    Tickets,
    TicketLines,
    TicketReleases,
    /// What was asked and what entry it was answered with.
    Uses,
    /// By which an answer is judged.
    Signs,
    /// Answers of specialists that may be kept. What customers are told already stays, cleaned as
    /// it is, and nothing leads from it to the customer any more.
    Learned,
    /// Those that name the customer, if any does.
    Alerts,
}

impl Held {
    pub const ALL: &'static [Self] = &[
        Self::MessagesIn,
        Self::MessagesOut,
        Self::Orders,
        // What is on a ticket before the ticket that leads to it.
        Self::TicketLines,
        Self::TicketReleases,
        Self::Tickets,
        Self::Uses,
        Self::Signs,
        Self::Learned,
        Self::Alerts,
    ];

    /// Its key in an export.
    pub fn name(self) -> &'static str {
        match self {
            Self::MessagesIn => "messages_in",
            Self::MessagesOut => "messages_out",
            Self::Orders => "orders",
            Self::Tickets => "tickets",
            Self::TicketLines => "ticket_lines",
            Self::TicketReleases => "ticket_releases",
            Self::Uses => "answers_used",
            Self::Signs => "signs",
            Self::Learned => "learned",
            Self::Alerts => "alerts",
        }
    }
}

impl Records {
    /// The names under which customers wrote in this conversation.
    pub async fn customers_in(&self, conversation: Uuid) -> Result<Vec<String>, Error> {
        read!(self, "look for a customer in", db => {
            sqlx::query_scalar(
                "SELECT DISTINCT customer FROM inbound_message
                 WHERE conversation = $1 AND customer IS NOT NULL AND customer <> ''",
            )
            .bind(conversation)
            .fetch_all(db)
            .await
        })
    }

    /// The conversations in which somebody wrote under this name.
    pub async fn conversations_of(&self, business: &str, name: &str) -> Result<Vec<Uuid>, Error> {
        let (business, name) = (storable(business), storable(name));
        read!(self, "look for a customer in", db => {
            sqlx::query_scalar(
                "SELECT conversation FROM inbound_message
                 WHERE business = $1 AND customer = $2 AND conversation IS NOT NULL
                 UNION SELECT conversation FROM ticket
                 WHERE business = $1 AND (customer_phone = $2 OR customer_user = $2)",
            )
            .bind(business)
            .bind(name)
            .fetch_all(db)
            .await
        })
    }

    /// The ids of the messages of a conversation, under which their files are kept.
    pub async fn message_ids(&self, conversation: Uuid) -> Result<Vec<Uuid>, Error> {
        read!(self, "look for messages in", db => {
            sqlx::query_scalar("SELECT id FROM inbound_message WHERE conversation = $1")
                .bind(conversation)
                .fetch_all(db)
                .await
        })
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("business", &self.business)
            .field("conversations", &self.conversations.len())
            .field("names", &self.names.len())
            .finish()
    }
}
