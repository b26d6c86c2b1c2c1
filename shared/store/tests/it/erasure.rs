//! The suite of what is handed out, erased and forgotten with time, on PostgreSQL and SQLite.
// long: one suite, run on both; split, the two could not be compared.

use std::collections::BTreeMap;

use store::Records;
use store::records::{
    Alert, Candidate, CandidateState, CostFilter, CustomerOrder, Delivery, DeliveryStatus,
    ERASURE_TTL_MS, Field, Fields, Held, HistoryAuthor, HistoryMessage, Inbound, LineKind, Older,
    Opening, OrderItem, Outbound, Outcome, Severity, Sign, SignKind, Subject, TicketChange,
    TicketLine, TicketRelease, Use, UseKind,
};
use uuid::Uuid;

use crate::records::{claim, delivery, in_conversation, inbound, migrated, outbound};
use crate::servers::{Pair, dump, fresh};

on_both_databases! { migrated =>
    all_that_is_held_of_a_customer_is_exported_and_nothing_of_others,
    what_is_erased_keeps_its_place_in_the_counts_and_nothing_else,
    an_erasure_that_was_cut_short_is_run_again,
    what_arrives_late_brings_nothing_back,
    what_is_said_after_an_erasure_is_recorded_as_ever,
    a_customer_is_found_by_name_and_conversation,
    what_is_old_goes_in_batches_and_what_has_no_outcome_stays,
    erasures_are_forgotten_in_time,
}

const BUSINESS: &str = "ferretería";
const PHONE: &str = "51912345678";
const WORDS: &str = "mi dirección es Calle Luna 7";
/// When everything is erased.
const AT: i64 = 100;

/// A customer with something of everything, and how the records ask for them.
struct Ana {
    conversation: Uuid,
    question: Inbound,
    waiting: Inbound,
    answer: Outbound,
    order: CustomerOrder,
    history: Vec<HistoryMessage>,
    used: Use,
    sign: Sign,
    ticket: TicketChange,
}

impl Ana {
    async fn talks(records: &Records) -> Self {
        let conversation = fresh();
        let said = |at| Inbound {
            provider_id: format!("wamid.{PHONE}.{at}"),
            customer: PHONE.into(),
            text: Some(WORDS.into()),
            envelope: format!("{{\"text\":\"{WORDS}\"}}"),
            ..inbound(conversation, at)
        };
        let (question, waiting) = (said(10), said(30));
        let answer = Outbound {
            provider_id: Some(format!("wamid.{PHONE}.answer")),
            text: format!("Anotado: {WORDS}"),
            ..outbound(conversation, 20)
        };
        let item =
            OrderItem { product_id: "sku-1".into(), quantity: 2.0, price: None, currency: None };
        let order = CustomerOrder {
            id: question.id,
            business: BUSINESS.into(),
            conversation,
            catalog_id: None,
            text: Some(WORDS.into()),
            received_ms: 10,
            items: vec![item.clone(), OrderItem { price: Some(9.5), ..item }],
        };
        let past = |author, at_ms| HistoryMessage {
            id: fresh(),
            business: BUSINESS.into(),
            conversation,
            channel: "whatsapp".into(),
            provider_id: format!("wamid.{PHONE}.{at_ms}"),
            author,
            customer: Some(PHONE.into()),
            kind: "text".into(),
            text: Some(WORDS.into()),
            at_ms,
        };
        let history = vec![past(HistoryAuthor::Customer, 1), past(HistoryAuthor::Business, 2)];
        let used = Use {
            id: fresh(),
            business: BUSINESS.into(),
            conversation,
            turn: 1,
            entry: fresh(),
            kind: UseKind::Answered,
            place: 0,
            confidence: Some(0.9),
            question: WORDS.into(),
            at_ms: 12,
        };
        let sign = Sign {
            id: fresh(),
            business: BUSINESS.into(),
            conversation,
            turn: Some(2),
            kind: SignKind::Asked,
            question: Some(WORDS.into()),
            answer: None,
            at_ms: 14,
        };
        let ticket = TicketChange {
            state: "waiting".into(),
            step: 1,
            at_ms: 16,
            opening: Some(Opening {
                reason: "wished".into(),
                summary: WORDS.into(),
                language: "es".into(),
                customer_name: None,
                customer_phone: Some(PHONE.into()),
                customer_user: None,
            }),
            lines: vec![TicketLine {
                key: fresh(),
                kind: LineKind::Customer,
                text: WORDS.into(),
                media: None,
                file: None,
                at_ms: 16,
            }],
            release: Some(TicketRelease {
                number: 1,
                text: WORDS.into(),
                attachments: "[]".into(),
                author: None,
                at_ms: 16,
                reply: Some(fresh()),
                outcome: None,
                error_code: None,
                provider_ids: Vec::new(),
            }),
            ..TicketChange::new(fresh(), BUSINESS.into(), conversation)
        };
        let learned = Candidate {
            id: fresh(),
            business: BUSINESS.into(),
            conversation: Some(conversation),
            ticket: format!("ticket of {PHONE}"),
            question: WORDS.into(),
            answer: WORDS.into(),
            language: "es".into(),
            state: CandidateState::Proposed,
            why: None,
            revision: 1,
            entry: None,
            helped: 0,
            created_ms: 15,
            changed_ms: 15,
            reviewed_ms: None,
            expires_ms: None,
        };
        records.propose(&learned).await.unwrap();
        let ana =
            Self { conversation, question, waiting, answer, order, history, used, sign, ticket };
        ana.records(records).await;
        ana
    }

