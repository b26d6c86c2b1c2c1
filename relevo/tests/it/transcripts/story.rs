//! The language of the stories in `tests/transcripts`: a line for each thing that happens.
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a remark; the first is the story's title |
//! | `with a model` | the installation has a language model, which is scripted |
//! | `with knowledge` | the business knows what the example's business knows |
//! | `with a template` | the business has the template `aviso`, with a quick reply |
//! | `alone` | no other story is played in the same installation |
//! | `ana > hola` | ana writes; the webhook has been answered before the next line |
//! | `ana > [photo] …` | she sends something else: see [`Message`] |
//! | `one webhook:` | what the indented lines below it write comes in one webhook |
//! | `one webhook, three times:` | and comes again, and again |
//! | `one forged webhook:` | and is signed by somebody else |
//! | `late: ana > …`, `late: shop > ana: …` | the webhook is held up |
//! | `what is late arrives` | in the order it was written |
//! | `ana < ¡Hola! *` | her phone shows this next; `*` stands for anything |
//! | `ana misses 131000` | one more message to her was accepted, and has failed since |
//! | `shop > ana: …` | a person answers her from the business's own phone |
//! | `echo to ana` | the phone's app echoes our own newest message to her |
//! | `ana sees typing` | what she wrote is marked as read, and somebody types |
//! | `ana saw no typing` | nothing she wrote was |
//! | `ana is being answered` | a message to her has been handed to WhatsApp |
//! | `ana was answered without a number` | by her user id alone |
//! | `luis heard before ana` | the newest message to him is older than the newest to her |
//! | `ana adopts maria.p` | she goes by a user name; webhooks no longer carry her number |
//! | `ana shows number` | what webhooks carry of her: `number`, `user id` or `both` |
//! | `ana moves, told by message` | she has a new number, and that has been noted: `message`, `field`, `both` or `nobody` |
//! | `ana rotates, told by field` | she has a new user id |
//! | `ana is recorded as …` | the newest message of hers in the records, as people read it |
//! | `ana ordered 2 SKU-1, 1 SKU-2` | her newest order in the records |
//! | `ana = answered noted` | what became of everything she wrote, in the order she wrote it |
//! | `fault ana: …` | what goes wrong with the next message to her: see [`fault`] |
//! | `fault: …`, `no faults` | the same for everybody, until there are none |
//! | `hearing takes 1500 ms`, `hearing fails` | of every voice note from now on |
//! | `alert sending_stopped` | the operator has been told, once; `… is over` that it is |
//! | `no alert sending_stopped` | the operator has not |
//! | `dead: 1` | so many messages are dead in the end |
//! | `model "…": …` | what the model replies to words with this in them: see [`reply`] |
//! | `model "…" after 900 ms: …` | and how long it thinks |
//! | `answer "…": … from …` | what it makes of passages for such a question: words, and a quote |
//! | `asked "…"` | the model has been asked about these words |
//! | `asked "…" knowing "…"` | and was shown those from before |
//! | `never asked "…"` | it has not been |
//!
//! Nobody hears more than the story says: that is checked at the end for everyone in it.

// long: it is one language, and its table and its reading belong together.

use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::{Fault, Notice, Operation, Reply, Shows};
use serde_json::{Value, json};

use super::message::Message;

/// After the turn has closed.
const LATE: Duration = Duration::from_millis(1500);

pub(crate) struct Story {
    pub(crate) file: String,
    pub(crate) setting: Setting,
    pub(crate) steps: Vec<Step>,
    /// How many messages of the installation are dead in the end.
    pub(crate) dead: usize,
}

/// What a story needs of its installation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Setting {
    /// First, so that those who know come last: what is recorded outlives an installation.
    pub(crate) knowledge: bool,
    pub(crate) model: LanguageModel,
    pub(crate) template: bool,
    /// The file of a story that bears no other beside it.
    pub(crate) alone: Option<String>,
}

pub(crate) struct Step {
    /// As it stands in the file, with its number.
    pub(crate) line: String,
    pub(crate) action: Action,
}

