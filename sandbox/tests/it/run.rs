//! What can be counted after a run.

use std::time::Duration;

use sandbox::{Answer, Fault, Limits, Operation, Options, Received, Status};

use crate::{ANA, Bench, text_to};

#[tokio::test]
async fn a_run_is_accounted_for_send_by_send() {
    let bench = Bench::new().await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let send = async |mark: &str| {
        let mut body = text_to(ANA, "hola");
        body["biz_opaque_callback_data"] = mark.into();
        bench.post(&body).await.is_ok_and(|answer| answer.status() == 200)
    };
    let faults = bench.sandbox.faults();
    faults.add(Fault::on(Operation::Send).loses_the_answer().times(1));
    faults.add(Fault::on(Operation::WebhookStatus).never_comes().times(3));
    assert!(!send("a").await);
    bench.settle().await;
    assert!(send("a").await);
    faults.add(Fault::on(Operation::Send).refuses(131_000).times(1));
    assert!(!send("b").await);
    assert!(send("b").await);
    bench.settle().await;

    let sends = bench.sandbox.accepted_sends();
    let seen: Vec<_> =
        sends.iter().map(|s| (s.mark.as_deref().unwrap(), s.answer, s.statuses.clone())).collect();
    let whole = vec![Status::Sent, Status::Delivered, Status::Read];
    assert_eq!(
        seen,
        [
            ("a", Answer::Lost, vec![]),
            ("a", Answer::Given, whole.clone()),
            ("b", Answer::Given, whole),
        ]
    );
    let times =
        |mark: &str, times| Received { phone: ANA.to_owned(), mark: mark.to_owned(), times };
    assert_eq!(bench.sandbox.received(), [times("a", 2), times("b", 1)], "one double");
    assert_eq!(bench.sandbox.rate_report().accepted, 3);
    bench.sandbox.reset();
    assert!(bench.sandbox.accepted_sends().is_empty() && bench.sandbox.received().is_empty());
}

#[tokio::test]
async fn several_shares_of_faults_fall_at_once() {
    let bench = Bench::with(Options { limits: Limits::off(), ..Options::example() }).await;
    bench.sandbox.customer(ANA, "Ana").says("Hola").await;
    let faults = bench.sandbox.faults();
    faults.add(Fault::on(Operation::Send).refuses(130_429).share(0.025, 1));
    faults.add(Fault::on(Operation::Send).refuses(131_056).share(0.025, 2));
    faults.add(Fault::on(Operation::Send).refuses(131_000).share(0.02, 3));
    faults.add(Fault::on(Operation::Send).loses_the_answer().share(0.01, 4));
    let (mut throttled, mut transient, mut lost) = (0, 0, 0);
    for _ in 0..1_000 {
        match bench.post(&text_to(ANA, "x")).await {
            Err(_) => lost += 1,
            Ok(answer) if answer.status() == 400 => throttled += 1,
            Ok(answer) if answer.status() == 500 => transient += 1,
            Ok(answer) => assert_eq!(answer.status(), 200),
        }
    }
    assert!((30..70).contains(&throttled), "{throttled}");
    assert!((10..32).contains(&transient), "{transient}");
    assert!((3..20).contains(&lost), "{lost}");
    bench.sandbox.settled(Duration::from_secs(30)).await.unwrap();
    let sends = bench.sandbox.accepted_sends();
    assert_eq!(sends.len(), 1_000 - throttled - transient);
    assert_eq!(sends.iter().filter(|send| send.answer == Answer::Lost).count(), lost);
    assert!(sends.iter().all(|send| send.statuses.len() == 3));
}