    /// Everything, as it arrives once more.
    async fn records(&self, records: &Records) {
        records.record_inbound(&self.question).await.unwrap();
        records.record_order(&self.order).await.unwrap();
        let closed = in_conversation(self.conversation, &[self.question.id], "answered");
        records.record_outcome(&closed).await.unwrap();
        records.record_outbound(&self.answer).await.unwrap();
        records.record_inbound(&self.waiting).await.unwrap();
        records.record_history(self.history.clone()).await.unwrap();
        records.record_uses(std::slice::from_ref(&self.used)).await.unwrap();
        records.record_sign(&self.sign).await.unwrap();
        records.record_ticket(&self.ticket).await.unwrap();
        for status in [DeliveryStatus::Sent, DeliveryStatus::Failed, DeliveryStatus::Read] {
            let told = Delivery {
                error: Some(format!("{PHONE} is busy")),
                ..delivery(&self.answer, status)
            };
            records.record_delivery(&told).await.unwrap();
        }
    }

    fn subject(&self) -> Subject {
        Subject {
            business: BUSINESS.into(),
            conversations: vec![self.conversation],
            names: vec![PHONE.into()],
        }
    }

    async fn is_erased(&self, records: &Records) -> u64 {
        records.begin_erasure(&self.subject(), AT, fresh).await.unwrap();
        let mut erased = 0;
        for kind in Held::ALL {
            erased += records.erase(*kind, &self.subject(), AT).await.unwrap();
        }
        erased
    }
}

async fn export(records: &Records, subject: &Subject) -> BTreeMap<&'static str, Vec<Fields>> {
    let mut all = BTreeMap::new();
    for kind in Held::ALL {
        all.insert(kind.name(), records.held(*kind, subject).await.unwrap());
    }
    all
}

fn text(text: &str) -> Field {
    Field::Text(text.to_owned())
}

fn of<'a>(fields: &'a Fields, name: &str) -> &'a Field {
    &fields.iter().find(|(column, _)| column == name).unwrap().1
}

async fn alert(records: &Records, subject: &str, details: &str) {
    let alert = Alert {
        id: fresh(),
        business: BUSINESS.into(),
        kind: "kind".into(),
        severity: Severity::Warning,
        subject: subject.into(),
        details: details.into(),
        at_ms: 5,
        resolved_ms: None,
    };
    assert!(records.record_alert(&alert).await.unwrap());
}

