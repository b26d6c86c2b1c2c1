//! Generated histories: what customers, people, brokers, stores and channels do, in any order.

use std::time::Duration;

use domain::Content;
use domain::content::{Media, MediaKind, Reading, Unread};
use proptest::prelude::*;

use crate::world::{DeskStep, Failure, Fate, Fault, Worker, World};

/// What a customer writes, by what must come of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Words {
    Greeting,
    /// The knowledge base answers it.
    Question,
    /// The knowledge base does not.
    UnknownQuestion,
    /// Its answer takes two messages.
    LongQuestion,
    AskForPerson,
    Sticker,
    Reaction,
    /// A voice note that somebody may read or not.
    Voice,
    /// A picture with words of the customer's.
    Picture,
    /// What says yes to an invitation.
    Yes,
}

impl Words {
    fn content(self, number: usize) -> Content {
        let text = |what: &str| Content::text(format!("{what}{number}"));
        match self {
            Self::Greeting => text("hello"),
            Self::Question => text("question"),
            Self::UnknownQuestion => text("unknown-question"),
            Self::LongQuestion => text("long-question"),
            Self::AskForPerson => text("person"),
            Self::Sticker => Content::Unsupported { what: Some("sticker".to_owned()) },
            Self::Reaction => Content::Reaction { to: "out.1".to_owned(), emoji: None },
            Self::Voice => file(MediaKind::Audio, None),
            Self::Picture => file(MediaKind::Image, Some(format!("question{number}"))),
            Self::Yes => Content::text("ok"),
        }
    }
}

fn file(kind: MediaKind, caption: Option<String>) -> Content {
    Content::Media(Media {
        kind,
        id: "media".to_owned(),
        mime_type: None,
        sha256: None,
        caption,
        filename: None,
        voice: false,
        file: None,
        reading: None,
    })
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The words, and how many seconds ago they were written.
    Write(Words, u8),
    /// The customer writes in a conversation of another name.
    WriteElsewhere(Words),
    Edit(u8),
    Delete(u8),
    /// A file is read, or can't be.
    Read(u8, bool),
    HasTemplate(bool),
    Freeze,
    Join,
    WebhookAgain(u8),
    Deliver(u8, Fault),
    Double(u8),
    Finish(u8, Fate, Fault),
    Crash(u8),
    Dies(u8),
    PersonSpeaks {
        minutes_ago: u8,
    },
    PersonTakesTheTicket,
    Desk(DeskStep),
    ForgetEffects,
    LoseTimers,
    LoseQueue,
    LoseDocument,
    Sweep,
    Stop(Worker),
    Start,
    Wait(Pause),
    /// Everything goes its way for a while.
    Run(Pause),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Pause {
    Blink,
    Second,
    Breath,
    Minutes,
    HalfADay,
    Day,
}

impl Pause {
    fn duration(self) -> Duration {
        match self {
            Self::Blink => Duration::from_millis(200),
            Self::Second => Duration::from_millis(1600),
            Self::Breath => Duration::from_secs(9),
            Self::Minutes => Duration::from_secs(100),
            Self::HalfADay => Duration::from_hours(12),
            Self::Day => Duration::from_hours(25),
        }
    }
}

impl World {
    pub(crate) fn step(&mut self, number: usize, step: Step) {
        self.now = self.now + Duration::from_millis(1);
        match step {
            Step::Write(words, seconds_ago) => {
                let sent_at = self.now - Duration::from_secs(seconds_ago.into());
                self.customer_writes(words.content(number), sent_at);
            }
            Step::WriteElsewhere(words) => {
                self.other_writes(words.content(number), self.now);
            }
            Step::Edit(pick) => {
                self.customer_corrects(pick, Some(format!("question-edited{number}")));
            }
            Step::Delete(pick) => self.customer_corrects(pick, None),
            Step::Read(pick, true) => {
                self.file_is_read(pick, Reading::Transcript(format!("question-read{number}")));
            }
            Step::Read(pick, false) => self.file_is_read(pick, Reading::Unread(Unread::Failed)),
            Step::HasTemplate(has) => self.has_template = has,
            Step::Freeze => self.freeze(),
            Step::Join => self.join(),
            Step::WebhookAgain(pick) => self.webhook_again(pick),
            Step::Deliver(pick, fault) => self.deliver(pick, fault),
            Step::Double(pick) => self.double(pick),
            Step::Finish(pick, fate, fault) => self.finish(pick, fate, fault),
            Step::Crash(pick) => self.crash(pick),
            Step::Dies(pick) => self.dies(pick),
            Step::PersonSpeaks { minutes_ago } => {
                self.person_speaks(Duration::from_secs(60 * u64::from(minutes_ago)));
            }
            Step::PersonTakesTheTicket => self.person_takes_the_ticket(),
            Step::Desk(act) => self.at_the_desk(act),
            Step::ForgetEffects => self.forget_effects(),
            Step::LoseTimers => self.lose_timers(),
            Step::LoseQueue => self.lose_queue(),
            Step::LoseDocument => self.lose_document(),
            Step::Sweep => self.sweep(),
            Step::Stop(worker) => self.stopped = Some(worker),
            Step::Start => self.stopped = None,
            Step::Wait(pause) => self.now = self.now + pause.duration(),
            Step::Run(pause) => self.run_for(pause.duration()),
        }
    }

    /// A world that has lived through a history and come to rest.
    pub(crate) fn after(history: &[Step]) -> Self {
        let mut world = Self::new();
        for (number, step) in history.iter().enumerate() {
            world.step(number, *step);
        }
        world.drain();
        world
    }
}

/// Whatever may happen.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => quiet_step(),
        12 => (pick(), faults()).prop_map(|(pick, fault)| Step::Deliver(pick, fault)),
        4 => (pick(), fates(), faults()).prop_map(|(pick, fate, fault)| Step::Finish(pick, fate, fault)),
        2 => pick().prop_map(Step::WebhookAgain),
        2 => pick().prop_map(Step::Double),
        1 => pick().prop_map(Step::Crash),
        1 => pick().prop_map(Step::Dies),
        1 => Just(Step::PersonTakesTheTicket),
        1 => Just(Step::ForgetEffects),
        1 => Just(Step::LoseTimers),
        1 => Just(Step::LoseQueue),
        1 => Just(Step::LoseDocument),
        1 => Just(Step::Sweep),
        2 => prop::sample::select(vec![Worker::Triage, Worker::Knowledge, Worker::Handoff, Worker::Outbound])
            .prop_map(Step::Stop),
        2 => Just(Step::Start),
        4 => pauses().prop_map(Step::Wait),
        1 => any::<bool>().prop_map(Step::HasTemplate),
        3 => words().prop_map(Step::WriteElsewhere),
        1 => Just(Step::Freeze),
        1 => Just(Step::Join),
    ];
    prop::collection::vec(step, 1..60)
}

