//! How an entry with a question fits what was asked, looked at closely.

use super::Found;
use super::signs::weight;
use crate::index::{Doc, FIELDS, Field, Index, Posting, SENTENCE, TermId};
use crate::query::{Query, Role, idf};

/// How many signs there are.
pub(crate) const SIGNS: usize = 13;
/// How sure it is that a word of the same group means the same.
const SAME_GROUP: f32 = 0.85;

/// Each is between 0 and 1.
pub(crate) type Signs = [f32; SIGNS];

impl Index {
    /// Fills in the signs of the entries that have a question; passages have none.
    pub(super) fn score_fit(&self, query: &Query, found: &mut [Found]) {
        if !found.iter().any(|found| self.doc(found.slot).is_some_and(Doc::is_asked)) {
            return;
        }
        let groups = self.groups_by_doc(query, found);
        for found in found {
            let Some(doc) = self.doc(found.slot).filter(|doc| doc.is_asked()) else { continue };
            found.signs = self.signs_of(query, doc, groups.of(found.slot));
        }
    }

    fn signs_of(&self, query: &Query, doc: &Doc, groups: &[(u32, [bool; 2])]) -> Signs {
        let asked = &doc.terms[..doc.ends[Field::Phrasings as usize] as usize];
        let told = &doc.terms[doc.ends[Field::Phrasings as usize] as usize..];
        let stands = |group: u32| groups.iter().find(|(own, _)| *own == group).map(|(_, at)| *at);
        let mut all = 0.0;
        let mut words = [0.0; 2];
        let mut best = [0.0; 2];
        for term in &query.terms {
            let share = weight(term) * term.idf;
            let is_in = |terms: &[TermId]| term.readings.iter().any(|read| terms.contains(read));
            let exact = match term.role {
                Role::Function => [false; 2],
                _ => [is_in(asked), is_in(told)],
            };
            let mut meant = [0.0_f32; 2];
            for sense in &term.senses {
                let at = stands(sense.group).unwrap_or_default();
                for field in 0..2 {
                    if at[field] {
                        meant[field] = meant[field].max(SAME_GROUP * sense.strength);
                    }
                }
            }
            all += share;
            for field in 0..2 {
                let sure = if exact[field] { 1.0 } else { meant[field] };
                words[field] += if exact[field] { share } else { 0.0 };
                best[field] += share * sure;
            }
        }
        let mut meanings = [0.0; 2];
        let mut most = 0.0;
        for (group, weight) in &query.meanings {
            most += weight;
            let at = stands(*group).unwrap_or_default();
            meanings[0] += if at[0] { *weight } else { 0.0 };
            meanings[1] += if at[1] && !at[0] { *weight } else { 0.0 };
        }
        let of = |part: f32, all: f32| if all > 0.0 { part / all } else { 0.0 };
        let (back_words, back) = self.back(query, doc);
        let kinds = query.kinds;
        let is = |is: bool| f32::from(u8::from(is));
        let both = !kinds.is_empty() && !doc.asks.is_empty();
        [
            of(words[0], all),
            of(words[1], all),
            of(best[0], all),
            of(best[1], all),
            of(meanings[0], most),
            of(meanings[1], most),
            back_words,
            back,
            is(kinds.meets(doc.asks)),
            is(both && !kinds.meets(doc.asks)),
            is(kinds.meets(doc.tells)),
            is(!kinds.is_empty() && !kinds.meets(doc.tells)),
            of(meanings[0], most) * is(kinds.meets(doc.asks)),
        ]
    }

    /// How much of the entry's own question was asked, or of its best phrasing: by its words, and by
    /// what they mean too.
    fn back(&self, query: &Query, doc: &Doc) -> (f32, f32) {
        let (mut best_words, mut best) = (0.0_f32, 0.0_f32);
        let (mut all, mut words, mut meant) = (0.0, 0.0, 0.0);
        for (term, groups) in doc.terms.iter().zip(&doc.asked) {
            if *term == SENTENCE {
                if all > 0.0 {
                    best_words = best_words.max(words / all);
                    best = best.max(meant / all);
                }
                (all, words, meant) = (0.0, 0.0, 0.0);
                continue;
            }
            let docs = self.vocabulary.docs(*term);
            if docs == 0 {
                continue;
            }
            let share = idf(docs, self.len());
            all += share;
            let is_said = query.terms.iter().any(|asked| asked.readings.contains(term));
            let is_meant = query.meanings.iter().any(|(group, _)| groups.contains(group));
            words += if is_said { share } else { 0.0 };
            meant += match (is_said, is_meant) {
                (true, _) => share,
                (false, true) => share * SAME_GROUP,
                (false, false) => 0.0,
            };
        }
        (best_words, best)
    }

    fn groups_by_doc(&self, query: &Query, found: &[Found]) -> Groups {
        let mut groups = Groups::default();
        let mut is_found = vec![false; self.slots() as usize];
        found.iter().for_each(|found| is_found[found.slot as usize] = true);
        for (group, _) in &query.meanings {
            for Posting { doc, counts } in &self.meanings[*group as usize] {
                if !is_found[*doc as usize] {
                    continue;
                }
                let asked = counts[..=Field::Phrasings as usize].iter().any(|count| *count > 0);
                let told =
                    counts[Field::Phrasings as usize + 1..FIELDS].iter().any(|count| *count > 0);
                groups.0.entry(*doc).or_default().push((*group, [asked, told]));
            }
        }
        groups
    }
}

/// The groups of a question that each document has: in what it is asked, in what it tells.
#[derive(Default)]
struct Groups(std::collections::HashMap<u32, Vec<(u32, [bool; 2])>>);

impl Groups {
    fn of(&self, slot: u32) -> &[(u32, [bool; 2])] {
        self.0.get(&slot).map_or(&[], Vec::as_slice)
    }
}
