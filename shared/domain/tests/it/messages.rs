//! The JSON of the messages: a contract with what is already in a queue.
// long: one example of each message, so that none can be forgotten.

use domain::content::{Media, MediaKind, OrderItem, Reading, Unread};
use domain::conversation::{Author, Line};
use domain::message::{
    Act, ActionRequested, AlertRaised, AnswerLearned, AnswerReviewed, Attachment, Choice, Delivery,
    DeliveryUpdated, DeskVerified, Ended, HandoffReason, HandoffRequested, HistoryReceived,
    HumanSpoke, Inbound, LearningChanged, LearningState, MediaReceived, MessageDied,
    MessageReceived, Note, Origin, Past, QuestionAsked, Release, ReplyPart, ReplyReady, Sent,
    Severity, Source, Speaker, Template, TicketActed, TicketChanged, TicketDue, TicketNoted,
    TicketState, TurnClosed, TurnDue, TurnGathered, TurnNoticed, TurnOverdue,
};
use domain::{
    Body, BusinessId, Channel, Content, ConversationId, Customer, Envelope, Error, Kind, Language,
    MessageId, Outcome, TicketId, Timestamp, TurnId,
};
use serde_json::{Value, json};

pub(crate) const NAME: &str = "Ana Secreta";
pub(crate) const PHONE: &str = "34600999111";
pub(crate) const USER: &str = "ES.SECRETUSER";
pub(crate) const WORDS: &str = "palabras secretas";

const AT: Timestamp = Timestamp::from_secs(1_795_000_000);
const TURN: TurnId = TurnId(1_795_000_000_000);

fn customer() -> Customer {
    Customer {
        user_id: Some(USER.to_owned()),
        phone: Some(PHONE.to_owned()),
        name: Some(NAME.to_owned()),
    }
}

fn inbound(content: Content) -> Inbound {
    Inbound {
        provider_id: "wamid.in".to_owned(),
        sent_at: AT,
        arrived_at: None,
        customer: customer(),
        address: "106540352242922".to_owned(),
        content,
        context: Some(json!({ "from": PHONE, "quoted": WORDS })),
    }
}

/// One of every content, with everything in it that a log must not show.
pub(crate) fn contents() -> Vec<Content> {
    let words = || Some(WORDS.to_owned());
    vec![
        Content::text(WORDS),
        Content::Media(Media {
            kind: MediaKind::Image,
            id: "media".to_owned(),
            mime_type: Some("image/jpeg".to_owned()),
            sha256: None,
            caption: words(),
            filename: words(),
            voice: false,
            file: None,
            reading: None,
        }),
        Content::Location { latitude: 41.5, longitude: 2.25, name: words(), address: words() },
        Content::Contacts { cards: json!([{ "phone": PHONE }]) },
        Content::Choice { id: "option".to_owned(), title: WORDS.to_owned() },
        Content::Form { name: Some("form".to_owned()), answers: json!({ "answer": WORDS }) },
        Content::Order {
            catalog_id: Some("catalog".to_owned()),
            text: words(),
            items: vec![OrderItem {
                product_id: "sku".to_owned(),
                quantity: 2.0,
                price: Some(19.5),
                currency: Some("EUR".to_owned()),
            }],
        },
        Content::Reaction { to: "wamid.out".to_owned(), emoji: Some("👍".to_owned()) },
        Content::Edit { original: "wamid.in".to_owned(), body: words() },
        Content::Revoke { original: "wamid.in".to_owned() },
        Content::System { event: "number".to_owned(), details: json!({ "new": PHONE }) },
        Content::Unsupported { what: Some("poll".to_owned()) },
        Content::Unknown { type_name: "new".to_owned(), raw: json!({ "text": WORDS }) },
        read(MediaKind::Audio, Reading::Transcript(WORDS.to_owned())),
        read(MediaKind::Image, Reading::Description(WORDS.to_owned())),
        read(MediaKind::Document, Reading::Text(WORDS.to_owned())),
        read(MediaKind::Video, Reading::Unread(Unread::WrongType)),
    ]
}

fn read(kind: MediaKind, reading: Reading) -> Content {
    Content::Media(Media {
        kind,
        id: "media".to_owned(),
        mime_type: None,
        sha256: None,
        caption: None,
        filename: None,
        voice: false,
        file: Some("shop/file".to_owned()),
        reading: Some(reading),
    })
}

