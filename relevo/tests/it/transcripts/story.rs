//! The language of the stories in `tests/transcripts`: a line for each thing that happens.
//!
//! | line | meaning |
//! |---|---|
//! | `# …` | a remark; the first is the story's title |
//! | `with a model` | the installation has a language model, which is scripted |
//! | `ana > hola` | ana writes; the webhook has been answered before the next line |
//! | `ana > [photo] …` | she sends something else: see [`Message`] |
//! | `one webhook:` | what the indented lines below it write comes in one webhook |
//! | `one webhook, three times:` | and comes again, and again |
//! | `one forged webhook:` | and is signed by somebody else |
//! | `ana < ¡Hola! *` | her phone shows this next; `*` stands for anything |
//! | `shop > ana: …` | a person answers her from the business's own phone |
//! | `ana sees typing` | what she wrote is marked as read, and somebody types |
//! | `ana is being answered` | a message to her has been handed to WhatsApp |
//! | `ana adopts maria.p` | she goes by a user name; webhooks no longer carry her number |
//! | `ana = answered noted` | what became of everything she wrote, in the order she wrote it |
//! | `fault ana: …` | what goes wrong with the next message to her: see [`fault`] |
//! | `model "…": …` | what the model replies to words with this in them: see [`reply`] |
//! | `model "…" after 900 ms: …` | and how long it thinks |
//! | `asked "…"` | the model has been asked about these words |
//!
//! Nobody hears more than the story says: that is checked at the end for everyone in it.

use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::{Fault, Operation, Reply};
use serde_json::{Value, json};

pub(crate) struct Story {
    pub(crate) file: String,
    pub(crate) model: LanguageModel,
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    /// As it stands in the file, with its number.
    pub(crate) line: String,
    pub(crate) action: Action,
}

pub(crate) enum Action {
    Webhook { messages: Vec<(String, Message)>, delivery: Delivery },
    Hears { who: String, pattern: String },
    PersonSays { to: String, text: String },
    SeesTyping { who: String },
    IsAnswered { who: String },
    Adopts { who: String, username: String },
    Outcomes { who: String, outcomes: Vec<String> },
    Fault { who: String, fault: Fault },
    Model { words: String, after: Duration, reply: Reply },
    Asked { words: String },
}

/// How a webhook comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Once,
    ThreeTimes,
    /// Signed by somebody else.
    Forged,
}

/// What a customer sends.
#[derive(Clone)]
pub(crate) enum Message {
    Text(String),
    /// `[25 hours ago] …`
    Old {
        hours: i64,
        text: String,
    },
    /// `[photo] caption`
    Photo(String),
    /// `[voice] what it says`, which nobody can hear yet
    Voice,
    /// `[reaction] 👍`, to the newest message of the business
    Reaction(String),
    /// `[raw] {…}`, as it stands in the webhook
    Raw(Value),
}

impl Story {
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let mut story =
            Self { file: file.to_owned(), model: LanguageModel::None, steps: Vec::new() };
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end();
            let place = format!("{file}:{}: {line}", number + 1);
            match line {
                "" => {}
                "with a model" => story.model = LanguageModel::Scripted,
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
            messages.push((who.to_owned(), message(what)?));
        } else {
            self.steps.push(Step { line: place, action: action(line)? });
        }
        Some(())
    }
}

fn action(line: &str) -> Option<Action> {
    let delivery = match line {
        "one webhook:" => Some(Delivery::Once),
        "one webhook, three times:" => Some(Delivery::ThreeTimes),
        "one forged webhook:" => Some(Delivery::Forged),
        _ => None,
    };
    if let Some(delivery) = delivery {
        return Some(Action::Webhook { messages: Vec::new(), delivery });
    }
    if let Some(rest) = line.strip_prefix("fault ") {
        let (who, what) = rest.split_once(": ")?;
        return Some(Action::Fault { who: who.to_owned(), fault: fault(what)? });
    }
    if let Some(rest) = line.strip_prefix("model \"") {
        let (words, rest) = rest.split_once('"')?;
        let (after, said) = rest.split_once(": ")?;
        let after = match after.trim().strip_prefix("after ") {
            Some(after) => Duration::from_millis(after.strip_suffix(" ms")?.parse().ok()?),
            None => Duration::ZERO,
        };
        return Some(Action::Model { words: words.to_owned(), after, reply: reply(said)? });
    }
    if let Some(rest) = line.strip_prefix("asked \"") {
        return Some(Action::Asked { words: rest.strip_suffix('"')?.to_owned() });
    }
    let (who, rest) = line.split_once(' ')?;
    let (verb, rest) = rest.split_once(' ')?;
    let who = who.to_owned();
    Some(match verb {
        ">" if who == "shop" => {
            let (to, text) = rest.split_once(": ")?;
            Action::PersonSays { to: to.to_owned(), text: text.to_owned() }
        }
        ">" => Action::Webhook { messages: vec![(who, message(rest)?)], delivery: Delivery::Once },
        "<" => Action::Hears { who, pattern: rest.to_owned() },
        "=" => Action::Outcomes { who, outcomes: rest.split(' ').map(str::to_owned).collect() },
        "sees" if rest == "typing" => Action::SeesTyping { who },
        "is" if rest == "being answered" => Action::IsAnswered { who },
        "adopts" => Action::Adopts { who, username: rest.to_owned() },
        _ => return None,
    })
}

fn message(text: &str) -> Option<Message> {
    let Some((tag, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return Some(Message::Text(text.to_owned()));
    };
    let rest = rest.trim_start().to_owned();
    Some(match tag {
        "photo" => Message::Photo(rest),
        "voice" => Message::Voice,
        "reaction" => Message::Reaction(rest),
        "raw" => Message::Raw(serde_json::from_str(&rest).ok()?),
        _ => Message::Old { hours: tag.strip_suffix(" hours ago")?.parse().ok()?, text: rest },
    })
}

/// `refused 131056`, `answer lost` (it is sent all the same), `lost`, `slow 900 ms`; or
/// `no status` for everything that is sent to her.
fn fault(text: &str) -> Option<Fault> {
    let on = Fault::on(Operation::Send);
    if text == "no status" {
        return Some(Fault::on(Operation::WebhookStatus).never_comes());
    }
    let fault = match text {
        "answer lost" => on.loses_the_answer(),
        "lost" => on.is_lost(),
        _ => match text.split_once(' ')? {
            ("refused", code) => on.refuses(code.parse().ok()?),
            ("slow", ms) => {
                on.is_slow(Duration::from_millis(ms.strip_suffix(" ms")?.parse().ok()?))
            }
            _ => return None,
        },
    };
    Some(fault.times(1))
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
