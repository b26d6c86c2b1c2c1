//! Asking a desk what has changed.

use uuid::Uuid;

use super::super::{Error, Records, read, storable, write};

impl Records {
    /// Lets one at a time ask a business's desk, until `until_ms`: gives up to when its changes
    /// are known, or nothing while it is another's (test `a_desk_is_asked_by_one_at_a_time`).
    pub async fn lease_poll(
        &self,
        business: &str,
        by: Uuid,
        (now_ms, until_ms): (i64, i64),
    ) -> Result<Option<i64>, Error> {
        let business = storable(business);
        write!(self, "lease a desk in", db => {
            sqlx::query_scalar(
                "INSERT INTO desk_poll (business, leased_by, leased_ms) VALUES ($1, $2, $4)
                 ON CONFLICT (business) DO UPDATE
                 SET leased_by = excluded.leased_by, leased_ms = excluded.leased_ms
                 WHERE desk_poll.leased_ms <= $3 OR desk_poll.leased_by = $2
                     OR desk_poll.leased_by IS NULL
                 RETURNING cursor_ms",
            )
            .bind(business)
            .bind(by)
            .bind(now_ms)
            .bind(until_ms)
            .fetch_optional(db)
            .await
        })
    }

    /// Everything that changed up to then is known. It never goes back.
    pub async fn save_poll(&self, business: &str, cursor_ms: i64) -> Result<(), Error> {
        let business = storable(business);
        write!(self, "save a desk's cursor in", db => {
            sqlx::query(
                "UPDATE desk_poll SET cursor_ms = $2 WHERE business = $1 AND cursor_ms < $2",
            )
            .bind(business)
            .bind(cursor_ms)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Keeps what a desk sent to be shown to it again, for an operator to see.
    pub async fn save_desk_token(&self, business: &str, token: &str) -> Result<(), Error> {
        let (business, token) = (storable(business), storable(token));
        write!(self, "save a desk's token in", db => {
            sqlx::query(
                "INSERT INTO desk_poll (business, token) VALUES ($1, $2)
                 ON CONFLICT (business) DO UPDATE SET token = excluded.token",
            )
            .bind(business)
            .bind(token)
            .execute(db)
            .await
            .map(drop)
        })
    }

    pub async fn desk_token(&self, business: &str) -> Result<Option<String>, Error> {
        let business = storable(business);
        let row: Option<Option<String>> = read!(self, "read a desk's token from", db => {
            sqlx::query_scalar("SELECT token FROM desk_poll WHERE business = $1")
                .bind(business)
                .fetch_optional(db)
                .await
        })?;
        Ok(row.flatten())
    }
}
