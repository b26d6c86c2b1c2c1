//! The blocks of a request, checked and completed.

use serde_json::{Map, Value, json};

use super::error::NotionError;
use super::file::{self, Files};
use super::{check, rich_text};

const MOST_CHILDREN: usize = 100;
const MOST_BLOCKS: usize = 1_000;
const DEEPEST: usize = 2;
const LONGEST_URL: usize = 2_000;

/// A block of a request, checked and completed.
pub(super) struct Draft {
    pub(super) kind: &'static str,
    pub(super) content: Value,
    pub(super) children: Vec<Draft>,
}

/// What a type of block holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// `rich_text` and `color`, and these flags or words with their defaults.
    Text,
    /// A file or an address outside, with a caption.
    File,
    Url,
    Nothing,
}

const TYPES: [(&str, Holds); 18] = [
    ("paragraph", Holds::Text),
    ("heading_1", Holds::Text),
    ("heading_2", Holds::Text),
    ("heading_3", Holds::Text),
    ("bulleted_list_item", Holds::Text),
    ("numbered_list_item", Holds::Text),
    ("to_do", Holds::Text),
    ("quote", Holds::Text),
    ("callout", Holds::Text),
    ("toggle", Holds::Text),
    ("code", Holds::Text),
    ("divider", Holds::Nothing),
    ("bookmark", Holds::Url),
    ("image", Holds::File),
    ("file", Holds::File),
    ("pdf", Holds::File),
    ("video", Holds::File),
    ("audio", Holds::File),
];

fn may_have_children(kind: &str) -> bool {
    !matches!(kind, "heading_1" | "heading_2" | "heading_3" | "code")
}

/// Checks the children of a request, all of them and theirs.
pub(super) fn check_all(
    files: &Files,
    given: &Value,
    path: &str,
) -> Result<Vec<Draft>, NotionError> {
    let mut count = 0;
    let drafts = check_level(files, given, path, 1, &mut count)?;
    if count > MOST_BLOCKS {
        return Err(NotionError::too_many(path, MOST_BLOCKS, count));
    }
    Ok(drafts)
}

fn check_level(
    files: &Files,
    given: &Value,
    path: &str,
    depth: usize,
    count: &mut usize,
) -> Result<Vec<Draft>, NotionError> {
    let Some(items) = given.as_array().filter(|_| depth <= DEEPEST) else {
        let be = if depth <= DEEPEST { "an array" } else { "not present" };
        return Err(NotionError::should(path, be, given));
    };
    if items.len() > MOST_CHILDREN {
        return Err(NotionError::too_many(path, MOST_CHILDREN, items.len()));
    }
    *count += items.len();
    let mut drafts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let Some(object) = item.as_object() else {
            return Err(NotionError::should(&path, "an object", item));
        };
        let Some((kind, holds)) = TYPES.iter().find(|(kind, _)| object.contains_key(*kind)) else {
            return Err(NotionError::should(&format!("{path}.paragraph"), "defined", &Value::Null));
        };
        check::only(object, &["object", "type", kind], &path)?;
        if item["type"].as_str().is_some_and(|given| given != *kind) {
            return Err(NotionError::should(
                &format!("{path}.type"),
                &format!("`\"{kind}\"`"),
                &item["type"],
            ));
        }
        let path = format!("{path}.{kind}");
        let content = content(files, kind, *holds, &item[kind], &path)?;
        let children = match item[kind].get("children") {
            Some(children) if *holds == Holds::Text && may_have_children(kind) => {
                check_level(files, children, &format!("{path}.children"), depth + 1, count)?
            }
            Some(children) => {
                return Err(NotionError::should(
                    &format!("{path}.children"),
                    "not present",
                    children,
                ));
            }
            None => Vec::new(),
        };
        drafts.push(Draft { kind, content, children });
    }
    Ok(drafts)
}

fn content(
    files: &Files,
    kind: &str,
    holds: Holds,
    given: &Value,
    path: &str,
) -> Result<Value, NotionError> {
    let Some(object) = given.as_object() else {
        return Err(NotionError::should(path, "an object", given));
    };
    let caption = || match given.get("caption") {
        Some(caption) => rich_text::write(caption, &format!("{path}.caption")),
        None => Ok(json!([])),
    };
    match holds {
        Holds::Nothing => {
            check::only(object, &[], path)?;
            Ok(json!({}))
        }
        Holds::Url => {
            check::only(object, &["url", "caption"], path)?;
            let url = check::string(&given["url"], &format!("{path}.url"))?;
            rich_text::longest(url, LONGEST_URL, &format!("{path}.url"))?;
            Ok(json!({ "url": url, "caption": caption()? }))
        }
        Holds::File => {
            check::only(object, &["type", "external", "file_upload", "caption", "name"], path)?;
            let (source, of) = file::reference(files, given, path)?;
            let mut content = json!({ "caption": caption()?, "type": source, source: of });
            if kind == "file" {
                content["name"] = given["name"].clone();
            }
            Ok(content)
        }
        Holds::Text => {
            let mut known = vec!["rich_text", "color", "children"];
            let extra: &[&str] = match kind {
                "to_do" => &["checked"],
                "code" => &["language", "caption"],
                "callout" => &["icon"],
                "heading_1" | "heading_2" | "heading_3" => &["is_toggleable"],
                _ => &[],
            };
            known.extend(extra);
            check::only(object, &known, path)?;
            let text = rich_text::write(&given["rich_text"], &format!("{path}.rich_text"))?;
            let mut content = json!({ "rich_text": text });
            match kind {
                "code" => {
                    let language = given["language"].as_str();
                    content["language"] = language.unwrap_or("plain text").into();
                    content["caption"] = caption()?;
                    return Ok(content);
                }
                "to_do" => {
                    let path = format!("{path}.checked");
                    content["checked"] =
                        check::flag(&given["checked"], &path)?.unwrap_or(false).into();
                }
                "callout" => content["icon"] = given["icon"].clone(),
                "heading_1" | "heading_2" | "heading_3" => {
                    content["is_toggleable"] =
                        given["is_toggleable"].as_bool().unwrap_or(false).into();
                }
                _ => {}
            }
            content["color"] = given["color"].as_str().unwrap_or("default").into();
            Ok(content)
        }
    }
}

/// The content of a block after a change: what the change leaves out stays as it is.
pub(super) fn revise(
    files: &Files,
    kind: &str,
    old: &Value,
    given: &Value,
    path: &str,
) -> Result<Value, NotionError> {
    let holds = TYPES.iter().find(|(known, _)| *known == kind).map_or(Holds::Text, |(_, h)| *h);
    let (Some(before), Some(after)) = (old.as_object(), given.as_object()) else {
        return Err(NotionError::should(path, "an object", given));
    };
    let is_replaced = ["external", "file_upload"].iter().any(|key| after.contains_key(*key));
    if holds == Holds::File && !is_replaced {
        check::only(after, &["caption", "name"], path)?;
        let mut content = old.clone();
        if let Some(caption) = after.get("caption") {
            content["caption"] = rich_text::write(caption, &format!("{path}.caption"))?;
        }
        return Ok(content);
    }
    let mut both: Map<String, Value> = before.clone();
    for key in ["type", "external", "file"] {
        if is_replaced {
            both.remove(key);
        }
    }
    both.extend(after.clone());
    content(files, kind, holds, &Value::Object(both), path)
}