/// Only what people do, while everything works.
pub(crate) fn quiet_histories() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(quiet_step(), 1..30)
}

fn quiet_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (words(), 0..3u8).prop_map(|(words, seconds)| Step::Write(words, seconds)),
        2 => pick().prop_map(Step::Edit),
        1 => pick().prop_map(Step::Delete),
        2 => (pick(), any::<bool>()).prop_map(|(pick, is_read)| Step::Read(pick, is_read)),
        1 => (0..90u8).prop_map(|minutes_ago| Step::PersonSpeaks { minutes_ago }),
        3 => desk().prop_map(Step::Desk),
        6 => pauses().prop_map(Step::Run),
    ]
}

fn words() -> impl Strategy<Value = Words> {
    prop::sample::select(vec![
        Words::Greeting,
        Words::Question,
        Words::UnknownQuestion,
        Words::LongQuestion,
        Words::AskForPerson,
        Words::Sticker,
        Words::Reaction,
        Words::Voice,
        Words::Picture,
        Words::Yes,
    ])
}

fn desk() -> impl Strategy<Value = DeskStep> {
    prop_oneof![
        2 => Just(DeskStep::Take),
        3 => (0..3u8, any::<bool>()).prop_map(|(text, closes)| DeskStep::Answer(text, closes)),
        1 => Just(DeskStep::PutBack),
        2 => Just(DeskStep::Close),
        1 => Just(DeskStep::HandBack),
        2 => Just(DeskStep::Due),
    ]
}

fn pick() -> impl Strategy<Value = u8> {
    prop_oneof![2 => Just(0), 1 => 0..24u8]
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        8 => Just(Fault::None),
        1 => Just(Fault::BeforeCommit),
        1 => Just(Fault::AfterCommit),
        1 => Just(Fault::WhilePublishing),
        1 => Just(Fault::BeforeAck),
    ]
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Accepted),
        2 => (any::<bool>(), any::<bool>())
            .prop_map(|(delivered, status)| Fate::Lost { delivered, status }),
        1 => failures().prop_map(Fate::Undelivered),
        2 => failures().prop_map(Fate::ComesBack),
        1 => Just(Fate::ShutsTheWindow),
        1 => Just(Fate::Throttled),
        1 => Just(Fate::Refused),
    ]
}

fn failures() -> impl Strategy<Value = Failure> {
    prop::sample::select(vec![Failure::Passing, Failure::WindowClosed, Failure::Lasting])
}

fn pauses() -> impl Strategy<Value = Pause> {
    prop_oneof![
        6 => Just(Pause::Blink),
        6 => Just(Pause::Second),
        3 => Just(Pause::Breath),
        2 => Just(Pause::Minutes),
        1 => Just(Pause::HalfADay),
        1 => Just(Pause::Day),
    ]
}
