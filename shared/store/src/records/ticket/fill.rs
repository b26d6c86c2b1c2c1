//! Filling tickets.

use uuid::Uuid;

use super::super::erase::is_erased;
use super::super::{Error, Records, storable, transact, write};
use super::{Learned, LineKind, TicketChange};

const TICKET: &str = "INSERT INTO ticket (id, business, conversation, state, step, changed_ms,
         due_ms, opened_ms, reason, summary, language, customer_name, customer_phone,
         customer_user, assigned, answered_ms, closed_ms, reminded_ms, escalated_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     ON CONFLICT (id) DO UPDATE SET
         state = CASE WHEN excluded.step >= ticket.step THEN excluded.state ELSE ticket.state END,
         closed_ms = CASE WHEN excluded.step >= ticket.step THEN excluded.closed_ms
             ELSE ticket.closed_ms END,
         step = CASE WHEN excluded.step >= ticket.step THEN excluded.step ELSE ticket.step END,
         changed_ms = CASE WHEN excluded.changed_ms >= ticket.changed_ms
             THEN excluded.changed_ms ELSE ticket.changed_ms END,
         due_ms = excluded.due_ms,
         opened_ms = COALESCE(ticket.opened_ms, excluded.opened_ms),
         reason = COALESCE(ticket.reason, excluded.reason),
         summary = COALESCE(ticket.summary, excluded.summary),
         language = COALESCE(ticket.language, excluded.language),
         customer_name = COALESCE(ticket.customer_name, excluded.customer_name),
         customer_phone = COALESCE(ticket.customer_phone, excluded.customer_phone),
         customer_user = COALESCE(ticket.customer_user, excluded.customer_user),
         assigned = COALESCE(excluded.assigned, ticket.assigned),
         answered_ms = COALESCE(excluded.answered_ms, ticket.answered_ms),
         reminded_ms = COALESCE(ticket.reminded_ms, excluded.reminded_ms),
         escalated_ms = COALESCE(ticket.escalated_ms, excluded.escalated_ms),
         page_state = CASE WHEN $20 THEN NULL ELSE ticket.page_state END,
         retry_ms = 0, version = ticket.version + 1";

/// Of a file the longer text stays: what was read in it may be told before that it was sent.
const LINE: &str = "INSERT INTO ticket_note (ticket, key, kind, text, media, file, at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (ticket, key) DO UPDATE SET
         kind = excluded.kind, text = excluded.text,
         media = COALESCE(excluded.media, ticket_note.media),
         file = COALESCE(excluded.file, ticket_note.file), shown = FALSE
     WHERE ticket_note.kind <> 'withdrawn' AND ticket_note.text <> excluded.text
         AND (ticket_note.media IS NULL OR excluded.media IS NULL
             OR length(excluded.text) >= length(ticket_note.text))";

/// Nothing of what it said is kept, and nothing can bring it back.
const WITHDRAWN: &str = "INSERT INTO ticket_note (ticket, key, kind, text, at_ms)
     VALUES ($1, $2, 'withdrawn', '', $3)
     ON CONFLICT (ticket, key) DO UPDATE SET kind = 'withdrawn', text = '', media = NULL,
         file = NULL, shown = FALSE
     WHERE ticket_note.kind <> 'withdrawn'";

const RELEASE: &str = "INSERT INTO ticket_release (ticket, number, text, attachments, author,
         at_ms, reply, provider_ids)
     VALUES ($1, $2, $3, $4, $5, $6, $7, '')
     ON CONFLICT (ticket, number) DO UPDATE SET text = excluded.text,
         attachments = excluded.attachments, author = excluded.author, at_ms = excluded.at_ms,
         reply = COALESCE(ticket_release.reply, excluded.reply)";

/// The last that was heard of it holds.
const SAID: &str = "INSERT INTO ticket_release (ticket, number, text, attachments, at_ms, reply,
         outcome, error_code, provider_ids, said_ms)
     VALUES ($1, $2, '', '', $7, $3, $4, $5, $6, $7)
     ON CONFLICT (ticket, number) DO UPDATE SET reply = excluded.reply,
         outcome = excluded.outcome, error_code = excluded.error_code,
         provider_ids = excluded.provider_ids, said_ms = excluded.said_ms
     WHERE excluded.said_ms >= ticket_release.said_ms";

