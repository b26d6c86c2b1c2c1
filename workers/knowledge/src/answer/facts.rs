//! What in a text can be wrong: numbers, links, names, promises.

use std::collections::BTreeSet;

use super::amounts::{Amount, amounts};
use crate::check::folded;

/// What costs the business something if it is said wrongly; words of a group mean the same.
const PROMISES: &[&[&str]] = &[
    &["gratis", "gratuito", "gratuita", "gratuitos", "gratuitas", "free"],
    &["descuento", "descuentos", "rebaja", "rebajas", "discount", "discounts", "desconto"],
    &["reembolso", "reembolsos", "reembolsamos", "refund", "refunds", "reembolsar"],
    &["regalo", "regalos", "regalamos", "obsequio", "gift", "gifts", "brinde", "brindes"],
    &["garantia", "garantizado", "garantizamos", "guarantee", "guaranteed", "warranty"],
];

/// Those that hold only with the numbers beside them.
const CONDITIONAL: &[&str] = &["gratis", "descuento", "regalo"];

/// Money, by the words for it.
const MONEY: &[&[&str]] = &[
    &["sol", "soles"],
    &["dolar", "dolares", "dollar", "dollars", "usd"],
    &["peso", "pesos"],
    &["euro", "euros"],
    &["real", "reais"],
];

/// Signs of money and shares.
const SIGNS: &[char] = &['$', '€', '£', '%'];

/// Written with a capital in English wherever they stand.
const CAPITALS: &[&str] = &[
    "i",
    "im",
    "ill",
    "ive",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "spanish",
    "english",
    "portuguese",
    "whatsapp",
];

/// Numbers in figures and in words: prices, times, phones, amounts.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    amounts(text).into_iter().map(|amount| amount.figure).collect()
}

/// Those of which it is said what they count: "3 días" is not "3 semanas".
pub(super) fn measured(text: &str) -> BTreeSet<Amount> {
    amounts(text).into_iter().filter(|amount| amount.unit.is_some()).collect()
}

/// Addresses of pages and of mail, in small letters.
pub(super) fn links(text: &str) -> Vec<String> {
    let bare = |word: &str| {
        let is_around = |c: char| !c.is_alphanumeric() && c != '/';
        word.trim_matches(is_around).to_lowercase()
    };
    text.split(|c: char| c.is_whitespace() || "()[]<>\"«»".contains(c))
        .map(bare)
        .filter(|word| is_link(word))
        .collect()
}

/// Also "shop.example" without anything before it.
fn is_link(word: &str) -> bool {
    let has_ending = word.split_once('.').is_some_and(|(name, rest)| {
        let is_letters =
            |text: &str| text.chars().take(2).filter(|c| c.is_alphabetic()).count() == 2;
        name.chars().any(char::is_alphabetic) && name.len() > 1 && is_letters(rest)
    });
    word.contains("://") || word.starts_with("www.") || word.contains('@') || has_ending
}

/// Words with a capital that do not begin a sentence, without accents and in small letters.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in text.lines() {
        let mut begins = true;
        for word in line.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let Some(first) = bare.chars().next() else { continue };
            begins |= word.starts_with(['¡', '¿', '"', '«', '“']);
            if first.is_uppercase() && !begins {
                names.extend(folded(bare).split(' ').next().map(str::to_owned));
            }
            begins = word.ends_with(['.', '!', '?', ':', ';', '…']);
        }
    }
    let has_always = |name: &str| CAPITALS.contains(&name.strip_suffix('s').unwrap_or(name));
    names.retain(|name| !name.is_empty() && !has_always(name));
    names
}

/// Which promises a text makes, by the first word of their groups.
pub(super) fn promises(text: &str) -> BTreeSet<&'static str> {
    of_groups(PROMISES, text)
}

/// Which money a text speaks of, and the signs of it.
pub(super) fn money(text: &str) -> BTreeSet<String> {
    let words = of_groups(MONEY, text).into_iter().map(str::to_owned);
    words.chain(text.chars().filter(|c| SIGNS.contains(c)).map(String::from)).collect()
}

fn of_groups(groups: &'static [&[&str]], text: &str) -> BTreeSet<&'static str> {
    let folded = folded(text);
    let words: BTreeSet<&str> = folded.split(' ').collect();
    let said = groups.iter().filter(|group| group.iter().any(|word| words.contains(word)));
    said.map(|group| group[0]).collect()
}

/// Whether each promise of an answer is one that a sentence of the text makes, with the numbers of
/// its condition: what is free from 199 on is not free.
pub(super) fn are_kept(answer: &str, text: &str) -> bool {
    let said = numbers(answer);
    promises(answer).into_iter().all(|promise| {
        sentences(text).into_iter().any(|sentence| {
            let is_met = !CONDITIONAL.contains(&promise) || numbers(&sentence).is_subset(&said);
            is_met && promises(&sentence).contains(promise)
        })
    })
}

/// A point within a number or an address ends none.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut sentences = vec![String::new()];
    for word in text.split_whitespace() {
        let last = sentences.last_mut().expect("there is always one");
        last.push(' ');
        last.push_str(word);
        if word.ends_with(['.', '!', '?', ';']) {
            sentences.push(String::new());
        }
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_with_and_without_their_scheme() {
        assert_eq!(
            links("Mira www.andina.pe/envios, (o info@andina.pe)."),
            ["www.andina.pe/envios", "info@andina.pe"]
        );
        assert_eq!(links("en miscompras.andina.pe."), ["miscompras.andina.pe"]);
        assert!(links("Abrimos a las 9 a.m. y cerramos.Luego no. S/.10").len() <= 1);
    }

    #[test]
    fn names_are_words_with_a_capital_within_a_sentence() {
        assert_eq!(names("Sí, en Av. España hay. Abrimos los lunes. Ven con Juan"), ["av", "juan"]);
        assert_eq!(names("On Sundays I open, I'm told"), Vec::<String>::new());
    }

    #[test]
    fn promises_are_told_by_their_words_in_any_language() {
        assert_eq!(promises("Free delivery"), promises("Envío gratis"));
        assert!(money("10 soles").is_disjoint(&money("$10")));
    }

    #[test]
    fn a_promise_is_said_with_its_condition() {
        let text = "El envío cuesta 10 soles. Es gratis en compras mayores a 199 soles.";
        assert!(are_kept("Desde 199 soles el envío es gratis.", text));
        assert!(are_kept("El envío cuesta 10 soles.", text));
        assert!(!are_kept("El envío es gratis.", text));
        assert!(!are_kept("Hay descuento desde 199 soles.", text));
    }
}
