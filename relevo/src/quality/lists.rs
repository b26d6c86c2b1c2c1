//! Reads what is measured.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use retrieval::quality::{
    Business, FaqFile, Malformed, Set, parse_faq, parse_labelled, parse_pairs, parse_passages,
    parse_unanswerable,
};

use super::Options;

const FAQ: &str = "-faq.txt";
const LABELLED: &str = "write label|message";

/// The files that were named, or a folder, or the project's own set.
pub(super) fn read(options: &Options) -> anyhow::Result<Set> {
    if let Some(folder) = &options.data {
        return read_folder(folder);
    }
    if !options.is_own() {
        return Ok(Set::own());
    }
    let mut set = Set::default();
    if let Some(path) = &options.faq {
        set.businesses.push(read_business(path, options.unanswerable.as_deref())?);
    }
    if let Some(path) = &options.pairs {
        set.pairs = parse(path, parse_pairs)?;
    }
    if let (Some(asked), Some(known)) = (&options.intents, &options.intents_train) {
        set.intents_asked = parse(asked, labelled)?;
        set.intents_known = parse(known, labelled)?;
    }
    Ok(set)
}

fn read_folder(folder: &Path) -> anyhow::Result<Set> {
    let lists = Some(folder.join("faq-es")).filter(|lists| lists.is_dir());
    let lists = lists.unwrap_or_else(|| folder.to_owned());
    let mut set = Set::default();
    for path in files(&lists)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(business) = name.strip_suffix(FAQ) {
            let others = lists.join(format!("{business}-unanswerable.txt"));
            set.businesses.push(read_business(&path, others.exists().then_some(&*others))?);
        }
        match name.as_str() {
            "dangerous-pairs.txt" => set.pairs = parse(&path, parse_pairs)?,
            "intents-test.txt" => set.intents_asked = parse(&path, labelled)?,
            "intents-train.txt" => set.intents_known = parse(&path, labelled)?,
            _ => {}
        }
    }
    if set.intents_known.is_empty() {
        set.intents_asked.clear();
    }
    let public = folder.join("public");
    if public.is_dir() {
        for path in files(&public)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("xquad-") && name.ends_with(".json") {
                let passages = parse_passages(&text(&path)?);
                let passages = passages.with_context(|| format!("read {}", path.display()))?;
                add(set.passages.get_or_insert_default(), passages);
            }
        }
    }
    if set.businesses.is_empty() && set.passages.is_none() && set.pairs.is_empty() {
        bail!("{}: there is no *{FAQ} and no public/xquad-*.json in it", folder.display());
    }
    Ok(set)
}

/// Several files of passages are one text.
fn add(all: &mut FaqFile, more: FaqFile) {
    let start = all.entries.len();
    let renamed = |id: &str| format!("{:04}", start + id.parse().unwrap_or(0));
    all.entries.extend(more.entries.into_iter().map(|mut entry| {
        entry.id = renamed(&entry.id);
        entry
    }));
    all.questions.extend(more.questions.into_iter().map(|mut question| {
        question.right = question.right.map(|id| renamed(&id));
        question
    }));
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}

fn read_business(faq: &Path, unanswerable: Option<&Path>) -> anyhow::Result<Business> {
    let name = faq.file_stem().unwrap_or_default().to_string_lossy();
    let business = Business {
        name: name.strip_suffix("-faq").unwrap_or(&name).to_owned(),
        faq: parse(faq, parse_faq)?,
        unanswerable: match unanswerable {
            Some(path) => parse(path, parse_unanswerable)?,
            None => Vec::new(),
        },
    };
    if business.faq.entries.is_empty() {
        bail!("{}: there is no line F|question|answer in it", faq.display());
    }
    Ok(business)
}

fn labelled(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    let lines = parse_labelled(text, LABELLED)?.into_iter();
    Ok(lines.map(|(label, text)| (label.to_owned(), text.to_owned())).collect())
}

fn parse<T>(path: &Path, parse: impl Fn(&str) -> Result<T, Malformed>) -> anyhow::Result<T> {
    parse(&text(path)?).with_context(|| path.display().to_string())
}

fn text(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    String::from_utf8(bytes)
        .with_context(|| format!("{} is not UTF-8: save it as that", path.display()))
}
