//! The index: what stands where.

mod vocabulary;

use std::collections::HashMap;
use std::fmt;

use crate::classifier::Classifier;
use crate::entry::Entry;
use crate::kind::Kinds;
use crate::text::{Language, guess, is_function_word, sentences, stem};
use crate::thesaurus::{Sense, Thesaurus};
pub(crate) use vocabulary::{Known, TermId, Vocabulary, grams};

/// Ends a sentence within a document's terms.
pub(crate) const SENTENCE: TermId = TermId::MAX;
/// Where a term can stand, in the order of a document's parts.
pub(crate) const FIELDS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Question = 0,
    Phrasings = 1,
    /// After the title, at 2, which is not looked at by itself.
    Text = 3,
}

/// How often a term stands in each field of a document.
#[derive(Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) doc: u32,
    pub(crate) counts: [u8; FIELDS],
}

/// An entry as the index keeps it. The text itself stays with the caller.
pub(crate) struct Doc {
    pub(crate) id: String,
    /// The terms of all fields in order, with [`SENTENCE`] after each sentence.
    pub(crate) terms: Box<[TermId]>,
    /// Where each field ends in `terms`.
    pub(crate) ends: [u32; FIELDS],
    /// Words in each field, without those that carry grammar alone.
    pub(crate) lengths: [u16; FIELDS],
    pub(crate) meanings: Box<[u32]>,
    /// What each term of the question and the phrasings means, with nothing between sentences.
    pub(crate) asked: Box<[Box<[u32]>]>,
    pub(crate) language: Language,
    /// What its question asks for, and what its answer tells.
    pub(crate) asks: Kinds,
    pub(crate) tells: Kinds,
    pub(crate) vector: Option<Box<[f32]>>,
}

impl Doc {
    /// The sentences of a field; each phrasing is one or more of its own.
    pub(crate) fn sentences(&self, field: Field) -> impl Iterator<Item = &[TermId]> {
        let at = field as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        self.terms[start as usize..self.ends[at] as usize]
            .split(|term| *term == SENTENCE)
            .filter(|sentence| !sentence.is_empty())
    }

    /// Whether it is a question with its answer, and not a passage.
    pub(crate) fn is_asked(&self) -> bool {
        self.ends[Field::Phrasings as usize] > 0
    }

    /// Whether only a specialist's answer made it.
    pub(crate) fn is_learned(&self) -> bool {
        self.ends[Field::Question as usize] == 0 && self.is_asked()
    }
}

/// Entries that can be searched. It holds no text, only which words stand where.
pub struct Index {
    thesaurus: Thesaurus,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) postings: Vec<Vec<Posting>>,
    /// Like `postings`, by group of the thesaurus.
    pub(crate) meanings: Vec<Vec<Posting>>,
    docs: Vec<Option<Doc>>,
    free: Vec<u32>,
    slots: HashMap<String, u32>,
    /// Sums over all documents, for mean lengths.
    lengths: [u64; FIELDS],
    languages: [u32; 3],
    pub(crate) classifier: Option<Classifier>,
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// A text read: its words, their stems, what they mean.
pub(crate) struct Reading {
    pub(crate) words: Vec<String>,
    pub(crate) stems: Vec<String>,
    pub(crate) meanings: Vec<Vec<u32>>,
}

impl Index {
    pub fn new(thesaurus: Thesaurus) -> Self {
        let groups = thesaurus.groups() as usize;
        Self {
            thesaurus,
            vocabulary: Vocabulary::default(),
            postings: Vec::new(),
            meanings: vec![Vec::new(); groups],
            docs: Vec::new(),
            free: Vec::new(),
            slots: HashMap::new(),
            lengths: [0; FIELDS],
            languages: [0; 3],
            classifier: None,
        }
    }

