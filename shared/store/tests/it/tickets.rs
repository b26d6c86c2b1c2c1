//! The suite of tickets, on PostgreSQL and SQLite.

use store::Records;
use store::records::{
    Delivery, DeliveryStatus, Learned, LineKind, Opening, Page, ReleaseSaid, TicketChange,
    TicketFilter, TicketLine, TicketRelease,
};
use uuid::Uuid;

use crate::records::migrated;
use crate::servers::{Pair, fresh};

on_both_databases! { migrated =>
    a_ticket_is_the_same_in_whatever_order_its_notes_arrive,
    a_line_that_changed_is_to_be_shown_again_and_the_same_again_is_not,
    what_was_read_in_a_file_stays_whatever_comes_later,
    what_a_customer_deleted_never_comes_back,
    a_release_knows_what_became_of_it,
    a_ticket_is_shown_by_one_at_a_time,
    what_could_not_be_shown_waits,
    what_is_due_is_looked_at_less_and_less_often,
    a_desk_is_asked_by_one_at_a_time,
    the_newest_of_what_was_learned_holds,
    tickets_are_listed_with_the_open_ones_first,
    a_merged_conversation_has_its_tickets,
}

const SHOP: &str = "tienda";

fn change(ticket: Uuid, conversation: Uuid, state: &str, step: i32, at_ms: i64) -> TicketChange {
    let change = TicketChange::new(ticket, SHOP.to_owned(), conversation);
    TicketChange { state: state.to_owned(), step, at_ms, due_ms: at_ms + 60_000, ..change }
}

fn opening() -> Opening {
    Opening {
        reason: "no_answer".to_owned(),
        summary: "¿Instalan pisos?".to_owned(),
        language: "es".to_owned(),
        customer_name: Some("Ana".to_owned()),
        customer_phone: Some("34600000001".to_owned()),
        customer_user: None,
    }
}

fn line(key: u128, kind: LineKind, text: &str, at_ms: i64) -> TicketLine {
    let (key, text) = (Uuid::from_u128(key), text.to_owned());
    TicketLine { key, kind, text, media: None, file: None, at_ms }
}

fn release(number: i32, text: &str, reply: Uuid) -> TicketRelease {
    TicketRelease {
        number,
        text: text.to_owned(),
        attachments: "[]".to_owned(),
        author: Some("Luis".to_owned()),
        at_ms: 3_000,
        reply: Some(reply),
        outcome: None,
        error_code: None,
        provider_ids: Vec::new(),
    }
}

/// The life of a ticket.
fn life(ticket: Uuid, conversation: Uuid, reply: Uuid) -> Vec<TicketChange> {
    let change = |state: &str, step, at| change(ticket, conversation, state, step, at);
    vec![
        TicketChange {
            opening: Some(opening()),
            lines: vec![line(1, LineKind::Bot, "¡Hola!", 500)],
            ..change("waiting", 1, 1_000)
        },
        TicketChange {
            lines: vec![line(2, LineKind::Customer, "¿Instalan pisos?", 900)],
            ..change("waiting", 1, 1_000)
        },
        TicketChange {
            lines: vec![line(3, LineKind::Person, "Sí", 3_000)],
            release: Some(release(1, "Sí", reply)),
            assigned: Some("Luis".to_owned()),
            ..change("answered", 2, 3_000)
        },
        TicketChange {
            said: Some(ReleaseSaid {
                number: 1,
                reply,
                outcome: "answered".to_owned(),
                error_code: None,
                provider_ids: vec!["wamid.1".to_owned(), "wamid.2".to_owned()],
            }),
            ..change("answered", 2, 4_000)
        },
        TicketChange {
            lines: vec![line(4, LineKind::Event, "closed", 5_000)],
            ..change("closed", 3, 5_000)
        },
    ]
}

async fn open(records: &Records, at_ms: i64) -> Uuid {
    let (ticket, conversation) = (fresh(), fresh());
    let opened = TicketChange {
        opening: Some(opening()),
        ..change(ticket, conversation, "waiting", 1, at_ms)
    };
    records.record_ticket(&opened).await.unwrap();
    ticket
}

