//! The 24-hour window and the rates.

use std::time::Duration;

use sandbox::{Fault, Limits, Notice, Operation, Options, OutsideWindow, Rate, Status};
use serde_json::json;

use crate::{ANA, Bench, text_to};

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test]
async fn outside_the_window_a_message_is_accepted_and_then_fails() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    bench.sandbox.advance_window(A_DAY - Duration::from_secs(60));
    bench.text(ANA, "dentro").await;
    bench.settle().await;
    bench.sandbox.advance_window(Duration::from_secs(61));
    bench.text(ANA, "fuera").await;
    bench.settle().await;

    let failed = bench.receiver.statuses().pop().unwrap();
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["errors"][0]["code"], 131047);
    let hook = bench.receiver.hooks().pop().unwrap();
    assert!(hook.value().get("contacts").is_none(), "failures carry no contacts");
    let last = bench.sandbox.transcript(ANA).pop().unwrap();
    assert_eq!((last.status, last.error), (Status::Failed, Some(131047)));
    assert!(!last.reached_customer());

    ana.says("¿Sigues ahí?").await;
    bench.text(ANA, "dentro otra vez").await;
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["status"], "read");
}

#[tokio::test]
async fn a_template_goes_out_at_any_time() {
    let bench = Bench::new().await;
    let body = json!({ "messaging_product": "whatsapp", "to": ANA, "type": "template",
        "template": { "name": "aviso", "language": { "code": "es" },
        "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }] } });
    let (status, _) = bench.send(body).await;
    assert_eq!(status, 200);
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["status"], "read");
    bench.text(ANA, "un texto a quien no ha escrito nunca").await;
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["status"], "failed");
}

#[tokio::test]
async fn outside_the_window_a_message_can_be_refused_at_once() {
    let options = Options { outside_window: OutsideWindow::RefuseAtOnce, ..Options::example() };
    let bench = Bench::with(options).await;
    let (status, answer) = bench.send(text_to(ANA, "Hola")).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(131047)));
}

#[tokio::test]
async fn one_customer_may_be_sent_45_messages_at_once_and_no_more() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    bench.sandbox.customer("34600000002", "Luis").says("Hola").await;
    for n in 0..45 {
        bench.text(ANA, &n.to_string()).await;
    }
    let (status, answer) = bench.send(text_to(ANA, "46")).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(131056)));
    bench.text("34600000002", "a otro sí").await;
}

#[tokio::test]
async fn a_pair_recovers_with_time() {
    let rate = Rate { burst: 1, every: Duration::from_millis(50) };
    let limits = Limits { pair: Some(rate), number: None };
    let bench = Bench::with(Options { limits, ..Options::example() }).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    bench.text(ANA, "uno").await;
    let accepted = async {
        while bench.send(text_to(ANA, "dos")).await.0 != 200 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::SOON, accepted).await.unwrap();
}

#[tokio::test]
async fn the_number_has_a_rate_and_what_customers_write_counts() {
    let rate = Rate { burst: 3, every: Duration::from_secs(600) };
    let limits = Limits { pair: None, number: Some(rate) };
    let bench = Bench::with(Options { limits, ..Options::example() }).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    bench.text(ANA, "uno").await;
    bench.text(ANA, "dos").await;
    let (status, answer) = bench.send(text_to(ANA, "tres")).await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (400, &json!(130429)));
    bench.sandbox.reset();
    assert_eq!(bench.send(text_to(ANA, "tras empezar de cero")).await.0, 200);
}

#[tokio::test]
async fn without_limits_nothing_is_refused() {
    let bench = Bench::with(Options { limits: Limits::off(), ..Options::example() }).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    for n in 0..100 {
        bench.text(ANA, &n.to_string()).await;
    }
}

#[tokio::test]
async fn the_rate_report_counts_what_was_accepted_and_what_was_refused() {
    let limits = Limits {
        pair: Some(Rate { burst: 3, every: Duration::from_secs(6) }),
        number: Some(Rate { burst: 7, every: Duration::from_secs(600) }),
    };
    let bench = Bench::with(Options { limits, ..Options::example() }).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    bench.sandbox.customer("34600000002", "Luis").says("Hola").await;
    for to in [ANA, ANA, ANA, "34600000002"] {
        bench.text(to, "sí").await;
    }
    assert_eq!(bench.send(text_to(ANA, "no")).await.1["error"]["code"], 131056);
    assert_eq!(bench.send(text_to("34600000002", "no")).await.1["error"]["code"], 130429);
    let refused = bench.sandbox.rate_report();
    bench.sandbox.faults().add(Fault::on(Operation::Send).refuses(130429).times(1));
    bench.send(text_to(ANA, "no")).await;
    let report = bench.sandbox.rate_report();
    assert_eq!(report, refused, "what a fault refuses is no limit");
    assert_eq!((report.refused_for_the_number, report.refused_for_the_pair), (1, 1));
    assert_eq!((report.accepted, report.most_in_a_second), (4, 4));
    assert_eq!(report.most_in_a_second_with_inbound, 6);
    assert_eq!(report.most_to_one_customer_in_six_seconds, 3);
    assert_eq!(report.largest_burst_to_one_customer, 3);
}

#[tokio::test]
async fn a_number_that_was_left_is_nobodys_until_somebody_writes_from_it() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    ana.says("Hola").await;
    ana.changes_number("34600000099", Notice::SystemMessage).await;
    bench.text(ANA, "¿sigues ahí?").await;
    bench.settle().await;
    let failed = bench.receiver.statuses().pop().unwrap();
    assert_eq!(failed["errors"][0]["code"], 131026);
    let successor = bench.sandbox.customer(ANA, "Otro");
    successor.says("Número nuevo").await;
    bench.text(ANA, "hola").await;
    bench.settle().await;
    assert_eq!(bench.receiver.statuses().pop().unwrap()["status"], "read");
}
