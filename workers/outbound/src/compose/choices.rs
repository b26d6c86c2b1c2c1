//! What a customer may tap.

use std::collections::HashSet;

use clients::whatsapp::{
    BUTTON_ID_MAX, BUTTON_TITLE_MAX, BUTTONS_MAX, LIST_ROWS_MAX, ROW_DESCRIPTION_MAX, ROW_ID_MAX,
    ROW_TITLE_MAX,
};
use domain::Language;
use domain::message::Choice;

use super::{Form, Part};
use crate::split::units;

/// How choices are offered: nothing of them is left out or cut.
pub(super) enum Offer {
    Nothing,
    Buttons(Vec<Choice>),
    List(Vec<Choice>),
    /// For those that the channel does not take as anything to tap.
    Lines(String),
}

impl Offer {
    pub(super) fn of(choices: &[Choice]) -> Self {
        let choices: Vec<Choice> = choices.iter().filter_map(tidy).collect();
        if choices.is_empty() {
            Self::Nothing
        } else if are_buttons(&choices) {
            Self::Buttons(choices)
        } else if are_rows(&choices) {
            Self::List(choices)
        } else {
            Self::Lines(lines(&choices))
        }
    }

    /// The message that has the choices beneath its body.
    pub(super) fn part(self, body: String, language: Language) -> Option<Part> {
        let body = if body.is_empty() { prompt(language).to_owned() } else { body };
        let with = |choices: &[Choice]| format!("{body}\n\n{}", lines(choices));
        let (text, form) = match self {
            Self::Buttons(choices) => (with(&choices), Form::Buttons { body, choices }),
            Self::List(choices) => {
                (with(&choices), Form::List { body, button: opener(language), choices })
            }
            Self::Nothing | Self::Lines(_) => return None,
        };
        Some(Part { form, text })
    }
}

/// On one line each, and without those that say nothing.
fn tidy(choice: &Choice) -> Option<Choice> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = Some(line(&choice.title)).filter(|title| !title.is_empty())?;
    let description = choice.description.as_deref().map(line).filter(|line| !line.is_empty());
    Some(Choice { id: choice.id.clone(), title, description })
}

/// A button has no room for a description.
fn are_buttons(choices: &[Choice]) -> bool {
    choices.len() <= BUTTONS_MAX
        && choices.iter().all(|choice| choice.description.is_none())
        && fit(choices, BUTTON_ID_MAX, BUTTON_TITLE_MAX)
        && are_distinct(choices, |choice| &choice.title)
}

fn are_rows(choices: &[Choice]) -> bool {
    let describes = |choice: &Choice| choice.description.as_deref().map_or(0, units);
    choices.len() <= LIST_ROWS_MAX
        && choices.iter().all(|choice| describes(choice) <= ROW_DESCRIPTION_MAX)
        && fit(choices, ROW_ID_MAX, ROW_TITLE_MAX)
}

fn fit(choices: &[Choice], id_max: usize, title_max: usize) -> bool {
    let fits = |choice: &Choice| {
        (1..=id_max).contains(&units(&choice.id)) && units(&choice.title) <= title_max
    };
    choices.iter().all(fits) && are_distinct(choices, |choice| &choice.id)
}

fn are_distinct(choices: &[Choice], of: impl Fn(&Choice) -> &str) -> bool {
    choices.iter().map(of).collect::<HashSet<_>>().len() == choices.len()
}

fn lines(choices: &[Choice]) -> String {
    let line = |(number, choice): (usize, &Choice)| match &choice.description {
        Some(description) => format!("{number}. {} — {description}", choice.title),
        None => format!("{number}. {}", choice.title),
    };
    (1..).zip(choices).map(line).collect::<Vec<_>>().join("\n")
}

/// What stands above choices that come without a text: the channel wants some.
fn prompt(language: Language) -> &'static str {
    match language {
        Language::Es => "Elige una opción:",
        Language::En => "Choose an option:",
        Language::Pt => "Escolha uma opção:",
    }
}

fn opener(language: Language) -> &'static str {
    match language {
        Language::Es => "Ver opciones",
        Language::En => "See options",
        Language::Pt => "Ver opções",
    }
}
