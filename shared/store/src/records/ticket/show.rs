//! Showing tickets: who does it, and how far they have come.

use std::fmt;

use uuid::Uuid;

use super::super::{Error, Records, in_time, read, storable, write};

/// How a ticket stands at the desk that shows it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The desk's own id of it.
    pub id: Option<String>,
    /// One was asked for, and may be there although nobody knows its id.
    pub is_asked: bool,
    /// Lines were written, and may be there although nobody knows it.
    pub lines_are_asked: bool,
    /// Of what was last written beside the lines.
    pub print: Option<String>,
    /// The state that it is known to show: as it was last written there.
    pub state: Option<String>,
    /// Of what was last seen there and acted upon.
    pub seen: Option<String>,
    /// How often showing it has failed since it last succeeded.
    pub tries: i32,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// The same on both databases but for the lock.
macro_rules! claim {
    ($where:literal, $set:literal, $order:literal, $lock:literal) => {
        concat!(
            "WITH chosen AS (SELECT id FROM ticket WHERE ",
            $where,
            " ORDER BY ",
            $order,
            " LIMIT $3 ",
            $lock,
            ") UPDATE ticket SET ",
            $set,
            " WHERE id IN (SELECT id FROM chosen) RETURNING id"
        )
    };
}

macro_rules! claim_on {
    ($records:expr, $operation:literal, $where:literal, $set:literal, $order:literal; $($value:expr),*) => {
        match $records {
            Records::Sqlite(file) => {
                let values = ($($value,)*);
                file.write(move |db| Box::pin(async move {
                    let query = sqlx::query_scalar(claim!($where, $set, $order, ""));
                    bind!(query, values).fetch_all(db).await
                }))
                .await
                .map_err(|source| Error::embedded($operation, source))
            }
            Records::Postgres(pool) => {
                let values = ($($value,)*);
                let query =
                    sqlx::query_scalar(claim!($where, $set, $order, "FOR UPDATE SKIP LOCKED"));
                in_time($operation, bind!(query, values).fetch_all(pool)).await
            }
        }
    };
}

macro_rules! bind {
    ($query:expr, $values:expr) => {{
        let (a, b, c, d, e) = $values;
        $query.bind(a).bind(b).bind(c).bind(d).bind(e)
    }};
}

impl Records {
    /// Claims tickets of a business that have something to be shown, those that stand nowhere yet
    /// first, for whoever shows them until `until_ms`; of several that claim at once each gets others (test
    /// `a_ticket_is_shown_by_one_at_a_time`).
    pub async fn claim_unshown(
        &self,
        business: &str,
        by: Uuid,
        (now_ms, until_ms): (i64, i64),
        limit: i64,
    ) -> Result<Vec<Uuid>, Error> {
        let business = storable(business);
        claim_on!(self, "claim tickets in",
            "business = $1 AND shown_version < version AND retry_ms <= $2 AND claimed_ms <= $2
                 AND opened_ms IS NOT NULL",
            "claimed_by = $4, claimed_ms = $5", "page IS NOT NULL, changed_ms";
            business, now_ms, limit, by, until_ms)
    }

    /// Claims open tickets at which to look whether something is due. They are looked at again
    /// after an eighth of their age, between these two times.
    pub async fn claim_due(
        &self,
        now_ms: i64,
        (least_ms, most_ms): (i64, i64),
        limit: i64,
    ) -> Result<Vec<Uuid>, Error> {
        claim_on!(self, "claim what is due in",
            "state <> 'closed' AND due_ms <= $1 AND $2 = $2",
            "due_ms = $1 + CASE WHEN ($1 - changed_ms) / 8 < $4 THEN $4
                 WHEN ($1 - changed_ms) / 8 > $5 THEN $5 ELSE ($1 - changed_ms) / 8 END",
            "due_ms";
            now_ms, 0_i64, limit, least_ms, most_ms)
    }