/// What messages say in the fields that most of them do without.
pub(crate) fn full_bodies() -> Vec<Body> {
    let words = || Some(WORDS.to_owned());
    let reply = MessageId::from_uuid(uuid::Uuid::from_u128(7));
    let sources = || {
        vec![Source {
            entry: uuid::Uuid::from_u128(9),
            name: "faq.md".to_owned(),
            quote: Some(WORDS.to_owned()),
        }]
    };
    let file = |from| Attachment::File {
        media: MediaKind::Document,
        from,
        caption: words(),
        filename: words(),
    };
    let closed = |outcome, by| TurnClosed {
        turn: None,
        outcome,
        messages: Vec::new(),
        sent: vec![Sent {
            reply,
            part: 1,
            provider_id: "wamid.out".to_owned(),
            text: WORDS.to_owned(),
            at: AT,
            by,
            sources: sources(),
        }],
        error_code: None,
    };
    vec![
        ReplyReady {
            by: Speaker::Person,
            choices: vec![
                Choice { id: "1".to_owned(), title: WORDS.to_owned(), description: words() },
                Choice { id: "2".to_owned(), title: WORDS.to_owned(), description: None },
            ],
            attachments: vec![
                file(Origin::Link(format!("https://shop.example/{WORDS}"))),
                file(Origin::Id("media".to_owned())),
                file(Origin::Stored("shop/file".to_owned())),
                Attachment::Location {
                    latitude: 41.5,
                    longitude: 2.25,
                    name: words(),
                    address: None,
                },
                Attachment::Contacts { cards: json!([{ "phone": PHONE }]) },
                Attachment::Reaction { to: "wamid.in".to_owned(), emoji: Some("👍".to_owned()) },
                Attachment::Template(Template {
                    name: "reopen".to_owned(),
                    language: "pt_BR".to_owned(),
                    parameters: vec![NAME.to_owned()],
                }),
            ],
            quotes: Some("wamid.in".to_owned()),
            sources: sources(),
            ..ReplyReady::outside(2, WORDS, Outcome::Answered)
        }
        .into(),
        closed(Outcome::Postponed, Speaker::Person).into(),
        DeliveryUpdated {
            provider_id: "wamid.out".to_owned(),
            status: Delivery::Played,
            at: AT,
            reply: None,
            error_code: None,
            error: None,
            billable: Some(true),
            category: Some("utility".to_owned()),
            pricing: Some("regular".to_owned()),
        }
        .into(),
        HandoffRequested {
            turn: TURN,
            epoch: 1,
            reason: HandoffReason::Submitted,
            language: Language::Pt,
            summary: WORDS.to_owned(),
            partial: Some(WORDS.to_owned()),
            sources: sources(),
        }
        .into(),
        AlertRaised {
            kind: "sending_stopped".to_owned(),
            severity: Severity::Critical,
            subject: "shop".to_owned(),
            details: "the token has expired".to_owned(),
            at: AT,
            over: true,
        }
        .into(),
    ]
    .into_iter()
    .chain(at_the_desk())
    .collect()
}

