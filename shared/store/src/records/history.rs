//! A conversation as it was held.

use std::fmt;

use uuid::Uuid;

use super::{Author, DeliveryStatus, Error, Records, read};

/// One message of a conversation.
#[derive(Clone, PartialEq, Eq)]
pub enum Entry {
    Inbound {
        id: Uuid,
        kind: String,
        text: Option<String>,
        outcome: Option<String>,
        received_ms: i64,
    },
    Outbound {
        reply: Uuid,
        part: i32,
        author: Author,
        text: String,
        /// What outbound made of it.
        status: String,
        /// What the provider said of it, if anything.
        delivery: Option<DeliveryState>,
        at_ms: i64,
    },
}

/// The highest status that arrived, and why the message failed if it ever did.
#[derive(Clone, PartialEq, Eq)]
pub struct DeliveryState {
    pub status: DeliveryStatus,
    pub error_code: Option<i64>,
    pub error: Option<String>,
}

type InboundRow = (Uuid, String, Option<String>, Option<String>, i64);
type OutboundRow =
    ((Uuid, i32, String, String, String, i64), [Option<i64>; 5], (Option<i64>, Option<String>));

impl Records {
    /// The last `limit` messages of a conversation, the oldest first. One of which only the outcome
    /// is known yet is not among them.
    pub async fn history(&self, conversation: Uuid, limit: i64) -> Result<Vec<Entry>, Error> {
        let mut entries = self.inbound_history(conversation, limit).await?;
        entries.extend(self.outbound_history(conversation, limit).await?);
        entries.sort_by_key(Entry::place);
        let surplus = entries.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
        Ok(entries.split_off(surplus))
    }

    async fn inbound_history(&self, conversation: Uuid, limit: i64) -> Result<Vec<Entry>, Error> {
        let rows: Vec<InboundRow> = read!(self, "read a history from", db => {
            sqlx::query_as(
                "SELECT id, kind, text, outcome, received_ms FROM inbound_message
                 WHERE conversation = $1 AND received_ms IS NOT NULL
                 ORDER BY received_ms DESC LIMIT $2",
            )
            .bind(conversation)
            .bind(limit)
            .fetch_all(db)
            .await
        })?;
        let entry = |(id, kind, text, outcome, received_ms)| Entry::Inbound {
            id,
            kind,
            text,
            outcome,
            received_ms,
        };
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn outbound_history(&self, conversation: Uuid, limit: i64) -> Result<Vec<Entry>, Error> {
        let rows: Vec<OutboundRow> = read!(self, "read a history from", db => {
            let rows = sqlx::query_as(
                "SELECT o.reply, o.part, o.author, o.text, o.status, o.at_ms, d.sent_ms,
                     d.failed_ms, d.delivered_ms, d.read_ms, d.played_ms, d.error_code, d.error
                 FROM outbound_message o LEFT JOIN delivery d
                     ON d.business = o.business AND d.provider_id = o.provider_id
                 WHERE o.conversation = $1 ORDER BY o.at_ms DESC, o.part DESC LIMIT $2",
            )
            .bind(conversation)
            .bind(limit)
            .fetch_all(db)
            .await?;
            Ok(rows
                .into_iter()
                .map(|(a, b, c, d, e, f, g, h, i, j, k, l, m)| {
                    ((a, b, c, d, e, f), [g, h, i, j, k], (l, m))
                })
                .collect())
        })?;
        rows.into_iter().map(outbound_entry).collect()
    }
}

fn outbound_entry(row: OutboundRow) -> Result<Entry, Error> {
    let ((reply, part, author, text, status, at_ms), times, (error_code, error)) = row;
    let author =
        Author::named(&author).ok_or(Error::Foreign { operation: "read a history from" })?;
    let statuses = [
        DeliveryStatus::Sent,
        DeliveryStatus::Failed,
        DeliveryStatus::Delivered,
        DeliveryStatus::Read,
        DeliveryStatus::Played,
    ];
    let delivery = statuses
        .into_iter()
        .zip(times)
        .filter_map(|(status, at)| at.map(|_| status))
        .max()
        .map(|status| DeliveryState { status, error_code, error });
    Ok(Entry::Outbound { reply, part, author, text, status, delivery, at_ms })
}

impl Entry {
    pub fn at_ms(&self) -> i64 {
        match self {
            Self::Inbound { received_ms, .. } => *received_ms,
            Self::Outbound { at_ms, .. } => *at_ms,
        }
    }

    /// By time; in the same millisecond the question comes before its answer.
    fn place(&self) -> (i64, Option<i32>) {
        let part = match self {
            Self::Inbound { .. } => None,
            Self::Outbound { part, .. } => Some(*part),
        };
        (self.at_ms(), part)
    }
}

// These hold what was said: `Debug` shows everything but that.

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inbound { id, kind, outcome, received_ms, .. } => f
                .debug_struct("Inbound")
                .field("id", id)
                .field("kind", kind)
                .field("outcome", outcome)
                .field("received_ms", received_ms)
                .finish_non_exhaustive(),
            Self::Outbound { reply, part, author, status, delivery, at_ms, .. } => f
                .debug_struct("Outbound")
                .field("reply", reply)
                .field("part", part)
                .field("author", author)
                .field("status", status)
                .field("delivery", delivery)
                .field("at_ms", at_ms)
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryState")
            .field("status", &self.status)
            .field("error_code", &self.error_code)
            .finish_non_exhaustive()
    }
}
