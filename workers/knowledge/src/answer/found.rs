//! What was found for a question, and what is made of it: pure.

use domain::message::Source;
use retrieval::Band;
use runtime::Business;
use store::records::{KnowledgeEntry, UseKind};
use tracing::info;
use uuid::Uuid;

use super::model::Opinion;
use super::parts::Part;
use super::proof::{self, Flaw};
use crate::learn::Told;

/// What comes of a question.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Answer(Vec<Said>),
    /// Some of it is known. What is not, in the customer's words; none where those are not plain.
    Partial {
        said: Vec<Said>,
        missing: Vec<String>,
    },
    Offer(Vec<KnowledgeEntry>),
    /// Not for a machine.
    Sensitive,
    Nothing,
}

impl Found {
    /// What the customer is told, as far as it will be judged. The confidence was in `best` and
    /// says nothing of another entry, nor of what a model made of it.
    pub(super) fn told(&self, best: Option<Uuid>, confidence: f32) -> Option<Told> {
        let (kind, entries): (_, Vec<Uuid>) = match self {
            Self::Answer(said) | Self::Partial { said, .. } => {
                let mut entries: Vec<Uuid> = said.iter().map(|one| one.source.entry).collect();
                entries.dedup();
                (UseKind::Answered, entries)
            }
            Self::Offer(entries) => {
                (UseKind::Offered, entries.iter().map(|entry| entry.id).collect())
            }
            Self::Sensitive | Self::Nothing => return None,
        };
        let is_of_index = match self {
            Self::Answer(said) => said.iter().all(|one| one.source.quote.is_none()),
            Self::Offer(_) => true,
            _ => false,
        };
        let confidence = (is_of_index && entries.first().copied() == best).then_some(confidence);
        Some(Told { kind, entries, confidence })
    }
}

/// Words for the customer, and where they come from.
#[derive(PartialEq)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) source: Source,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Said").field("source", &self.source).finish_non_exhaustive()
    }
}

/// What the index says of a question.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) band: Option<Band>,
    /// In the first hit.
    pub(super) confidence: f32,
    /// The best first.
    pub(super) hits: Vec<KnowledgeEntry>,
    /// The questions in it, each with the entry that surely answers it; none where it is one.
    pub(super) parts: Vec<(Part, Option<KnowledgeEntry>)>,
    /// What the model may answer from.
    pub(super) passages: Vec<KnowledgeEntry>,
}

impl Said {
    /// All that an entry says.
    pub(super) fn whole(entry: &KnowledgeEntry) -> Self {
        Self { text: entry.text.clone(), source: source(entry, None) }
    }
}

fn source(entry: &KnowledgeEntry, quote: Option<String>) -> Source {
    Source { entry: entry.id, name: entry.source.clone(), quote }
}

/// Without a model: each question by itself, in the entries' own words.
pub(super) fn without_model(looked: Looked, choices: usize) -> Found {
    let Looked { band, hits, parts, .. } = looked;
    if parts.iter().any(|(_, entry)| entry.is_some()) {
        let (mut said, mut missing): (Vec<Said>, Vec<String>) = (Vec::new(), Vec::new());
        for (part, entry) in parts {
            match entry {
                Some(entry) if said.iter().any(|one| one.source.entry == entry.id) => {}
                Some(entry) => said.push(Said::whole(&entry)),
                None => missing.push(part.words),
            }
        }
        return if missing.is_empty() {
            Found::Answer(said)
        } else {
            Found::Partial { said, missing }
        };
    }
    match (band, hits.first()) {
        (Some(Band::Answer), Some(best)) => Found::Answer(vec![Said::whole(best)]),
        (Some(Band::Offer), Some(_)) => offer(hits, choices),
        _ => Found::Nothing,
    }
}

fn offer(mut hits: Vec<KnowledgeEntry>, choices: usize) -> Found {
    hits.truncate(choices);
    Found::Offer(hits)
}