async fn a_ticket_is_the_same_in_whatever_order_its_notes_arrive(Pair { one, other }: Pair) {
    let mut seen = Vec::new();
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [3, 4, 0, 2, 1]] {
        let (ticket, conversation, reply) = (fresh(), fresh(), fresh());
        let life = life(ticket, conversation, reply);
        for index in order.into_iter().chain(order) {
            let records = if index % 2 == 0 { &one } else { &other };
            records.record_ticket(&life[index]).await.unwrap();
        }
        let stored = one.ticket(ticket).await.unwrap().unwrap();
        assert_eq!((stored.state.as_str(), stored.step), ("closed", 3), "{order:?}");
        assert_eq!((stored.opened_ms, stored.answered_ms), (Some(1_000), Some(3_000)));
        assert_eq!((stored.closed_ms, stored.changed_ms), (Some(5_000), 5_000));
        assert_eq!(stored.summary.as_deref(), Some("¿Instalan pisos?"));
        assert_eq!(stored.assigned.as_deref(), Some("Luis"));
        let releases = one.ticket_releases(ticket).await.unwrap();
        assert_eq!(releases.len(), 1);
        assert_eq!((releases[0].text.as_str(), releases[0].reply), ("Sí", Some(reply)));
        assert_eq!(releases[0].provider_ids, ["wamid.1", "wamid.2"]);
        seen.push(one.ticket_lines(ticket).await.unwrap());
    }
    assert!(seen.iter().all(|lines| *lines == seen[0] && lines.len() == 4), "{seen:?}");
}

async fn a_line_that_changed_is_to_be_shown_again_and_the_same_again_is_not(
    Pair { one, .. }: Pair,
) {
    let ticket = open(&one, 1_000).await;
    let says = |text: &str| TicketChange {
        lines: vec![line(1, LineKind::Customer, text, 2_000)],
        ..change(ticket, fresh(), "waiting", 1, 2_000)
    };
    let texts = async || {
        let lines = one.unshown_lines(ticket).await.unwrap();
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
    };
    assert!(one.record_ticket(&says("el rojo")).await.unwrap());
    assert_eq!(texts().await, ["el rojo"]);
    one.lines_shown(ticket, vec![(Uuid::from_u128(1), "el rojo".to_owned())]).await.unwrap();
    assert!(!one.record_ticket(&says("el rojo")).await.unwrap());
    assert!(texts().await.is_empty());
    one.record_ticket(&says("el azul")).await.unwrap();
    assert_eq!(texts().await, ["el azul"]);
    // What was written is not what stands there now.
    one.lines_shown(ticket, vec![(Uuid::from_u128(1), "el rojo".to_owned())]).await.unwrap();
    assert_eq!(texts().await, ["el azul"]);
}

async fn what_was_read_in_a_file_stays_whatever_comes_later(Pair { one, .. }: Pair) {
    let ticket = open(&one, 1_000).await;
    let voice = |text: &str, file: Option<&str>| TicketChange {
        lines: vec![TicketLine {
            media: Some("audio".to_owned()),
            file: file.map(str::to_owned),
            ..line(1, LineKind::Customer, text, 2_000)
        }],
        ..change(ticket, fresh(), "waiting", 1, 2_000)
    };
    one.record_ticket(&voice("quiero dos", Some("tienda/1"))).await.unwrap();
    one.record_ticket(&voice("", None)).await.unwrap();
    let lines = one.ticket_lines(ticket).await.unwrap();
    assert_eq!(
        (lines[0].text.as_str(), lines[0].file.as_deref()),
        ("quiero dos", Some("tienda/1"))
    );
}

async fn what_a_customer_deleted_never_comes_back(Pair { one, .. }: Pair) {
    let ticket = open(&one, 1_000).await;
    let said = TicketChange {
        lines: vec![line(1, LineKind::Customer, "mi clave es 1234", 2_000)],
        ..change(ticket, fresh(), "waiting", 1, 2_000)
    };
    let deleted = TicketChange {
        withdrawn: Some(Uuid::from_u128(1)),
        ..change(ticket, fresh(), "waiting", 1, 3_000)
    };
    for change in [&said, &deleted, &said] {
        one.record_ticket(change).await.unwrap();
    }
    let lines = one.ticket_lines(ticket).await.unwrap();
    assert_eq!((lines[0].kind, lines[0].text.as_str()), (LineKind::Withdrawn, ""));
}

