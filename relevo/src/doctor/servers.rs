//! What Relevo runs on: disk, broker, state, records.

use std::time::Duration;

use runtime::settings::Place;
use runtime::{Clock, Settings, Visit, chain};
use store::records::{AlertFilter, VectorSearch};
use store::state::Volatile;
use store::{Records, State};

use super::{Finding, broker, disk};

const PATIENCE: Duration = Duration::from_secs(5);
/// A customer's message that is older than this and has no outcome is no ordinary turn.
const LONG_WAIT: Duration = Duration::from_secs(10 * 60);

pub(super) async fn check(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let visit = Visit::new(settings, PATIENCE);
    let mut findings = disk::check(settings);
    let lacking = match settings.uses_embedded() {
        true => visit.file().await.err(),
        false => None,
    };
    findings.extend(lacking.as_ref().map(|error| without_file(settings, error)));
    // What should lie in the file has been said with it.
    let can_be = |place: &Place| lacking.is_none() || matches!(place, Place::Server(_));
    if can_be(&settings.broker) {
        findings.extend(broker::check(settings, &visit).await);
    }
    if can_be(&settings.state) {
        findings.push(state(settings, &visit).await);
    }
    if can_be(&settings.database) {
        findings.extend(records(settings, clock, &visit).await);
    }
    findings
}

fn without_file(settings: &Settings, error: &embedded::Error) -> Finding {
    const CHECK: &str = "embedded file";
    match error {
        embedded::Error::Absent { .. } => Finding::warning(
            CHECK,
            format!("there is none yet in {}", settings.data_dir.display()),
            "`relevo serve` or `relevo migrate` makes it",
        ),
        error => Finding::failed(
            CHECK,
            chain(error),
            "see that this user may read and write RELEVO_DATA_DIR; a damaged file is replaced by \
             `relevo restore`",
        ),
    }
}

async fn state(settings: &Settings, visit: &Visit<'_>) -> Finding {
    const CHECK: &str = "conversation state";
    let Place::Server(url) = &settings.state else {
        return match visit.state().await {
            Ok(_) => Finding::well(CHECK, "embedded"),
            Err(error) => Finding::failed(CHECK, chain(&error), "see the embedded file"),
        };
    };
    let connecting = State::redis(url.expose(), Volatile::Refuse);
    match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(_)) => Finding::well(CHECK, "Redis, which keeps what it acknowledges"),
        Ok(Err(store::state::Error::Volatile { reasons }))
            if settings.volatile_state == Volatile::Accept =>
        {
            Finding::warning(
                CHECK,
                format!("Redis, which may lose what it has acknowledged: {reasons}"),
                "mend Redis' configuration, and take away RELEVO_ACCEPT_VOLATILE_STATE",
            )
        }
        Ok(Err(error @ store::state::Error::Volatile { .. })) => Finding::failed(
            CHECK,
            chain(&error),
            "mend Redis' configuration; RELEVO_ACCEPT_VOLATILE_STATE=true takes the risk",
        ),
        Ok(Err(error)) => Finding::failed(CHECK, chain(&error), REDIS_REMEDY),
        Err(_) => {
            let says = format!("no answer within {} s", PATIENCE.as_secs());
            Finding::failed(CHECK, says, REDIS_REMEDY)
        }
    }
}

const REDIS_REMEDY: &str = "see that Redis runs, and that host, port, user and password of \
                            RELEVO_STATE_URL are right";

async fn records(settings: &Settings, clock: &Clock, visit: &Visit<'_>) -> Vec<Finding> {
    const CHECK: &str = "records";
    let place = match settings.database {
        Place::Embedded => "embedded",
        Place::Server(_) => "PostgreSQL",
    };
    let records = match visit.records_of_any_version().await {
        Ok(records) => records,
        Err(error) => {
            let remedy = "see that PostgreSQL runs, and that host, user, password and database of \
                          RELEVO_DATABASE_URL are right";
            return vec![Finding::failed(CHECK, chain(&error), remedy)];
        }
    };
    match records.pending().await {
        Err(error) => {
            let remedy = "a schema needs its own version of Relevo, or a newer one: run that one, or \
                          restore a backup";
            return vec![Finding::failed(CHECK, chain(&error), remedy)];
        }
        Ok(pending) if !pending.is_empty() => {
            return vec![Finding::warning(
                CHECK,
                format!("{place}: its schema is older; pending migrations: {}", pending.len()),
                "`relevo migrate`, or the next `relevo serve`, applies them",
            )];
        }
        Ok(_) => {}
    }
    let mut findings = vec![
        Finding::well(CHECK, format!("{place}: the schema is up to date")),
        waiting(&records, clock).await,
        alerts(&records).await,
    ];
    findings.extend(vectors(settings, &records).await);
    findings
}

/// Where vectors are searched, if PostgreSQL could do it.
async fn vectors(settings: &Settings, records: &Records) -> Option<Finding> {
    const CHECK: &str = "pgvector";
    settings.model.as_ref()?.embedding_model.as_ref()?;
    if let Records::Sqlite(_) = records {
        return None;
    }
    Some(match records.vector_search().await {
        Ok(VectorSearch::Database) => Finding::well(CHECK, "the database finds the nearest"),
        Ok(VectorSearch::Memory) => Finding::warning(
            CHECK,
            "not in the database: each knowledge process searches all vectors in its memory",
            "install pgvector, and let a superuser run CREATE EXTENSION vector in this database",
        ),
        Err(error) => Finding::failed(CHECK, chain(&error), "see that the database answers"),
    })
}

async fn waiting(records: &Records, clock: &Clock) -> Finding {
    const CHECK: &str = "customers waiting";
    match records.oldest_unsettled_ms().await {
        Err(error) => Finding::failed(CHECK, chain(&error), "see that the database answers"),
        Ok(None) => Finding::well(CHECK, "every message has its outcome"),
        Ok(Some(since)) => {
            let waited = clock.now().as_millis().saturating_sub(since) / 1000;
            let says = format!("the oldest message without an outcome came {waited} s ago");
            if waited < i64::try_from(LONG_WAIT.as_secs()).unwrap_or(i64::MAX) {
                Finding::well(CHECK, says)
            } else {
                let remedy = "see `relevo status`: what is paused or dead, and which queue grows";
                Finding::warning(CHECK, says, remedy)
            }
        }
    }
}

async fn alerts(records: &Records) -> Finding {
    const CHECK: &str = "open alerts";
    let filter = AlertFilter { open_only: true, limit: i64::MAX, ..AlertFilter::default() };
    match records.alerts(filter).await {
        Err(error) => Finding::failed(CHECK, chain(&error), "see that the database answers"),
        Ok(alerts) if alerts.is_empty() => Finding::well(CHECK, "none"),
        Ok(alerts) => {
            let says = format!("{} are open", alerts.len());
            Finding::warning(CHECK, says, "`relevo alerts` shows them")
        }
    }
}
