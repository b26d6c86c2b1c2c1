//! From files and folders into the records.
//!
//! A source is named after its file: within the business's own folder by its path there, within
//! another by the folder's name and the path in it. So a folder that is imported again finds what
//! it brought before, and what has gone from it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use domain::BusinessId;
use knowledge::import::Error;
use runtime::{Clock, Settings};
use store::Records;
use store::records::KnowledgeChanges;

/// The business's own folder of knowledge.
const OWN: &str = "knowledge";
/// In it, and no knowledge: which words mean the same.
const THESAURUS: &str = "thesaurus.txt";

pub(crate) fn folder(settings: &Settings, business: &BusinessId) -> PathBuf {
    settings.business_dir.join(business.as_str()).join(OWN)
}

/// What became of a source.
pub(crate) enum Told {
    Imported(KnowledgeChanges),
    /// Its file is gone.
    Removed(u64),
    Failed(Error),
    Unreadable(io::Error),
}

/// Imports with a line for each file on stderr; false if one could not be read.
pub(super) async fn run(
    records: &Records,
    business: &BusinessId,
    own: &Path,
    paths: &[PathBuf],
) -> anyhow::Result<bool> {
    let (mut files, mut failed) = (0, 0);
    let default = [own.to_owned()];
    let paths = if paths.is_empty() { &default } else { paths };
    for path in paths {
        let imported = import(records, business, own, path, |source, told| {
            files += 1;
            eprintln!("{source}: {}", line(&told));
            failed += usize::from(matches!(told, Told::Failed(_) | Told::Unreadable(_)));
        });
        imported.await?;
    }
    let entries: u64 =
        records.sources(business.as_str()).await?.iter().map(|source| source.entries).sum();
    println!("{business} knows {entries} entries; {failed} of {files} files could not be read");
    Ok(failed == 0)
}

fn line(told: &Told) -> String {
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
    }
}

/// Imports a file or everything in a folder. One that can't be read stops no other and keeps what
/// it brought before (test `a_folder_of_knowledge_is_imported_searched_and_removed`). Fails when
/// the path itself can't be read, or the records can't.
pub(crate) async fn import(
    records: &Records,
    business: &BusinessId,
    own: &Path,
    path: &Path,
    mut tell: impl FnMut(&str, Told),
) -> anyhow::Result<()> {
    let reading = || format!("read {}", path.display());
    let path = path.canonicalize().with_context(reading)?;
    let own = own.canonicalize().unwrap_or_else(|_| own.to_owned());
    let mut files = BTreeSet::new();
    gather(&path, &mut files).with_context(reading)?;
    let mut names = BTreeSet::new();
    for file in files {
        if file == own.join(THESAURUS) {
            continue;
        }
        let name = name(&file, &path, &own);
        let told = match fs::read(&file) {
            Err(error) => Told::Unreadable(error),
            Ok(bytes) => {
                let now = Clock::system().now();
                match knowledge::import(records, business, &name, &bytes, now).await {
                    Ok(changes) => Told::Imported(changes),
                    Err(Error::Records(error)) => return Err(error).context("import knowledge"),
                    Err(error) => Told::Failed(error),
                }
            }
        };
        tell(&name, told);
        names.insert(name);
    }
    if !path.is_dir() {
        return Ok(());
    }
    let within = format!("{}/", name(&path, &path, &own));
    for summary in records.sources(business.as_str()).await? {
        let name = summary.source.name;
        if name.starts_with(&within) && !names.contains(&name) {
            let entries = records.remove_source(business.as_str(), &name).await?;
            tell(&name, Told::Removed(entries.unwrap_or_default()));
        }
    }
    Ok(())
}

/// The files in it, or itself. Hidden ones belong to programs.
fn gather(path: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        files.insert(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            gather(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// The source's name for a file that was found under a path.
fn name(file: &Path, path: &Path, own: &Path) -> String {
    let (folder, base) = match file.strip_prefix(own) {
        Ok(inside) => (Some(OsStr::new(OWN)), inside),
        Err(_) if path.is_dir() => (path.file_name(), file.strip_prefix(path).unwrap_or(file)),
        Err(_) => (None, file.file_name().map_or(file, Path::new)),
    };
    let parts = folder.into_iter().chain(base.iter()).map(|part| part.to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}
