//! Numbers, addresses and links that belong to somebody.

use std::ops::Range;

use super::phrases as say;
use crate::learn::word::{Word, words};

/// A telephone number, an identity number or a card has at least so many digits.
const LONG: usize = 7;

/// Whether a text has this long number, perhaps with or without the code of a country.
pub(crate) fn has_number(text: &str, number: &str) -> bool {
    runs(text)
        .into_iter()
        .map(|run| digits(&text[run]))
        .any(|there| there.len() >= LONG && (there.ends_with(number) || number.ends_with(&there)))
}

/// Only the digits of a text.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A telephone number, an identity number, a card, or an e-mail address, unless the business is
/// known by it.
pub(super) fn has_contact(text: &str, is_known: &dyn Fn(&str) -> bool) -> bool {
    let long = runs(text).into_iter().any(|range| {
        let run = &text[range.clone()];
        let is_price = is_amount(run) && stands_by_money(text, &range);
        let is_none = is_price || is_date(run) || is_hours(run);
        digits(run).len() >= LONG && !is_none && !is_known(&digits(run))
    });
    long || tokens(text).any(|token| is_email(token) && !is_known(&token.to_lowercase()))
}

/// Digits in a row, with what people write between the groups of a long number.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut start: Option<usize> = None;
    let mut last = 0;
    let mut gap = 0;
    for (at, c) in text.char_indices() {
        if c.is_ascii_digit() {
            start.get_or_insert(at);
            (last, gap) = (at + 1, 0);
        } else if " -.()/".contains(c) && gap < 2 {
            gap += 1;
        } else if let Some(from) = start.take() {
            runs.push(from..last);
        }
    }
    runs.extend(start.map(|from| from..last));
    runs
}

/// Identity numbers are written with points like prices; a price says of what money it is.
fn stands_by_money(text: &str, run: &Range<usize>) -> bool {
    let is_word = |word: &Word| say::MONEY.contains(&word.folded.as_str());
    let (before, after) = (text[..run.start].trim_end(), text[run.end..].trim_start());
    before.ends_with(['$', '€', '£'])
        || before.ends_with("S/")
        || before.ends_with("S/.")
        || after.starts_with(['$', '€', '£'])
        || words(before).last().is_some_and(is_word)
        || words(after)
            .iter()
            .find(|word| !["de", "of"].contains(&&*word.folded))
            .is_some_and(is_word)
}

/// "9.00-18.00", "9-13/15-19".
fn is_hours(run: &str) -> bool {
    let hours: Vec<&str> = run.split(['-', '/']).collect();
    let is_hour = |hour: &&str| {
        let (hour, minutes) = hour.trim().split_once('.').unwrap_or((hour.trim(), "00"));
        hour.parse().is_ok_and(|hour: u8| hour <= 24) && minutes.len() == 2
    };
    [2, 4].contains(&hours.len()) && hours.iter().all(is_hour)
}

/// "1,299.00", "12.500.000".
fn is_amount(run: &str) -> bool {
    let mut groups: Vec<&str> = run.split([',', '.']).collect();
    // Cents.
    if groups.last().is_some_and(|last| last.len() == 2) {
        groups.pop();
    }
    let is_number = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let Some((first, rest)) = groups.split_first() else { return false };
    (1..=3).contains(&first.len())
        && groups.iter().all(is_number)
        && !rest.is_empty()
        && rest.iter().all(|group| group.len() == 3)
}

/// "31/12/2026", "2026-2027".
fn is_date(run: &str) -> bool {
    let lengths: Vec<usize> = run.split(['/', '-', '.']).map(str::len).collect();
    let has_only_digits = run.chars().all(|c| c.is_ascii_digit() || "/-.".contains(c));
    let is_year = |year: &str| year.starts_with("19") || year.starts_with("20");
    has_only_digits
        && match lengths[..] {
            [1..=2, 1..=2, 4] | [4, 1..=2, 1..=2] => true,
            [4, 4] => run.split(['/', '-']).all(is_year),
            _ => false,
        }
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_edge = |c: char| ".,;:!?()<>\"'*_".contains(c);
    text.split_whitespace().map(move |token| token.trim_matches(is_edge))
}

fn is_email(token: &str) -> bool {
    token.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// The number of an order, a ticket, a document, or a code that stands for one.
pub(super) fn has_reference(text: &str, found: &[Word], is_known: &dyn Fn(&str) -> bool) -> bool {
    let is_numbered = |word: &Word| digits(&word.folded).len() >= 3;
    let after_noun = found.iter().enumerate().any(|(at, word)| {
        let mut next = found[at + 1..].iter();
        say::NUMBERED.contains(&word.folded.as_str())
            && next
                .find(|next| !say::BEFORE_NUMBER.contains(&next.folded.as_str()))
                .is_some_and(is_numbered)
    });
    let after_sign = text.match_indices('#').any(|(at, _)| {
        text[at + 1..].trim_start().bytes().take_while(u8::is_ascii_digit).count() >= 3
    });
    after_noun
        || after_sign
        || tokens(text).any(|token| is_code(token) && !is_known(&token.to_lowercase()))
}

/// Letters and many digits together: "PE-2024-00123". A number with its unit is none.
fn is_code(token: &str) -> bool {
    let count = digits(token).len();
    let starts_with_letter = token.starts_with(|c: char| c.is_alphabetic());
    let is_whole = token.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    token.len() >= 7 && count >= 4 && starts_with_letter && is_whole
}

/// A street with a number, from the street on.
pub(super) fn address<'a>(text: &'a str, found: &[Word]) -> Option<&'a str> {
    found.iter().enumerate().find_map(|(at, word)| {
        if !say::STREETS.contains(&word.folded.as_str()) {
            return None;
        }
        let end = found[at + 1..].iter().take(5).find(|word| word.has_digit())?.end;
        Some(&text[word.start..end])
    })
}

/// A link to what only one customer should see: with a query, an identifier, or a word for it.
pub(super) fn has_personal_link(text: &str, is_known: &dyn Fn(&str) -> bool) -> bool {
    tokens(text).any(|token| {
        let address = token.split_once("://").map(|(_, address)| address);
        let address = address.or_else(|| token.starts_with("www.").then_some(token));
        address.is_some_and(|address| is_personal_page(address) && !is_known(&token.to_lowercase()))
    })
}

fn is_personal_page(address: &str) -> bool {
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let path_words = words(path);
    let is_long = |part: &str| part.len() >= 16 && part.bytes().any(|byte| byte.is_ascii_digit());
    path.contains(['?', '#', '='])
        || host.contains('@')
        || path_words.iter().any(|word| say::OF_ONE_PAGE.contains(&word.folded.as_str()))
        || path.split('/').any(|part| digits(part).len() >= 4 || is_long(part))
        || say::PRIVATE_HOSTS.iter().any(|private| host.ends_with(private))
}
