//! What an operator should know.

use std::fmt;

use uuid::Uuid;

use super::{Error, Records, read, storable, transact, write};

/// Something that a platform told or that went wrong, for an operator to see.
#[derive(Clone, PartialEq, Eq)]
pub struct Alert {
    /// The same if the same is told again.
    pub id: Uuid,
    pub business: String,
    /// What sort of thing, as a program names it.
    pub kind: String,
    pub severity: Severity,
    /// What it is about: a template, a number, an account.
    pub subject: String,
    pub details: String,
    pub at_ms: i64,
    /// Since when it is over, if it is.
    pub resolved_ms: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// Which alerts to show.
#[derive(Clone, Debug, Default)]
pub struct AlertFilter {
    /// Of all businesses if there is none.
    pub business: Option<String>,
    pub open_only: bool,
    pub since_ms: Option<i64>,
    pub limit: i64,
}

type Row = (Uuid, String, String, String, String, String, i64, Option<i64>);

impl Records {
    /// Records an alert once (test `an_alert_that_is_told_twice_is_one`). While one of the same
    /// kind and subject is open, it takes over what the new one says, so that a trouble that is
    /// told again and again is one. Whether it is new.
    pub async fn record_alert(&self, alert: &Alert) -> Result<bool, Error> {
        let alert = alert.clone();
        transact!(self, "record an alert in", db => {
            let told_again = sqlx::query(
                "UPDATE alert SET severity = $4, details = $5, at_ms = $6
                 WHERE business = $1 AND kind = $2 AND subject = $3 AND resolved_ms IS NULL
                     AND at_ms <= $6 AND id <> $7 AND $8",
            )
            .bind(storable(&alert.business))
            .bind(storable(&alert.kind))
            .bind(storable(&alert.subject))
            .bind(alert.severity.name())
            .bind(storable(&alert.details))
            .bind(alert.at_ms)
            .bind(alert.id)
            // A notice that asks for nothing changes no trouble.
            .bind(alert.resolved_ms.is_none())
            .execute(&mut *db)
            .await?;
            if told_again.rows_affected() > 0 {
                return Ok(false);
            }
            sqlx::query(
                "INSERT INTO alert (id, business, kind, severity, subject, details, at_ms,
                     resolved_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT DO NOTHING",
            )
            .bind(alert.id)
            .bind(storable(&alert.business))
            .bind(storable(&alert.kind))
            .bind(alert.severity.name())
            .bind(storable(&alert.subject))
            .bind(storable(&alert.details))
            .bind(alert.at_ms)
            .bind(alert.resolved_ms)
            .execute(db)
            .await
            .map(|inserted| inserted.rows_affected() > 0)
        })
    }

    /// Says that what was wrong with the subject until then is over. Later alerts stay open, and so
    /// does an earlier one that is recorded only now (test `what_is_over_is_no_longer_open`).
    pub async fn resolve_alerts(
        &self,
        business: &str,
        kind: &str,
        subject: &str,
        at_ms: i64,
    ) -> Result<(), Error> {
        let [business, kind, subject] = [business, kind, subject].map(storable);
        write!(self, "resolve alerts in", db => {
            sqlx::query(
                "UPDATE alert SET resolved_ms = $4
                 WHERE business = $1 AND kind = $2 AND subject = $3 AND at_ms <= $4
                     AND resolved_ms IS NULL",
            )
            .bind(business)
            .bind(kind)
            .bind(subject)
            .bind(at_ms)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Says that this alert is over; whether it was open (test
    /// `one_alert_is_closed_and_the_others_stay_open`).
    pub async fn close_alert(&self, id: Uuid, at_ms: i64) -> Result<bool, Error> {
        write!(self, "close an alert in", db => {
            sqlx::query("UPDATE alert SET resolved_ms = $2 WHERE id = $1 AND resolved_ms IS NULL")
                .bind(id)
                .bind(at_ms)
                .execute(db)
                .await
                .map(|done| done.rows_affected() > 0)
        })
    }

    /// The newest first.
    pub async fn alerts(&self, filter: AlertFilter) -> Result<Vec<Alert>, Error> {
        let rows: Vec<Row> = read!(self, "read the alerts from", db => {
            sqlx::query_as(
                "SELECT id, business, kind, severity, subject, details, at_ms, resolved_ms
                 FROM alert
                 WHERE ($1 IS NULL OR business = $1) AND ($2 IS NULL OR at_ms >= $2)
                     AND (resolved_ms IS NULL OR NOT $3)
                 ORDER BY at_ms DESC, id LIMIT $4",
            )
            .bind(filter.business.as_deref())
            .bind(filter.since_ms)
            .bind(filter.open_only)
            .bind(filter.limit)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter().map(alert).collect()
    }
}

fn alert(row: Row) -> Result<Alert, Error> {
    let (id, business, kind, severity, subject, details, at_ms, resolved_ms) = row;
    let severity =
        Severity::named(&severity).ok_or(Error::Foreign { operation: "read the alerts from" })?;
    Ok(Alert { id, business, kind, severity, subject, details, at_ms, resolved_ms })
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Critical]
            .into_iter()
            .find(|severity| severity.name() == name)
    }
}

/// The subject may be a number, and the details what a platform wrote.
impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alert")
            .field("id", &self.id)
            .field("business", &self.business)
            .field("kind", &self.kind)
            .field("severity", &self.severity)
            .field("at_ms", &self.at_ms)
            .field("resolved_ms", &self.resolved_ms)
            .finish_non_exhaustive()
    }
}
