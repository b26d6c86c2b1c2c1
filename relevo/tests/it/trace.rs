//! One customer's message through every worker, as a collector of traces sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::time::Duration;

use clap::ValueEnum as _;
use domain::MessageId;
use futures::future::join_all;
use relevo::Role;
use relevo::installation::{LanguageModel, Plan};
use sandbox::collector::{Collector, Span, tree};
use sandbox::{Fault, Operation};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::deployment::read;
use crate::process::{Process, Stage};
use crate::servers::Servers;
use crate::{BUSINESS, echo};

const LIMIT: Duration = Duration::from_secs(60);
const PHONE: &str = "51912345678";
const NAME: &str = "Anacaona";
const WORDS: &str = "¿Tienen zanahorias de columna?";
const SPECIALIST: &str = "Lucrecia";
const ANSWER: &str = "Solamente berenjenas.";
/// What stands above a tree.
const HEADING: &str = " start   took\n";
/// What of a line comes before its span.
const TIMES: usize = " start   took  ".len();

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_through_every_worker_is_one_trace() {
    let servers = Servers::start().await;
    let collector = Collector::start().await.unwrap();
    let mut environment = servers.environment();
    environment.extend(exports_to(collector.url()));
    // Only the button says that there is an answer, so that its trace begins there in every run.
    let business = format!("{BUSINESS}\n[notion]\npoll_seconds = 3600\n");
    let model = LanguageModel::Scripted;
    let stage = Stage::with_desk(Plan { business, environment, model, ..Plan::default() }).await;
    echo::script(&stage.sandbox, Duration::from_millis(200));
    // Much longer than a turn's pause, so that the turn waits for it in every run.
    let slow = Fault::on(Operation::Transcription).is_slow(Duration::from_millis(1500));
    stage.sandbox.faults().add(slow);
    let roles = Role::ALL.iter().map(|role| role.to_possible_value().unwrap());
    let roles: Vec<String> = roles.map(|role| role.get_name().to_owned()).collect();
    let processes: Vec<Process> = roles.iter().map(|role| stage.serve(role)).collect();
    join_all(processes.iter().map(Process::ready)).await;
    let page = read("docs/tracing.md");
    let trees: Vec<&str> =
        page.split(HEADING).skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [of_message, of_answer] = trees[..] else { panic!("the page has two trees") };

    // The page shows processes that have come to work.
    let first = stage.sandbox.customer("51987654321", "Luis");
    first.says("hola").await;
    first.hears(LIMIT).await.unwrap();
    let ana = stage.sandbox.customer(PHONE, NAME);
    ana.speaks(WORDS).await;
    let trace = traced(&collector, "send media.received.v1", of_message).await;
    is_one_tree_of_causes(&trace);
    let services: BTreeSet<String> = trace.iter().map(|span| span.service.clone()).collect();
    assert_eq!(services, roles.iter().map(|role| format!("relevo-{role}")).collect());
    let correlation = trace[0].attributes.get("correlation.id");
    let caused = collector.spans();
    let mut caused =
        caused.iter().filter(|span| span.attributes.get("correlation.id") == correlation);
    assert!(caused.all(|span| span.trace == trace[0].trace), "nothing of it is elsewhere");

    let desk = stage.sandbox.desk();
    let phone = format!("+{PHONE}");
    let ticket = desk.sees(LIMIT, |ticket| ticket.text("Celular") == phone).await.unwrap();
    let lucrecia = desk.specialist(SPECIALIST);
    lucrecia.types(ticket.id, "Respuesta", ANSWER).unwrap();
    lucrecia.presses_send(ticket.id).await.unwrap();
    traced(&collector, "send ticket.changed.v1", of_answer).await;

    let spans = collector.spans();
    let attributes: BTreeSet<&str> =
        spans.iter().flat_map(|span| span.attributes.keys().map(String::as_str)).collect();
    assert_eq!(attributes, explained(&page));
    let exports = collector.exports();
    for private in [PHONE, NAME, WORDS, "zanahorias", SPECIALIST, ANSWER, &ana.user_id()] {
        let holds = |export: &[u8]| export.windows(private.len()).any(|w| w == private.as_bytes());
        assert!(!exports.iter().any(|export| holds(export)), "{private} was exported");
    }
}

