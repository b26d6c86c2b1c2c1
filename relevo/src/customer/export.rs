//! Everything that is held on a customer. `docs/privacy.md` describes the form.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use runtime::customer::Name;
use serde_json::{Map, Value, json};
use store::records::{Field, Fields, Held};

use super::{Desk, Found};

/// Raised when a program that reads an export must know of a change.
const VERSION: u32 = 1;

/// Whether anything is held.
pub(super) async fn run(desk: &Desk, out: Option<&Path>, no_files: bool) -> anyhow::Result<bool> {
    let found = desk.find().await?;
    let folder = out.filter(|_| !no_files).map(folder);
    let (mut whole, mut rows) = (head(desk, &found), 0);
    for kind in Held::ALL {
        let held = desk.ports.records.held(*kind, &found.subject).await?;
        rows += held.len();
        whole[kind.name()] = held.into_iter().map(object).collect();
    }
    let mut files = Vec::new();
    for file in &found.files {
        let kept = match &folder {
            Some(folder) => save(desk, folder, &file.key).await?,
            None => None,
        };
        files.push(json!({
            "key": file.key, "bytes": file.bytes, "since_ms": file.since_ms, "path": kept,
        }));
    }
    whole["files"] = files.into();
    let documents = found.known.conversations.values().flatten().count();
    let is_known = rows + documents + found.files.len() + found.dead.len() > 0;
    if !is_known {
        eprintln!("nothing is held on this customer");
    }
    let text = format!("{whole:#}\n");
    match out {
        None => print!("{text}"),
        Some(path) => {
            write(path, text.as_bytes())?;
            println!("{}: {rows} rows of records, {} files", path.display(), found.files.len());
        }
    }
    Ok(is_known)
}

fn head(desk: &Desk, found: &Found) -> Value {
    let names = |wanted: fn(&Name) -> bool| -> Vec<&str> {
        found.known.names.iter().filter(|name| wanted(name)).map(Name::as_str).collect()
    };
    let document =
        |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()));
    let conversations = found.known.conversations.iter();
    let conversations: Vec<Value> = conversations
        .map(|(id, text)| json!({ "id": id, "document": text.as_ref().map(document) }))
        .collect();
    let body = |body: &[u8]| {
        serde_json::from_slice(body)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(body).into_owned()))
    };
    let dead: Vec<Value> = found
        .dead
        .iter()
        .map(|letter| json!({ "queue": letter.queue, "body": body(&letter.body) }))
        .collect();
    json!({
        "format": "relevo.customer",
        "version": VERSION,
        "exported_ms": desk.ports.clock.now().as_millis(),
        "business": desk.business,
        "user_ids": names(|name| matches!(name, Name::UserId(_))),
        "phones": names(|name| matches!(name, Name::Phone(_))),
        "conversations": conversations,
        "dead_letters": dead,
    })
}

fn object(fields: Fields) -> Value {
    let value = |field| match field {
        Field::Nothing => Value::Null,
        Field::Text(text) => text.into(),
        Field::Integer(number) => number.into(),
        Field::Real(number) => number.into(),
        Field::Truth(truth) => truth.into(),
        Field::Id(id) => id.to_string().into(),
    };
    fields.into_iter().map(|(name, field)| (name, value(field))).collect::<Map<_, _>>().into()
}

/// Where the files of an export go: beside it, under its name.
fn folder(out: &Path) -> PathBuf {
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push("-files");
    out.with_file_name(name)
}

/// None if the file has gone meanwhile.
async fn save(desk: &Desk, folder: &Path, key: &str) -> anyhow::Result<Option<String>> {
    let Some(bytes) = desk.files.get(key).await.context("read a file of the customer's")? else {
        return Ok(None);
    };
    let make = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    make.with_context(|| format!("make {}", folder.display()))?;
    let path = folder.join(key.rsplit('/').next().unwrap_or(key));
    write(&path, &bytes)?;
    Ok(Some(path.display().to_string()))
}

/// Readable for its owner alone.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let open = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = open().and_then(|mut file| file.write_all(bytes));
    written.with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_an_export_lie_beside_it() {
        for (out, expected) in [
            ("ana.json", "ana-files"),
            ("/tmp/a.b/ana.json", "/tmp/a.b/ana-files"),
            ("exports/ana", "exports/ana-files"),
        ] {
            assert_eq!(folder(Path::new(out)), Path::new(expected));
        }
    }
}
