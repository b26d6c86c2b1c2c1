//! From files, folders and pages into the records.
//!
//! A source is named after its file: within the business's own folder by its path there, within
//! another by the folder's name and the path in it. So a folder that is imported again finds what
//! it brought before, and what has gone from it. A page is named by its address.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clients::page::{self, Address, Pages, Reach};
use domain::BusinessId;
use knowledge::import::{AT_MOST, Error, Kind};
use runtime::{Clock, Settings};
use store::Records;
use store::records::KnowledgeChanges;

use super::progress::Progress;

/// The business's own folder of knowledge.
const OWN: &str = "knowledge";
/// For a page, with all that it leads to.
const PAGE_AT_MOST: Duration = Duration::from_secs(30);

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Files, folders or addresses (https://…); without any, the folder knowledge beside the
    /// business's business.toml
    paths: Vec<PathBuf>,
    /// Also fetch addresses within your own network
    #[arg(long)]
    allow_private: bool,
}
/// In it, and no knowledge: which words mean the same.
const THESAURUS: &str = "thesaurus.txt";

pub(crate) fn folder(settings: &Settings, business: &BusinessId) -> PathBuf {
    settings.business_dir.join(business.as_str()).join(OWN)
}

/// A source's name, as it was typed: an address is written in one way only.
pub(super) fn named(typed: &str) -> String {
    match typed.parse::<Address>() {
        Ok(address) if Address::is_meant(typed) => address.to_string(),
        _ => typed.to_owned(),
    }
}

/// What became of a source.
pub(crate) enum Told {
    Imported(KnowledgeChanges),
    /// Its file is gone.
    Removed(u64),
    Failed(Error),
    Unreadable(io::Error),
    NotFetched(page::Error),
}

/// Imports with a line for each source on stderr; false if one could not be read.
pub(super) async fn run(
    records: &Records,
    business: &BusinessId,
    own: &Path,
    Options { paths, allow_private }: &Options,
) -> anyhow::Result<bool> {
    let default = [own.to_owned()];
    let paths = if paths.is_empty() { &default[..] } else { &paths[..] };
    let reach = if *allow_private { Reach::Anywhere } else { Reach::Public };
    let pages = Pages::new(page::Options { timeout: PAGE_AT_MOST, at_most: AT_MOST, reach })?;
    let mut progress = Progress::new(paths.iter().map(|path| count(path)).sum());
    for path in paths {
        match path.to_str().filter(|typed| Address::is_meant(typed)) {
            Some(typed) => {
                let name = named(typed);
                progress.begins(&name);
                let told = fetch(records, business, &pages, typed).await?;
                progress.tell(&name, &told);
            }
            None => {
                let tell = |source: &str, told| progress.tell(source, &told);
                import(records, business, own, path, tell).await?;
            }
        }
    }
    let sources = records.sources(business.as_str()).await?;
    let entries: u64 = sources.iter().map(|source| source.entries).sum();
    let sum = progress.finish();
    println!("{sum}");
    println!(
        "{business} knows {entries} entries; {} of {} files could not be read",
        sum.failed, sum.sources
    );
    Ok(sum.failed == 0)
}

/// Fetches a page and imports it under its address. One that can't be had keeps what it brought
/// before. Fails when the records can't be written.
async fn fetch(
    records: &Records,
    business: &BusinessId,
    pages: &Pages,
    typed: &str,
) -> anyhow::Result<Told> {
    let fetched = match typed.parse::<Address>() {
        Ok(address) => pages.fetch(&address).await.map(|page| (address.to_string(), page)),
        Err(error) => Err(error),
    };
    let (name, page) = match fetched {
        Ok(fetched) => fetched,
        Err(error) => return Ok(Told::NotFetched(error)),
    };
    let kind = match Kind::of_page(page.mime_type.as_deref(), &page.path, &page.bytes) {
        Ok(kind) => kind,
        Err(error) => return Ok(Told::Failed(error)),
    };
    let bytes = kind.in_utf8(&page.bytes, page.charset.as_deref());
    let now = Clock::system().now();
    imported(knowledge::import::import_as(kind, records, business, &name, &bytes, now).await)
}

fn imported(result: Result<KnowledgeChanges, Error>) -> anyhow::Result<Told> {
    match result {
        Ok(changes) => Ok(Told::Imported(changes)),
        Err(Error::Records(error)) => Err(error).context("import knowledge"),
        Err(error) => Ok(Told::Failed(error)),
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
        let told = match read(&file) {
            Err(error) => Told::Unreadable(error),
            Ok(bytes) => {
                let now = Clock::system().now();
                imported(knowledge::import(records, business, &name, &bytes, now).await)?
            }
        };
        tell(&name, told);
        names.insert(name);
    }
    if !path.is_dir() {
        return Ok(());
    }
    let within = format!("{}/", self::name(&path, &path, &own));
    for summary in records.sources(business.as_str()).await? {
        let name = summary.source.name;
        if name.starts_with(&within) && !names.contains(&name) {
            let entries = records.remove_source(business.as_str(), &name).await?;
            tell(&name, Told::Removed(entries.unwrap_or_default()));
        }
    }
    Ok(())
}

/// The file, or as much of it as shows that it is too large.
fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(AT_MOST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How many files there are; what can't be read will say so later.
fn count(path: &Path) -> usize {
    let mut files = BTreeSet::new();
    gather(path, &mut files).map_or(1, |()| files.len())
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