/// One of every message, with everything in it that a log must not show.
pub(crate) fn bodies() -> Vec<Body> {
    let (turn, epoch, language) = (TURN, 1, Language::Es);
    let words = || WORDS.to_owned();
    let reply = MessageId::from_uuid(uuid::Uuid::from_u128(7));
    let voice = Media {
        kind: MediaKind::Audio,
        id: "media".to_owned(),
        mime_type: Some("audio/ogg".to_owned()),
        sha256: Some("hash".to_owned()),
        caption: None,
        filename: None,
        voice: true,
        file: None,
        reading: None,
    };
    vec![
        MessageReceived(inbound(Content::text(WORDS))).into(),
        MediaReceived(inbound(Content::Media(voice))).into(),
        TurnNoticed { turn, address: "1".to_owned(), provider_id: "wamid.in".to_owned() }.into(),
        TurnDue { turn }.into(),
        TurnGathered { turn }.into(),
        TurnOverdue { turn }.into(),
        QuestionAsked { turn, epoch, question: words(), language }.into(),
        ActionRequested { turn, epoch, request: words(), language }.into(),
        HandoffRequested {
            turn,
            epoch,
            reason: HandoffReason::NoAnswer,
            language,
            summary: words(),
            partial: None,
            sources: Vec::new(),
        }
        .into(),
        ReplyReady::answer(turn, epoch, words(), Outcome::Answered).into(),
        TurnClosed {
            turn: Some(turn),
            outcome: Outcome::Answered,
            messages: vec![MessageId::from_uuid(uuid::Uuid::from_u128(8))],
            sent: vec![Sent {
                reply,
                part: 0,
                provider_id: "wamid.out".to_owned(),
                text: words(),
                at: AT,
                by: Speaker::Bot,
                sources: Vec::new(),
            }],
            error_code: Some(131_047),
        }
        .into(),
        TicketChanged { ticket: "ticket".to_owned(), event: Some("event".to_owned()) }.into(),
        HumanSpoke {
            provider_id: "wamid.echo".to_owned(),
            at: AT,
            customer: customer(),
            address: "1".to_owned(),
            content: Content::text(WORDS),
        }
        .into(),
        DeliveryUpdated {
            provider_id: "wamid.out".to_owned(),
            status: Delivery::Failed,
            at: AT,
            reply: Some(ReplyPart { reply, part: 0 }),
            error_code: Some(131_026),
            error: Some(format!("{PHONE} can not be reached")),
            billable: Some(false),
            category: None,
            pricing: None,
        }
        .into(),
        AnswerLearned { ticket: "ticket".to_owned(), question: words(), answer: words(), language }
            .into(),
        MessageDied {
            worker: "triage".to_owned(),
            message: MessageId::from_uuid(uuid::Uuid::from_u128(9)),
            kind: "message.received.v1".to_owned(),
            turn: Some(turn),
            cause: "the handler panicked".to_owned(),
            customer_message: Some(Box::new(inbound(Content::text(WORDS)))),
        }
        .into(),
        HistoryReceived {
            customer: customer(),
            address: "1".to_owned(),
            messages: vec![Past {
                provider_id: "wamid.past".to_owned(),
                at: AT,
                by: Author::Person,
                content: Content::text(WORDS),
            }],
        }
        .into(),
        AlertRaised {
            kind: "message_template_status_update".to_owned(),
            severity: Severity::Warning,
            subject: "reopen".to_owned(),
            details: "the template was paused".to_owned(),
            at: AT,
            over: false,
        }
        .into(),
        AnswerReviewed { candidate: uuid::Uuid::from_u128(7), approved: true }.into(),
        LearningChanged {
            ticket: "ticket".to_owned(),
            candidate: uuid::Uuid::from_u128(7),
            revision: 1,
            state: LearningState::Conflict,
            question: words(),
            answer: words(),
            why: Some(words()),
            helped: 3,
        }
        .into(),
        noted(Note::Opened {
            reason: HandoffReason::NoAnswer,
            summary: words(),
            language,
            customer: customer(),
            before: vec![Line {
                author: Author::Bot,
                text: words(),
                at: AT,
                provider_id: Some("wamid.past".to_owned()),
            }],
        }),
        acted(Act::Release { text: words(), attachments: Vec::new(), closes: true, after: None }),
        TicketDue { ticket: ticket() }.into(),
        DeskVerified { token: words() }.into(),
    ]
}

fn ticket() -> TicketId {
    TicketId::from_uuid(uuid::Uuid::from_u128(6))
}

fn noted(note: Note) -> Body {
    let key = MessageId::from_uuid(uuid::Uuid::from_u128(5));
    TicketNoted { ticket: ticket(), key, at: AT, step: 1, state: TicketState::Waiting, note }.into()
}

fn acted(act: Act) -> Body {
    TicketActed { ticket: Some(ticket()), by: Some("Luis".to_owned()), act }.into()
}

/// One of every note and act beside those of [`bodies`].
fn at_the_desk() -> Vec<Body> {
    let words = || WORDS.to_owned();
    let reply = MessageId::from_uuid(uuid::Uuid::from_u128(7));
    let file = || {
        vec![Attachment::File {
            media: MediaKind::Document,
            from: Origin::Stored("shop/file".to_owned()),
            caption: None,
            filename: Some(words()),
        }]
    };
    let notes = [
        Note::Asked { reason: HandoffReason::Wished, summary: words() },
        Note::Customer {
            content: "image".to_owned(),
            text: Some(words()),
            media: Some(MediaKind::Image),
            file: Some("shop/file".to_owned()),
        },
        Note::Withdrawn,
        Note::Bot { text: words() },
        Note::Person { text: words(), waited_since: None },
        Note::Person { text: words(), waited_since: Some(AT) },
        Note::Taken { by: Some("Luis".to_owned()) },
        Note::PutBack,
        Note::Released {
            number: 1,
            text: words(),
            attachments: file(),
            by: None,
            waited_since: None,
        },
        Note::Kept { number: 1 },
        Note::Said {
            number: 1,
            reply,
            outcome: Outcome::Undeliverable,
            error_code: Some(131_026),
            provider_ids: vec!["wamid.out".to_owned()],
        },
        Note::Closed { how: Ended::ByTime },
        Note::Reminded,
        Note::Escalated,
    ];
    let acts = [
        Act::Take,
        Act::PutBack,
        Act::Release { text: String::new(), attachments: file(), closes: false, after: Some(2) },
        Act::Close,
        Act::HandBack,
    ];
    let released = ReplyReady {
        by: Speaker::Person,
        releases: vec![Release { ticket: ticket(), number: 1 }],
        ..ReplyReady::outside(2, WORDS, Outcome::Answered)
    };
    let nobody = TicketActed { ticket: None, by: None, act: Act::Take };
    let notes = notes.into_iter().map(noted).chain(acts.into_iter().map(acted));
    notes.chain([released.into(), nobody.into()]).collect()
}

