//! Copies of the file for the day it is lost.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::ConnectOptions as _;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::{DATABASE, Error, lock, options};

/// What was there before a restore stays beside it under this name and a number.
const BEFORE: &str = "relevo.db.before-restore";

/// Writes a whole and consistent copy of the file in `dir` to `to`, which must not exist, also
/// while a process serves from it: what was answered before this call is in it (test
/// `a_copy_made_under_load_is_whole`).
pub async fn back_up(dir: &Path, to: &Path) -> Result<(), Error> {
    if !dir.join(DATABASE).exists() {
        return Err(Error::Absent { dir: dir.into() });
    }
    let mut source = options(dir).connect().await.map_err(Error::Open)?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(to.display().to_string())
        .execute(&mut source)
        .await
        .map(drop)
        .map_err(Error::Read);
    drop(source.close().await);
    copied?;
    let synced = fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|source| Error::folder(to, source))
}

/// Whether SQLite finds the copy whole; otherwise what is wrong with it.
pub async fn verify(copy: &Path) -> Result<(), Error> {
    if !copy.is_file() {
        return Err(Error::Damaged { file: copy.into(), finding: "it is not there".to_owned() });
    }
    let options = SqliteConnectOptions::new().filename(copy).read_only(true).immutable(true);
    let damaged = |finding: String| Error::Damaged { file: copy.into(), finding };
    let checked = async {
        let mut file = options.connect().await?;
        let finding: String =
            sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut file).await?;
        let tables: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(&mut file).await?;
        file.close().await?;
        Ok::<_, sqlx::Error>((finding, tables))
    };
    match checked.await {
        Ok((finding, _)) if finding != "ok" => Err(damaged(finding)),
        Ok((_, 0)) => Err(damaged("it is empty".to_owned())),
        Ok(_) => Ok(()),
        Err(error) => Err(damaged(error.to_string())),
    }
}

/// Puts a copy in the place of the file in `dir`, which no process may be using; what was there
/// before stays beside it, and is what this returns. The copy is verified first.
pub async fn restore(copy: &Path, dir: &Path) -> Result<Option<PathBuf>, Error> {
    verify(copy).await?;
    fs::create_dir_all(dir).map_err(|source| Error::folder(dir, source))?;
    let held = lock(dir)?;
    let put = || {
        let (arriving, file) = (dir.join("relevo.db.arriving"), dir.join(DATABASE));
        fs::copy(copy, &arriving)?;
        fs::File::open(&arriving)?.sync_all()?;
        let journal =
            |base: &Path, ending: &str| PathBuf::from(format!("{}{ending}", base.display()));
        // Nothing that was kept is ever overwritten.
        let mut names = (1..).map(|number| dir.join(format!("{BEFORE}.{number}")));
        let is_free = |name: &PathBuf| !name.exists() && !journal(name, "-wal").exists();
        let before = names.find(is_free).expect("there is no end of numbers");
        // First the journal, which belongs to the file that it was written for: whoever is cut off
        // in between finds both under one of the two names, or the file alone and older.
        let is_there = file.exists();
        for ending in ["-wal", "-shm"] {
            if journal(&file, ending).exists() {
                fs::rename(journal(&file, ending), journal(&before, ending))?;
            }
        }
        if is_there {
            fs::rename(&file, &before)?;
        }
        fs::rename(&arriving, &file)?;
        fs::File::open(dir)?.sync_all()?;
        Ok(is_there.then_some(before))
    };
    let put = put().map_err(|source| Error::folder(dir, source));
    drop(held);
    put
}
