//! Reading tickets.

use sqlx::Row as _;
use uuid::Uuid;

use super::super::{DeliveryState, DeliveryStatus, Error, Records, read, storable};
use super::{Learned, LineKind, Page, Ticket, TicketLine, TicketRelease};

/// Which tickets to list.
#[derive(Clone, Debug, Default)]
pub struct TicketFilter {
    /// Of all businesses if there is none.
    pub business: Option<String>,
    pub open_only: bool,
    pub limit: i64,
}

/// A row of either driver as a ticket; a function could not hold both.
macro_rules! ticket {
    ($row:expr) => {{
        let row = $row;
        Ticket {
            id: row.try_get("id")?,
            business: row.try_get("business")?,
            conversation: row.try_get("conversation")?,
            state: row.try_get("state")?,
            step: row.try_get("step")?,
            reason: row.try_get("reason")?,
            summary: row.try_get("summary")?,
            language: row.try_get("language")?,
            customer_name: row.try_get("customer_name")?,
            customer_phone: row.try_get("customer_phone")?,
            customer_user: row.try_get("customer_user")?,
            assigned: row.try_get("assigned")?,
            opened_ms: row.try_get("opened_ms")?,
            changed_ms: row.try_get("changed_ms")?,
            answered_ms: row.try_get("answered_ms")?,
            closed_ms: row.try_get("closed_ms")?,
            reminded_ms: row.try_get("reminded_ms")?,
            escalated_ms: row.try_get("escalated_ms")?,
            version: row.try_get("version")?,
            shown_version: row.try_get("shown_version")?,
            page: Page {
                id: row.try_get("page")?,
                is_asked: row.try_get("page_asked")?,
                lines_are_asked: row.try_get("lines_asked")?,
                print: row.try_get("page_print")?,
                state: row.try_get("page_state")?,
                seen: row.try_get("seen")?,
                tries: row.try_get("tries")?,
            },
            learned: Learned {
                candidate: row.try_get("candidate")?,
                revision: row.try_get("learning_revision")?,
                state: row.try_get("learning")?,
                proposal: row.try_get("proposal")?,
                why: row.try_get("learning_why")?,
                helped: row.try_get("helped")?,
            },
        }
    }};
}

type LineRow = (Uuid, String, String, Option<String>, Option<String>, i64);
type ReleaseRow =
    (i32, String, String, Option<String>, i64, Option<Uuid>, Option<String>, Option<i64>, String);
type DeliveryRow =
    (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<String>);

impl Records {
    pub async fn ticket(&self, id: Uuid) -> Result<Option<Ticket>, Error> {
        read!(self, "read a ticket from", db => {
            match sqlx::query("SELECT * FROM ticket WHERE id = $1").bind(id).fetch_optional(db).await? {
                Some(row) => Ok(Some(ticket!(row))),
                None => Ok(None),
            }
        })
    }

    /// The ticket that a page of the desk shows.
    pub async fn ticket_of_page(
        &self,
        business: &str,
        page: &str,
    ) -> Result<Option<Ticket>, Error> {
        let (business, page) = (storable(business), storable(page));
        read!(self, "read a ticket from", db => {
            let statement = "SELECT * FROM ticket WHERE business = $1 AND page = $2";
            match sqlx::query(statement).bind(business).bind(page).fetch_optional(db).await? {
                Some(row) => Ok(Some(ticket!(row))),
                None => Ok(None),
            }
        })
    }

    /// The newest ticket of a conversation that is open, or the newest of all.
    pub async fn ticket_of_conversation(
        &self,
        conversation: Uuid,
        open_only: bool,
    ) -> Result<Option<Ticket>, Error> {
        read!(self, "read a ticket from", db => {
            let statement = "SELECT * FROM ticket
                 WHERE conversation = $1 AND (NOT $2 OR state <> 'closed')
                 ORDER BY opened_ms DESC LIMIT 1";
            match sqlx::query(statement)
                .bind(conversation)
                .bind(open_only)
                .fetch_optional(db)
                .await?
            {
                Some(row) => Ok(Some(ticket!(row))),
                None => Ok(None),
            }
        })
    }

    /// The desk's pages of a conversation's tickets.
    pub async fn pages_of(&self, conversation: Uuid) -> Result<Vec<String>, Error> {
        read!(self, "look for pages in", db => {
            sqlx::query_scalar(
                "SELECT page FROM ticket WHERE conversation = $1 AND page IS NOT NULL ORDER BY page",
            )
            .bind(conversation)
            .fetch_all(db)
            .await
        })
    }

    /// What people attached to the answers of a conversation's tickets, as JSON each.
    pub async fn attachments_of(&self, conversation: Uuid) -> Result<Vec<String>, Error> {
        read!(self, "look for attachments in", db => {
            sqlx::query_scalar(
                "SELECT r.attachments FROM ticket_release r JOIN ticket t ON t.id = r.ticket
                 WHERE t.conversation = $1 AND r.attachments <> ''",
            )
            .bind(conversation)
            .fetch_all(db)
            .await
        })
    }

