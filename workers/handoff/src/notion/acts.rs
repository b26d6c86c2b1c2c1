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
mod tests;
