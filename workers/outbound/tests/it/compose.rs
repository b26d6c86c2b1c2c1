//! Which messages a reply becomes, and what is remembered of them.

use domain::content::MediaKind;
use domain::message::{Attachment, Choice, Origin, ReplyReady, Template};
use domain::{Language, Outcome};
use outbound::{Form, Part, compose};
use runtime::business::{Purpose, TemplateSpec};
use serde_json::json;

pub(crate) fn reply(text: &str, choices: Vec<Choice>, attachments: Vec<Attachment>) -> ReplyReady {
    let reply = ReplyReady::outside(0, text, Outcome::Answered);
    ReplyReady { choices, attachments, ..reply }
}

fn choice(title: &str) -> Choice {
    Choice { id: format!("id-{title}"), title: title.to_owned(), description: None }
}

fn described(title: &str, description: &str) -> Choice {
    Choice { description: Some(description.to_owned()), ..choice(title) }
}

fn file(media: MediaKind, caption: Option<&str>, filename: Option<&str>) -> Attachment {
    Attachment::File {
        media,
        from: Origin::Link("https://x.pe/f".to_owned()),
        caption: caption.map(str::to_owned),
        filename: filename.map(str::to_owned),
    }
}

fn parts(text: &str, choices: Vec<Choice>, attachments: Vec<Attachment>) -> Vec<Part> {
    compose(&reply(text, choices, attachments), Language::Es, &[])
}

/// The kind of each part with the text that the customer sees in it.
fn shown(parts: &[Part]) -> Vec<(&'static str, String)> {
    let shown = |part: &Part| match &part.form {
        Form::Text { body } => ("text", body.clone()),
        Form::Buttons { body, .. } => ("buttons", body.clone()),
        Form::List { body, .. } => ("list", body.clone()),
        Form::File { caption, .. } => ("file", caption.clone().unwrap_or_default()),
        Form::Location { .. } => ("location", String::new()),
        Form::Contacts { .. } => ("contacts", String::new()),
        Form::Reaction { .. } => ("reaction", String::new()),
        Form::Template(_) => ("template", String::new()),
    };
    parts.iter().map(shown).collect()
}

