use serde_json::json;
use store::records::{Learned, Page as Shown};
use uuid::Uuid;

use super::*;

fn page(status: &str, answer: &str, assigned: Option<&str>, learning: &str) -> Page {
    let people: Vec<_> = assigned.iter().map(|name| json!({ "id": "u", "name": name })).collect();
    serde_json::from_value(json!({
        "id": "p",
        "properties": {
            "Estado": { "type": "select", "select": { "name": status } },
            "Respuesta": { "type": "rich_text", "rich_text": [{ "plain_text": answer }] },
            "Asignado": { "type": "people", "people": people },
            "Aprendizaje": { "type": "select", "select": { "name": learning } },
        }
    }))
    .unwrap()
}

/// `shown` is the state that the page is known to have shown.
fn ticket(state: &str, shown: &str) -> Ticket {
    Ticket {
        id: Uuid::nil(),
        business: "shop".to_owned(),
        conversation: Uuid::nil(),
        state: state.to_owned(),
        step: 1,
        reason: None,
        summary: None,
        language: None,
        customer_name: None,
        customer_phone: None,
        customer_user: None,
        assigned: Some("Luis".to_owned()),
        opened_ms: Some(0),
        changed_ms: 0,
        answered_ms: None,
        closed_ms: None,
        reminded_ms: None,
        escalated_ms: None,
        version: 1,
        shown_version: 1,
        page: Shown { state: Some(shown.to_owned()), ..Shown::default() },
        learned: Learned { candidate: Some(Uuid::nil()), ..Learned::default() },
    }
}

fn release(text: &str) -> TicketRelease {
    TicketRelease {
        number: 1,
        text: text.to_owned(),
        attachments: "[]".to_owned(),
        author: None,
        at_ms: 0,
        reply: None,
        outcome: None,
        error_code: None,
        provider_ids: Vec::new(),
    }
}

#[test]
fn a_page_asks_for_what_people_did_there_and_for_nothing_else() {
    let send = |closes| vec![Wish::Send { closes }];
    let act = |act| vec![Wish::Act(act)];
    let nothing = Vec::new();
    for (status, answer, assigned, ours, shown, expected) in [
        // Half-typed text never leaves.
        ("Nuevo", "Su pedido es", None, "waiting", "waiting", nothing.clone()),
        ("En curso", "Su pedido es", None, "taken", "taken", nothing.clone()),
        ("Enviar", "Sí", None, "waiting", "waiting", send(false)),
        ("Enviar", "Sí", None, "answered", "answered", send(false)),
        ("Enviar y cerrar", "Sí", None, "taken", "taken", send(true)),
        ("Enviar", " ", None, "waiting", "waiting", vec![Wish::TellTheState]),
        ("En curso", "", None, "waiting", "waiting", act(Act::Take)),
        ("En curso", "", None, "closed", "closed", act(Act::Take)),
        ("En curso", "", None, "answered", "answered", nothing.clone()),
        // It was closed meanwhile, and the page does not say so yet.
        ("En curso", "", None, "closed", "taken", nothing.clone()),
        ("Nuevo", "", None, "taken", "taken", act(Act::PutBack)),
        ("Nuevo", "", None, "taken", "waiting", nothing.clone()),
        ("Cerrado", "", None, "answered", "answered", act(Act::Close)),
        ("Cerrado", "", None, "answered", "closed", nothing.clone()),
        ("Enviado", "Sí", None, "waiting", "waiting", vec![Wish::TellTheState]),
        ("Esperando al proveedor", "", None, "taken", "taken", nothing.clone()),
        // What is ours is not on the page yet, and somebody sets yet another.
        ("Cerrado", "", None, "taken", "waiting", act(Act::Close)),
        ("Nuevo", "", None, "answered", "taken", act(Act::PutBack)),
        ("En curso", "", None, "closed", "answered", act(Act::Take)),
        ("Nuevo", "", Some("Marta"), "waiting", "waiting", act(Act::Take)),
        // Put back by who had it.
        ("Nuevo", "", Some("Luis"), "waiting", "waiting", nothing.clone()),
    ] {
        let page = page(status, answer, assigned, "Propuesto");
        let found = wishes(&page, &ticket(ours, shown), &NotionNames::default());
        assert_eq!(found, expected, "{status} {answer:?} {assigned:?} {ours} {shown}");
    }
    for (learning, approved) in [("Aprobar", true), ("Descartar", false)] {
        let page = page("Enviado", "", None, learning);
        let found = wishes(&page, &ticket("answered", "answered"), &NotionNames::default());
        assert_eq!(found, [Wish::Review { approved }]);
    }
}

#[test]
fn a_send_that_was_not_released_is_never_overwritten() {
    let names = NotionNames::default();
    for (status, answer, released, may) in [
        ("Enviar", "Sí", None, false),
        ("Enviar", "Sí", Some("No"), false),
        ("Enviar", "Sí", Some("Sí"), true),
        ("Enviar y cerrar", "Sí", Some("No"), false),
        ("Enviar", "", None, true),
        ("En curso", "Sí", None, true),
    ] {
        let page = page(status, answer, None, "");
        let releases: Vec<TicketRelease> = released.iter().map(|text| release(text)).collect();
        let found = may_set_state(&page, &ticket("taken", "taken"), (&[], &releases), &names);
        assert_eq!(found, may, "{status} {answer:?} {released:?}");
    }
}

