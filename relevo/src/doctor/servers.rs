//! What Relevo runs on: broker, state, records, disk.

use std::path::Path;
use std::time::Duration;

use broker::Broker;
use runtime::settings::{FilePlace, Place};
use runtime::topology::{self, LANES};
use runtime::{Clock, Settings, chain};
use store::records::AlertFilter;
use store::{Records, State};

use super::Finding;

const PATIENCE: Duration = Duration::from_secs(10);
/// Below this an embedded file and its journal soon have no room.
const LOW_DISK_MB: u64 = 1024;
const NO_DISK_MB: u64 = 100;
/// A customer's message that is older than this and has no outcome is no ordinary turn.
const LONG_WAIT: Duration = Duration::from_secs(10 * 60);

pub(super) async fn check(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let mut findings = vec![disk(&settings.data_dir, settings)];
    let file = match settings.uses_embedded() {
        false => None,
        true => match embedded::File::visit(&settings.data_dir).await {
            Ok(file) => Some(file),
            Err(embedded::Error::Absent { .. }) => {
                findings.push(Finding::warning(
                    "embedded file",
                    format!("there is none yet in {}", settings.data_dir.display()),
                    "`relevo serve` or `relevo migrate` makes it",
                ));
                return findings;
            }
            Err(error) => {
                findings.push(Finding::failed(
                    "embedded file",
                    chain(&error),
                    "see that this user may read and write RELEVO_DATA_DIR; a damaged file is \
                     replaced by `relevo restore`",
                ));
                return findings;
            }
        },
    };
    findings.extend(broker(settings, file.clone()).await);
    findings.push(state(settings, file.clone()).await);
    findings.extend(records(settings, clock, file).await);
    findings
}