    /// Tickets, the oldest open ones first.
    pub async fn tickets(&self, filter: TicketFilter) -> Result<Vec<Ticket>, Error> {
        let business = filter.business.as_deref().map(storable);
        read!(self, "list the tickets of", db => {
            let statement = "SELECT * FROM ticket
                 WHERE ($1 IS NULL OR business = $1) AND (NOT $2 OR state <> 'closed')
                 ORDER BY CASE WHEN state = 'closed' THEN 1 ELSE 0 END, opened_ms LIMIT $3";
            let rows = sqlx::query(statement)
                .bind(business)
                .bind(filter.open_only)
                .bind(filter.limit)
                .fetch_all(db)
                .await?;
            let mut tickets = Vec::new();
            for row in &rows {
                tickets.push(ticket!(row));
            }
            Ok(tickets)
        })
    }

    /// What was said on a ticket, in its order.
    pub async fn ticket_lines(&self, id: Uuid) -> Result<Vec<TicketLine>, Error> {
        self.lines(
            "SELECT key, kind, text, media, file, at_ms FROM ticket_note
             WHERE ticket = $1 ORDER BY at_ms, key",
            id,
        )
        .await
    }

    /// The same, of what no desk has shown yet.
    pub async fn unshown_lines(&self, id: Uuid) -> Result<Vec<TicketLine>, Error> {
        self.lines(
            "SELECT key, kind, text, media, file, at_ms FROM ticket_note
             WHERE ticket = $1 AND NOT shown ORDER BY at_ms, key",
            id,
        )
        .await
    }

    async fn lines(&self, statement: &'static str, id: Uuid) -> Result<Vec<TicketLine>, Error> {
        let rows: Vec<LineRow> = read!(self, "read a ticket from", db => {
            sqlx::query_as(statement).bind(id).fetch_all(db).await
        })?;
        rows.into_iter()
            .map(|(key, kind, text, media, file, at_ms)| {
                let kind = LineKind::named(&kind)
                    .ok_or(Error::Foreign { operation: "read a ticket from" })?;
                Ok(TicketLine { key, kind, text, media, file, at_ms })
            })
            .collect()
    }

    /// What was released on a ticket, in its order.
    pub async fn ticket_releases(&self, id: Uuid) -> Result<Vec<TicketRelease>, Error> {
        let rows: Vec<ReleaseRow> = read!(self, "read a ticket from", db => {
            sqlx::query_as(
                "SELECT number, text, attachments, author, at_ms, reply, outcome, error_code,
                     provider_ids
                 FROM ticket_release WHERE ticket = $1 ORDER BY number",
            )
            .bind(id)
            .fetch_all(db)
            .await
        })?;
        let release = |row: ReleaseRow| {
            let (number, text, attachments, author, at_ms, reply, outcome, error_code, ids) = row;
            let provider_ids = ids.lines().map(str::to_owned).collect();
            TicketRelease {
                number,
                text,
                attachments,
                author,
                at_ms,
                reply,
                outcome,
                error_code,
                provider_ids,
            }
        };
        Ok(rows.into_iter().map(release).collect())
    }

    /// The ticket whose release this reply says, if it says one.
    pub async fn ticket_of_reply(&self, reply: Uuid) -> Result<Option<Uuid>, Error> {
        read!(self, "find a release in", db => {
            sqlx::query_scalar("SELECT ticket FROM ticket_release WHERE reply = $1")
                .bind(reply)
                .fetch_optional(db)
                .await
        })
    }

    /// What the channel last told of a message, and when, in milliseconds.
    pub async fn delivery_of(
        &self,
        business: &str,
        provider_id: &str,
    ) -> Result<Option<(DeliveryState, i64)>, Error> {
        let (business, provider_id) = (storable(business), storable(provider_id));
        let row: Option<DeliveryRow> = read!(self, "read a delivery from", db => {
            sqlx::query_as(
                "SELECT sent_ms, failed_ms, delivered_ms, read_ms, played_ms, error_code, error
                 FROM delivery WHERE business = $1 AND provider_id = $2",
            )
            .bind(business)
            .bind(provider_id)
            .fetch_optional(db)
            .await
        })?;
        let Some((sent, failed, delivered, read, played, error_code, error)) = row else {
            return Ok(None);
        };
        let statuses = [
            (DeliveryStatus::Sent, sent),
            (DeliveryStatus::Failed, failed),
            (DeliveryStatus::Delivered, delivered),
            (DeliveryStatus::Read, read),
            (DeliveryStatus::Played, played),
        ];
        let newest = statuses.into_iter().filter_map(|(status, at)| Some((status, at?))).max();
        Ok(newest.map(|(status, at)| (DeliveryState { status, error_code, error }, at)))
    }
}