#[test]
fn what_somebody_has_set_is_not_overwritten_before_it_is_done() {
    let names = NotionNames::default();
    for (status, ours, shown, may) in [
        ("Cerrado", "taken", "waiting", false),
        ("Nuevo", "taken", "waiting", true),
        ("En curso", "taken", "waiting", true),
        ("Esperando al proveedor", "answered", "taken", true),
    ] {
        let found =
            may_set_state(&page(status, "", None, ""), &ticket(ours, shown), (&[], &[]), &names);
        assert_eq!(found, may, "{status} {ours} {shown}");
    }
}

#[test]
fn a_file_that_can_not_be_sent_holds_nothing_back() {
    let names = NotionNames::default();
    let file = json!({ "name": "plan.pdf", "file": { "url": "https://files.example/plan.pdf" } });
    let page: Page = serde_json::from_value(json!({
        "id": "p",
        "properties": {
            "Estado": { "type": "select", "select": { "name": "Enviar" } },
            "Adjuntos": { "type": "files", "files": [file] },
        }
    }))
    .unwrap();
    let ticket = ticket("taken", "taken");
    let line = TicketLine {
        key: unsent_key(ticket.id, &page.files(&names.attachments)[0]),
        kind: store::records::LineKind::Event,
        text: String::new(),
        media: None,
        file: None,
        at_ms: 0,
    };
    assert_eq!(files_of(&page, &ticket, &[], &names).len(), 1);
    assert!(!may_set_state(&page, &ticket, (&[], &[]), &names));
    let lines = [line];
    assert!(files_of(&page, &ticket, &lines, &names).is_empty());
    assert!(may_set_state(&page, &ticket, (&lines, &[]), &names));
}

#[test]
fn what_was_sent_is_asked_for_again_only_by_a_page_that_was_seen_to_wait() {
    let release = TicketRelease { number: 2, ..release("Sí") };
    for (text, state, shown, expected) in [
        ("No", "answered", "taken", (2, true)),
        ("Sí", "answered", "answered", (1, false)),
        ("Sí", "taken", "answered", (1, false)),
        ("Sí", "taken", "taken", (2, true)),
        ("Sí", "closed", "closed", (1, false)),
    ] {
        let releases = std::slice::from_ref(&release);
        let found = asked_after((text, &[]), &ticket(state, shown), releases);
        assert_eq!(found, expected, "{text} {state} {shown}");
    }
    let act = |text: &str, after| Act::Release {
        text: text.to_owned(),
        attachments: Vec::new(),
        closes: false,
        after: Some(after),
    };
    assert_eq!(name_of(&act("Sí", 1), 3), name_of(&act("Sí ", 1), 4));
    assert_ne!(name_of(&act("Sí", 1), 3), name_of(&act("Sí", 2), 3));
    assert_ne!(name_of(&act("Sí", 1), 3), name_of(&act("No", 1), 3));
    assert_ne!(name_of(&Act::Take, 3), name_of(&Act::Take, 5));
}

#[test]
fn what_was_sent_is_not_sent_again_and_what_is_new_is() {
    let file = |name: &str| -> File {
        let url = format!("https://files.example/{name}?signature=1");
        serde_json::from_value(json!({ "name": name, "file": { "url": url } })).unwrap()
    };
    let with = |name: &str| {
        let file = file(name);
        let attachment = super::super::attachments::attachment("shop", Uuid::nil(), &file);
        (file, attachment)
    };
    let release = |text: &str, attached: &[Attachment]| TicketRelease {
        attachments: serde_json::to_string(attached).unwrap(),
        ..release(text)
    };
    let (plan, foto) = (with("plan.pdf"), with("foto.png"));
    let first = [release("Sí", std::slice::from_ref(&plan.1))];
    let send = |text, files: &[&(File, Attachment)], releases: &[TicketRelease]| {
        let files = files.iter().map(|file| (*file).clone()).collect();
        let (text, attached, _) = to_send(text, files, releases);
        (text, attached)
    };
    assert_eq!(send("Sí", &[&plan], &[]), ("Sí".to_owned(), vec![plan.1.clone()]));
    assert_eq!(send("Sí", &[&plan], &first), ("Sí".to_owned(), vec![plan.1.clone()]));
    assert_eq!(send("No", &[&plan], &first), ("No".to_owned(), Vec::new()));
    assert_eq!(send("Sí", &[&plan, &foto], &first), (String::new(), vec![foto.1.clone()]));
    assert_eq!(send("No", &[&plan, &foto], &first), ("No".to_owned(), vec![foto.1.clone()]));
    assert_eq!(send("", &[&foto], &[]), (String::new(), vec![foto.1]));
}