pub(crate) enum Action {
    Webhook {
        messages: Vec<(String, Message)>,
        delivery: Delivery,
    },
    PersonSays {
        to: String,
        message: Message,
        late: bool,
    },
    Arrives,
    Hears {
        who: String,
        pattern: String,
    },
    Misses {
        who: String,
        code: u32,
    },
    Echo {
        to: String,
    },
    SeesTyping {
        who: String,
    },
    SawNoTyping {
        who: String,
    },
    IsAnswered {
        who: String,
    },
    AnsweredWithoutANumber {
        who: String,
    },
    HeardBefore {
        first: String,
        then: String,
    },
    Adopts {
        who: String,
        username: String,
    },
    Shows {
        who: String,
        what: Shows,
    },
    Moves {
        who: String,
        told: Notice,
    },
    Rotates {
        who: String,
        told: Notice,
    },
    Recorded {
        who: String,
        pattern: String,
    },
    Ordered {
        who: String,
        items: String,
    },
    Outcomes {
        who: String,
        outcomes: Vec<String>,
    },
    Fault {
        who: Option<String>,
        fault: Fault,
    },
    NoFaults,
    Alert {
        kind: String,
        told: Told,
    },
    Model {
        words: String,
        after: Duration,
        reply: Reply,
    },
    /// What the model makes of passages.
    Answer {
        words: String,
        reply: Reply,
    },
    Asked {
        words: String,
        knowing: String,
    },
    NeverAsked {
        words: String,
    },
}

/// How a webhook comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Once,
    ThreeTimes,
    /// Signed by somebody else.
    Forged,
    /// Not before the story says so.
    Late,
}

/// What an operator has been told of a trouble.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Nothing,
    Open,
    Over,
}

impl Story {
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let setting =
            Setting { knowledge: false, model: LanguageModel::None, template: false, alone: None };
        let mut story = Self { file: file.to_owned(), setting, steps: Vec::new(), dead: 0 };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end();
            let place = format!("{file}:{}: {line}", number + 1);
            match line {
                "" => {}
                "with a model" => story.setting.model = LanguageModel::Scripted,
                "with knowledge" => story.setting.knowledge = true,
                "with a template" => story.setting.template = true,
                "alone" => story.setting.alone = Some(file.to_owned()),
                _ if line.starts_with('#') => {}
                _ => story.read(line, place.clone()).unwrap_or_else(|| panic!("what is {place}?")),
            }
        }
        story
    }

    fn read(&mut self, line: &str, place: String) -> Option<()> {
        if let Some(indented) = line.strip_prefix("  ") {
            let Action::Webhook { messages, .. } = &mut self.steps.last_mut()?.action else {
                return None;
            };
            let (who, what) = indented.split_once(" > ")?;
            messages.push((who.to_owned(), Message::parse(what)?));
        } else if let Some(dead) = line.strip_prefix("dead: ") {
            self.dead = dead.parse().ok()?;
        } else {
            self.steps.push(Step { line: place, action: action(line)? });
        }
        Some(())
    }
}

