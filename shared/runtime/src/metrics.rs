//! Every metric's name and meaning. Labels come from enums, never from data.

use std::time::Duration;

use broker::Depth;
use domain::{BusinessId, Kind, Outcome};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const HANDLED: &str = "relevo_messages_total";
const HANDLE_TIME: &str = "relevo_handle_seconds";
const TURNS: &str = "relevo_turns_total";
const WEBHOOKS: &str = "relevo_webhooks_total";
const ROLES: &str = "relevo_role";
const SENDS: &str = "relevo_sends_total";
const DELIVERED: &str = "relevo_delivered_total";
const WINDOW_CLOSED: &str = "relevo_window_closed_total";
const PERSON_TIME: &str = "relevo_person_answer_seconds";
const ANSWERS: &str = "relevo_answers_total";
const ANSWERS_JUDGED: &str = "relevo_answers_judged_total";
const MODEL_CALLS: &str = "relevo_model_calls_total";
const THROTTLED: &str = "relevo_throttled_total";
const STOPPED: &str = "relevo_sending_stopped";
const MEDIA: &str = "relevo_media_total";
const TURN_MESSAGES: &str = "relevo_turn_messages";
const ALERTS: &str = "relevo_alerts_total";
const SWEPT: &str = "relevo_swept_messages_total";
const QUEUED: &str = "relevo_queue_messages";
const LAG: &str = "relevo_lag_seconds";
const TURN_TIME: &str = "relevo_turn_elapsed_seconds";
const MODEL_TOKENS: &str = "relevo_model_tokens_total";
const TOKEN_PRICE: &str = "relevo_model_token_price";
const BREAKER: &str = "relevo_model_breaker_open";

/// All of them, for what compares the documentation.
pub const NAMES: &[&str] = &[
    HANDLED,
    HANDLE_TIME,
    TURNS,
    WEBHOOKS,
    ROLES,
    SENDS,
    DELIVERED,
    WINDOW_CLOSED,
    PERSON_TIME,
    ANSWERS,
    ANSWERS_JUDGED,
    MODEL_CALLS,
    THROTTLED,
    STOPPED,
    MEDIA,
    TURN_MESSAGES,
    ALERTS,
    SWEPT,
    QUEUED,
    LAG,
    TURN_TIME,
    MODEL_TOKENS,
    TOKEN_PRICE,
    BREAKER,
];

/// How often the measurements of histograms are summed up; they would pile up in a process that
/// nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// From a millisecond to what has lain for a quarter of an hour.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    120.0, 300.0, 900.0,
];

/// From a minute to longer than WhatsApp's window is open.
const PERSON_SECONDS: &[f64] =
    &[60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0];

/// Messages that a turn costs: ordinary ones cost one.
const MESSAGES: &[f64] = &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0];

/// What became of one attempt at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    Done,
    Retried,
    /// Something of ours was away.
    Waiting,
    Dead,
}

impl Handled {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Retried => "retried",
            Self::Waiting => "waiting",
            Self::Dead => "dead",
        }
    }
}

/// Installs the recorder of this process, within its runtime. A second call in one process gives
/// `None`.
pub fn install() -> Option<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(TURN_MESSAGES.to_owned()), MESSAGES)
        })
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(PERSON_TIME.to_owned()), PERSON_SECONDS)
        })
        .ok()?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    describe_counter!(HANDLED, "Attempts at messages by worker, type and outcome.");
    describe_histogram!(HANDLE_TIME, metrics::Unit::Seconds, "Time of one attempt by worker.");
    describe_counter!(TURNS, "Closed turns by outcome.");
    describe_counter!(WEBHOOKS, "Webhooks by who calls and the status they were answered with.");
    describe_gauge!(ROLES, "1 for each role that this process runs, with its version.");
    describe_counter!(SENDS, "Calls that send a message to a customer, by result and form.");
    describe_counter!(DELIVERED, "Messages that reached their customers, by what is charged.");
    describe_counter!(WINDOW_CLOSED, "Replies that came when the window was closed, by who told.");
    describe_histogram!(
        PERSON_TIME,
        metrics::Unit::Seconds,
        "From when a customer began to wait for a person to the person's answer."
    );
    describe_counter!(ANSWERS, "Questions that the knowledge base had something for, by what.");
    describe_counter!(ANSWERS_JUDGED, "Answers whose customers showed what came of them.");
    describe_counter!(MODEL_CALLS, "Calls to the language model by result.");
    describe_counter!(THROTTLED, "Replies that had to wait for a rate, by whose it was.");
    describe_gauge!(
        STOPPED,
        "1 while nothing can be sent because the account is refused, by business."
    );
    describe_counter!(MEDIA, "Files of customers by kind and what became of them.");
    describe_histogram!(TURN_MESSAGES, "Messages sent for a turn that was answered or handed off.");
    describe_counter!(ALERTS, "Alerts for the operator by severity.");
    describe_counter!(SWEPT, "Messages of customers published again for want of an outcome.");
    describe_gauge!(
        QUEUED,
        "Messages in a queue by state, as each process with the ledger sees it."
    );
    describe_histogram!(
        LAG,
        metrics::Unit::Seconds,
        "From when a message was made to when a worker took it, first deliveries without a delay."
    );
    describe_histogram!(
        TURN_TIME,
        metrics::Unit::Seconds,
        "How old a turn was when a message about it was done, by the message's type."
    );
    describe_counter!(MODEL_TOKENS, "Tokens of the language model by use and direction.");
    describe_gauge!(TOKEN_PRICE, "What a token of the chat model costs, by direction.");
    describe_gauge!(BREAKER, "1 while the model is left alone because it fails, by task.");
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    Some(handle)
}