/// Every row of every table in which anything of a customer's may stand.
async fn everything(records: &Records) -> String {
    let mut all = String::new();
    let tables = [
        "SELECT * FROM inbound_message",
        "SELECT * FROM outbound_message",
        "SELECT * FROM delivery",
        "SELECT * FROM customer_order",
        "SELECT * FROM alert",
        "SELECT * FROM knowledge_use",
        "SELECT * FROM knowledge_sign",
        "SELECT * FROM learning_candidate",
        "SELECT * FROM ticket",
        "SELECT * FROM ticket_note",
        "SELECT * FROM ticket_release",
    ];
    for table in tables {
        all += &dump(records, table).await;
    }
    all
}

async fn all_that_is_held_of_a_customer_is_exported_and_nothing_of_others(
    Pair { one, other }: Pair,
) {
    let ana = Ana::talks(&one).await;
    let luis = Ana::talks(&one).await;
    alert(&one, "number", &format!("{PHONE} can't be reached")).await;
    alert(&one, "template", "refused").await;
    let held = export(&other, &ana.subject()).await;
    let counts: Vec<(&str, usize)> = held.iter().map(|(name, rows)| (*name, rows.len())).collect();
    let expected = [
        ("alerts", 1),
        ("answers_used", 1),
        ("learned", 1),
        ("messages_in", 3),
        ("messages_out", 2),
        ("orders", 2),
        ("signs", 1),
        ("ticket_lines", 1),
        ("ticket_releases", 1),
        ("tickets", 1),
    ];
    assert_eq!(counts, expected);

    let [past, question, waiting] = &held["messages_in"][..] else { panic!("three") };
    assert_eq!(of(past, "origin"), &text("history"));
    assert_eq!(of(question, "id"), &Field::Id(ana.question.id));
    assert_eq!(of(question, "text"), &text(WORDS));
    assert_eq!(of(question, "customer"), &text(PHONE));
    assert_eq!(of(question, "outcome"), &text("answered"));
    assert_eq!(of(question, "received_ms"), &Field::Integer(10));
    assert_eq!(of(waiting, "outcome"), &Field::Nothing);
    let answer = &held["messages_out"][1];
    assert_eq!(of(answer, "text"), &text(&ana.answer.text));
    assert_eq!(of(answer, "part"), &Field::Integer(0));
    assert_eq!(of(answer, "read_ms"), &Field::Integer(3_000));
    assert_eq!(of(&held["orders"][1], "price"), &Field::Real(9.5));
    assert_eq!(of(&held["orders"][1], "quantity"), &Field::Real(2.0));
    let shown = format!("{:?}", ana.subject());
    assert!(!shown.contains(PHONE), "{shown}");
    assert_eq!(export(&one, &luis.subject()).await["messages_in"].len(), 3);
}

async fn what_is_erased_keeps_its_place_in_the_counts_and_nothing_else(Pair { one, other }: Pair) {
    let ana = Ana::talks(&one).await;
    let luis = inbound(fresh(), 10);
    one.record_inbound(&luis).await.unwrap();
    alert(&one, PHONE, "can't be reached").await;
    let filter = CostFilter { business: None, since_ms: 0, until_ms: 1_000_000 };
    let costs = one.costs(filter.clone()).await.unwrap();
    let before = one.counts().await.unwrap();
    assert_eq!((before.inbound, before.unsettled), (4, 2));

    // Three messages, two replies, an order, a ticket with a line and a release, a use, a sign, a
    // candidate and an alert.
    assert_eq!(ana.is_erased(&other).await, 13);
    let all = everything(&one).await;
    for gone in [PHONE, WORDS, "Luna", &ana.conversation.to_string()] {
        assert!(!all.contains(gone), "{gone} in {all}");
    }
    assert!(all.contains("martillos"), "another customer's words stay: {all}");
    let after = one.counts().await.unwrap();
    assert_eq!((after.inbound, after.unsettled, after.unreceived), (4, 1, 0));
    let outcomes = [("answered", 1), ("erased", 1), ("noted", 1)];
    assert_eq!(after.outcomes, outcomes.map(|(name, count)| (name.to_owned(), count)));
    assert_eq!(one.costs(filter).await.unwrap(), costs);
    let claimed = one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap();
    let claimed: Vec<Uuid> = claimed.into_iter().map(|message| message.id).collect();
    assert_eq!(claimed, [luis.id], "nothing of what was erased is published again");
    assert!(export(&one, &ana.subject()).await.values().all(Vec::is_empty));
}

