//! What people did on a page. Pure.

use clients::notion::{File, Page};
use domain::message::{Act, Attachment};
use runtime::business::NotionNames;
use store::records::{Ticket, TicketLine, TicketRelease};

use super::attachments::{attachment, unsent_key};
use super::draw::{answer_on, state_name};

/// What a page asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    Act(Act),
    /// The customer is to have what stands there.
    Send {
        closes: bool,
    },
    /// The page says something of the state that is not so.
    TellTheState,
    /// What was learned is right, or is not.
    Review {
        approved: bool,
    },
}

/// Whether the state on the page is somebody's doing: neither the one that we wrote there last nor
/// the one that it is to show.
fn is_theirs(page: &Page, ticket: &Ticket, names: &NotionNames) -> bool {
    let on_page = page.choice(&names.status);
    let is = |state: &str| on_page == Some(state_name(state, names).as_str());
    ticket.page.state.as_deref().is_some_and(|shown| !is(shown)) && !is(ticket.state.as_str())
}

/// What the page asks for, compared with what is known of its ticket.
pub(super) fn wishes(page: &Page, ticket: &Ticket, names: &NotionNames) -> Vec<Wish> {
    let on_page = page.choice(&names.status);
    let is = |name: &String| on_page == Some(name.as_str());
    let state = ticket.state.as_str();
    let has_answer =
        !answer_on(page, names).is_empty() || !page.files(&names.attachments).is_empty();
    let mut wishes = Vec::new();
    let assigned = page.people(&names.assigned).first().and_then(|one| one.name.as_deref());
    if is(&names.send) || is(&names.send_and_close) {
        wishes.push(match has_answer {
            true => Wish::Send { closes: is(&names.send_and_close) },
            false => Wish::TellTheState,
        });
    } else if is_theirs(page, ticket, names) {
        if is(&names.taken) && matches!(state, "waiting" | "closed") {
            wishes.push(Wish::Act(Act::Take));
        } else if is(&names.waiting) {
            wishes.push(Wish::Act(Act::PutBack));
        } else if is(&names.closed) {
            wishes.push(Wish::Act(Act::Close));
        } else if is(&names.answered) {
            // Nothing is sent by saying that it was.
            wishes.push(Wish::TellTheState);
        }
    } else if state == "waiting" && assigned.is_some() && assigned != ticket.assigned.as_deref() {
        wishes.push(Wish::Act(Act::Take));
    }
    let learning = page.choice(&names.learning);
    for (name, approved) in [(&names.approve, true), (&names.discard, false)] {
        if learning == Some(name.as_str()) && ticket.learned.candidate.is_some() {
            wishes.push(Wish::Review { approved });
        }
    }
    wishes
}

/// What is to be sent of what stands on the page: the text if it is another than the last, and the
/// files that were not sent before. The same as the last where there is nothing new.
pub(super) fn to_send(
    text: &str,
    files: Vec<(File, Attachment)>,
    releases: &[TicketRelease],
) -> (String, Vec<Attachment>, Vec<File>) {
    let attached = |release: &TicketRelease| -> Vec<Attachment> {
        serde_json::from_str(&release.attachments).unwrap_or_default()
    };
    let sent: Vec<Attachment> = releases.iter().flat_map(attached).collect();
    let (new_files, new): (Vec<File>, Vec<Attachment>) =
        files.into_iter().filter(|(_, one)| !sent.contains(one)).unzip();
    let last = releases.iter().rev().find(|one| !one.text.trim().is_empty());
    let is_same = last.is_some_and(|last| last.text.trim() == text) || text.is_empty();
    match (is_same, releases.last()) {
        (true, Some(last)) if new.is_empty() => (last.text.clone(), attached(last), Vec::new()),
        (true, Some(_)) => (String::new(), new, new_files),
        _ => (text.to_owned(), new, new_files),
    }
}

