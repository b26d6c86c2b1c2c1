//! The documents that a learned answer was checked against.

use std::collections::BTreeMap;

use store::Records;
use store::records::{Basis, KnowledgeEntry, LEARNED};
use uuid::Uuid;

use super::Error;
use crate::base::Base;

/// So many passages that come nearest to the question, and as many to the answer.
const NEAREST: usize = 3;
/// What scores less than this share of the best has little to do with it.
const NEAR: f32 = 0.5;
/// So many are looked at: some of them may have been learned.
const LOOKED_AT: usize = 12;

/// What comes nearest to a question and its answer now, by document.
pub(crate) async fn of(
    records: &Records,
    base: &Base,
    question: &str,
    answer: &str,
) -> Result<Vec<Basis>, Error> {
    let mut passages: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in [question, answer].into_iter().flat_map(|text| near(base, text)) {
        let line = line(&entry);
        let lines = passages.entry(entry.source).or_default();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let sources = records.sources(base.business().as_str()).await?;
    let basis = sources.into_iter().filter_map(|summary| {
        let passages = passages.remove(&summary.source.name)?.join("\n");
        Some(Basis { source: summary.source.name, hash: summary.source.hash, passages })
    });
    Ok(basis.collect())
}

/// The same documents as they are now.
pub(crate) async fn renewed(
    records: &Records,
    base: &Base,
    mut basis: Vec<Basis>,
) -> Result<Vec<Basis>, Error> {
    for summary in records.sources(base.business().as_str()).await? {
        if let Some(one) = basis.iter_mut().find(|one| one.source == summary.source.name) {
            one.hash = summary.source.hash;
        }
    }
    Ok(basis)
}

/// The documents in which something that was near has changed or gone, or something else has come
/// nearest to the question. One that was imported again and says the same where it matters has not
/// changed.
pub(crate) fn changed(before: &[Basis], base: &Base, question: &str) -> Vec<String> {
    let nearest = near(base, question).into_iter().next();
    let has_changed = |basis: &&Basis| {
        let is_gone = |known: &str| !stands(base, known);
        let is_new = |entry: &KnowledgeEntry| {
            entry.source == basis.source
                && !basis.passages.lines().any(|known| known == line(entry))
        };
        basis.passages.lines().any(is_gone) || nearest.as_ref().is_some_and(is_new)
    };
    before.iter().filter(has_changed).map(|one| one.source.clone()).collect()
}

/// Nothing that was learned: it is checked against documents.
fn near(base: &Base, text: &str) -> Vec<KnowledgeEntry> {
    let found = base.nearest(text, LOOKED_AT).into_iter();
    let imported: Vec<(KnowledgeEntry, f32)> =
        found.filter(|(entry, _)| entry.source != LEARNED).take(NEAREST).collect();
    let best = imported.first().map_or(0.0, |(_, score)| *score);
    let near = imported.into_iter().filter(|(_, score)| *score >= NEAR * best);
    near.map(|(entry, _)| entry).collect()
}

/// Whether a passage is as it was.
fn stands(base: &Base, line: &str) -> bool {
    line.split_once(' ')
        .and_then(|(id, hash)| Some((Uuid::parse_str(id).ok()?, hash)))
        .is_some_and(|(id, hash)| base.says(id, hash))
}

/// A passage as it was.
fn line(entry: &KnowledgeEntry) -> String {
    format!("{} {}", entry.id, entry.hash)
}
