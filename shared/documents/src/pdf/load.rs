//! Taking a document apart, with an end to what that may cost.
//!
//! The library bounds what each part grows to and not how many parts there are: two hundred
//! kilobytes that are made for it take gigabytes. It shows each object as it comes to it, and that
//! is where they are counted (test `a_small_pdf_does_not_grow_without_end`).

use std::cell::Cell;

use lopdf::{Document, Error, LoadOptions, Object, ObjectId};

use crate::Error as Why;
use crate::apart::{Deadline, stop};

/// What one part may grow to: tables of objects, which are small.
const PART_MAX: usize = 2 * 1024 * 1024;
/// How many values all objects together may have, of 120 bytes each.
const VALUES_MAX: usize = 2_000_000;

thread_local! {
    /// The values left to the document that this thread loads, and until when it may.
    static LEFT: Cell<Option<(usize, Deadline)>> = const { Cell::new(None) };
}

/// Loads a document. When it is too much it is stopped: there is no other way out of the library.
pub(super) fn load(bytes: &[u8], until: Deadline) -> Result<Document, Error> {
    LEFT.set(Some((VALUES_MAX, until)));
    let options = LoadOptions {
        max_decompressed_size: Some(PART_MAX),
        filter: Some(counted),
        ..LoadOptions::default()
    };
    Document::load_mem_with_options(bytes, options)
}

fn counted(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let (left, until) = LEFT.get()?;
    match left.checked_sub(values(object)) {
        Some(left) if !until.has_passed() => LEFT.set(Some((left, until))),
        Some(_) => stop(until.error()),
        None => stop(Why::TooMuch),
    }
    Some((id, object.clone()))
}

/// The library nests values no deeper than a hundred.
fn values(object: &Object) -> usize {
    match object {
        Object::Array(items) => 1 + items.iter().map(values).sum::<usize>(),
        Object::Dictionary(entries) => {
            1 + entries.iter().map(|(_, value)| values(value)).sum::<usize>()
        }
        Object::Stream(stream) => {
            1 + stream.dict.iter().map(|(_, value)| values(value)).sum::<usize>()
        }
        _ => 1,
    }
}
