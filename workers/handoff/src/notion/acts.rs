//! What people did on a page. Pure.

use clients::notion::{File, Page};
use domain::message::{Act, Attachment};
use runtime::business::NotionNames;
use store::records::{Ticket, TicketRelease};

use super::draw::{answer_on, state_name};

/// What a page asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    Act(Act),
    /// The customer is to have what stands there.
    Send { closes: bool },
    /// The page says something of the state that is not so.
    TellTheState,
    /// What was learned is right, or is not.
    Review { approved: bool },
}

/// What the page asks for, compared with what is known of its ticket. A state that stands on the
/// page is somebody's doing only if ours had been written there before.
pub(super) fn wishes(page: &Page, ticket: &Ticket, names: &NotionNames) -> Vec<Wish> {
    let on_page = page.choice(&names.status);
    let is = |name: &String| on_page == Some(name.as_str());
    let (state, shown) = (ticket.state.as_str(), ticket.page.state.as_deref());
    let is_theirs = shown == Some(state) && !is(state_name(state, names));
    let has_answer =
        !answer_on(page, names).is_empty() || !page.files(&names.attachments).is_empty();
    let mut wishes = Vec::new();
    let assigned = page.people(&names.assigned).first().and_then(|one| one.name.as_deref());
    if is(&names.send) || is(&names.send_and_close) {
        wishes.push(match has_answer {
            true => Wish::Send { closes: is(&names.send_and_close) },
            false => Wish::TellTheState,
        });
    } else if is_theirs {
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
