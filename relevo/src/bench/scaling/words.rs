//! What customers write, and what the model makes of it.

use std::time::Duration;

use sandbox::{Customer, Reply, Rule, Sandbox};
use serde_json::{Value, json};

const SMALL_TALK: &str = "Les cuento que mi obra avanza bonito";
const QUESTION: &str = "¿Cuál es el horario de atención de las tiendas?";
const WANTS_PERSON: &str = "Prefiero que me atienda una persona";

/// What one customer says, and how.
pub(super) struct Words {
    text: &'static str,
    aloud: bool,
}

impl Words {
    /// The same for the same number: of ten six make small talk, three ask, one wants a person; and
    /// of twenty one speaks.
    pub(super) fn of(number: usize) -> Self {
        let text = match number % 10 {
            0 => WANTS_PERSON,
            1..=3 => QUESTION,
            _ => SMALL_TALK,
        };
        Self { text, aloud: number % 20 == 4 }
    }

    pub(super) async fn are_said_by(&self, customer: &Customer) {
        if self.aloud {
            customer.speaks(self.text).await;
        } else {
            customer.says(self.text).await;
        }
    }
}

/// From now on the sandbox's model understands them, after so long.
pub(super) fn script(sandbox: &Sandbox, thinks: Duration) {
    let triage = [
        (WANTS_PERSON, "hand_off", true),
        (QUESTION, "ask_knowledge", false),
        (SMALL_TALK, "reply", false),
    ];
    for (text, action, wants_person) in triage {
        let opinion = json!({
            "action": action,
            "reply": "¡Qué bueno! Gracias por contarlo.",
            "question": text,
            "language": "es",
            "wants_person": wants_person,
        });
        let rule = Rule::when(text).for_schema("triage").replies(Reply::Json(opinion));
        sandbox.script().add(rule.after(thinks));
    }
    let answer = Rule::always().for_schema("answer").replies(Reply::computed(quotes));
    sandbox.script().add(answer.after(thinks));
}

/// Answers with the first passage, word for word.
fn quotes(request: &Value) -> Reply {
    let last = request["messages"].as_array().and_then(|messages| messages.last());
    let data = last.and_then(|last| last["content"].as_str()).unwrap_or_default();
    let data: Value = serde_json::from_str(data).unwrap_or_default();
    let passage = &data["passages"][0];
    Reply::Json(json!({
        "parts": [{
            "asked": data["question"],
            "answer": passage["text"],
            "passage": passage["id"],
            "quote": passage["text"],
            "complete": true,
        }],
        "missing": [],
        "sensitive": false,
    }))
}
