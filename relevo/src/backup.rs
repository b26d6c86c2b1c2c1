//! `relevo backup` and `relevo restore`: the embedded file and the files of customers beside it.
//! Servers have their own tools, and are left to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use domain::Timestamp;
use runtime::settings::{FilePlace, Place};
use runtime::{Clock, Settings};
use serde::{Deserialize, Serialize};
use store::Records;
use store::records::Counts;

const COPY: &str = "relevo.db";
const MEDIA: &str = "media";
const MANIFEST: &str = "backup.json";

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// A folder that does not exist yet, or is empty
    folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// A folder that `relevo backup` made
    folder: PathBuf,
    /// Put it in the place of what is there now, which is kept beside it
    #[arg(long)]
    replace: bool,
}

/// What is in a backup; written last, so that one that was cut off has none.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    relevo: String,
    made_ms: i64,
    messages: i64,
    without_outcome: i64,
    files: usize,
}

pub(crate) fn back_up(settings: &Settings, options: &Backup) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        ensure!(
            settings.uses_embedded(),
            "nothing here is embedded: back up PostgreSQL, Redis and RabbitMQ with their own \
             tools, as docs/runbook.md says"
        );
        let folder = &options.folder;
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let is_empty = fs::read_dir(folder)?.next().is_none();
        ensure!(is_empty, "{} is not empty: name a new folder", folder.display());
        let copy = folder.join(COPY);
        embedded::back_up(&settings.data_dir, &copy).await?;
        embedded::verify(&copy).await?;
        let files = match settings.storage.place {
            FilePlace::Embedded => copy_files(&settings.data_dir.join(MEDIA), &folder.join(MEDIA))?,
            FilePlace::Bucket(_) => 0,
        };
        let counts_here = matches!(settings.database, Place::Embedded);
        let manifest = manifest(folder, files, counts_here, Clock::system().now()).await?;
        let json = serde_json::to_string_pretty(&manifest)?;
        fs::write(folder.join(MANIFEST), format!("{json}\n"))?;
        println!(
            "{}: {} messages, {} of them without an outcome yet, and {} files of customers",
            folder.display(),
            manifest.messages,
            manifest.without_outcome,
            manifest.files
        );
        Ok(ExitCode::SUCCESS)
    })
}

pub(crate) fn restore(settings: &Settings, options: &Restore) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (folder, dir) = (&options.folder, &settings.data_dir);
        let manifest = fs::read_to_string(folder.join(MANIFEST)).with_context(|| {
            format!("{} is no backup, or one that was not finished", folder.display())
        })?;
        let manifest: Manifest = serde_json::from_str(&manifest)
            .with_context(|| format!("read {MANIFEST} in {}", folder.display()))?;
        if dir.join(COPY).exists() && !options.replace {
            bail!(
                "{} holds an installation already; --replace keeps it beside the restored one",
                dir.display()
            );
        }
        let before = embedded::restore(&folder.join(COPY), dir).await?;
        let files = copy_files(&folder.join(MEDIA), &dir.join(MEDIA))?;
        let file = embedded::File::visit(dir).await?;
        let counts = match settings.database {
            Place::Embedded => {
                let records = Records::embedded(file.clone());
                // The schema is that of the version that made it; this one brings it up to date.
                records.migrate().await?;
                records.counts().await?
            }
            Place::Server(_) => Counts::default(),
        };
        file.close().await;
        ensure!(
            counts.inbound >= manifest.messages,
            "{} messages are there and {} were backed up",
            counts.inbound,
            manifest.messages
        );
        println!("restored {} messages and {files} files into {}", counts.inbound, dir.display());
        if let Some(before) = before {
            println!("what was there before is {}", before.display());
        }
        println!(
            "`relevo serve` goes on from there: messages without an outcome are taken up again. What \
             came after the backup is lost, and who was erased since must be erased again"
        );
        Ok(ExitCode::SUCCESS)
    })
}

/// Of the copy, not of what is being written meanwhile.
async fn manifest(
    folder: &Path,
    files: usize,
    counts_here: bool,
    now: Timestamp,
) -> anyhow::Result<Manifest> {
    let file = embedded::File::visit(folder).await?;
    let counts = match counts_here {
        true => Records::embedded(file.clone()).counts().await?,
        // They lie elsewhere, and are backed up there.
        false => Counts::default(),
    };
    file.close().await;
    for journal in ["relevo.db-wal", "relevo.db-shm"] {
        let journal = folder.join(journal);
        if journal.exists() {
            fs::remove_file(journal)?;
        }
    }
    Ok(Manifest {
        relevo: env!("CARGO_PKG_VERSION").to_owned(),
        made_ms: now.as_millis(),
        messages: counts.inbound,
        without_outcome: counts.unsettled,
        files,
    })
}

/// Returns how many. A file that goes meanwhile, because its time was over, is no mistake.
fn copy_files(from: &Path, to: &Path) -> anyhow::Result<usize> {
    let Ok(entries) = fs::read_dir(from) else { return Ok(0) };
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let mut count = 0;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            count += copy_files(&entry.path(), &target)?;
            continue;
        }
        match fs::copy(entry.path(), &target) {
            Ok(_) => count += 1,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("copy to {}", target.display()));
            }
        }
    }
    Ok(count)
}
