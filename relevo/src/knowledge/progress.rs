//! What an import tells while it goes: a line for each source, a bar on a terminal, and a sum.

use std::fmt;

use indicatif::{ProgressBar, ProgressStyle};
use store::records::KnowledgeChanges;

use super::import::Told;

/// Nothing is drawn where stderr is no terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    sum: Sum,
}

/// Of all sources together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) sources: usize,
    pub(super) failed: usize,
    changes: KnowledgeChanges,
}

impl Progress {
    pub(super) fn new(sources: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:30} {pos} of {len}, {eta} left  {wide_msg}");
        let bar = ProgressBar::new(sources as u64);
        bar.set_style(style.expect("the template is written above"));
        Self { bar, sum: Sum::default() }
    }

    /// Something that may take a while.
    pub(super) fn begins(&self, source: &str) {
        self.bar.set_message(source.to_owned());
    }

    pub(super) fn tell(&mut self, source: &str, told: &Told) {
        self.sum.add(told);
        self.bar.suspend(|| eprintln!("{source}: {}", line(source, told)));
        if !matches!(told, Told::Removed(_)) {
            self.bar.inc(1);
        }
    }

    pub(super) fn finish(self) -> Sum {
        self.bar.finish_and_clear();
        self.sum
    }
}

impl Sum {
    fn add(&mut self, told: &Told) {
        self.sources += 1;
        let sum = &mut self.changes;
        match told {
            Told::Imported(KnowledgeChanges { added, updated, removed, unchanged }) => {
                sum.added += added;
                sum.updated += updated;
                sum.removed += removed;
                sum.unchanged += unchanged;
            }
            Told::Removed(entries) => {
                sum.removed += usize::try_from(*entries).unwrap_or(usize::MAX);
            }
            Told::Failed(_) | Told::Unreadable(_) | Told::NotFetched(_) => self.failed += 1,
        }
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let KnowledgeChanges { added, updated, removed, unchanged } = self.changes;
        write!(
            f,
            "entries: {added} added, {updated} changed, {removed} removed, {unchanged} unchanged; \
             files: {} failed",
            self.failed
        )
    }
}

fn line(source: &str, told: &Told) -> String {
    match told {
        Told::Imported(changes) if !changes.any() => {
            format!("{} unchanged", changes.unchanged)
        }
        Told::Imported(KnowledgeChanges { added, updated, removed, unchanged }) => {
            format!("{added} added, {updated} updated, {removed} removed, {unchanged} unchanged")
        }
        Told::Removed(entries) => format!("removed with {entries} entries: the file is gone"),
        Told::Failed(error) => error.to_string(),
        Told::Unreadable(error) => format!("it can't be read: {error}"),
        Told::NotFetched(error @ clients::page::Error::Gone { .. }) => format!(
            "{error}: what it said is still known; if it is gone for good, relevo knowledge remove \
             {source}"
        ),
        Told::NotFetched(error) => error.to_string(),
    }
}