impl Records {
    /// Records what belongs on a ticket, all of it or nothing; also of one whose opening is not
    /// recorded yet. Whether a line of it was new (test
    /// `a_line_that_changed_is_to_be_shown_again_and_the_same_again_is_not`).
    pub async fn record_ticket(&self, change: &TicketChange) -> Result<bool, Error> {
        let change = change.clone();
        transact!(self, "record a ticket in", db => {
            // What is late of a customer who was erased brings nothing back.
            if is_erased!(db, change.conversation, change.at_ms) {
                return Ok(false);
            }
            let opening = change.opening.as_ref();
            let text = |text: Option<&String>| text.map(|text| storable(text));
            let is_answer = change.release.is_some()
                || change.lines.iter().any(|line| line.kind == LineKind::Person)
                    && opening.is_none();
            let at = |is: bool| is.then_some(change.at_ms);
            sqlx::query(TICKET)
                .bind(change.ticket)
                .bind(storable(&change.business))
                .bind(change.conversation)
                .bind(storable(&change.state))
                .bind(change.step)
                .bind(change.at_ms)
                .bind(change.due_ms)
                .bind(at(opening.is_some()))
                .bind(text(opening.map(|one| &one.reason)))
                .bind(text(opening.map(|one| &one.summary)))
                .bind(text(opening.map(|one| &one.language)))
                .bind(text(opening.and_then(|one| one.customer_name.as_ref())))
                .bind(text(opening.and_then(|one| one.customer_phone.as_ref())))
                .bind(text(opening.and_then(|one| one.customer_user.as_ref())))
                .bind(text(change.assigned.as_ref()))
                .bind(at(is_answer))
                .bind(at(change.state == "closed"))
                .bind(at(change.reminded))
                .bind(at(change.escalated))
                .bind(change.shows_state)
                .execute(&mut *db)
                .await?;
            let mut is_new = false;
            for line in &change.lines {
                let done = sqlx::query(LINE)
                    .bind(change.ticket)
                    .bind(line.key)
                    .bind(line.kind.name())
                    .bind(storable(&line.text))
                    .bind(line.media.as_deref().map(storable))
                    .bind(line.file.as_deref().map(storable))
                    .bind(line.at_ms)
                    .execute(&mut *db)
                    .await?;
                is_new |= done.rows_affected() > 0;
            }
            if let Some(key) = change.withdrawn {
                sqlx::query(WITHDRAWN)
                    .bind(change.ticket)
                    .bind(key)
                    .bind(change.at_ms)
                    .execute(&mut *db)
                    .await?;
            }
            if let Some(release) = &change.release {
                sqlx::query(RELEASE)
                    .bind(change.ticket)
                    .bind(release.number)
                    .bind(storable(&release.text))
                    .bind(storable(&release.attachments))
                    .bind(release.author.as_deref().map(storable))
                    .bind(release.at_ms)
                    .bind(release.reply)
                    .execute(&mut *db)
                    .await?;
            }
            if let Some(said) = &change.said {
                let ids = said.provider_ids.join("\n");
                sqlx::query(SAID)
                    .bind(change.ticket)
                    .bind(said.number)
                    .bind(said.reply)
                    .bind(storable(&said.outcome))
                    .bind(said.error_code)
                    .bind(storable(&ids))
                    .bind(change.at_ms)
                    .execute(&mut *db)
                    .await?;
            }
            Ok(is_new)
        })
    }

    /// Something about the ticket is to be shown that no note tells.
    pub async fn raise_ticket(&self, ticket: Uuid) -> Result<(), Error> {
        write!(self, "raise a ticket in", db => {
            sqlx::query("UPDATE ticket SET version = version + 1, retry_ms = 0 WHERE id = $1")
                .bind(ticket)
                .execute(db)
                .await
                .map(drop)
        })
    }

    /// What became of a ticket's answer as knowledge; the highest revision of the newest candidate
    /// holds.
    pub async fn record_learned(&self, ticket: Uuid, learned: &Learned) -> Result<(), Error> {
        let learned = learned.clone();
        write!(self, "record what was learned in", db => {
            sqlx::query(
                "UPDATE ticket SET candidate = $2, learning_revision = $3, learning = $4,
                     proposal = $5, learning_why = $6, helped = $7, version = version + 1,
                     retry_ms = 0
                 WHERE id = $1 AND (candidate IS NULL OR candidate <> $2
                     OR learning_revision IS NULL OR learning_revision < $3)",
            )
            .bind(ticket)
            .bind(learned.candidate)
            .bind(learned.revision)
            .bind(learned.state.as_deref().map(storable))
            .bind(learned.proposal.as_deref().map(storable))
            .bind(learned.why.as_deref().map(storable))
            .bind(learned.helped)
            .execute(db)
            .await
            .map(drop)
        })
    }
}