fn action(line: &str) -> Option<Action> {
    let webhook = |delivery| Some(Action::Webhook { messages: Vec::new(), delivery });
    match line {
        "one webhook:" => return webhook(Delivery::Once),
        "one webhook, three times:" => return webhook(Delivery::ThreeTimes),
        "one forged webhook:" => return webhook(Delivery::Forged),
        "what is late arrives" => return Some(Action::Arrives),
        "no faults" => return Some(Action::NoFaults),
        _ => {}
    }
    let (verb, rest) = line.split_once(' ')?;
    match verb {
        "late:" => return written(rest, Delivery::Late),
        "fault" => {
            let (who, what) = rest.split_once(": ")?;
            let is_once = !what.contains("status");
            let fault = if is_once { fault(what)?.times(1) } else { fault(what)? };
            return Some(Action::Fault { who: Some(who.to_owned()), fault });
        }
        "fault:" => return Some(Action::Fault { who: None, fault: fault(rest)? }),
        "hearing" => {
            let on = Fault::on(Operation::Transcription);
            let fault = match rest {
                "fails" => on.refuses(503),
                _ => on.is_slow(millis(rest, "takes ")?),
            };
            return Some(Action::Fault { who: None, fault });
        }
        "model" => return model(rest),
        "answer" => {
            let (words, rest) = rest.strip_prefix('"')?.split_once("\": ")?;
            let (answer, quote) = rest.split_once(" from ")?;
            let reply = answer_from(answer.to_owned(), quote.to_owned(), words.to_owned());
            return Some(Action::Answer { words: words.to_owned(), reply });
        }
        "asked" => {
            let (words, knowing) = rest.split_once(" knowing ").unwrap_or((rest, "\"\""));
            return Some(Action::Asked { words: quoted(words)?, knowing: quoted(knowing)? });
        }
        "never" => {
            let words = quoted(rest.strip_prefix("asked ")?)?;
            return Some(Action::NeverAsked { words });
        }
        "echo" => return Some(Action::Echo { to: rest.strip_prefix("to ")?.to_owned() }),
        "alert" => {
            let over = rest.strip_suffix(" is over");
            let told = if over.is_some() { Told::Over } else { Told::Open };
            return Some(Action::Alert { kind: over.unwrap_or(rest).to_owned(), told });
        }
        "no" => {
            let kind = rest.strip_prefix("alert ")?.to_owned();
            return Some(Action::Alert { kind, told: Told::Nothing });
        }
        _ => {}
    }
    written(line, Delivery::Once).or_else(|| of_somebody(line))
}

/// Somebody writes.
fn written(line: &str, delivery: Delivery) -> Option<Action> {
    let (who, what) = line.split_once(" > ").filter(|(who, _)| !who.contains(' '))?;
    if who == "shop" {
        let (to, message) = what.split_once(": ")?;
        let (to, late) = (to.to_owned(), delivery == Delivery::Late);
        return Some(Action::PersonSays { to, message: Message::parse(message)?, late });
    }
    let messages = vec![(who.to_owned(), Message::parse(what)?)];
    Some(Action::Webhook { messages, delivery })
}

fn of_somebody(line: &str) -> Option<Action> {
    let (who, rest) = line.split_once(' ')?;
    let who = who.to_owned();
    match rest {
        "sees typing" => return Some(Action::SeesTyping { who }),
        "saw no typing" => return Some(Action::SawNoTyping { who }),
        "was answered without a number" => return Some(Action::AnsweredWithoutANumber { who }),
        "is being answered" => return Some(Action::IsAnswered { who }),
        _ => {}
    }
    let (verb, rest) = rest.split_once(' ')?;
    let told = || told_by(rest);
    Some(match verb {
        "<" => Action::Hears { who, pattern: rest.to_owned() },
        "=" => Action::Outcomes { who, outcomes: rest.split(' ').map(str::to_owned).collect() },
        "misses" => Action::Misses { who, code: rest.parse().ok()? },
        "heard" => {
            let then = rest.strip_prefix("before ")?.to_owned();
            Action::HeardBefore { first: who, then }
        }
        "adopts" => Action::Adopts { who, username: rest.to_owned() },
        "shows" => {
            let what = match rest {
                "number" => Shows::Number,
                "user id" => Shows::UserId,
                "both" => Shows::NumberAndUserId,
                _ => return None,
            };
            Action::Shows { who, what }
        }
        "moves," => Action::Moves { who, told: told()? },
        "rotates," => Action::Rotates { who, told: told()? },
        "is" => Action::Recorded { who, pattern: rest.strip_prefix("recorded as ")?.to_owned() },
        "ordered" => Action::Ordered { who, items: rest.to_owned() },
        _ => return None,
    })
}

fn told_by(text: &str) -> Option<Notice> {
    Some(match text.strip_prefix("told by ")? {
        "message" => Notice::SystemMessage,
        "field" => Notice::UserIdUpdate,
        "both" => Notice::Both,
        "nobody" => Notice::Silent,
        _ => return None,
    })
}

