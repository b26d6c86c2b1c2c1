//! What a note changes in the records.

use std::time::Duration;

use domain::conversation::Author;
use domain::message::{Ended, Note, TicketNoted};
use domain::{Channel, ConversationId, Envelope, Language, MessageId, Outcome};
use store::records::{LineKind, Opening, ReleaseSaid, TicketChange, TicketLine, TicketRelease};
use uuid::Uuid;

use crate::words;

/// When something may be due at the earliest.
const DUE_AFTER: Duration = Duration::from_secs(30);

pub(super) fn change(
    noted: &TicketNoted,
    envelope: &Envelope,
    conversation: ConversationId,
    language: Language,
) -> TicketChange {
    let at_ms = noted.at.as_millis();
    let new = TicketChange::new(
        noted.ticket.as_uuid(),
        envelope.business.to_string(),
        conversation.as_uuid(),
    );
    let mut change = TicketChange {
        state: noted.state.as_str().to_owned(),
        step: i32::try_from(noted.step).unwrap_or(i32::MAX),
        at_ms,
        due_ms: (envelope.time + DUE_AFTER).as_millis(),
        ..new
    };
    let key = noted.key.as_uuid();
    let line = |kind, text: String| TicketLine { key, kind, text, media: None, file: None, at_ms };
    let event = |text: &str| line(LineKind::Event, text.to_owned());
    match &noted.note {
        Note::Opened { reason, summary, language, customer, before } => {
            change.opening = Some(Opening {
                reason: reason.as_str().to_owned(),
                summary: summary.clone(),
                language: language.as_str().to_owned(),
                customer_name: customer.name.clone(),
                customer_phone: customer.phone.clone(),
                customer_user: customer.user_id.clone(),
            });
            let of = |(index, line): (usize, &domain::conversation::Line)| TicketLine {
                key: key_of(line, noted, envelope, index),
                kind: match line.author {
                    Author::Customer => LineKind::Customer,
                    Author::Bot => LineKind::Bot,
                    Author::Person => LineKind::Person,
                },
                text: line.text.clone(),
                media: None,
                file: None,
                at_ms: line.at.as_millis(),
            };
            change.lines = before.iter().enumerate().map(of).collect();
        }
        Note::Asked { reason, .. } => change.lines.push(event(&words::joined(language, *reason))),
        Note::Customer { content, text, media, file } => {
            let media = media.map(|kind| {
                serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned))
            });
            let text = match (text, &media) {
                (Some(text), _) => text.clone(),
                (None, Some(_)) => String::new(),
                (None, None) => words::content(content, language).to_owned(),
            };
            let said = line(LineKind::Customer, text);
            change.lines.push(TicketLine { media: media.flatten(), file: file.clone(), ..said });
        }
        Note::Withdrawn => change.withdrawn = Some(key),
        Note::Bot { text } => change.lines.push(line(LineKind::Bot, text.clone())),
        Note::Person { text, .. } => change.lines.push(line(LineKind::Person, text.clone())),
        Note::Taken { by } => {
            change.lines.push(event(&words::taken(language, by.as_deref())));
            change.assigned.clone_from(by);
        }
        Note::PutBack => change.lines.push(event(words::put_back(language))),
        Note::Released { number, text, attachments, by, .. } => {
            change.lines.push(line(LineKind::Person, text.clone()));
            change.assigned.clone_from(by);
            // What asked for it stands at the desk until it is overwritten.
            change.shows_state = true;
            change.release = Some(TicketRelease {
                number: i32::try_from(*number).unwrap_or(i32::MAX),
                text: text.clone(),
                attachments: serde_json::to_string(attachments).unwrap_or_default(),
                author: by.clone(),
                at_ms,
                reply: Some(noted.ticket.reply(*number).as_uuid()),
                outcome: None,
                error_code: None,
                provider_ids: Vec::new(),
            });
        }
        Note::Kept { .. } => change.shows_state = true,
        Note::Said { number, reply, outcome, error_code, provider_ids } => {
            // It may wait again, and what asked for it may stand at the desk still.
            change.shows_state = matches!(outcome, Outcome::Undeliverable | Outcome::Failed);
            change.said = Some(ReleaseSaid {
                number: i32::try_from(*number).unwrap_or(i32::MAX),
                reply: reply.as_uuid(),
                outcome: outcome.as_str().to_owned(),
                error_code: *error_code,
                provider_ids: provider_ids.clone(),
            });
        }
        Note::Closed { how } => {
            change.lines.push(event(words::closed(language, *how == Ended::ByTime)));
        }
        Note::Reminded => {
            change.lines.push(event(words::reminded(language)));
            change.reminded = true;
        }
        Note::Escalated => {
            change.lines.push(event(words::escalated(language)));
            change.escalated = true;
        }
    }
    change
}

/// What was said before has the key that it would have had as a note of its own.
fn key_of(
    line: &domain::conversation::Line,
    noted: &TicketNoted,
    envelope: &Envelope,
    index: usize,
) -> Uuid {
    let id = match (&line.provider_id, line.author) {
        (Some(provider_id), Author::Customer) => {
            MessageId::of_provider(&envelope.business, Channel::Whatsapp, "message", provider_id)
        }
        _ => noted.ticket.derive(&format!("before\0{index}")),
    };
    id.as_uuid()
}
