//! The suite of what messages cost, of alerts and of orders, on PostgreSQL and SQLite.

use store::Records;
use store::records::{
    Alert, AlertFilter, Author, CostFilter, Costs, CustomerOrder, Delivery, DeliveryStatus,
    OrderItem, Outbound, Outcome, Pricing, Severity,
};
use uuid::Uuid;

use crate::records::{delivery, in_conversation, inbound, migrated, outbound, permutations};
use crate::servers::{Pair, fresh};

on_both_databases! { migrated =>
    what_a_message_costs_is_kept,
    a_message_reaches_its_customer_once,
    costs_are_counted_by_business,
    an_alert_that_is_told_twice_is_one,
    what_is_over_is_no_longer_open,
    one_alert_is_closed_and_the_others_stay_open,
    a_trouble_that_is_told_again_is_one_and_ends_after_it_was_last_told,
    alerts_are_chosen_and_the_newest_come_first,
    an_order_is_recorded_once_with_its_items,
}

fn priced(reply: &Outbound, status: DeliveryStatus, at_ms: i64, category: &str) -> Delivery {
    let pricing = Pricing {
        billable: Some(category != "service"),
        category: Some(category.into()),
        kind: Some("regular".into()),
    };
    Delivery { at_ms, pricing: Some(pricing), ..delivery(reply, status) }
}

async fn what_a_message_costs_is_kept(Pair { one, other }: Pair) {
    use DeliveryStatus::{Delivered, Read, Sent};
    let sent = outbound(fresh(), 1);
    let priced = priced(&sent, Sent, 10, "utility");
    one.record_delivery(&Delivery { at_ms: 12, ..delivery(&sent, Delivered) }).await.unwrap();
    other.record_delivery(&priced).await.unwrap();
    one.record_delivery(&Delivery { at_ms: 13, ..delivery(&sent, Read) }).await.unwrap();
    let partly = Some(Pricing { billable: Some(false), ..Pricing::default() });
    one.record_delivery(&Delivery { pricing: partly, ..delivery(&sent, Read) }).await.unwrap();
    let costs = other.costs(costs_of(None, 0, 100)).await.unwrap();
    assert_eq!(costs[0].billable, [("utility".to_owned(), 1)]);
    assert_eq!((costs[0].delivered, costs[0].failed), (1, 0));
}

async fn a_message_reaches_its_customer_once(Pair { one, other }: Pair) {
    use DeliveryStatus::{Delivered, Failed, Played, Read, Sent};
    for order in permutations(&[Sent, Failed, Delivered, Read]) {
        let reply = outbound(fresh(), 1);
        let mut reached = Vec::new();
        for status in order.iter().chain([&Played, &Delivered]) {
            let told = priced(&reply, *status, 10, "utility");
            reached.push(one.record_delivery(&told).await.unwrap().is_some());
        }
        let first = order.iter().position(|status| matches!(status, Delivered | Read));
        let expected: Vec<bool> = (0..6).map(|at| Some(at) == first).collect();
        assert_eq!(reached, expected, "{order:?}");
    }
    // What it costs was told before.
    let reply = outbound(fresh(), 1);
    one.record_delivery(&priced(&reply, Sent, 10, "utility")).await.unwrap();
    // Two who tell it at once.
    let (seen, read) = (delivery(&reply, Delivered), delivery(&reply, Read));
    let (seen, read) = tokio::join!(one.record_delivery(&seen), other.record_delivery(&read));
    let told: Vec<Pricing> = [seen.unwrap(), read.unwrap()].into_iter().flatten().collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].billable, told[0].category.as_deref()), (Some(true), Some("utility")));
}

fn costs_of(business: Option<&str>, since_ms: i64, until_ms: i64) -> CostFilter {
    CostFilter { business: business.map(Into::into), since_ms, until_ms }
}