/// With a model: only what it can prove is said. `None` when what it says can't be used.
pub(super) fn with_model(
    opinion: Opinion,
    looked: &Looked,
    question: &str,
    business: &Business,
    choices: usize,
) -> Option<Found> {
    if opinion.sensitive {
        return Some(Found::Sensitive);
    }
    let (mut said, mut missing): (Vec<Said>, Vec<String>) = (Vec::new(), opinion.missing);
    let (mut is_whole, mut flawed) = (missing.is_empty(), 0_usize);
    for answered in opinion.parts {
        let entry = answered.of(&looked.passages);
        let proven = entry.ok_or(Flaw::Quote).and_then(|entry| {
            let (answer, quote) = (&answered.answer, &answered.quote);
            proof::prove(answer, quote, entry, question, &business.name).map(|()| entry)
        });
        match proven {
            Ok(entry) => {
                is_whole &= answered.complete;
                if !answered.complete {
                    missing.push(answered.asked);
                }
                let text = answered.answer.trim().to_owned();
                let quote = answered.quote.split_whitespace().collect::<Vec<_>>().join(" ");
                said.push(Said { text, source: source(entry, Some(quote)) });
            }
            Err(flaw) => {
                info!(?flaw, "what the model says is not proven and not said");
                flawed += 1;
                missing.push(answered.asked);
            }
        }
    }
    if said.is_empty() {
        // It made something up, and what it thinks of the rest is worth no more.
        return (flawed == 0).then(|| match looked.band {
            Some(Band::Answer | Band::Offer) if !looked.hits.is_empty() => {
                offer(looked.hits.clone(), choices)
            }
            _ => Found::Nothing,
        });
    }
    if is_whole && flawed == 0 {
        return Some(Found::Answer(said));
    }
    // These too are a model's words: they are said if they are the customer's.
    missing.retain(|words| proof::is_asked(words, question));
    missing.dedup();
    Some(Found::Partial { said, missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::model::Answered;
    use crate::answer::parts::split;
    use crate::answer::tests::entry;

    const QUESTION: &str = "¿Cuánto cuesta el envío y venden cemento?";

    fn looked(band: Band) -> Looked {
        let delivery =
            entry(Some("¿Cuánto cuesta el envío?"), "El envío cuesta 10 soles en la ciudad.");
        Looked {
            band: Some(band),
            confidence: 0.5,
            hits: vec![delivery.clone()],
            parts: Vec::new(),
            passages: vec![delivery],
        }
    }

    fn says(answer: &str, quote: &str, complete: bool) -> Answered {
        Answered {
            asked: "Cuánto cuesta el envío".to_owned(),
            answer: answer.to_owned(),
            passage: "P1".to_owned(),
            quote: quote.to_owned(),
            complete,
        }
    }

    fn found(parts: Vec<Answered>, missing: &[&str]) -> Option<Found> {
        let missing = missing.iter().map(|words| (*words).to_owned()).collect();
        let opinion = Opinion { parts, missing, sensitive: false };
        let business = Business::example("Ferretería Andina");
        with_model(opinion, &looked(Band::Offer), QUESTION, &business, 3)
    }

    const QUOTE: &str = "El envío cuesta 10 soles en la ciudad.";

    #[test]
    fn an_answer_needs_a_proof_and_all_of_the_question() {
        let whole = found(vec![says("El envío cuesta 10 soles.", QUOTE, true)], &[]);
        assert!(matches!(whole, Some(Found::Answer(said)) if said.len() == 1));
        let half = found(vec![says("El envío cuesta 10 soles.", QUOTE, true)], &["venden cemento"]);
        let Some(Found::Partial { said, missing }) = half else { panic!() };
        assert_eq!(said[0].source.quote.as_deref(), Some(QUOTE));
        assert_eq!(missing, ["venden cemento"]);
        let unsure = found(vec![says("El envío cuesta 10 soles.", QUOTE, false)], &[]);
        assert!(matches!(unsure, Some(Found::Partial { .. })));
    }

    #[test]
    fn what_is_not_proven_is_not_said() {
        assert_eq!(found(vec![says("El envío es gratis.", QUOTE, true)], &[]), None);
        assert_eq!(found(vec![says("Cuesta 10 soles.", "El envío es gratis.", true)], &[]), None);
        let other = Answered { passage: "P7".to_owned(), ..says("Cuesta 10 soles.", QUOTE, true) };
        assert_eq!(found(vec![other], &[]), None);
        let both = vec![
            says("El envío cuesta 10 soles.", QUOTE, true),
            Answered { asked: "venden cemento".into(), ..says("Sí, a 28 soles.", QUOTE, true) },
        ];
        let Some(Found::Partial { said, missing }) = found(both, &[]) else { panic!() };
        assert_eq!((said.len(), missing), (1, vec!["venden cemento".to_owned()]));
    }

    #[test]
    fn what_is_missing_is_said_in_nobodys_words_but_the_customers() {
        let proven = || vec![says("El envío cuesta 10 soles.", QUOTE, true)];
        let Some(Found::Partial { missing, .. }) = found(proven(), &["el cemento es gratis"])
        else {
            panic!()
        };
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn what_the_passages_do_not_answer_is_offered_or_handed_off() {
        assert!(matches!(found(vec![], &[QUESTION]), Some(Found::Offer(_))));
        let opinion = || Opinion { parts: vec![], missing: vec![], sensitive: false };
        let business = Business::example("Ferretería Andina");
        let far = with_model(opinion(), &looked(Band::HandOff), QUESTION, &business, 3);
        assert_eq!(far, Some(Found::Nothing));
        // Even where the index was sure.
        let sure = with_model(opinion(), &looked(Band::Answer), QUESTION, &business, 3);
        assert!(matches!(sure, Some(Found::Offer(_))));
        let sensitive = Opinion { sensitive: true, ..opinion() };
        let found = with_model(sensitive, &looked(Band::Answer), QUESTION, &business, 3);
        assert_eq!(found, Some(Found::Sensitive));
    }

    #[test]
    fn the_confidence_is_remembered_of_the_entry_that_it_was_in() {
        let looked = looked(Band::Answer);
        let best = looked.hits[0].id;
        let whole = without_model(looked, 3);
        let told = whole.told(Some(best), 0.5).unwrap();
        assert_eq!(
            (told.kind, told.entries, told.confidence),
            (UseKind::Answered, vec![best], Some(0.5))
        );
        assert_eq!(whole.told(Some(Uuid::nil()), 0.5).unwrap().confidence, None);
        assert_eq!(Found::Nothing.told(Some(best), 0.5), None);
        let by_model = found(vec![says("El envío cuesta 10 soles.", QUOTE, true)], &[]).unwrap();
        let told = by_model.told(Some(best), 0.5).unwrap();
        assert_eq!((told.entries, told.confidence), (vec![best], None));
    }

    #[test]
    fn without_a_model_each_question_is_answered_by_itself() {
        let parts = split(QUESTION);
        let delivery = looked(Band::Offer).hits.remove(0);
        let with = |second: Option<KnowledgeEntry>| Looked {
            parts: parts.clone().into_iter().zip([Some(delivery.clone()), second]).collect(),
            ..looked(Band::Offer)
        };
        let Found::Partial { said, missing } = without_model(with(None), 3) else { panic!() };
        assert_eq!((said.len(), missing), (1, vec!["venden cemento?".to_owned()]));
        let cement = entry(Some("¿Venden cemento?"), "Sí, a 28 soles.");
        assert!(
            matches!(without_model(with(Some(cement)), 3), Found::Answer(said) if said.len() == 2)
        );
        let same = without_model(with(Some(delivery.clone())), 3);
        assert!(matches!(same, Found::Answer(said) if said.len() == 1), "it is not said twice");
        let whole = without_model(looked(Band::Answer), 3);
        assert!(matches!(whole, Found::Answer(said) if said[0].text == QUOTE));
    }
}