/// To a collector, without delay.
fn exports_to(url: &str) -> [(String, String); 2] {
    [("OTEL_EXPORTER_OTLP_ENDPOINT", url), ("OTEL_BSP_SCHEDULE_DELAY", "100")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The trace that begins with a span of this name, as soon as its tree is the one in the page.
async fn traced(collector: &Collector, root: &str, documented: &str) -> Vec<Span> {
    let deadline = Instant::now() + LIMIT;
    loop {
        let spans = collector.spans();
        let root = spans.iter().find(|span| span.parent.is_none() && span.name == root);
        let trace = root.map(|root| root.trace.clone());
        let trace: Vec<Span> =
            spans.into_iter().filter(|span| Some(&span.trace) == trace.as_ref()).collect();
        let text = tree(&trace);
        if shape(&text) == shape(documented) {
            println!("{text}");
            return trace;
        }
        assert!(Instant::now() < deadline, "docs/tracing.md shows another tree than\n{text}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Every line of a tree with those above it, without times and whatever the order of what happens
/// at once.
fn shape(tree: &str) -> Vec<String> {
    let mut above: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for line in tree.trim_start_matches(HEADING).lines() {
        let line = &line[TIMES..];
        let name = line.trim_start();
        above.truncate((line.len() - name.len()) / 2);
        above.push(name);
        lines.push(above.join(" > "));
    }
    lines.sort_unstable();
    lines
}

/// Every span's message was made by the span above it; above the first there is none.
fn is_one_tree_of_causes(trace: &[Span]) {
    let by_id: BTreeMap<&str, &Span> = trace.iter().map(|span| (span.id.as_str(), span)).collect();
    let message = |span: &Span| {
        let id: Uuid = span.attributes["messaging.message.id"].parse().unwrap();
        MessageId::from_uuid(id)
    };
    let mut roots = Vec::new();
    for span in trace {
        let Some(parent) = &span.parent else {
            roots.push(&span.attributes["http.route"]);
            continue;
        };
        let parent = by_id.get(parent.as_str()).unwrap_or_else(|| panic!("no parent of {span:?}"));
        let (id, cause) = (message(span), message(parent));
        let follows = match parent.attributes.get("worker") {
            Some(worker) => (0..16).any(|index| cause.derive(worker, index) == id),
            None => cause == id,
        };
        assert!(follows, "{span:?} did not come of {parent:?}");
    }
    assert_eq!(roots, ["/webhooks/whatsapp"]);
}

/// The attributes in the page's table.
fn explained(page: &str) -> BTreeSet<&str> {
    let (_, table) = page.split_once("\n| attribute |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    // The odd parts of the first cell stand between backticks.
    rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_or_is_away_holds_up_nobody() {
    // It is connected to, and never answers.
    let hanging = TcpListener::bind("127.0.0.1:0").unwrap();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (collector, word) in
        [(hanging.local_addr().unwrap(), "Shutdown.Timeout"), (away, "ExportError")]
    {
        let mut environment = BTreeMap::from(exports_to(&format!("http://{collector}")));
        // There is no room for more already while the first message is handled.
        environment.insert("OTEL_BSP_MAX_QUEUE_SIZE".to_owned(), "2".to_owned());
        let stage = Stage::set(environment, LanguageModel::None).await;
        let mut relevo = stage.serve("");
        relevo.ready().await;
        let ana = stage.sandbox.customer(PHONE, NAME);
        for _ in 0..3 {
            ana.says("muchas gracias").await;
            ana.hears(LIMIT).await.unwrap();
        }
        relevo.terminate();
        let ended = relevo.ended(Duration::from_secs(20)).await;
        assert!(ended.success(), "{collector}: {ended}");
        for word in ["SpanDroppingStarted", word] {
            assert!(relevo.log().contains(word), "{word}: {}", relevo.log());
        }
    }
}