async fn a_release_knows_what_became_of_it(Pair { one, other }: Pair) {
    let (ticket, conversation, reply) = (fresh(), fresh(), fresh());
    for change in life(ticket, conversation, reply) {
        one.record_ticket(&change).await.unwrap();
    }
    assert_eq!(other.ticket_of_reply(reply).await.unwrap(), Some(ticket));
    assert_eq!(other.ticket_of_reply(fresh()).await.unwrap(), None);
    assert_eq!(other.delivery_of(SHOP, "wamid.1").await.unwrap(), None);
    for (status, at_ms) in [(DeliveryStatus::Delivered, 7_000), (DeliveryStatus::Sent, 6_000)] {
        let delivery = Delivery {
            business: SHOP.to_owned(),
            provider_id: "wamid.1".to_owned(),
            reply: Some(reply),
            status,
            error_code: None,
            error: None,
            pricing: None,
            at_ms,
        };
        one.record_delivery(&delivery).await.unwrap();
    }
    let (state, at_ms) = other.delivery_of(SHOP, "wamid.1").await.unwrap().unwrap();
    assert_eq!((state.status, at_ms), (DeliveryStatus::Delivered, 7_000));
    // Said again under another reply, since the first was not delivered.
    let again = fresh();
    let said = ReleaseSaid {
        number: 1,
        reply: again,
        outcome: "noted".to_owned(),
        error_code: None,
        provider_ids: vec!["wamid.9".to_owned()],
    };
    let said =
        TicketChange { said: Some(said), ..change(ticket, conversation, "closed", 3, 9_000) };
    one.record_ticket(&said).await.unwrap();
    assert_eq!(other.ticket_of_reply(again).await.unwrap(), Some(ticket));
}

async fn a_ticket_is_shown_by_one_at_a_time(Pair { one, other }: Pair) {
    let tickets = [open(&one, 1_000).await, open(&one, 2_000).await, open(&one, 3_000).await];
    let (me, you) = (fresh(), fresh());
    let (mine, yours) = tokio::join!(
        one.claim_unshown(SHOP, me, (5_000, 9_000), 2),
        other.claim_unshown(SHOP, you, (5_000, 9_000), 2)
    );
    let (mine, yours) = (mine.unwrap(), yours.unwrap());
    let mut all: Vec<Uuid> = mine.iter().chain(&yours).copied().collect();
    all.sort();
    let mut expected = tickets.to_vec();
    expected.sort();
    assert_eq!(all, expected);
    assert!(one.claim_unshown(SHOP, me, (5_000, 9_000), 9).await.unwrap().is_empty());
    assert!(one.claim_unshown("otra", me, (5_000, 9_000), 9).await.unwrap().is_empty());
    assert!(one.hold_ticket(mine[0], me, 12_000).await.unwrap());
    assert!(!one.hold_ticket(mine[0], you, 12_000).await.unwrap());
    let version = one.ticket(mine[0]).await.unwrap().unwrap().version;
    let page = Page { id: Some("page".to_owned()), ..Page::default() };
    one.save_page(mine[0], &page).await.unwrap();
    one.ticket_shown(mine[0], me, version).await.unwrap();
    assert_eq!(one.ticket_of_page(SHOP, "page").await.unwrap().unwrap().id, mine[0]);
    // Who died has claimed it for a while only.
    let again = other.claim_unshown(SHOP, you, (20_000, 30_000), 9).await.unwrap();
    assert_eq!(again.len(), 2);
    assert!(!again.contains(&mine[0]));
    one.raise_ticket(mine[0]).await.unwrap();
    assert_eq!(one.claim_unshown(SHOP, me, (21_000, 30_000), 9).await.unwrap(), [mine[0]]);
    // What stands nowhere yet is before what is only to be written anew.
    let new = open(&one, 40_000).await;
    let first = one.claim_unshown(SHOP, me, (50_000, 60_000), 3).await.unwrap();
    assert!(first.contains(&new) && !first.contains(&mine[0]));
}

async fn what_could_not_be_shown_waits(Pair { one, .. }: Pair) {
    let (ticket, me) = (open(&one, 1_000).await, fresh());
    let claim = async |now| one.claim_unshown(SHOP, me, (now, now + 1_000), 9).await.unwrap();
    assert_eq!(claim(2_000).await, [ticket]);
    // Who lost its claim ends nobody else's.
    let other = fresh();
    one.put_off_ticket(ticket, other, 9_000).await.unwrap();
    one.ticket_shown(ticket, other, 0).await.unwrap();
    assert!(claim(2_500).await.is_empty());
    one.put_off_ticket(ticket, me, 8_000).await.unwrap();
    assert!(claim(7_000).await.is_empty());
    assert_eq!(claim(8_000).await, [ticket]);
    assert_eq!(one.ticket(ticket).await.unwrap().unwrap().page.tries, 1);
}

