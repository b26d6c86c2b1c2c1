//! What was said before Relevo was there.

use serde::{Deserialize, Serialize};

use crate::conversation::Author;
use crate::{Content, Customer, Timestamp};

/// A part of what a customer and the business wrote to each other before; it asks for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryReceived {
    pub customer: Customer,
    /// The business's address on the channel.
    pub address: String,
    pub messages: Vec<Past>,
}

/// One message of long ago.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Past {
    pub provider_id: String,
    pub at: Timestamp,
    pub by: Author,
    pub content: Content,
}
