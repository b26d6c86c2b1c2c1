//! What is logged and traced, and what never is.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::message::MessageReceived;
use domain::{Envelope, Kind};
use runtime::settings::{LogFormat, Logging};
use runtime::telemetry::Telemetry;
use runtime::{Effects, Failure};
use sandbox::collector::{Collector, Span};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

use crate::stand::{
    LANE, Stand, Told, about, conversation, effect, failure, inbound, message, until,
};

/// The only test that installs telemetry in this process.
#[tokio::test(flavor = "multi_thread")]
async fn the_spans_of_a_message_and_what_follows_from_it_are_one_trace() {
    let collector = Collector::start().await.unwrap();
    let logging = Logging {
        filter: "off".to_owned(),
        format: LogFormat::Text,
        otlp_endpoint: Some(collector.url().to_owned()),
    };
    let telemetry = Telemetry::start(&logging, "relevo-test");
    // Its own hook logs no panic's words; the other tests should show theirs.
    drop(std::panic::take_hook());
    let stand = Stand::servers().await;
    let told = Told::to(async |_| Ok(effect()));
    stand.work(&told, LANE);
    let first = message();
    stand.publish(&first).await;
    let (_, traceparent) = stand.seen_delivery().await;
    let traceparent = traceparent.expect("the effect bears where it came from");

    // What follows arrives with that.
    let next = message();
    stand.publish_traced(&next, &traceparent).await;
    let (_, following) = stand.seen_delivery().await;
    let following = following.unwrap();
    stand.ends_clean().await;

    tokio::task::spawn_blocking(move || drop(telemetry)).await.unwrap();
    let spans = collector.spans();
    let span_of = |envelope: &Envelope| {
        let id = envelope.id.to_string();
        let is_its = |one: &&Span| one.attributes["messaging.message.id"] == id;
        spans.iter().find(is_its).unwrap_or_else(|| panic!("no span of {id} in {spans:?}"))
    };
    let (root, child) = (span_of(&first), span_of(&next));
    assert_eq!(root.parent, None);
    assert_eq!(traceparent, format!("00-{}-{}-01", root.trace, root.id));
    assert_eq!(child.parent.as_ref(), Some(&root.id));
    assert_eq!(following, format!("00-{}-{}-01", root.trace, child.id));
    assert_eq!(root.service, "relevo-test");
    let destination = format!("{}:{}", first.kind(), LANE.queue);
    assert_eq!(root.name, format!("process {destination}"));
    for (attribute, value) in [
        ("messaging.system", "rabbitmq"),
        ("messaging.operation.type", "process"),
        ("messaging.operation.name", "process"),
        ("messaging.destination.name", &destination),
        ("messaging.message.conversation_id", &first.correlation.to_string()),
    ] {
        assert_eq!(root.attributes[attribute], value, "{attribute}");
    }
}

#[tokio::test]
async fn a_process_that_does_not_trace_passes_on_what_came_to_it() {
    const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let _guard = tracing::subscriber::set_default(tracing::subscriber::NoSubscriber::default());
    let stand = Stand::embedded().await;
    stand.work(&Told::to(async |_| Ok(effect())), LANE);
    stand.publish_traced(&message(), TRACEPARENT).await;
    assert_eq!(stand.seen_delivery().await.1.as_deref(), Some(TRACEPARENT));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_line_holds_what_a_customer_wrote() {
    const WORDS: &str = "Zanahoria";
    const NUMBER: &str = "573001112233";
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(
            "warn,runtime=trace,broker=trace,store=trace,embedded=trace,domain=trace",
        ))
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    for stand in [Stand::embedded().await, Stand::servers().await] {
        let told = Told::to(async |call| match call {
            0 => panic!("{WORDS}"),
            1 => std::future::pending().await,
            2 => Err(Failure::Unavailable { cause: "away".to_owned() }),
            3 => Ok(effect()),
            4 => Err(Failure::Reject { cause: "never".to_owned() }),
            _ => Ok(Effects::none()),
        });
        stand.work(&told, runtime::Lane { time_out: Duration::from_millis(200), ..LANE });
        let written = about(conversation(), MessageReceived(inbound(WORDS)));
        stand.publish(&written).await;
        assert_eq!(stand.seen().await.kind(), Kind::TurnGathered);
        let written = about(conversation(), MessageReceived(inbound(WORDS)));
        stand.publish(&written).await;
        assert_eq!(stand.seen().await.kind(), Kind::MessageDied);
        let broken = String::from_utf8(written.encode().unwrap()).unwrap();
        for body in [
            format!(r#"{{"id":"{WORDS}"}}"#),
            broken.replace(r#""kind":"text""#, &format!(r#""kind":"{WORDS}""#)),
            format!(r#""{WORDS} {NUMBER}""#),
        ] {
            stand.publish_raw(Kind::MessageReceived, Uuid::new_v4(), body.into()).await;
        }
        stand.dead(4).await;
        until(|| async { told.calls() == 5 }).await;
    }

    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    for outcome in ["done", "will retry", "will wait", "dead", "undecodable", "panicked"] {
        assert!(lines.contains(outcome), "{outcome} is logged");
    }
    assert!(lines.contains("message.type=\"message.received.v1\""), "{lines}");
    assert!(!lines.contains(WORDS), "{lines}");
    assert!(!lines.contains(NUMBER), "{lines}");
}

#[test]
fn a_panic_is_logged_without_its_words() {
    let own = std::env::current_exe().unwrap();
    let child = std::process::Command::new(own)
        .args(["--exact", "telemetry::panics_as_a_child", "--nocapture"])
        .env(CHILD, "yes")
        .output()
        .unwrap();
    let printed = String::from_utf8([child.stdout, child.stderr].concat()).unwrap();
    assert!(printed.contains("panicked") && printed.contains("telemetry.rs"), "{printed}");
    assert!(!printed.contains("Zanahoria"), "{printed}");
}

const CHILD: &str = "RELEVO_TEST_CHILD";

#[test]
fn panics_as_a_child() {
    if std::env::var_os(CHILD).is_none() {
        return; // Only in the process that the test above starts.
    }
    let (filter, format) = ("info".to_owned(), LogFormat::Json);
    let _telemetry = Telemetry::start(&Logging { filter, format, otlp_endpoint: None }, "relevo");
    std::thread::spawn(|| panic!("byte index 1 of Zanahoria")).join().unwrap_err();
}

#[tokio::test]
async fn one_line_says_what_became_of_a_message() {
    let lines = Lines::default();
    let writer = lines.clone();
    // Even when little is logged, a line says whose it is.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("warn"))
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let stand = Stand::embedded().await;
    let told =
        Told::to(async |call| if call == 0 { Err(failure("not yet")) } else { Ok(effect()) });
    stand.work(&told, LANE);
    let message = message();
    stand.publish(&message).await;
    stand.seen().await;
    stand.ends_clean().await;
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = lines.lines().filter(|line| line.contains("will retry")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(&message.id.to_string()), "{lines:?}");
}

#[tokio::test]
async fn a_message_that_is_sent_back_to_wait_has_lain_only_once() {
    let stand = Stand::embedded().await;
    let told = Told::to(async |call| match call {
        0 | 1 => Err(Failure::Later { cause: "not now".to_owned(), after: Duration::from_secs(1) }),
        _ => Ok(effect()),
    });
    stand.work(&told, LANE);
    let made_now = Envelope { time: stand.ports.clock.now(), ..message() };
    stand.publish(&made_now).await;
    stand.seen().await;
    let lag = stand.ports.lags.recent();
    assert!(lag.values().all(|ms| *ms < 1_000) && lag.len() == 1, "{lag:?}");
}
