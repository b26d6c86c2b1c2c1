//! A model that repeats what it was asked, so that each answer shows on the customer's phone which
//! messages it answers, and in which order.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::{Reply, Rule, Sandbox, Sender};
use serde_json::{Value, json};

/// What begins an answer that repeats.
const NOTED: &str = "Anotado: ";

/// From now on the model repeats, after a while; a question that ends in `?` it passes on.
pub(crate) fn script(sandbox: &Sandbox, after: Duration) {
    sandbox.script().add(Rule::always().replies(Reply::computed(echo)).after(after));
}

fn echo(request: &Value) -> Reply {
    let last = request["messages"].as_array().and_then(|messages| messages.last());
    let words = last.and_then(|last| last["content"].as_str()).unwrap_or_default();
    let asks = words.ends_with('?');
    let labels: Vec<String> = words.lines().map(in_words).collect();
    Reply::Json(json!({
        "action": if asks { "ask_knowledge" } else { "reply" },
        "reply": format!("{NOTED}{}", labels.join(", ")),
        "question": words,
        "language": "es",
        "wants_person": false,
    }))
}

/// A label with capitals in place of its digits: a model's own words may have no numbers.
fn in_words(label: &str) -> String {
    let capital = |c: char| if c.is_ascii_digit() { char::from(c as u8 - b'0' + b'A') } else { c };
    label.chars().map(capital).collect()
}

fn in_digits(words: &str) -> String {
    let digit =
        |c: char| if c.is_ascii_uppercase() { char::from(c as u8 - b'A' + b'0') } else { c };
    words.chars().map(digit).collect()
}

/// What the phones of some customers show.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// The messages that each answer repeats, in its order. An answer that was sent twice is here
    /// once.
    pub(crate) answers: Vec<Vec<String>>,
    /// How many different replies there were, those that repeat nothing included.
    pub(crate) replies: usize,
    /// How often a reply was sent again, because nobody knew whether it had been sent.
    pub(crate) again: usize,
}

impl Heard {
    pub(crate) fn on<'a>(sandbox: &Sandbox, phones: impl IntoIterator<Item = &'a str>) -> Self {
        let mut heard = Self::default();
        for phone in phones {
            let bubbles = sandbox.transcript(phone);
            let mut by_mark = BTreeMap::new();
            for bubble in bubbles.iter().filter(|bubble| bubble.from == Sender::Business) {
                let mark = bubble.callback_data.as_ref().expect("every reply bears its mark");
                if by_mark.insert(mark, &bubble.text).is_some() {
                    heard.again += 1;
                } else if let Some(labels) = bubble.text.strip_prefix(NOTED) {
                    heard.answers.push(labels.split(", ").map(in_digits).collect());
                }
            }
            heard.replies += by_mark.len();
        }
        heard
    }

    /// Every message that was repeated, sorted; one that is here twice was answered twice.
    pub(crate) fn answered(&self) -> Vec<&str> {
        let mut answered: Vec<&str> = self.answers.iter().flatten().map(String::as_str).collect();
        answered.sort_unstable();
        answered
    }
}
