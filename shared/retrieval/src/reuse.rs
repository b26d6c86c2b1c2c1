//! May an entry's answer be used for a question? Likeness is not enough: "¿tienen tienda en
//! Trujillo?" is more like "¿tienen tienda en Tacna?" than like most of its own rephrasings.

use crate::index::{Doc, Field, Index, Known, TermId};
use crate::query::{Query, Role, Term, role};

/// Words without which, or with which, a sentence says the contrary.
const NEGATIONS: [&str; 14] = [
    "no", "sin", "nunca", "ni", "tampoco", "not", "without", "never", "cant", "dont", "nao", "sem",
    "nem", "excepto",
];
/// Words of grammar that change what is asked for.
const TURNING: [&str; 45] = [
    "antes", "despues", "desde", "hasta", "cuando", "donde", "cuanto", "cuanta", "cuantos",
    "cuantas", "quien", "quienes", "como", "hoy", "otro", "otra", "menos", "ante", "before",
    "after", "until", "when", "where", "who", "how", "today", "other", "depois", "ate", "quando",
    "onde", "quanto", "quantos", "quanta", "quantas", "quem", "hoje", "outro", "outra", "solo",
    "only", "todos", "todas", "dos", "why",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// The entry's own question, in another spelling.
    Same,
    /// Nothing speaks against it: the confidence decides.
    Open,
    /// Something that was asked is not in the entry.
    Refused,
}

pub(crate) fn reuse(index: &Index, query: &Query, doc: &Doc) -> Reuse {
    let asked = || doc.sentences(Field::Question).chain(doc.sentences(Field::Phrasings));
    if asked().any(|sentence| is_same(index, query, doc, sentence)) {
        return Reuse::Same;
    }
    let lacks_number =
        query.terms.iter().any(|term| term.role == Role::Number && !stands_in(term, &doc.terms));
    if lacks_number {
        return Reuse::Refused;
    }
    if doc.is_learned() {
        let lacks_word = query.content().any(|term| !stands_in(term, &doc.terms));
        let turns = asked().all(|sentence| negations(index, sentence) != query_negations(query));
        if lacks_word || turns {
            return Reuse::Refused;
        }
    }
    Reuse::Open
}

/// Whether both ask the same: each has every word of the other that says something.
fn is_same(index: &Index, query: &Query, doc: &Doc, sentence: &[TermId]) -> bool {
    let text = |term: &TermId| index.vocabulary.text(*term);
    let says = |term: &&Term| says_something(&term.word, term.role);
    let mut said = query.terms.iter().filter(says).peekable();
    if said.peek().is_none() {
        return false;
    }
    let covers = said.clone().all(|term| stands_in(term, sentence));
    covers
        && negations(index, sentence) == query_negations(query)
        && sentence
            .iter()
            .filter(|term| says_something(text(term), role(text(term), doc.language)))
            .all(|term| query.terms.iter().any(|asked| reads(asked, *term)))
}

fn says_something(word: &str, role: Role) -> bool {
    match role {
        Role::Function => TURNING.contains(&word),
        Role::Chat => false,
        Role::Number | Role::Content => true,
    }
}

fn stands_in(term: &Term, terms: &[TermId]) -> bool {
    terms.iter().any(|there| reads(term, *there))
}

fn reads(term: &Term, other: TermId) -> bool {
    match term.known {
        Known::No => false,
        Known::Exactly | Known::Sounds | Known::Corrected => term.readings.contains(&other),
    }
}

fn negations(index: &Index, sentence: &[TermId]) -> usize {
    sentence.iter().filter(|term| NEGATIONS.contains(&index.vocabulary.text(**term))).count()
}

fn query_negations(query: &Query) -> usize {
    query.terms.iter().filter(|term| NEGATIONS.contains(&term.word.as_str())).count()
}
