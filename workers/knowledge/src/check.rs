//! What is wrong with a knowledge base, as far as a machine can tell.

use std::collections::BTreeMap;

use store::records::KnowledgeEntry;
use unicode_normalization::UnicodeNormalization as _;

use crate::answer::speaks_to_a_machine;

/// What is wrong with one entry, or with several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// A question without an answer: it is never used.
    Empty,
    /// The same is there twice.
    Duplicate,
    /// The same question has two answers: which one is given is chance.
    Contradictory,
    /// It gives orders to a machine: a model never sees it.
    Commanding,
}

impl Finding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Duplicate => "duplicate",
            Self::Contradictory => "contradictory",
            Self::Commanding => "commanding",
        }
    }
}

/// Everything that was found, with the entries that it concerns. Accents, capitals and punctuation
/// make no difference.
pub fn check(entries: &[KnowledgeEntry]) -> Vec<(Finding, Vec<&KnowledgeEntry>)> {
    let (mut findings, mut questions, mut passages) =
        (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for entry in entries {
        let text = folded(&entry.text);
        if text.is_empty() {
            findings.push((Finding::Empty, vec![entry]));
            continue;
        }
        if speaks_to_a_machine(&entry.text) {
            findings.push((Finding::Commanding, vec![entry]));
        }
        let group: &mut Vec<_> = match &entry.question {
            Some(question) => questions.entry(folded(question)).or_default(),
            None => passages.entry(text.clone()).or_default(),
        };
        group.push((entry, text));
    }
    for group in questions.into_values().chain(passages.into_values()) {
        let same = group.iter().all(|(_, text)| *text == group[0].1);
        let finding = if same { Finding::Duplicate } else { Finding::Contradictory };
        if group.len() > 1 {
            findings.push((finding, group.into_iter().map(|(entry, _)| entry).collect()));
        }
    }
    findings.sort_by_key(|(finding, _)| *finding);
    findings
}

/// Small letters without accents, one space between words.
pub(crate) fn folded(text: &str) -> String {
    let letters: String = text
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(question: Option<&str>, text: &str) -> KnowledgeEntry {
        KnowledgeEntry {
            id: Uuid::nil(),
            business: String::new(),
            source: String::new(),
            position: 0,
            title: None,
            question: question.map(str::to_owned),
            text: text.to_owned(),
            hash: String::new(),
        }
    }

    #[test]
    fn what_is_empty_there_twice_or_contradictory_is_named() {
        let entries = [
            entry(Some("¿Abren los domingos?"), "Sí, de 10 a 15."),
            entry(Some("abren los domingos"), "No."),
            entry(Some("¿Aceptan Yape?"), "Sí."),
            entry(Some("¿aceptan yape?"), "Sí"),
            entry(Some("¿Y Plin?"), " — "),
            entry(None, "Abrimos en 1990."),
            entry(None, "Abrimos en 1990"),
            entry(None, "Somos tres."),
        ];
        let found: Vec<(Finding, usize)> = check(&entries)
            .into_iter()
            .map(|(finding, entries)| (finding, entries.len()))
            .collect();
        assert_eq!(
            found,
            [
                (Finding::Empty, 1),
                (Finding::Duplicate, 2),
                (Finding::Duplicate, 2),
                (Finding::Contradictory, 2)
            ]
        );
    }
}