pub fn handled(worker: &'static str, kind: Kind, outcome: Handled, time: Duration) {
    counter!(HANDLED, "worker" => worker, "type" => kind.as_str(), "outcome" => outcome.as_str())
        .increment(1);
    histogram!(HANDLE_TIME, "worker" => worker).record(time.as_secs_f64());
}

/// How long a message waited for its worker.
pub fn lagged(worker: &'static str, queue: &'static str, lag: Duration) {
    histogram!(LAG, "worker" => worker, "queue" => queue).record(lag.as_secs_f64());
}

pub fn turn_came_to(kind: Kind, age: Duration) {
    histogram!(TURN_TIME, "type" => kind.as_str()).record(age.as_secs_f64());
}

/// `used_for` is the step that asked: `triage`, `knowledge`, ….
pub fn tokens_used(used_for: &'static str, prompt: u64, completion: u64) {
    for (direction, tokens) in [("prompt", prompt), ("completion", completion)] {
        counter!(MODEL_TOKENS, "use" => used_for, "direction" => direction).increment(tokens);
    }
}

/// Of one token, in the operator's currency.
pub fn token_priced(direction: &'static str, price: f64) {
    gauge!(TOKEN_PRICE, "direction" => direction).set(price);
}

/// `task` is what the model is used for.
pub fn model_breaker(task: &'static str, is_open: bool) {
    gauge!(BREAKER, "task" => task).set(if is_open { 1.0 } else { 0.0 });
}

pub(crate) fn undecodable(worker: &'static str) {
    counter!(HANDLED, "worker" => worker, "type" => "unknown", "outcome" => "dead").increment(1);
}

pub fn turn_closed(outcome: Outcome, messages_sent: usize) {
    counter!(TURNS, "outcome" => outcome.as_str()).increment(1);
    if matches!(outcome, Outcome::Answered | Outcome::HandedOff) {
        histogram!(TURN_MESSAGES).record(messages_sent as f64);
    }
}

/// `scope` is whose rate it was: `pair`, `number` or `account`.
pub fn throttled(scope: &'static str) {
    counter!(THROTTLED, "scope" => scope).increment(1);
}

pub fn sending_stopped(business: &BusinessId, stopped: bool) {
    gauge!(STOPPED, "business" => business.to_string()).set(if stopped { 1.0 } else { 0.0 });
}

/// `result` is `read` or why it was not.
pub fn media_read(kind: &'static str, result: &'static str) {
    counter!(MEDIA, "kind" => kind, "result" => result).increment(1);
}

pub fn alert_raised(severity: &'static str) {
    counter!(ALERTS, "severity" => severity).increment(1);
}

/// `source` is `whatsapp` or `notion`.
pub fn webhook_answered(source: &'static str, status: u16) {
    counter!(WEBHOOKS, "source" => source, "status" => status.to_string()).increment(1);
}

pub fn role_runs(role: String, version: &'static str) {
    gauge!(ROLES, "role" => role, "version" => version).set(1.0);
}

/// `result` is `accepted` or the name of a class of errors; `form` is `message` or `template`.
pub fn sent(result: &'static str, form: &'static str) {
    counter!(SENDS, "result" => result, "form" => form).increment(1);
}

/// `charged` is the channel's category, or why nothing is known to be charged.
pub fn delivered(charged: &'static str) {
    counter!(DELIVERED, "charged" => charged).increment(1);
}

/// `told_by` is how it was known: by the `time`, or by the channel's `answer` or `status`.
pub fn window_closed(told_by: &'static str) {
    counter!(WINDOW_CLOSED, "told_by" => told_by).increment(1);
}

/// How long a customer had waited for the answer.
pub fn person_answered(waited: Duration) {
    histogram!(PERSON_TIME).record(waited.as_secs_f64());
}

/// `kind` is what the customer was told: `answered`, `offered` or `tapped`.
pub fn answered(kind: &'static str) {
    counter!(ANSWERS, "kind" => kind).increment(1);
}

/// `outcome` is `good` or `bad`.
pub fn answer_judged(outcome: &'static str) {
    counter!(ANSWERS_JUDGED, "outcome" => outcome).increment(1);
}

/// `result` is `answered` or the name of a class of errors.
pub fn model_called(result: &'static str) {
    counter!(MODEL_CALLS, "result" => result).increment(1);
}

pub fn swept(messages: u64) {
    counter!(SWEPT).increment(messages);
}

pub fn queue_depth(queue: &'static str, depth: &Depth) {
    for (state, messages) in [("ready", depth.ready), ("dead", depth.dead)] {
        gauge!(QUEUED, "queue" => queue, "state" => state).set(messages as f64);
    }
}