async fn an_erasure_that_was_cut_short_is_run_again(Pair { one, other }: Pair) {
    let ana = Ana::talks(&one).await;
    let late: Vec<Outbound> = (0..450).map(|at| outbound(ana.conversation, at % 90)).collect();
    for reply in &late {
        one.record_outbound(reply).await.unwrap();
    }
    let turns = async || {
        let filter = CostFilter { business: None, since_ms: 0, until_ms: 1_000_000 };
        one.costs(filter).await.unwrap()[0].clone()
    };
    let before = turns().await;
    one.begin_erasure(&ana.subject(), 50, fresh).await.unwrap();
    one.erase(Held::MessagesOut, &ana.subject(), 50).await.unwrap();
    // The process died here; somebody runs it again.
    assert!(ana.is_erased(&other).await > 100);
    assert_eq!(ana.is_erased(&one).await, 0);
    assert_eq!(turns().await, before);
    let stand_ins = "SELECT DISTINCT conversation FROM outbound_message";
    let dumped = dump(&one, stand_ins).await;
    assert_eq!(dumped.lines().count(), 1, "{dumped}");
}

async fn what_arrives_late_brings_nothing_back(Pair { one, other }: Pair) {
    let ana = Ana::talks(&one).await;
    // On their way while the customer was erased, and recorded for the first time afterwards.
    let [unseen, orphan] = [40, 50].map(|at| Inbound {
        id: fresh(),
        provider_id: format!("wamid.{PHONE}.{at}"),
        received_ms: at,
        ..ana.question.clone()
    });
    let unsaid = Outbound {
        reply: fresh(),
        provider_id: Some(format!("wamid.{PHONE}.unsaid")),
        ..ana.answer.clone()
    };
    let closed = in_conversation(ana.conversation, &[unseen.id], "answered");
    one.record_delivery(&delivery(&unsaid, DeliveryStatus::Sent)).await.unwrap();
    one.record_outcome(&closed).await.unwrap();
    ana.is_erased(&one).await;

    let past = HistoryMessage { id: fresh(), at_ms: 3, ..ana.history[0].clone() };
    for records in [&one, &other] {
        ana.records(records).await;
        records.record_inbound(&unseen).await.unwrap();
        records.record_inbound(&orphan).await.unwrap();
        records.record_outbound(&unsaid).await.unwrap();
        records.record_outcome(&closed).await.unwrap();
        records.record_history(vec![past.clone()]).await.unwrap();
        for status in [DeliveryStatus::Delivered, DeliveryStatus::Read] {
            records.record_delivery(&delivery(&unsaid, status)).await.unwrap();
        }
        records.record_order(&CustomerOrder { id: unseen.id, ..ana.order.clone() }).await.unwrap();
    }
    let all = everything(&one).await;
    for gone in [PHONE, WORDS, "Luna"] {
        assert!(!all.contains(gone), "{gone} in {all}");
    }
    assert!(export(&one, &ana.subject()).await.values().all(Vec::is_empty));
    let counts = one.counts().await.unwrap();
    assert_eq!((counts.inbound, counts.unsettled), (5, 0), "{counts:?}");
    let outcomes = [("answered", 2), ("erased", 2), ("noted", 1)];
    assert_eq!(counts.outcomes, outcomes.map(|(name, count)| (name.to_owned(), count)));
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap(), []);
}

async fn what_is_said_after_an_erasure_is_recorded_as_ever(Pair { one, .. }: Pair) {
    let ana = Ana::talks(&one).await;
    ana.is_erased(&one).await;
    let again = Inbound { id: fresh(), received_ms: AT + 1, ..ana.question.clone() };
    let reply = Outbound { reply: fresh(), at_ms: AT + 2, ..ana.answer.clone() };
    let order = CustomerOrder { id: again.id, ..ana.order.clone() };
    one.record_inbound(&again).await.unwrap();
    one.record_order(&order).await.unwrap();
    one.record_outbound(&reply).await.unwrap();
    let counts: Vec<(&str, usize)> =
        export(&one, &ana.subject()).await.iter().map(|(name, rows)| (*name, rows.len())).collect();
    let expected = [
        ("alerts", 0),
        ("answers_used", 0),
        ("learned", 0),
        ("messages_in", 1),
        ("messages_out", 1),
        ("orders", 2),
        ("signs", 0),
        ("ticket_lines", 0),
        ("ticket_releases", 0),
        ("tickets", 0),
    ];
    assert_eq!(counts, expected);
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap().len(), 1);
}