async fn costs_are_counted_by_business(Pair { one, other }: Pair) {
    use DeliveryStatus::{Delivered, Failed, Read, Sent};
    let conversations = [fresh(), fresh()];
    for (conversation, turn, outcome, at_ms) in [
        (0, 1, "answered", 10),
        (0, 1, "answered", 10),
        (0, 2, "handed_off", 20),
        (1, 1, "answered", 30),
        (1, 0, "noted", 30),
        (1, 2, "superseded", 30),
        (1, 3, "answered", 100),
    ] {
        let message = inbound(conversations[conversation], at_ms);
        one.record_inbound(&message).await.unwrap();
        let closed = in_conversation(message.conversation, &[message.id], outcome);
        let closed = Outcome { turn, at_ms, ..closed };
        one.record_outcome(&closed).await.unwrap();
    }
    let sent: Vec<Outbound> = (0..5).map(|at| outbound(conversations[0], at * 10)).collect();
    for reply in &sent {
        one.record_outbound(reply).await.unwrap();
    }
    let person = Outbound { turn: None, author: Author::Person, ..outbound(conversations[0], 50) };
    let unsent = Outbound { provider_id: None, ..outbound(conversations[0], 60) };
    let stranger = Outbound { business: "otra".into(), ..outbound(fresh(), 70) };
    for reply in [&person, &unsent, &stranger] {
        one.record_outbound(reply).await.unwrap();
    }
    for told in [
        priced(&sent[0], Delivered, 10, "marketing"),
        priced(&sent[0], Read, 11, "marketing"),
        // Read alone was delivered too.
        priced(&sent[1], Read, 20, "utility"),
        priced(&sent[2], Delivered, 30, "service"),
        priced(&sent[3], Sent, 40, "utility"),
        delivery(&person, Sent),
        Delivery { at_ms: 50, ..delivery(&person, Failed) },
        Delivery { at_ms: 51, ..delivery(&sent[2], Failed) },
        priced(&sent[4], Delivered, 100, "utility"),
        priced(&stranger, Delivered, 70, "utility"),
    ] {
        other.record_delivery(&told).await.unwrap();
    }
    let ours = Costs {
        business: "ferretería".into(),
        turns: 3,
        messages: 5,
        sent: 6,
        delivered: 3,
        failed: 1,
        billable: vec![("marketing".into(), 1), ("utility".into(), 1)],
    };
    let theirs = Costs {
        business: "otra".into(),
        messages: 1,
        sent: 1,
        delivered: 1,
        billable: vec![("utility".into(), 1)],
        ..Costs::default()
    };
    let all = other.costs(costs_of(None, 0, 100)).await.unwrap();
    assert_eq!(all, [ours.clone(), theirs.clone()]);
    assert_eq!(one.costs(costs_of(Some("otra"), 0, 100)).await.unwrap(), [theirs]);
    let later = one.costs(costs_of(Some("ferretería"), 20, 101)).await.unwrap();
    assert_eq!((later[0].turns, later[0].messages, later[0].delivered), (3, 3, 3));
    assert_eq!(one.costs(costs_of(None, 500, 600)).await.unwrap(), []);
}

fn alert(subject: &str, at_ms: i64) -> Alert {
    Alert {
        id: fresh(),
        business: "ferretería".into(),
        kind: "template.rejected".into(),
        severity: Severity::Warning,
        subject: subject.into(),
        details: "INVALID_FORMAT \0 🔨".into(),
        at_ms,
        resolved_ms: None,
    }
}

fn every_alert() -> AlertFilter {
    AlertFilter { limit: 100, ..AlertFilter::default() }
}

async fn ids(records: &Records, filter: AlertFilter) -> Vec<Uuid> {
    records.alerts(filter).await.unwrap().into_iter().map(|alert| alert.id).collect()
}

async fn an_alert_that_is_told_twice_is_one(Pair { one, other }: Pair) {
    let told = alert("welcome", 10);
    one.record_alert(&told).await.unwrap();
    one.resolve_alerts("ferretería", &told.kind, "welcome", 11).await.unwrap();
    other.record_alert(&Alert { at_ms: 20, ..told.clone() }).await.unwrap();
    let details = told.details.replace('\0', "\u{fffd}");
    let kept = Alert { resolved_ms: Some(11), details, ..told };
    assert!(!format!("{kept:?}").contains("INVALID"));
    assert_eq!(other.alerts(every_alert()).await.unwrap(), [kept]);
}

async fn what_is_over_is_no_longer_open(Pair { one, .. }: Pair) {
    let [before, other_subject, after] =
        [("a", 10), ("b", 10), ("a", 30)].map(|(a, b)| alert(a, b));
    let other_kind = Alert { kind: "number.quality".into(), ..alert("a", 10) };
    let other_business = Alert { business: "otra".into(), ..alert("a", 10) };
    for told in [&before, &other_subject, &other_kind, &other_business] {
        assert!(one.record_alert(told).await.unwrap());
    }
    for at_ms in [20, 25] {
        one.resolve_alerts("ferretería", &before.kind, "a", at_ms).await.unwrap();
    }
    assert!(one.record_alert(&after).await.unwrap());
    let open = ids(&one, AlertFilter { open_only: true, ..every_alert() }).await;
    assert_eq!(open.len(), 4);
    assert!(!open.contains(&before.id));
    let all = one.alerts(every_alert()).await.unwrap();
    let resolved: Vec<_> = all.iter().filter_map(|alert| alert.resolved_ms).collect();
    assert_eq!(resolved, [20]);
}