#[track_caller]
fn check(parts: &[Part], expected: &[(&'static str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect();
    assert_eq!(shown(parts), expected);
}

#[test]
fn a_text_is_rendered_and_one_message() {
    check(&parts("**Hola**", vec![], vec![]), &[("text", "*Hola*")]);
    check(&parts(" \n", vec![], vec![]), &[]);
}

#[test]
fn few_short_choices_are_buttons_and_are_remembered() {
    let parts = parts("¿Cuál?", vec![choice("Básico"), choice(" El \n grande ")], vec![]);
    check(&parts, &[("buttons", "¿Cuál?")]);
    assert_eq!(parts[0].text, "¿Cuál?\n\n1. Básico\n2. El grande");
}

#[test]
fn more_longer_or_described_choices_are_a_list() {
    let many = ["a", "b", "c", "d"].map(choice).to_vec();
    let longer =
        vec![choice("Plan Hogar 400 megas") /* 20 */, choice("Plan Hogar 1000 megas!")];
    let told = vec![described("Básico", "S/ 99 al mes")];
    for choices in [many, longer, told] {
        let parts = parts("¿Cuál?", choices, vec![]);
        assert!(matches!(
            &parts[..],
            [Part { form: Form::List { button: "Ver opciones", .. }, .. }]
        ));
    }
}

#[test]
fn choices_beyond_the_limits_are_numbered_lines() {
    let long = "un título que no cabe en ningún botón";
    let eleven: Vec<Choice> = (1..=11).map(|n| choice(&n.to_string())).collect();
    let same_id = vec![choice("a"), Choice { title: "b".to_owned(), ..choice("a") }];
    let no_id = vec![Choice { id: String::new(), ..choice("a") }];
    check(
        &parts("¿Cuál?", vec![described(long, "desde S/ 99"), choice("otro")], vec![]),
        &[("text", "¿Cuál?\n\n1. un título que no cabe en ningún botón — desde S/ 99\n2. otro")],
    );
    check(&parts("¿Cuál?", same_id, vec![]), &[("text", "¿Cuál?\n\n1. a\n2. b")]);
    check(&parts("¿Cuál?", no_id, vec![]), &[("text", "¿Cuál?\n\n1. a")]);
    let lines = parts("¿Cuál?", eleven, vec![]);
    assert!(lines.len() == 1 && lines[0].text.ends_with("\n11. 11"));
}

#[test]
fn choices_without_a_text_have_a_word_above_them() {
    for (language, prompt) in [
        (Language::Es, "Elige una opción:"),
        (Language::En, "Choose an option:"),
        (Language::Pt, "Escolha uma opção:"),
    ] {
        check(
            &compose(&reply("", vec![choice("a")], vec![]), language, &[]),
            &[("buttons", prompt)],
        );
    }
}

#[test]
fn the_end_of_a_long_text_has_the_choices() {
    let long = "Una frase de un texto largo. ".repeat(50);
    let long = long.trim();
    check(
        &parts(&format!("{long}\n\n¿Cuál prefieres?"), vec![choice("a")], vec![]),
        &[("text", long), ("buttons", "¿Cuál prefieres?")],
    );
    check(
        &parts(&format!("{long}\n\n{long}\n¿Cuál prefieres?"), vec![choice("a")], vec![]),
        &[("text", &format!("{long}\n\n{long}")), ("buttons", "¿Cuál prefieres?")],
    );
    let one_line = parts(long, vec![choice("a")], vec![]);
    assert_eq!(one_line.len(), 2);
    assert!(matches!(one_line[1].form, Form::Buttons { .. }));
}

#[test]
fn a_first_file_takes_a_short_text_as_its_caption() {
    check(
        &parts("**Mira**", vec![], vec![file(MediaKind::Image, None, None)]),
        &[("file", "*Mira*")],
    );
    check(
        &parts("Mira", vec![], vec![file(MediaKind::Document, Some("El plan"), None)]),
        &[("file", "Mira\n\nEl plan")],
    );
    check(
        &parts("Oye", vec![], vec![file(MediaKind::Audio, None, None)]),
        &[("text", "Oye"), ("file", "")],
    );
    check(
        &parts("¿Sí?", vec![choice("Sí")], vec![file(MediaKind::Image, Some("foto"), None)]),
        &[("buttons", "¿Sí?"), ("file", "foto")],
    );
    let long = "palabra ".repeat(200);
    check(
        &parts(&long, vec![], vec![file(MediaKind::Image, None, None)]),
        &[("text", long.trim()), ("file", "")],
    );
}

#[test]
fn a_caption_that_the_channel_does_not_take_follows_as_a_text() {
    let long = "palabra ".repeat(200);
    check(
        &parts("", vec![], vec![file(MediaKind::Image, Some(&long), None)]),
        &[("file", ""), ("text", long.trim())],
    );
    check(
        &parts("", vec![], vec![file(MediaKind::Audio, Some("oye"), None)]),
        &[("file", ""), ("text", "oye")],
    );
}

#[test]
fn what_is_no_text_is_remembered_in_words() {
    let template = |name: &str| {
        Attachment::Template(Template {
            name: name.to_owned(),
            language: "es".to_owned(),
            parameters: vec!["Acme".to_owned()],
        })
    };
    let known = TemplateSpec {
        purpose: Purpose::Reopen,
        name: "seguimos".to_owned(),
        language: "es".to_owned(),
        category: "UTILITY".to_owned(),
        body: "{{1}} tiene tu respuesta. ¿Seguimos?".to_owned(),
    };
    let place = |name: Option<&str>| Attachment::Location {
        latitude: -12.5,
        longitude: -77.0,
        name: name.map(str::to_owned),
        address: None,
    };
    let cards = json!([{"name": {"formatted_name": "Ana"}}, {"phones": []}]);
    let attachments = vec![
        file(MediaKind::Image, Some("foto"), Some("no es documento")),
        file(MediaKind::Document, None, Some("plan.pdf")),
        file(MediaKind::Sticker, None, None),
        place(Some("Tienda")),
        place(None),
        Attachment::Contacts { cards },
        Attachment::Reaction { to: "wamid.1".to_owned(), emoji: Some("👍".to_owned()) },
        Attachment::Reaction { to: "wamid.1".to_owned(), emoji: None },
        template("seguimos"),
        template("otra"),
    ];
    let parts = compose(&reply("", vec![], attachments), Language::Es, &[known]);
    let texts: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "[imagen] foto",
            "[documento plan.pdf]",
            "[sticker]",
            "[ubicación] Tienda",
            "[ubicación] -12.5, -77",
            "[contactos] Ana",
            "[reacción 👍]",
            "[reacción retirada]",
            "Acme tiene tu respuesta. ¿Seguimos?",
            "[plantilla otra]",
        ]
    );
}

#[test]
fn what_is_composed_shows_nothing_of_what_it_says() {
    let parts = parts("secreto", vec![choice("secreto")], vec![]);
    assert_eq!(format!("{parts:?}"), "[Part(Buttons)]");
}