/// After how many releases this is asked for, and whether it may be sent. The same as the last is
/// a repetition of what is on its way already, unless the ticket waits for an answer again and the
/// page has been seen to say so.
pub(super) fn asked_after(
    (text, attached): (&str, &[Attachment]),
    ticket: &Ticket,
    releases: &[TicketRelease],
) -> (u32, bool) {
    let Some(last) = releases.last() else { return (0, true) };
    let number = u32::try_from(last.number).unwrap_or(0);
    let is_same = last.text == text
        && serde_json::to_string(attached).is_ok_and(|json| json == last.attachments);
    let state = ticket.state.as_str();
    let waits = matches!(state, "waiting" | "taken") && ticket.page.state.as_deref() == Some(state);
    if is_same && !waits { (number.saturating_sub(1), false) } else { (number, true) }
}

/// By what an act of a page is known again, at this step of its ticket.
pub(super) fn name_of(act: &Act, step: i32) -> String {
    let (when, what) = match act {
        Act::Release { text, attachments, closes, after } => {
            let attached = serde_json::to_string(attachments).unwrap_or_default();
            (after.unwrap_or(0).to_string(), format!("{closes}\0{}\0{attached}", text.trim()))
        }
        _ => (step.to_string(), String::new()),
    };
    format!("act\0{}\0{when}\0{what}", act.as_str())
}

/// The files of a page with what they will be sent as, but for those of which a line says that
/// they can't be.
pub(super) fn files_of(
    page: &Page,
    ticket: &Ticket,
    lines: &[TicketLine],
    names: &NotionNames,
) -> Vec<(File, Attachment)> {
    let can_be_sent = |file: &&File| {
        let key = unsent_key(ticket.id, file);
        !lines.iter().any(|line| line.key == key)
    };
    let files = page.files(&names.attachments).iter().filter(can_be_sent);
    files.map(|file| (file.clone(), attachment(&ticket.business, ticket.id, file))).collect()
}

/// Whether the state on the page may be overwritten: an answer that somebody wants to be sent and
/// that has not been released is never lost, nor is what else somebody has asked for.
pub(super) fn may_set_state(
    page: &Page,
    ticket: &Ticket,
    (lines, releases): (&[TicketLine], &[TicketRelease]),
    names: &NotionNames,
) -> bool {
    let wants = page.choice(&names.status);
    let is_act = |wish: &Wish| matches!(wish, Wish::Act(_));
    let has_wishes =
        is_theirs(page, ticket, names) && wishes(page, ticket, names).iter().any(is_act);
    if has_wishes {
        return false;
    }
    let sends =
        [&names.send, &names.send_and_close].iter().any(|name| wants == Some(name.as_str()));
    let (answer, files) = (answer_on(page, names), files_of(page, ticket, lines, names));
    if !sends || answer.is_empty() && files.is_empty() {
        return true;
    }
    let (text, attached, _) = to_send(&answer, files, releases);
    releases.last().is_some_and(|last| {
        last.text == text
            && serde_json::to_string(&attached).is_ok_and(|json| json == last.attachments)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use store::records::{Learned, Page as Shown};
    use uuid::Uuid;

    use super::*;

    fn page(status: &str, answer: &str, assigned: Option<&str>, learning: &str) -> Page {
        let people: Vec<_> =
            assigned.iter().map(|name| json!({ "id": "u", "name": name })).collect();
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
        let release = |text: &str| TicketRelease {
            number: 1,
            text: text.to_owned(),
            attachments: "[]".to_owned(),
            author: None,
            at_ms: 0,
            reply: None,
            outcome: None,
            error_code: None,
            provider_ids: Vec::new(),
        };
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
            let found = may_set_state(
                &page(status, "", None, ""),
                &ticket(ours, shown),
                (&[], &[]),
                &names,
            );
            assert_eq!(found, may, "{status} {ours} {shown}");
        }
    }

    #[test]
    fn a_file_that_can_not_be_sent_holds_nothing_back() {
        let names = NotionNames::default();
        let file =
            json!({ "name": "plan.pdf", "file": { "url": "https://files.example/plan.pdf" } });
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
        let release = TicketRelease {
            number: 2,
            text: "Sí".to_owned(),
            attachments: "[]".to_owned(),
            author: None,
            at_ms: 0,
            reply: None,
            outcome: None,
            error_code: None,
            provider_ids: Vec::new(),
        };
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
            number: 1,
            text: text.to_owned(),
            attachments: serde_json::to_string(attached).unwrap(),
            author: None,
            at_ms: 0,
            reply: None,
            outcome: None,
            error_code: None,
            provider_ids: Vec::new(),
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
}