async fn a_trouble_that_is_told_again_is_one_and_ends_after_it_was_last_told(
    Pair { one, .. }: Pair,
) {
    let [first, second] = [10, 30].map(|at_ms| alert("a", at_ms));
    let second = Alert { severity: Severity::Critical, details: "worse".into(), ..second };
    assert!(one.record_alert(&first).await.unwrap());
    assert!(!one.record_alert(&second).await.unwrap(), "it is no other");
    let notice = Alert { resolved_ms: Some(40), severity: Severity::Info, ..alert("a", 40) };
    assert!(one.record_alert(&notice).await.unwrap());
    let open = || AlertFilter { open_only: true, ..every_alert() };
    let found = one.alerts(open()).await.unwrap();
    assert_eq!(found, [Alert { id: first.id, ..second }]);
    one.resolve_alerts("ferretería", &first.kind, "a", 20).await.unwrap();
    assert_eq!(ids(&one, open()).await, [first.id], "that was before");
    one.resolve_alerts("ferretería", &first.kind, "a", 50).await.unwrap();
    assert!(ids(&one, open()).await.is_empty());
}

async fn one_alert_is_closed_and_the_others_stay_open(Pair { one, other }: Pair) {
    let alerts = [("a", 10), ("b", 20)].map(|(subject, at_ms)| alert(subject, at_ms));
    for told in &alerts {
        one.record_alert(told).await.unwrap();
    }
    assert!(one.close_alert(alerts[0].id, 30).await.unwrap());
    assert!(!other.close_alert(alerts[0].id, 40).await.unwrap(), "it is closed");
    assert!(!one.close_alert(fresh(), 40).await.unwrap(), "there is none");
    let open = AlertFilter { open_only: true, ..every_alert() };
    assert_eq!(ids(&other, open).await, [alerts[1].id]);
    let all = one.alerts(every_alert()).await.unwrap();
    assert_eq!(all[1].resolved_ms, Some(30));
}

async fn alerts_are_chosen_and_the_newest_come_first(Pair { one, .. }: Pair) {
    let alerts: Vec<Alert> =
        [20, 40, 10, 30].map(|at_ms| alert(&format!("template {at_ms}"), at_ms)).into();
    let other = Alert { business: "otra".into(), severity: Severity::Critical, ..alert("a", 35) };
    for told in alerts.iter().chain([&other]) {
        one.record_alert(told).await.unwrap();
    }
    let by_age = [alerts[1].id, other.id, alerts[3].id, alerts[0].id, alerts[2].id];
    assert_eq!(ids(&one, every_alert()).await, by_age);
    let recent = AlertFilter { since_ms: Some(30), ..every_alert() };
    assert_eq!(ids(&one, recent.clone()).await, by_age[..3]);
    assert_eq!(ids(&one, AlertFilter { limit: 2, ..recent }).await, by_age[..2]);
    let theirs = AlertFilter { business: Some("otra".into()), ..every_alert() };
    let found = one.alerts(theirs).await.unwrap();
    assert_eq!((found[0].id, found[0].severity, found.len()), (other.id, Severity::Critical, 1));
}

async fn an_order_is_recorded_once_with_its_items(Pair { one, other }: Pair) {
    let item = |product: &str, quantity, price: Option<f64>| OrderItem {
        product_id: product.into(),
        quantity,
        price,
        currency: price.map(|_| "EUR".into()),
    };
    let order = CustomerOrder {
        id: fresh(),
        business: "ferretería".into(),
        conversation: fresh(),
        catalog_id: Some("900".into()),
        text: Some("para mañana".into()),
        received_ms: 10,
        items: vec![
            item("SKU2", 2.0, Some(30.0)),
            item("SKU1", 0.5, None),
            item("SKU2", 1.0, None),
        ],
    };
    let empty = CustomerOrder {
        id: fresh(),
        received_ms: 20,
        catalog_id: None,
        text: None,
        items: Vec::new(),
        ..order.clone()
    };
    let stranger = CustomerOrder { id: fresh(), business: "otra".into(), ..order.clone() };
    let changed = CustomerOrder { items: vec![item("SKU9", 9.0, None)], ..order.clone() };
    for sent in [&order, &empty, &changed, &stranger] {
        let twice = [&one, &other].map(|records| {
            let (records, order) = (records.clone(), sent.clone());
            tokio::spawn(async move { records.record_order(&order).await })
        });
        for recorded in twice {
            recorded.await.unwrap().unwrap();
        }
    }
    let orders = other.orders("ferretería", 10).await.unwrap();
    assert_eq!(orders, [empty.clone(), order]);
    assert!(!format!("{orders:?}").contains("mañana"));
    assert_eq!(one.orders("ferretería", 1).await.unwrap(), [empty]);
}