pub(crate) fn envelope(body: Body) -> Envelope {
    let business = BusinessId::new("shop");
    let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer());
    let id = MessageId::of_provider(&business, Channel::Whatsapp, "message", "wamid.in");
    let outside = Envelope::from_outside(id, business, conversation, AT, TurnDue { turn: TURN });
    outside.cause_of("triage", 0, AT, body)
}

fn json_of(envelope: &Envelope) -> Value {
    serde_json::from_slice(&envelope.encode().unwrap()).unwrap()
}

/// `messages.json` holds one example of each message, more of those with optional fields, and one
/// of each content. To change one that was
/// released is to add a version; for a new one, copy the file that the failure names.
#[test]
fn every_message_keeps_its_json() {
    let kinds: Vec<Kind> = bodies().iter().map(Body::kind).collect();
    assert_eq!(kinds, Kind::ALL, "an example for each message, in order");

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/messages.json");
    let mut examples: Vec<Value> =
        bodies().into_iter().map(|body| json_of(&envelope(body))).collect();
    examples.extend(full_bodies().into_iter().map(|body| json_of(&envelope(body))));
    examples.extend(contents().iter().map(|content| serde_json::to_value(content).unwrap()));
    let now = format!("{}\n", serde_json::to_string_pretty(&examples).unwrap());
    if std::fs::read_to_string(path).unwrap() != now {
        let is = concat!(env!("CARGO_TARGET_TMPDIR"), "/messages.json");
        std::fs::write(is, &now).unwrap();
        panic!("the JSON of a message has changed: compare {is} with {path}");
    }
    for body in bodies().into_iter().chain(full_bodies()) {
        let message = envelope(body);
        assert_eq!(Envelope::decode(&message.encode().unwrap()).unwrap(), message);
    }
    for content in contents() {
        let json = serde_json::to_string(&content).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&json).unwrap(), content);
    }
}

#[test]
fn fields_that_this_version_does_not_know_are_tolerated() {
    for body in bodies() {
        let message = envelope(body);
        let mut json = json_of(&message);
        json["later"] = json!({ "more": [1, 2, 3] });
        json["data"]["later"] = json!("more");
        assert_eq!(Envelope::decode(json.to_string().as_bytes()).unwrap(), message);
    }
}

#[test]
fn a_message_that_cannot_be_read_says_why_and_quotes_nothing() {
    let turn_due = json_of(&envelope(TurnDue { turn: TURN }.into()));
    let with = |field: &str, value: Value| {
        let mut json = turn_due.clone();
        json[field] = value;
        Envelope::decode(json.to_string().as_bytes()).unwrap_err()
    };
    let check = |error: Error, text: &str| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(format!("{error}: {}", source.unwrap_or_default()), text);
        assert!(!format!("{error:?}").contains(WORDS));
    };
    check(
        with("type", json!("turn.due.v9")),
        r#"decode a message of the unknown type "turn.due.v9": "#,
    );
    check(
        with("data", json!({ "turn": WORDS })),
        "decode the body of a turn.due.v1: Data error at line 1 column 27",
    );
    check(
        with("data", json!(null)),
        "decode the body of a turn.due.v1: Data error at line 1 column 4",
    );
    check(
        with("business", json!([WORDS])),
        "decode the envelope of a message: Data error at line 1 column 12",
    );
    check(
        Envelope::decode(b"{").unwrap_err(),
        "decode the envelope of a message: Eof error at line 1 column 1",
    );
}