async fn broker(settings: &Settings, file: Option<embedded::File>) -> Vec<Finding> {
    const CHECK: &str = "broker";
    let (broker, place) = match (&settings.broker, file) {
        (Place::Server(url), _) => {
            (Broker::rabbitmq(url.expose(), "relevo doctor").await, "RabbitMQ")
        }
        (Place::Embedded, Some(file)) => (Broker::embedded(file).await, "embedded"),
        (Place::Embedded, None) => return Vec::new(),
    };
    let broker = match broker {
        Ok(broker) => broker,
        Err(error) => {
            let remedy = "write RELEVO_BROKER_URL as amqp://user:password@host:5672/vhost";
            return vec![Finding::failed(CHECK, chain(&error), remedy)];
        }
    };
    let connected = async {
        while !broker.is_connected() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    if tokio::time::timeout(PATIENCE, connected).await.is_err() {
        return vec![Finding::failed(
            CHECK,
            format!("no connection within {} s", PATIENCE.as_secs()),
            "see that RabbitMQ runs, that host and port of RELEVO_BROKER_URL are reached from \
             here, and that user, password and virtual host are right",
        )];
    }
    let findings = match broker.declare(&topology::queues()).await {
        Err(error) => vec![Finding::failed(
            CHECK,
            chain(&error),
            "RabbitMQ 3.10 or newer is needed, with quorum queues; this user must be allowed to \
             configure, write and read relevo.* in the virtual host. A queue that was made \
             otherwise has to be deleted first",
        )],
        Ok(()) => vec![
            Finding::well(CHECK, format!("{place}: {} queues are there", LANES.len())),
            dead(&broker).await,
        ],
    };
    broker.close().await;
    findings
}

async fn dead(broker: &Broker) -> Finding {
    const CHECK: &str = "dead letters";
    let mut found = Vec::new();
    for lane in LANES {
        match broker.depth(lane.queue).await {
            Ok(depth) if depth.dead > 0 => found.push(format!("{} in {}", depth.dead, lane.queue)),
            Ok(_) => {}
            Err(error) => {
                return Finding::warning(CHECK, chain(&error), "try again in a moment");
            }
        }
    }
    if found.is_empty() {
        return Finding::well(CHECK, "none");
    }
    let remedy =
        "look at them with `relevo dead list`; when the cause is mended, `relevo dead redrive`";
    Finding::warning(CHECK, found.join(", "), remedy)
}

async fn state(settings: &Settings, file: Option<embedded::File>) -> Finding {
    const CHECK: &str = "conversation state";
    let (opened, place) = match (&settings.state, file) {
        (Place::Server(url), _) => {
            let connected = State::redis(url.expose(), settings.volatile_state);
            match tokio::time::timeout(PATIENCE, connected).await {
                Ok(opened) => (opened, "Redis, which keeps what it acknowledges"),
                Err(_) => {
                    let says = format!("no answer within {} s", PATIENCE.as_secs());
                    return Finding::failed(CHECK, says, REDIS_REMEDY);
                }
            }
        }
        (Place::Embedded, Some(file)) => (State::embedded(file).await, "embedded"),
        (Place::Embedded, None) => return Finding::well(CHECK, "embedded"),
    };
    let pinged = match opened {
        Ok(state) => state.ping().await,
        Err(error) => Err(error),
    };
    match pinged {
        Ok(()) => Finding::well(CHECK, place),
        Err(error @ store::state::Error::Volatile { .. }) => Finding::failed(
            CHECK,
            chain(&error),
            "mend Redis' configuration; RELEVO_ACCEPT_VOLATILE_STATE=true takes the risk",
        ),
        Err(error) => Finding::failed(CHECK, chain(&error), REDIS_REMEDY),
    }
}

const REDIS_REMEDY: &str = "see that Redis runs, and that host, port, user and password of \
                            RELEVO_STATE_URL are right";

async fn records(settings: &Settings, clock: &Clock, file: Option<embedded::File>) -> Vec<Finding> {
    const CHECK: &str = "records";
    let (records, place) = match (&settings.database, file) {
        (Place::Server(url), _) => match Records::postgres(url.expose()).await {
            Ok(records) => (records, "PostgreSQL"),
            Err(error) => {
                let remedy = "see that PostgreSQL runs, and that host, user, password and \
                              database of RELEVO_DATABASE_URL are right";
                return vec![Finding::failed(CHECK, chain(&error), remedy)];
            }
        },
        (Place::Embedded, Some(file)) => (Records::embedded(file), "embedded"),
        (Place::Embedded, None) => return Vec::new(),
    };
    match records.pending().await {
        Err(error) => {
            let remedy = "a schema of a newer version needs that version of Relevo";
            return vec![Finding::failed(CHECK, chain(&error), remedy)];
        }
        Ok(pending) if !pending.is_empty() => {
            return vec![Finding::warning(
                CHECK,
                format!("{place}: {} migrations are pending", pending.len()),
                "`relevo migrate`, or the next `relevo serve`, applies them",
            )];
        }
        Ok(_) => {}
    }
    vec![
        Finding::well(CHECK, format!("{place}: the schema is up to date")),
        waiting(&records, clock).await,
        alerts(&records).await,
    ]
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

fn disk(dir: &Path, settings: &Settings) -> Finding {
    const CHECK: &str = "disk";
    let keeps_here =
        settings.uses_embedded() || matches!(settings.storage.place, FilePlace::Embedded);
    if !keeps_here {
        return Finding::well(CHECK, "nothing is kept on this machine");
    }
    // A folder that is not there yet is made on the disk of the nearest one that is.
    let there = dir.ancestors().find(|one| one.exists()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(there) {
        Err(error) => {
            let says = format!("{}: {error}", there.display());
            Finding::failed(CHECK, says, "see that this user may reach RELEVO_DATA_DIR")
        }
        Ok(free) => {
            let free_mb = free.f_bavail.saturating_mul(free.f_frsize) / (1024 * 1024);
            let says = format!("{free_mb} MB free for {}", dir.display());
            let remedy = "make room, or move RELEVO_DATA_DIR to a larger disk";
            match free_mb {
                ..NO_DISK_MB => Finding::failed(CHECK, says, remedy),
                NO_DISK_MB..LOW_DISK_MB => Finding::warning(CHECK, says, remedy),
                _ => Finding::well(CHECK, says),
            }
        }
    }
}
