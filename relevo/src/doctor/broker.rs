//! RabbitMQ, or the embedded broker: which it is, who is let in, whether it takes messages.

use broker::{Broker, Depth, Error, Product, Refusal};
use runtime::settings::Place;
use runtime::{PortsError, Settings, Visit, chain};

use super::Finding;
use crate::queues;

const CHECK: &str = "broker";
/// The first with all that is asked of a quorum queue.
const OLDEST: (u32, u32) = (3, 10);

pub(super) async fn check(settings: &Settings, visit: &Visit<'_>) -> Vec<Finding> {
    let name = match &settings.broker {
        Place::Embedded => "embedded".to_owned(),
        Place::Server(url) => match Broker::product(url.expose()).await {
            Ok(Some(product)) if is_too_old(&product) => {
                let says = format!("{} {} is too old", product.name, product.version);
                let remedy = "RabbitMQ 3.10 or newer is needed, for its quorum queues";
                return vec![Finding::failed(CHECK, says, remedy)];
            }
            Ok(Some(product)) => format!("{} {}", product.name, product.version),
            Ok(None) => "RabbitMQ over TLS".to_owned(),
            Err(error) => return vec![unreached(&error)],
        },
    };
    let broker = match visit.broker().await {
        Ok(broker) => broker,
        Err(PortsError::Broker(error)) => return vec![unreached(&error)],
        Err(error) => {
            return vec![Finding::failed(CHECK, chain(&error), "see the embedded file")];
        }
    };
    let findings = match takes(&broker, &name).await {
        Some(refused) => vec![refused],
        None => match queues::depths(&broker).await {
            Ok(depths) => vec![made(&depths, &name), dead(&depths)],
            Err(error) => vec![Finding::failed(CHECK, chain(&error), "try again in a moment")],
        },
    };
    broker.close().await;
    findings
}

fn is_too_old(product: &Product) -> bool {
    let mut numbers = product.version.split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (numbers.next(), numbers.next());
    matches!(version, (Some(major), Some(minor)) if (major, minor) < OLDEST)
}

/// Why there is no connection, and what to do about that.
fn unreached(error: &Error) -> Finding {
    let remedy = match (error, error.refusal()) {
        (Error::Address, _) => {
            "write RELEVO_BROKER_URL as amqp://user:password@host:5672/vhost, with %2f for /"
        }
        (_, Some(Refusal::Login)) => {
            "the user or the password of RELEVO_BROKER_URL is wrong; RabbitMQ lets `guest` in from \
             its own machine only"
        }
        (_, Some(Refusal::VirtualHost)) => {
            "the virtual host of RELEVO_BROKER_URL, what stands after the last /, does not exist or \
             this user may not use it: `rabbitmqctl list_permissions -p VHOST`"
        }
        (_, None) => {
            "see that RabbitMQ runs, and that host and port of RELEVO_BROKER_URL are reached from \
             here"
        }
    };
    Finding::failed(CHECK, chain(error), remedy)
}

/// Why it takes no messages, unless it takes them.
async fn takes(broker: &Broker, name: &str) -> Option<Finding> {
    let error = broker.prove().await.err()?;
    let remedy = match error {
        Error::HeldBack => {
            "give it memory or disk: `rabbitmqctl status` shows the alarm and its limit"
        }
        _ => {
            "this user must be allowed to configure, write and read relevo.* in the virtual host, \
             and to write to amq.default"
        }
    };
    Some(Finding::failed(CHECK, format!("{name}: {}", chain(&error)), remedy))
}

fn made(depths: &[(&str, Option<Depth>)], name: &str) -> Finding {
    let (all, absent) = (depths.len(), depths.iter().filter(|(_, depth)| depth.is_none()).count());
    if absent == 0 {
        return Finding::well(CHECK, format!("{name}: {all} queues are there"));
    }
    let says = format!("{name}: {absent} of {all} queues are not made yet");
    Finding::warning(CHECK, says, "the next `relevo serve` of this version makes them")
}

fn dead(depths: &[(&str, Option<Depth>)]) -> Finding {
    const CHECK: &str = "dead letters";
    let dead = depths.iter().map(|(queue, depth)| (depth.unwrap_or_default().dead, queue));
    let found: Vec<String> = dead
        .filter(|(dead, _)| *dead > 0)
        .map(|(dead, queue)| format!("{dead} in {queue}"))
        .collect();
    if found.is_empty() {
        return Finding::well(CHECK, "none");
    }
    let remedy =
        "look at them with `relevo dead list`; when the cause is mended, `relevo dead redrive`";
    Finding::warning(CHECK, found.join(", "), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_3_10_is_too_old() {
        for (version, expected) in [
            ("3.9.29", true),
            ("3.10.8", false),
            ("4.1.0", false),
            ("4.2.0-rc.1", false),
            ("unknown", false),
        ] {
            let product = Product { name: "RabbitMQ".to_owned(), version: version.to_owned() };
            assert_eq!(is_too_old(&product), expected, "{version}");
        }
    }
}