    /// The conversation and the business of a ticket.
    pub async fn ticket_home(&self, id: Uuid) -> Result<Option<(String, Uuid)>, Error> {
        read!(self, "read a ticket from", db => {
            sqlx::query_as("SELECT business, conversation FROM ticket WHERE id = $1")
                .bind(id)
                .fetch_optional(db)
                .await
        })
    }

    /// Claims it for longer; whether it was still this one's.
    pub async fn hold_ticket(&self, id: Uuid, by: Uuid, until_ms: i64) -> Result<bool, Error> {
        write!(self, "hold a ticket in", db => {
            sqlx::query("UPDATE ticket SET claimed_ms = $3 WHERE id = $1 AND claimed_by = $2")
                .bind(id)
                .bind(by)
                .bind(until_ms)
                .execute(db)
                .await
                .map(|done| done.rows_affected() > 0)
        })
    }

    /// Remembers how the ticket stands at its desk, but for what was seen there.
    pub async fn save_page(&self, id: Uuid, page: &Page) -> Result<(), Error> {
        let page = page.clone();
        write!(self, "save a page in", db => {
            sqlx::query(
                "UPDATE ticket SET page = $2, page_asked = $3, lines_asked = $4, page_print = $5,
                     page_state = $6
                 WHERE id = $1",
            )
            .bind(id)
            .bind(page.id.as_deref().map(storable))
            .bind(page.is_asked)
            .bind(page.lines_are_asked)
            .bind(page.print.as_deref().map(storable))
            .bind(page.state.as_deref().map(storable))
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// These lines stand at the desk as they are.
    pub async fn lines_shown(&self, id: Uuid, lines: Vec<(Uuid, String)>) -> Result<(), Error> {
        write!(self, "save a page in", db => {
            for (key, text) in &lines {
                sqlx::query(
                    "UPDATE ticket_note SET shown = TRUE
                     WHERE ticket = $1 AND key = $2 AND text = $3",
                )
                .bind(id)
                .bind(key)
                .bind(text)
                .execute(&mut *db)
                .await?;
            }
            sqlx::query("UPDATE ticket SET lines_asked = FALSE WHERE id = $1")
                .bind(id)
                .execute(db)
                .await
                .map(drop)
        })
    }

    /// Everything up to this version stands at the desk. Only a claim of one's own ends with it.
    pub async fn ticket_shown(&self, id: Uuid, by: Uuid, version: i64) -> Result<(), Error> {
        write!(self, "save a page in", db => {
            sqlx::query(
                "UPDATE ticket SET shown_version = $2, retry_ms = 0, tries = 0,
                     claimed_ms = CASE WHEN claimed_by = $3 THEN 0 ELSE claimed_ms END
                 WHERE id = $1 AND shown_version <= $2",
            )
            .bind(id)
            .bind(version)
            .bind(by)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Showing it has failed, and is tried again then, if nobody else has claimed it since.
    pub async fn put_off_ticket(&self, id: Uuid, by: Uuid, retry_ms: i64) -> Result<(), Error> {
        write!(self, "put off a ticket in", db => {
            sqlx::query(
                "UPDATE ticket SET claimed_ms = 0, retry_ms = $2, tries = tries + 1
                 WHERE id = $1 AND claimed_by = $3",
            )
            .bind(id)
            .bind(retry_ms)
            .bind(by)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// What was seen on the page and acted upon. What the page says of the state may have to be
    /// written anew.
    pub async fn page_seen(
        &self,
        id: Uuid,
        page: &str,
        seen: &str,
        rewrite_state: bool,
    ) -> Result<(), Error> {
        let (page, seen) = (storable(page), storable(seen));
        write!(self, "save a page in", db => {
            sqlx::query(
                "UPDATE ticket SET page = $2, seen = $3,
                     page_state = CASE WHEN $4 THEN NULL ELSE page_state END,
                     version = version + CASE WHEN $4 THEN 1 ELSE 0 END
                 WHERE id = $1",
            )
            .bind(id)
            .bind(page)
            .bind(seen)
            .bind(rewrite_state)
            .execute(db)
            .await
            .map(drop)
        })
    }
}
