//! Every fault, seen from the client's side.

use std::time::Duration;

use sandbox::{Fault, Operation, Status};
use serde_json::json;
use tokio::time::Instant;

use crate::{ANA, Bench, SOON, text_to};

async fn bench_with_ana() -> Bench {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    bench
}

/// How many messages of the business the customer has.
fn received(bench: &Bench) -> usize {
    bench.sandbox.transcript(ANA).iter().filter(|b| b.reached_customer()).count()
}

#[tokio::test]
async fn a_refusal_has_the_real_body_and_status_as_often_as_asked() {
    let bench = bench_with_ana().await;
    let rows = [
        (131056, 400),
        (130429, 400),
        (131000, 500),
        (2, 503),
        (190, 401),
        (368, 403),
        (131057, 500),
    ];
    for (code, http) in rows {
        bench.sandbox.faults().add(Fault::on(Operation::Send).refuses(code).times(1));
        let (status, answer) = bench.send(text_to(ANA, "no")).await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (http, &json!(code)));
    }
    bench.text(ANA, "sí").await;
    assert_eq!(received(&bench), 1);

    bench.sandbox.faults().add(Fault::on(Operation::Send).refuses_for(4, 7).times(1));
    let response = bench.post(&text_to(ANA, "no")).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");
}

#[tokio::test]
async fn a_slow_answer_is_slow() {
    let bench = bench_with_ana().await;
    let delay = Duration::from_millis(120);
    bench.sandbox.faults().add(Fault::on(Operation::Send).is_slow(delay).times(1));
    let since = Instant::now();
    bench.text(ANA, "lento").await;
    assert!(since.elapsed() >= delay);
}

#[tokio::test]
async fn a_lost_answer_has_delivered_and_a_lost_request_has_not() {
    let bench = bench_with_ana().await;
    bench.sandbox.faults().add(Fault::on(Operation::Send).loses_the_answer().times(1));
    let error = bench.post(&text_to(ANA, "llega")).await.unwrap_err();
    assert!(!error.is_timeout());
    assert_eq!(received(&bench), 1);
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().len(), 3, "its statuses come all the same");

    bench.sandbox.faults().add(Fault::on(Operation::Send).is_lost().times(1));
    assert!(bench.post(&text_to(ANA, "no llega")).await.is_err());
    assert_eq!(received(&bench), 1);

    let journal = bench.sandbox.journal_of(Operation::Send);
    assert_eq!(journal.len(), 2);
    assert!(journal.iter().all(|entry| entry.status.is_none()));
    bench.text(ANA, "y después todo va bien").await;
}

#[tokio::test]
async fn a_request_that_hangs_is_given_up_by_the_client_before_or_after_delivery() {
    let bench = bench_with_ana().await;
    let send = async || {
        let request = bench
            .http
            .post(bench.messages_url())
            .bearer_auth(&bench.sandbox.options().access_token)
            .timeout(Duration::from_millis(200))
            .json(&text_to(ANA, "espera"));
        request.send().await.unwrap_err()
    };
    bench.sandbox.faults().add(Fault::on(Operation::Send).hangs().times(1));
    assert!(send().await.is_timeout());
    assert_eq!(received(&bench), 0);
    bench.sandbox.faults().add(Fault::on(Operation::Send).hangs_after().times(1));
    assert!(send().await.is_timeout());
    assert_eq!(received(&bench), 1);
}

#[tokio::test]
async fn stopping_does_not_wait_for_what_hangs() {
    let bench = bench_with_ana().await;
    bench.sandbox.faults().add(Fault::on(Operation::Send).hangs());
    let url = bench.messages_url();
    let request = bench.http.post(&url).bearer_auth(&bench.sandbox.options().access_token);
    let hanging = tokio::spawn(request.json(&text_to(ANA, "espera")).send());
    let is_taken = |s: &sandbox::Sandbox| s.journal_of(Operation::Send).len() == 1;
    bench.sandbox.wait_until(is_taken, SOON).await.unwrap();

    let since = Instant::now();
    bench.sandbox.stop().await;
    assert!(since.elapsed() < Duration::from_secs(4));
    assert!(hanging.await.unwrap().is_err());
    assert!(bench.http.post(url).send().await.is_err());
}

#[tokio::test]
async fn a_fault_falls_on_one_customer_only() {
    let bench = bench_with_ana().await;
    bench.sandbox.customer("34600000002", "Luis").says("Hola").await;
    bench
        .sandbox
        .faults()
        .add(Fault::on(Operation::Send).refuses(131026).for_customer("+34 600 000 001"));
    assert_eq!(bench.send(text_to("34600000002", "a Luis")).await.0, 200);
    assert_eq!(bench.send(text_to(ANA, "a Ana")).await.1["error"]["code"], 131026);
    bench.sandbox.faults().add(Fault::on(Operation::MarkRead).refuses(131000).for_customer(ANA));
    let id = bench.sandbox.transcript(ANA)[0].wamid.clone();
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": id });
    assert_eq!(bench.send(read).await.0, 500);
    bench.sandbox.faults().clear();
    assert_eq!(bench.send(text_to(ANA, "a Ana")).await.0, 200);
}

