//! What is remembered of a message that is no text, in words.

use domain::content::MediaKind;
use domain::message::Template;
use runtime::business::TemplateSpec;
use serde_json::Value;

pub(super) fn of_file(media: MediaKind, filename: Option<&str>, caption: &str) -> String {
    let what = match media {
        MediaKind::Image => "imagen",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::Document => "documento",
        MediaKind::Sticker => "sticker",
    };
    let name = filename.map(|name| format!(" {name}")).unwrap_or_default();
    format!("[{what}{name}] {caption}").trim_end().to_owned()
}

/// What the customer reads, where the business's own file has the template's words.
pub(super) fn of_template(template: &Template, templates: &[TemplateSpec]) -> String {
    let Template { name, language, parameters } = template;
    let spec = templates.iter().find(|one| one.name == *name && one.language == *language);
    let Some(spec) = spec else { return format!("[plantilla {name}]") };
    (1..).zip(parameters).fold(spec.body.clone(), |body, (number, parameter)| {
        body.replace(&format!("{{{{{number}}}}}"), parameter)
    })
}

pub(super) fn of_location(
    (latitude, longitude): (f64, f64),
    name: Option<&str>,
    address: Option<&str>,
) -> String {
    let names: Vec<&str> = [name, address].into_iter().flatten().collect();
    match names.is_empty() {
        true => format!("[ubicación] {latitude}, {longitude}"),
        false => format!("[ubicación] {}", names.join(", ")),
    }
}

pub(super) fn of_contacts(cards: &Value) -> String {
    let name = |card: &Value| Some(card.get("name")?.get("formatted_name")?.as_str()?.to_owned());
    let names: Vec<String> = cards.as_array().into_iter().flatten().filter_map(name).collect();
    format!("[contactos] {}", names.join(", ")).trim_end().to_owned()
}

pub(super) fn of_reaction(emoji: Option<&str>) -> String {
    match emoji {
        Some(emoji) => format!("[reacción {emoji}]"),
        None => "[reacción retirada]".to_owned(),
    }
}
