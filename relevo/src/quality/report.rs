//! What was measured.

use knowledge::Measured;
use retrieval::quality::{
    self, Faq, Handoff, Learned, Noise, Pairs, Passages, Set, handoff, learned, pairs, passages,
    withheld,
};
use retrieval::{Calibration, Thesaurus};
use serde_json::{Map, Value, json};
use triage::intent::labels;

use super::{PROMISED, meaning};

pub(super) struct Report {
    pub(super) businesses: Vec<Business>,
    pub(super) pairs: Option<Pairs>,
    pub(super) intents: Option<labels::Quality>,
    /// By how carelessly the questions are typed.
    pub(super) passages: Vec<(Noise, Passages)>,
    pub(super) withheld: Vec<Handoff>,
}

pub(super) struct Business {
    pub(super) name: String,
    pub(super) faq: Faq,
    pub(super) handoff: Handoff,
    /// Its questions, learned one by one and asked again with slips of the finger.
    pub(super) learned: Learned,
    /// What vectors add, where a model was asked.
    pub(super) meaning: Option<Measured>,
}

pub(super) fn measure(set: &Set) -> Report {
    let thesaurus = Thesaurus::shipped();
    let conservative = Calibration::conservative();
    let business = |business: &quality::Business| {
        let index = business.faq.index(&thesaurus);
        let asked: Vec<String> =
            business.faq.questions.iter().map(|asked| asked.text.clone()).collect();
        Business {
            name: business.name.clone(),
            faq: quality::faq(&index, &business.faq.questions),
            handoff: handoff(&index, &business.questions(), PROMISED),
            learned: learned(&thesaurus, &asked, &business.unanswerable, &conservative),
            meaning: None,
        }
    };
    let of_passages = |file: &quality::FaqFile| {
        let index = file.index(&thesaurus);
        let noises = [Noise::Clean, Noise::Folded, Noise::Chat, Noise::Typos];
        noises.map(|noise| (noise, passages(&index, &file.questions, noise))).to_vec()
    };
    let (known, asked) = (borrowed(&set.intents_known), borrowed(&set.intents_asked));
    let passages = set.passages.as_ref();
    Report {
        businesses: set.businesses.iter().map(business).collect(),
        pairs: (!set.pairs.is_empty()).then(|| pairs(&thesaurus, &set.pairs, &conservative)),
        intents: (!asked.is_empty()).then(|| labels::measure(&known, &asked)),
        passages: passages.map(of_passages).unwrap_or_default(),
        withheld: passages
            .map(|file| withheld(&thesaurus, file, PROMISED).to_vec())
            .unwrap_or_default(),
    }
}

fn borrowed(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(label, text)| (label.as_str(), text.as_str())).collect()
}

impl Report {
    /// Of one business. What was not asked for is left out.
    pub(super) fn parts(&self) -> Value {
        let mut parts = Map::new();
        if let [business] = &self.businesses[..] {
            parts.insert("faq".to_owned(), faq(&business.faq));
            parts.insert("handoff".to_owned(), handed(&business.handoff));
            if let Some(measured) = &business.meaning {
                parts.insert("with_model".to_owned(), meaning::json_of(measured));
            }
        }
        if let Some(pairs) = &self.pairs {
            let reused = rounded(pairs.wrongly_reused);
            parts.insert("pairs".to_owned(), json!({"n": pairs.n, "wrongly_reused": reused}));
        }
        if let Some(intents) = &self.intents {
            let intents = json!({
                "n": intents.n,
                "macro_f1": rounded(intents.macro_f1),
                "human_recall": intents.human_recall.map(rounded),
            });
            parts.insert("intents".to_owned(), intents);
        }
        parts.into()
    }

    /// Of a whole set: each business by its name, and what belongs to none.
    pub(super) fn whole(&self) -> Value {
        let business = |business: &Business| {
            let learned = &business.learned;
            let mut measured = json!({
                "faq": faq(&business.faq),
                "handoff": handed(&business.handoff),
                "learned": {
                    "n": learned.n,
                    "recall": rounded(learned.recall),
                    "precision": rounded(learned.precision),
                },
            });
            if let Some(asked) = &business.meaning {
                measured["with_model"] = meaning::json_of(asked);
            }
            (business.name.clone(), measured)
        };
        let businesses: Map<String, Value> = self.businesses.iter().map(business).collect();
        let passages = |(noise, passages): &(Noise, Passages)| {
            let [low, high] = passages.r1_ci.map(rounded);
            let r1 = rounded(passages.r1);
            (noise.as_str().to_owned(), json!({"n": passages.n, "r1": r1, "r1_ci": [low, high]}))
        };
        let mut whole = json!({ "businesses": businesses });
        for part in ["pairs", "intents"] {
            if let Some(value) = self.parts().get(part) {
                whole[part] = value.clone();
            }
        }
        if !self.passages.is_empty() {
            whole["passages"] = self.passages.iter().map(passages).collect::<Map<_, _>>().into();
            whole["withheld"] = self.withheld.iter().map(handed).collect();
        }
        whole
    }
}

fn faq(faq: &Faq) -> Value {
    json!({
        "n": faq.n,
        "r1": rounded(faq.r1),
        "r1_ci": faq.r1_ci.map(rounded),
        "r3": rounded(faq.r3),
    })
}

fn handed(handoff: &Handoff) -> Value {
    json!({
        "n": handoff.n,
        "promised": rounded(handoff.promised),
        "realised": handoff.realised.map(rounded),
        "answered_right": rounded(handoff.answered_right),
    })
}

/// Without the digits that a small number does not have.
pub(super) fn rounded(number: f32) -> f64 {
    (f64::from(number) * 10_000.0).round() / 10_000.0
}