async fn a_customer_is_found_by_name_and_conversation(Pair { one, other }: Pair) {
    let ana = Ana::talks(&one).await;
    one.record_inbound(&Inbound { customer: "ES.9".into(), ..inbound(ana.conversation, 7) })
        .await
        .unwrap();
    let mut names = other.customers_in(ana.conversation).await.unwrap();
    names.sort();
    assert_eq!(names, [PHONE, "ES.9"]);
    assert_eq!(other.conversations_of(BUSINESS, PHONE).await.unwrap(), [ana.conversation]);
    assert_eq!(other.conversations_of("otra", PHONE).await.unwrap(), [] as [Uuid; 0]);
    let ids = other.message_ids(ana.conversation).await.unwrap();
    assert!(ids.contains(&ana.question.id) && ids.contains(&ana.waiting.id));
    assert_eq!(ids.len(), 4);
}

async fn what_is_old_goes_in_batches_and_what_has_no_outcome_stays(Pair { one, other }: Pair) {
    let ana = Ana::talks(&one).await;
    for at in 0..20 {
        let message = inbound(ana.conversation, at);
        one.record_inbound(&message).await.unwrap();
        let closed = in_conversation(ana.conversation, &[message.id], "answered");
        one.record_outcome(&Outcome { at_ms: at, ..closed }).await.unwrap();
    }
    let recent = outbound(ana.conversation, 60);
    one.record_outbound(&recent).await.unwrap();
    one.record_delivery(&delivery(&recent, DeliveryStatus::Read)).await.unwrap();
    // Nobody knows what this was of, and it is old.
    let nobodys = outbound(fresh(), 1);
    let orphan = Delivery { at_ms: 1, ..delivery(&nobodys, DeliveryStatus::Sent) };
    one.record_delivery(&orphan).await.unwrap();

    let nothing = Older { business: "otra".into(), than_ms: 1_000, limit: 100 };
    assert_eq!(one.delete_messages(&nothing).await.unwrap(), 0);
    let older = Older { business: BUSINESS.into(), than_ms: 50, limit: 8 };
    let mut batches = 0;
    while other.delete_messages(&older).await.unwrap() == 8 {
        batches += 1;
    }
    assert_eq!(batches, 2, "22 old messages with an outcome");
    let held = export(&one, &ana.subject()).await;
    assert_eq!(held["messages_in"].len(), 1);
    assert_eq!(of(&held["messages_in"][0], "id"), &Field::Id(ana.waiting.id));
    assert_eq!(held["messages_out"].len(), 1);
    assert_eq!(of(&held["messages_out"][0], "read_ms"), &Field::Integer(3_000));
    assert_eq!(held["orders"], Vec::<Fields>::new());
    let deliveries = dump(&one, "SELECT provider_id FROM delivery").await;
    assert_eq!(deliveries.lines().count(), 1, "{deliveries}");
    assert_eq!(one.claim_unsettled(claim(i64::MAX, 1)).await.unwrap().len(), 1);
    let facts = one.facts(ana.conversation, 0, 100).await.unwrap();
    let asked: Vec<&str> = facts.uses.iter().map(|used| used.question.as_str()).collect();
    assert_eq!((asked, facts.signs.len()), (vec![""], 0), "it counts without its words");
    assert_eq!(one.candidates(BUSINESS).await.unwrap(), []);
}

async fn erasures_are_forgotten_in_time(Pair { one, .. }: Pair) {
    let ana = Ana::talks(&one).await;
    ana.is_erased(&one).await;
    assert_eq!(one.forget_erasures(AT).await.unwrap(), 0);
    assert_eq!(one.forget_erasures(AT + ERASURE_TTL_MS).await.unwrap(), 1);
    assert_eq!(dump(&one, "SELECT * FROM erasure").await, "");
}
