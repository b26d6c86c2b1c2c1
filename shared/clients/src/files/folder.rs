//! Files in a folder of the machine.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use tokio::task;

use super::sweep::{Kept, surplus};
use super::{Bounds, Error, StoredFile, Swept};

/// Begins the name of a file that is still being written, which no key's name can.
const UNFINISHED: &str = ".";
/// What is unfinished for longer than this was left by a process that died.
const UNFINISHED_AT_MOST_MS: i64 = 60 * 60 * 1000;

#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: Arc<Path>,
    bounds: Bounds,
}

impl Folder {
    pub(super) fn new(path: &Path, bounds: Bounds) -> Result<Self, Error> {
        make(path).map_err(failed("make a place"))?;
        Ok(Self { root: path.into(), bounds })
    }

    pub(super) async fn put(&self, key: &str, bytes: Bytes) -> Result<(), Error> {
        let path = self.root.join(key);
        aside(move || write(&path, &bytes)).await.map_err(failed("write a file"))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, Error> {
        let path = self.root.join(key);
        let read = aside(move || unless_absent(fs::read(path))).await;
        Ok(read.map_err(failed("read a file"))?.map(Bytes::from))
    }

    pub(super) async fn delete(&self, key: &str) -> Result<(), Error> {
        let path = self.root.join(key);
        aside(move || delete(&path)).await.map_err(failed("delete a file"))
    }

    pub(super) async fn of(&self, owner: &str) -> Result<Vec<StoredFile>, Error> {
        let (root, owner) = (Arc::clone(&self.root), self.root.join(owner));
        let found = aside(move || {
            let mut files = Vec::new();
            list(&owner, &mut files)?;
            files.retain(|file| !is_unfinished(&file.key));
            let key = |path: &Path| path.strip_prefix(&root).ok()?.to_str().map(str::to_owned);
            let stored = |Kept { key: path, bytes, since_ms }: Kept<PathBuf>| {
                Some(StoredFile { key: key(&path)?, bytes, since_ms })
            };
            Ok(files.into_iter().filter_map(stored).collect())
        });
        found.await.map_err(failed("list the files"))
    }

    pub(super) async fn sweep(&self, now_ms: i64) -> Result<Swept, Error> {
        let Self { root, bounds } = self.clone();
        aside(move || sweep(&root, bounds, now_ms, delete)).await.map_err(failed("sweep"))
    }
}

/// The file is under its name only when all of it is on the disk, so that a crash leaves the old one
/// or the new one.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    make(folder)?;
    // Readable for its owner alone.
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn delete(path: &Path) -> io::Result<()> {
    unless_absent(fs::remove_file(path)).map(drop)
}

fn sweep(
    root: &Path,
    bounds: Bounds,
    now_ms: i64,
    delete: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<Swept> {
    let mut files = Vec::new();
    list(root, &mut files)?;
    let (unfinished, files): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| is_unfinished(&file.key));
    let dead = unfinished
        .into_iter()
        .filter(|file| file.since_ms < now_ms.saturating_sub(UNFINISHED_AT_MOST_MS));
    let owner = |path: &PathBuf| {
        let below = path.strip_prefix(root).unwrap_or(path);
        below.iter().next().map(OsStr::to_owned)
    };
    let mut swept = Swept::default();
    for file in surplus(files, bounds, now_ms, owner).into_iter().chain(dead) {
        let deleted = delete(&file.key).map_err(failed("delete a file"));
        swept.count(file.bytes, deleted.as_ref().copied());
    }
    Ok(swept)
}

/// All files below a folder. Links are neither followed nor listed; what goes away meanwhile is not
/// missed.
fn list(folder: &Path, files: &mut Vec<Kept<PathBuf>>) -> io::Result<()> {
    for entry in unless_absent(fs::read_dir(folder))?.into_iter().flatten() {
        let entry = entry?;
        let Some(metadata) = unless_absent(entry.metadata())? else { continue };
        if metadata.is_dir() {
            list(&entry.path(), files)?;
        } else if metadata.is_file() {
            let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            files.push(Kept {
                key: entry.path(),
                bytes: metadata.len(),
                since_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            });
        }
    }
    Ok(())
}

fn is_unfinished(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()))
}

/// A key may go through what is a file, or end at what is a folder: there is no file either way.
fn unless_absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory => Ok(None),
            _ => Err(error),
        },
    }
}

fn failed(operation: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Folder { operation, source }
}

/// Runs what waits for the disk where it holds up nobody.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    task::spawn_blocking(work).await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Of the disk's refusals none comes to whoever may do everything.
    #[test]
    fn what_can_not_be_deleted_holds_up_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "stuck", "z"] {
            fs::write(folder.path().join(name), "five.").unwrap();
        }
        let bounds = Bounds { at_most_bytes: 0, keep: Duration::MAX };
        let swept = sweep(folder.path(), bounds, 0, |path| match path.ends_with("stuck") {
            true => Err(ErrorKind::PermissionDenied.into()),
            false => delete(path),
        });
        assert_eq!(swept.unwrap(), Swept { files: 2, bytes: 10, left: 1 });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