#[tokio::test]
async fn a_share_is_the_same_for_the_same_seed() {
    let draw = async || {
        let bench = bench_with_ana().await;
        bench.sandbox.faults().add(Fault::on(Operation::Send).refuses(131000).share(0.5, 7));
        let mut refused = Vec::new();
        for _ in 0..20 {
            refused.push(bench.send(text_to(ANA, "x")).await.0 != 200);
        }
        refused
    };
    let first = draw().await;
    assert_eq!(first, draw().await);
    assert!(first.contains(&true) && first.contains(&false));
}

#[tokio::test]
async fn webhooks_are_duplicated_dropped_shuffled_and_forged() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let faults = bench.sandbox.faults();

    faults.add(Fault::on(Operation::WebhookMessage).duplicates(2).times(1));
    ana.says("tres veces").await;
    bench.settle().await;
    assert_eq!(bench.receiver.texts(), ["tres veces"; 3]);

    faults.add(Fault::on(Operation::WebhookStatus).never_comes().times(1));
    bench.text(ANA, "respuesta").await;
    bench.settle().await;
    let statuses = bench.receiver.statuses();
    let names: Vec<&str> = statuses.iter().map(|s| s["status"].as_str().unwrap()).collect();
    assert_eq!(names, ["delivered", "read"], "the first status was dropped");

    faults.add(Fault::on(Operation::Webhook).is_signed_wrongly().times(1));
    ana.says("falso").await;
    let hook = bench.receiver.hooks().pop().unwrap();
    assert_ne!(hook.signature, bench.sandbox.sign(&hook.bytes));

    faults.add(
        Fault::on(Operation::WebhookMessage).shuffles(Duration::from_millis(200)).share(1.0, 3),
    );
    let before = bench.receiver.texts().len();
    let written: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    for text in &written {
        ana.says(text).await;
    }
    bench.settle().await;
    let mut arrived = bench.receiver.texts().split_off(before);
    assert_ne!(arrived, written, "the order is another");
    arrived.sort();
    assert_eq!(arrived, written, "and nothing is missing");
    assert!(
        bench
            .sandbox
            .transcript(ANA)
            .iter()
            .filter(|b| b.from == sandbox::Sender::Customer)
            .all(|b| b.status >= Status::Delivered)
    );
}

#[tokio::test]
async fn the_models_endpoint_fails_on_demand() {
    let bench = Bench::new().await;
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hola" }] });
    for status in [401, 429, 500, 503] {
        bench.sandbox.faults().add(Fault::on(Operation::Chat).refuses_for(status, 1).times(1));
        let (got, answer) = bench.model("chat/completions", body.clone()).await;
        assert_eq!(u32::from(got.as_u16()), status);
        assert!(answer["error"]["message"].is_string());
    }
    bench.sandbox.faults().add(Fault::on(Operation::Embeddings).refuses(500).times(1));
    let (status, _) = bench.model("embeddings", json!({ "model": "m", "input": "hola" })).await;
    assert_eq!(status, 500);
}

#[tokio::test]
#[should_panic(expected = "not a fault")]
async fn a_fault_that_cannot_happen_is_refused() {
    let bench = Bench::new().await;
    bench.sandbox.faults().add(Fault::on(Operation::Send).duplicates(2));
}

#[tokio::test]
async fn an_address_of_a_file_can_be_dead_at_once() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.sends_photo(sandbox::sample::photo(), "").await;
    let url = bench.inbound()[0]["image"]["url"].as_str().unwrap().to_owned();
    let get = async || {
        let token = &bench.sandbox.options().access_token;
        bench.http.get(&url).bearer_auth(token).send().await.unwrap().status()
    };
    bench.sandbox.faults().add(Fault::on(Operation::MediaDownload).has_expired().times(1));
    assert_eq!(get().await, 404);
    assert_eq!(get().await, 200);
    bench.sandbox.forget_media();
    assert_eq!(get().await, 404);
}

#[tokio::test]
async fn an_accepted_message_can_fail_later_with_any_code() {
    let bench = bench_with_ana().await;
    for code in [131_026, 131_049, 131_048, 130_472] {
        bench.sandbox.faults().add(Fault::on(Operation::Send).fails_later(code).times(1));
        bench.text(ANA, "aceptado").await;
        bench.settle().await;
        let failed = bench.receiver.statuses().pop().unwrap();
        assert_eq!(
            (&failed["status"], &failed["errors"][0]["code"]),
            (&json!("failed"), &json!(code))
        );
        assert_eq!(bench.sandbox.transcript(ANA).pop().unwrap().status, Status::Failed);
    }
    assert_eq!(received(&bench), 0);
}