    /// An index of these entries.
    pub fn filled<'a>(thesaurus: &Thesaurus, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut index = Self::new(thesaurus.clone());
        for entry in entries {
            index.insert(entry.clone());
        }
        index
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Adds an entry, in the place of the one with the same id. The classifier doesn't know what
    /// changed until [`train`](Self::train).
    pub fn insert(&mut self, entry: Entry) {
        self.remove(&entry.id);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.docs.push(None);
            u32::try_from(self.docs.len() - 1)
                .expect("fewer than four billion entries fit in memory")
        });
        let id = entry.id.clone();
        let doc = self.read_entry(entry, slot);
        for (sum, length) in self.lengths.iter_mut().zip(doc.lengths) {
            *sum += u64::from(length);
        }
        self.languages[doc.language as usize] += 1;
        self.slots.insert(id, slot);
        self.docs[slot as usize] = Some(doc);
    }

    /// Removes an entry; nothing happens when there is none.
    pub fn remove(&mut self, id: &str) {
        let Some(slot) = self.slots.remove(id) else { return };
        let Some(doc) = self.docs[slot as usize].take() else { return };
        let mut terms: Vec<TermId> =
            doc.terms.iter().copied().filter(|term| *term != SENTENCE).collect();
        terms.sort_unstable();
        terms.dedup();
        for term in terms {
            let postings = &mut self.postings[term as usize];
            if let Some(at) = postings.iter().position(|posting| posting.doc == slot) {
                postings.swap_remove(at);
                self.vocabulary.forget(term);
            }
        }
        for meaning in &doc.meanings {
            self.meanings[*meaning as usize].retain(|posting| posting.doc != slot);
        }
        for (sum, length) in self.lengths.iter_mut().zip(doc.lengths) {
            *sum -= u64::from(length);
        }
        self.languages[doc.language as usize] -= 1;
        self.free.push(slot);
    }

    /// Gives an entry the vector of its text; `false` when there is no such entry.
    pub fn set_vector(&mut self, id: &str, mut vector: Vec<f32>) -> bool {
        let Some(slot) = self.slots.get(id) else { return false };
        crate::dense::normalize(&mut vector);
        match &mut self.docs[*slot as usize] {
            Some(doc) => doc.vector = Some(vector.into()),
            None => return false,
        }
        true
    }

    /// Trains the classifier on the questions and phrasings of the entries that have three or
    /// more. The same entries make the same one. 1,540 questions for 77 entries take a tenth of a
    /// second in release; the time grows with questions times entries.
    pub fn train(&mut self) {
        self.classifier = Classifier::train(self);
    }

    pub(crate) fn doc(&self, slot: u32) -> Option<&Doc> {
        self.docs.get(slot as usize)?.as_ref()
    }

    pub(crate) fn slots(&self) -> u32 {
        u32::try_from(self.docs.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn docs(&self) -> impl Iterator<Item = (u32, &Doc)> {
        (0_u32..).zip(&self.docs).filter_map(|(slot, doc)| Some((slot, doc.as_ref()?)))
    }

    pub(crate) fn mean_length(&self, field: usize) -> f32 {
        (self.lengths[field] as f32 / self.len().max(1) as f32).max(1.0)
    }

    /// The language that most entries are in.
    pub(crate) fn language(&self) -> Language {
        let most = Language::ALL.into_iter().rev().max_by_key(|l| self.languages[*l as usize]);
        most.unwrap_or(Language::Es)
    }

    pub(crate) fn read(&self, words: Vec<String>, language: Language) -> Reading {
        let stems: Vec<String> = words.iter().map(|word| stem(word, language)).collect();
        let meanings = self.meanings_of(&stems, language);
        Reading { words, stems, meanings }
    }

    /// Whether a word stands in an entry or in the thesaurus.
    pub(crate) fn knows(&self, word: &str, language: Language) -> bool {
        let stem = stem(word, language);
        self.vocabulary.id(&stem).is_some()
            || self.thesaurus.ask(&[stem], language).iter().any(|senses| !senses.is_empty())
    }

    /// What each stem of a question points to.
    pub(crate) fn senses_of(&self, stems: &[String], language: Language) -> Vec<Vec<Sense>> {
        self.thesaurus.ask(stems, language)
    }

    /// The groups of the thesaurus for each stem.
    pub(crate) fn meanings_of(&self, stems: &[String], language: Language) -> Vec<Vec<u32>> {
        self.thesaurus.read(stems, language).into_iter().map(<[u32]>::to_vec).collect()
    }

    fn read_entry(&mut self, entry: Entry, slot: u32) -> Doc {
        let phrasings: Vec<_> = entry.phrasings.iter().flat_map(|text| sentences(text)).collect();
        let fields = [
            entry.question.as_deref().map(sentences).unwrap_or_default(),
            phrasings,
            entry.title.as_deref().map(sentences).unwrap_or_default(),
            sentences(&entry.text),
        ];
        let language = guess(fields.iter().flatten().flatten().map(String::as_str))
            .unwrap_or_else(|| self.language());
        let asks = Kinds::asked(&fields[..2].concat().concat());
        let tells = Kinds::told(&fields[Field::Text as usize].concat(), &entry.text);
        let mut terms = Vec::new();
        let mut ends = [0; FIELDS];
        let mut lengths = [0_u16; FIELDS];
        let mut counts: HashMap<TermId, [u8; FIELDS]> = HashMap::new();
        let mut meanings: HashMap<u32, [u8; FIELDS]> = HashMap::new();
        let mut asked: Vec<Box<[u32]>> = Vec::new();
        for (field, sentences) in fields.into_iter().enumerate() {
            for sentence in sentences {
                let reading = self.read(sentence, language);
                let mut last: &[u32] = &[];
                for ((word, stem), groups) in
                    reading.words.iter().zip(&reading.stems).zip(&reading.meanings)
                {
                    let term = self.vocabulary.learn(word, stem);
                    terms.push(term);
                    if field <= Field::Phrasings as usize {
                        asked.push(groups.as_slice().into());
                    }
                    if !is_function_word(word, language) {
                        count(&mut counts, term, field);
                        lengths[field] = lengths[field].saturating_add(1);
                    }
                    // An expression of several words counts once.
                    if last != groups.as_slice() {
                        for group in groups {
                            count(&mut meanings, *group, field);
                        }
                    }
                    last = groups;
                }
                terms.push(SENTENCE);
                if field <= Field::Phrasings as usize {
                    asked.push(Box::default());
                }
            }
            ends[field] = u32::try_from(terms.len()).unwrap_or(u32::MAX);
        }
        self.postings.resize_with(self.vocabulary.len(), Vec::new);
        for (term, counts) in counts {
            self.postings[term as usize].push(Posting { doc: slot, counts });
            self.vocabulary.count(term);
        }
        let groups: Vec<u32> = meanings.keys().copied().collect();
        for (group, counts) in meanings {
            self.meanings[group as usize].push(Posting { doc: slot, counts });
        }
        Doc {
            id: entry.id,
            terms: terms.into(),
            ends,
            lengths,
            meanings: groups.into(),
            asked: asked.into(),
            language,
            asks,
            tells,
            vector: None,
        }
    }
}

fn count(counts: &mut HashMap<u32, [u8; FIELDS]>, key: u32, field: usize) {
    let count = &mut counts.entry(key).or_default()[field];
    *count = count.saturating_add(1);
}