fn quoted(text: &str) -> Option<String> {
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

fn millis(text: &str, prefix: &str) -> Option<Duration> {
    let millis = text.strip_prefix(prefix)?.strip_suffix(" ms")?;
    Some(Duration::from_millis(millis.parse().ok()?))
}

fn model(rest: &str) -> Option<Action> {
    let (words, rest) = rest.strip_prefix('"')?.split_once('"')?;
    let (after, said) = rest.split_once(": ")?;
    let after = match after.trim() {
        "" => Duration::ZERO,
        after => millis(after, "after ")?,
    };
    Some(Action::Model { words: words.to_owned(), after, reply: reply(said)? })
}

/// An answer to all of a question, from whatever passage has the quote.
fn answer_from(answer: String, quote: String, asked: String) -> Reply {
    Reply::computed(move |request| {
        let passages = request["messages"].as_array().and_then(|said| said.last());
        let passages = passages.and_then(|said| said["content"].as_str()).unwrap_or_default();
        let data: Value = serde_json::from_str(passages).unwrap_or_default();
        let mut passages = data["passages"].as_array().into_iter().flatten();
        let of_it = passages.find(|one| one["text"].as_str().is_some_and(|t| t.contains(&quote)));
        Reply::Json(json!({
            "parts": [{
                "asked": asked,
                "answer": answer,
                "passage": of_it.map_or("", |one| one["id"].as_str().unwrap_or_default()),
                "quote": quote,
                "complete": true,
            }],
            "missing": [],
            "sensitive": false,
        }))
    })
}

/// `refused 131056`, `failed 131000` (it is accepted first), `answer lost` (it is sent all the
/// same), `lost`, `unanswered`, `slow 900 ms`; or `no status` for everything that is sent to her,
/// `address expired` of a file.
fn fault(text: &str) -> Option<Fault> {
    let on = Fault::on(Operation::Send);
    Some(match text {
        "no status" => Fault::on(Operation::WebhookStatus).never_comes(),
        "late statuses" => Fault::on(Operation::WebhookStatus).is_slow(LATE),
        "address expired" => Fault::on(Operation::MediaDownload).has_expired(),
        "answer lost" => on.loses_the_answer(),
        "lost" => on.is_lost(),
        "unanswered" => on.hangs(),
        _ => match text.split_once(' ')? {
            ("refused", code) => on.refuses(code.parse().ok()?),
            ("failed", code) => on.fails_later(code.parse().ok()?),
            ("slow", _) => on.is_slow(millis(text, "slow ")?),
            _ => return None,
        },
    })
}

/// `reply …`, `ask …`, `hand off …`, `decline`; and what a model should not say: `nonsense`,
/// `refusal`, `status 503`, `silence …` (a reply that is empty), `lines 300` (a reply that long).
fn reply(text: &str) -> Option<Reply> {
    let opinion = |action: &str, reply: Option<&str>, question: Option<&str>| {
        Some(Reply::Json(json!({
            "action": action,
            "reply": reply,
            "question": question,
            "language": "es",
            "wants_person": false,
        })))
    };
    match text {
        "decline" => return opinion("decline", None, None),
        "silence" => return opinion("reply", Some(" "), None),
        "nonsense" => return Some(Reply::text("¿Cómo dices?")),
        "refusal" => return Some(Reply::Refusal("no puedo ayudar con eso".to_owned())),
        _ => {}
    }
    if let Some(text) = text.strip_prefix("hand off ") {
        return opinion("hand_off", None, Some(text));
    }
    match text.split_once(' ')? {
        ("reply", text) => opinion("reply", Some(text), None),
        ("ask", text) => opinion("ask_knowledge", None, Some(text)),
        ("status", status) => Some(Reply::error(status.parse().ok()?)),
        ("lines", count) => {
            let lines: Vec<String> = (1..=count.parse::<usize>().ok()?)
                .map(|line| format!("Línea {}: cemento, arena, fierro y alambre.", letters(line)))
                .collect();
            opinion("reply", Some(&lines.join("\n")), None)
        }
        _ => None,
    }
}

/// A number without digits, which a model's own words may not have: a, b, …, z, ba, bb, …
fn letters(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
    if number < 26 { letter.to_string() } else { letters(number / 26) + &letter.to_string() }
}
