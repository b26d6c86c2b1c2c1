//! A ticket as a page: its properties and its lines. Pure.

use clients::notion::{Page, RichText, spans};
use domain::Language;
use runtime::business::NotionNames;
use serde_json::{Map, Value, json};
use store::records::{DeliveryState, DeliveryStatus, LineKind, Ticket, TicketLine, TicketRelease};
use uuid::Uuid;

use crate::words;

const TITLE_CHARS: usize = 200;
/// Of a property; more of it stands on the page itself.
const PROPERTY_CHARS: usize = 1900;
const LAST_LINES: usize = 6;

/// What is drawn.
pub(super) struct Drawing<'a> {
    pub(super) ticket: &'a Ticket,
    pub(super) lines: &'a [TicketLine],
    pub(super) releases: &'a [TicketRelease],
    /// What the channel told of the parts of the last release, each with its time.
    pub(super) deliveries: &'a [(DeliveryState, i64)],
    pub(super) names: &'a NotionNames,
    pub(super) business: &'a str,
    pub(super) language: Language,
}

impl Drawing<'_> {
    /// All properties that are ours, but for the state. What the specialists write is theirs.
    pub(super) fn properties(&self) -> Map<String, Value> {
        let Self { ticket, names, language, .. } = self;
        let title = ticket.summary.as_deref().filter(|summary| !summary.trim().is_empty());
        let title = title.or_else(|| self.first_words()).unwrap_or("—");
        let mut properties = Map::new();
        let mut set = |name: &String, value: Value| properties.insert(name.clone(), value);
        set(&names.question, json!({ "title": spans(&cut(title, TITLE_CHARS)) }));
        set(&names.id, json!({ "rich_text": spans(&ticket.id.to_string()) }));
        let phone = ticket.customer_phone.as_ref().map(|phone| format!("+{phone}"));
        set(&names.phone, json!({ "phone_number": phone }));
        let reason = ticket.reason.as_deref().unwrap_or_default();
        set(&names.reason, json!({ "select": { "name": words::reason(reason, *language) } }));
        set(&names.summary, text(&self.summary()));
        set(&names.conversation, text(&self.last_lines()));
        set(&names.delivery, text(&self.delivery()));
        set(&names.business, json!({ "select": { "name": self.business.replace(',', " ") } }));
        if let Some(state) = &ticket.learned.state {
            let state = words::learning(state, *language);
            set(&names.learning, json!({ "select": { "name": state } }));
            let proposal = ticket.learned.proposal.as_deref().unwrap_or_default();
            let (question, answer) = proposal.split_once('\n').unwrap_or((proposal, ""));
            let (q, a) = words::question_in_answer(*language);
            let mut shown = format!("{q}: {question}\n{a}: {answer}");
            if let Some(why) = &ticket.learned.why {
                shown = format!("{shown}\n({why})");
            }
            set(&names.proposal, text(&shown));
            set(&names.helped, json!({ "number": ticket.learned.helped }));
        }
        properties
    }

    fn first_words(&self) -> Option<&str> {
        let said = |line: &&TicketLine| line.kind == LineKind::Customer && !line.text.is_empty();
        self.lines.iter().rev().find(said).map(|line| line.text.as_str())
    }

    fn summary(&self) -> String {
        let Self { ticket, .. } = self;
        let name = ticket.customer_name.as_deref().unwrap_or_default();
        let summary = ticket.summary.as_deref().unwrap_or_default();
        match (name, summary) {
            ("", summary) => summary.to_owned(),
            (name, "") => name.to_owned(),
            (name, summary) => format!("{name}: {summary}"),
        }
    }

    fn last_lines(&self) -> String {
        let said: Vec<&TicketLine> =
            self.lines.iter().filter(|line| line.kind != LineKind::Event).collect();
        let last = said[said.len().saturating_sub(LAST_LINES)..].iter();
        last.map(|line| as_line(line, self.language)).collect::<Vec<_>>().join("\n")
    }

    /// What became of the last answer: of several parts the one that is least far.
    fn delivery(&self) -> String {
        let Some(last) = self.releases.last() else { return String::new() };
        let failed = |one: &&&(DeliveryState, i64)| one.0.status == DeliveryStatus::Failed;
        let worst = self.deliveries.iter().find(|one| failed(&one));
        let least = worst.or_else(|| self.deliveries.iter().min_by_key(|one| one.0.status));
        // A part of which nothing was told is only sent.
        let least = least.filter(|one| {
            one.0.status == DeliveryStatus::Failed
                || self.deliveries.len() >= last.provider_ids.len()
        });
        let became = match least {
            Some((state, at_ms)) => words::delivery(state, &words::clock(*at_ms), self.language),
            None => words::outcome(last.outcome.as_deref(), last.error_code, self.language),
        };
        match self.releases.len() {
            1 => became,
            count => format!("{became} ({count})"),
        }
    }
}

fn text(text: &str) -> Value {
    json!({ "rich_text": spans(&cut(text, PROPERTY_CHARS)) })
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn as_line(line: &TicketLine, language: Language) -> String {
    let said = match line.kind {
        LineKind::Withdrawn => words::withdrawn(language).to_owned(),
        _ => with_media(line, language),
    };
    let moment = words::moment(line.at_ms);
    match line.kind {
        LineKind::Event => format!("{moment} — {said}"),
        kind => format!("{moment} {}: {said}", words::author(kind, language)),
    }
}

fn with_media(line: &TicketLine, language: Language) -> String {
    let Some(media) = &line.media else { return line.text.clone() };
    let mut said = words::media(media, language).to_owned();
    if !line.text.is_empty() {
        said = format!("{said}: {}", line.text);
    }
    if let Some(file) = &line.file {
        said = format!("{said} [{file}]");
    }
    said
}

/// A line as a block, with the text by which it is known again.
pub(super) fn block(line: &TicketLine, language: Language) -> (Value, String) {
    let text = as_line(line, language);
    let mut spans = spans(&text);
    if line.kind == LineKind::Event {
        for span in &mut spans {
            span["annotations"] = json!({ "italic": true, "color": "gray" });
        }
    }
    // Notion takes at most a hundred pieces.
    spans.truncate(100);
    (json!({ "object": "block", "type": "paragraph", "paragraph": { "rich_text": spans } }), text)
}

/// What a ticket's state is called on its page.
pub(super) fn state_name<'a>(state: &str, names: &'a NotionNames) -> &'a String {
    match state {
        "taken" => &names.taken,
        "answered" => &names.answered,
        "closed" => &names.closed,
        _ => &names.waiting,
    }
}

/// What a specialist has written on the page, as Markdown.
pub(super) fn answer_on(page: &Page, names: &NotionNames) -> String {
    RichText::markdown(page.text(&names.answer)).trim().to_owned()
}

/// By what it is known whether anything that people write on the page has changed.
pub(super) fn print_of(page: &Page, names: &NotionNames) -> String {
    let assigned: Vec<&str> =
        page.people(&names.assigned).iter().map(|person| person.id.as_str()).collect();
    let files: Vec<String> =
        page.files(&names.attachments).iter().map(clients::notion::File::place).collect();
    let all = json!([
        page.choice(&names.status),
        answer_on(page, names),
        assigned,
        page.choice(&names.learning),
        files,
        page.is_gone(),
    ]);
    print(&all)
}

pub(super) fn print(value: &Value) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, value.to_string().as_bytes()).to_string()
}