async fn what_is_due_is_looked_at_less_and_less_often(Pair { one, .. }: Pair) {
    let ticket = open(&one, 0).await;
    let claim = async |now| one.claim_due(now, (30_000, 900_000), 9).await.unwrap();
    let mut looks = Vec::new();
    for now in (0..86_400_000).step_by(30_000) {
        if !claim(now).await.is_empty() {
            looks.push(now);
        }
    }
    assert_eq!(looks[..4], [60_000, 90_000, 120_000, 150_000]);
    assert!((100..200).contains(&looks.len()), "{}", looks.len());
    let closed = change(ticket, fresh(), "closed", 2, 90_000_000);
    one.record_ticket(&closed).await.unwrap();
    assert!(claim(99_000_000).await.is_empty());
}

async fn a_desk_is_asked_by_one_at_a_time(Pair { one, other }: Pair) {
    let (me, you) = (fresh(), fresh());
    assert_eq!(one.lease_poll(SHOP, me, (1_000, 2_000)).await.unwrap(), Some(0));
    assert_eq!(other.lease_poll(SHOP, you, (1_500, 2_500)).await.unwrap(), None);
    assert_eq!(other.lease_poll("otra", you, (1_500, 2_500)).await.unwrap(), Some(0));
    one.save_poll(SHOP, 700).await.unwrap();
    one.save_poll(SHOP, 600).await.unwrap();
    assert_eq!(one.lease_poll(SHOP, me, (1_900, 2_900)).await.unwrap(), Some(700));
    assert_eq!(other.lease_poll(SHOP, you, (2_900, 3_900)).await.unwrap(), Some(700));
    one.save_desk_token("nueva", "secret_1").await.unwrap();
    assert_eq!(other.desk_token("nueva").await.unwrap().as_deref(), Some("secret_1"));
    assert_eq!(other.desk_token(SHOP).await.unwrap(), None);
    assert_eq!(one.lease_poll("nueva", me, (1_000, 2_000)).await.unwrap(), Some(0));
}

async fn the_newest_of_what_was_learned_holds(Pair { one, .. }: Pair) {
    let ticket = open(&one, 1_000).await;
    let candidate = Some(fresh());
    let learned = |revision, state: &str| Learned {
        candidate,
        revision: Some(revision),
        state: Some(state.to_owned()),
        ..Learned::default()
    };
    for (revision, state) in [(1, "proposed"), (3, "published"), (2, "discarded")] {
        one.record_learned(ticket, &learned(revision, state)).await.unwrap();
    }
    let stored = one.ticket(ticket).await.unwrap().unwrap();
    assert_eq!(stored.learned.state.as_deref(), Some("published"));
}

async fn tickets_are_listed_with_the_open_ones_first(Pair { one, .. }: Pair) {
    let closed = open(&one, 1_000).await;
    one.record_ticket(&change(closed, fresh(), "closed", 2, 1_500)).await.unwrap();
    let (second, first) = (open(&one, 3_000).await, open(&one, 2_000).await);
    let list = async |open_only| {
        let filter = TicketFilter { business: Some(SHOP.to_owned()), open_only, limit: 9 };
        let tickets = one.tickets(filter).await.unwrap();
        tickets.iter().map(|ticket| ticket.id).collect::<Vec<_>>()
    };
    assert_eq!(list(false).await, [first, second, closed]);
    assert_eq!(list(true).await, [first, second]);
}

async fn a_merged_conversation_has_its_tickets(Pair { one, .. }: Pair) {
    let ticket = open(&one, 1_000).await;
    let from = one.ticket(ticket).await.unwrap().unwrap().conversation;
    let to = fresh();
    one.reassign(from, to).await.unwrap();
    assert_eq!(one.ticket_of_conversation(to, true).await.unwrap().unwrap().id, ticket);
    assert_eq!(one.ticket_of_conversation(from, false).await.unwrap(), None);
}
