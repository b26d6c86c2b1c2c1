//! What of a page it is about.

use super::tree::{Data, Tree};
use crate::question::words;

/// Whether what stands around the content counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    Left,
    Kept,
}

/// Never seen, or not read.
const UNSEEN: &[&str] = &[
    "audio", "canvas", "embed", "head", "iframe", "math", "noscript", "object", "script", "style",
    "svg", "template", "video",
];
/// Of every page of a site, or to be used rather than read.
const AROUND: &[&str] =
    &["aside", "button", "datalist", "dialog", "footer", "header", "input", "nav", "select"];
const AROUND_ROLES: &[&str] = &[
    "alert",
    "alertdialog",
    "banner",
    "complementary",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
];
/// Names that designers give to what stands around.
const AROUND_NAMES: &[&str] = &[
    "breadcrumb",
    "breadcrumbs",
    "cookie",
    "cookies",
    "footer",
    "menu",
    "migas",
    "navbar",
    "navigation",
    "newsletter",
    "pagination",
    "popup",
    "related",
    "share",
    "sidebar",
    "skip-link",
    "social",
    "widget",
];
/// So much of the page's words must be in what says that it is its content.
const ENOUGH: f64 = 0.2;

/// Where the content is: what says so of itself, or all of the page.
pub(super) fn main(tree: &Tree) -> usize {
    let all = size(tree, tree.root());
    #[expect(clippy::cast_precision_loss, reason = "no page has so many words")]
    let is_enough = |at: &usize| all > 0 && size(tree, *at) as f64 >= all as f64 * ENOUGH;
    let says =
        |at: &usize| tree.name(*at) == Some("main") || tree.attribute(*at, "role") == Some("main");
    let whole = || tree.within(tree.root());
    // A page has one.
    if let Some(main) = whole().filter(says).take(4).find(is_enough) {
        return main;
    }
    let mut articles = whole().filter(|at| tree.name(*at) == Some("article"));
    match (articles.next(), articles.next()) {
        (Some(only), None) if is_enough(&only) => only,
        _ => tree.root(),
    }
}

/// In words that are seen.
fn size(tree: &Tree, at: usize) -> usize {
    let (mut size, mut next) = (0, vec![at]);
    while let Some(at) = next.pop() {
        if let Data::Text(text) = tree.node(at) {
            size += words(text);
        }
        if !is_left_out(tree, at, Around::Kept) {
            next.extend(tree.children(at));
        }
    }
    size
}

/// Whether an element says nothing of what the page is about.
pub(super) fn is_left_out(tree: &Tree, at: usize, around: Around) -> bool {
    let Some(name) = tree.name(at) else { return false };
    let attribute = |name| tree.attribute(at, name);
    let style = attribute("style").unwrap_or_default().replace(' ', "").to_lowercase();
    if UNSEEN.contains(&name)
        || attribute("hidden").is_some_and(|how| how != "until-found")
        || style.contains("display:none")
    {
        return true;
    }
    if around == Around::Kept || matches!(name, "html" | "body" | "main" | "article") {
        return false;
    }
    let role = attribute("role").unwrap_or_default();
    let names = [attribute("class"), attribute("id")];
    let mut names = names.iter().flatten().flat_map(|names| names.split_whitespace());
    // The head of an article is its title.
    let is_title = name == "header" && tree.within(at).any(|at| tree.name(at) == Some("h1"));
    (AROUND.contains(&name) && !is_title)
        || AROUND_ROLES.contains(&role)
        || names.any(|name| AROUND_NAMES.contains(&name.to_lowercase().as_str()))
}
