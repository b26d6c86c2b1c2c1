//! What may be kept of a specialist's answer: what holds for every customer, and nothing personal.
//!
//! When in doubt it is refused: somebody can still write it into a document.

mod numbers;
#[rustfmt::skip] // Phrases are read side by side.
mod phrases;

use super::clean;
use super::word::{Word, has, words};
use phrases as say;

pub(crate) use numbers::has_number;

/// Why an answer is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// "Sí", "ya", "ok": nobody else can do anything with it.
    TooShort,
    /// A greeting, thanks or an apology alone.
    Courtesy,
    AsksBack,
    /// "Su pedido", "te llamo": it holds for one customer.
    OneCustomer,
    /// An order's, a ticket's, a document's number.
    Reference,
    Owed,
    /// "Mañana", "esta tarde": it holds for one day.
    RelativeDate,
    /// A telephone number, an address, an e-mail, a name.
    Personal,
    Health,
    /// To a page of one customer's.
    Link,
    /// Nobody would understand the question by itself.
    NotAlone,
}

/// What may be kept, cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) question: String,
    pub(crate) answer: String,
    /// It speaks of prices, stock, hours or dates: it won't hold for long.
    pub(crate) changes: bool,
}

/// What the guards may know besides the words themselves.
pub(crate) struct Around<'a> {
    /// The customer's names, folded.
    pub(crate) names: &'a [String],
    /// Whether the business says this in what it knows already: its own telephone number, its
    /// own address.
    pub(crate) is_known: &'a dyn Fn(&str) -> bool,
}

/// Cleans an answer and its question and says whether they may be kept. The cleaned words come
/// back either way, for whoever wrote them.
pub(crate) fn guard(question: &str, answer: &str, around: &Around<'_>) -> (Kept, Option<Refusal>) {
    let question = clean::question(question, around.names);
    let answer = clean::answer(answer, around.names);
    let refusal = refusal(&question, &answer, around);
    let changes = changes(&words(&question)) || changes(&words(&answer)) || has_money(&answer);
    (Kept { question, answer, changes }, refusal)
}

fn refusal(question: &str, answer: &str, around: &Around<'_>) -> Option<Refusal> {
    let (asked, said) = (words(question), words(answer));
    if said.is_empty() {
        return Some(Refusal::Courtesy);
    }
    if asks(answer) || has(&said, say::ASKING_BACK) {
        return Some(Refusal::AsksBack);
    }
    // What is worst to keep is named first.
    if has(&said, say::HEALTH) || has(&asked, say::HEALTH) {
        return Some(Refusal::Health);
    }
    let texts = [(question, &asked), (answer, &said)];
    if texts.iter().any(|(text, found)| numbers::has_reference(text, found, around.is_known)) {
        return Some(Refusal::Reference);
    }
    if texts.iter().any(|(text, found)| is_personal(text, found, around)) {
        return Some(Refusal::Personal);
    }
    if is_at_home(&asked, &said, question, answer, around) {
        return Some(Refusal::Personal);
    }
    if texts.iter().any(|(text, _)| numbers::has_personal_link(text, around.is_known)) {
        return Some(Refusal::Link);
    }
    if has(&said, say::OWED) || owes_an_amount(&said, answer) {
        return Some(Refusal::Owed);
    }
    if texts.iter().any(|(_, found)| is_of_today(found)) {
        return Some(Refusal::RelativeDate);
    }
    if texts.iter().any(|(_, found)| is_of_one(found)) {
        return Some(Refusal::OneCustomer);
    }
    if has(&said, say::FOR_THIS_ONE) {
        return Some(Refusal::OneCustomer);
    }
    if is_too_short(&said) {
        return Some(Refusal::TooShort);
    }
    (!stands_alone(&asked)).then_some(Refusal::NotAlone)
}

/// A mark within an address asks nothing.
fn asks(answer: &str) -> bool {
    let ends = |rest: &str| rest.chars().next().is_none_or(|next| !next.is_alphanumeric());
    answer.match_indices('?').any(|(at, mark)| ends(&answer[at + mark.len()..]))
}

fn is_personal(text: &str, found: &[Word], around: &Around<'_>) -> bool {
    numbers::has_contact(text, around.is_known)
        || names_customer(found, around.names)
        || names_somebody(text, found, around.is_known)
}

/// "Mi hijo Juan Pérez": two words with capitals within a sentence, that no document has.
fn names_somebody(text: &str, found: &[Word], is_known: &dyn Fn(&str) -> bool) -> bool {
    let is_name = |word: &Word| {
        let mut letters = text[word.start..word.end].chars().skip(1).peekable();
        word.is_capital && letters.peek().is_some() && letters.all(char::is_lowercase)
    };
    found.windows(3).any(|three| {
        let [before, first, last] = three else { return false };
        let begins = text[before.end..first.start].contains(['.', '!', '?', '¿', '¡', ':', '\n']);
        !begins
            && is_name(first)
            && is_name(last)
            && &text[first.end..last.start] == " "
            && !say::NO_NAMES.contains(&first.folded.as_str())
            && !is_known(&text[first.start..last.end])
    })
}

/// A customer's name in capital letters, or after a word that introduces it.
fn names_customer(found: &[Word], names: &[String]) -> bool {
    let is_name = |word: &Word| word.folded.len() > 2 && names.contains(&word.folded);
    found.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).map(|before| found[before].folded.as_str());
        let is_introduced = before.is_some_and(|before| say::INTRODUCING.contains(&before));
        is_name(word) && (word.is_capital || is_introduced)
    })
}

/// An address that is a customer's. The business's own is told to who asks for it.
fn is_at_home(
    asked: &[Word],
    said: &[Word],
    question: &str,
    answer: &str,
    around: &Around<'_>,
) -> bool {
    let address = |text: &str, found: &[Word]| {
        numbers::address(text, found).is_some_and(|address| !(around.is_known)(address))
    };
    let asks_where = has(asked, say::WHERE);
    address(question, asked) || (address(answer, said) && !asks_where)
}

fn owes_an_amount(said: &[Word], answer: &str) -> bool {
    said.iter().enumerate().any(|(at, word)| {
        let owes = ["debe", "debes", "owe", "deve", "devendo"].contains(&word.folded.as_str());
        let Some(next) = said.get(at + 1).filter(|_| owes) else { return false };
        let between = &answer[word.end..next.start];
        next.has_digit() || between.contains(['$', '€', '£']) || next.folded == "s"
    })
}

/// A date that holds for a day.
fn is_of_today(found: &[Word]) -> bool {
    if has(found, say::NEAR_DATES) {
        return true;
    }
    found.iter().enumerate().any(|(at, word)| {
        let word_at =
            |at: Option<usize>| at.and_then(|at| found.get(at)).map(|w| w.folded.as_str());
        let (before, after) = (word_at(at.checked_sub(1)), word_at(Some(at + 1)));
        match word.folded.as_str() {
            // "Hoy en día" is these times, "la mañana" a part of any day.
            "hoy" => !(after == Some("en") && word_at(Some(at + 2)) == Some("dia")),
            "manana" => !before.is_some_and(|before| say::BEFORE_MORNING.contains(&before)),
            day if say::DAYS_NEAR.contains(&day) => true,
            _ => {
                let is_this = before.is_some_and(|before| say::THIS.contains(&before));
                let is_next = before.is_some_and(|before| say::NEXT.contains(&before))
                    || after.is_some_and(|after| say::PAST.contains(&after));
                (is_this || is_next) && say::TIMES.contains(&word.folded.as_str())
            }
        }
    })
}

/// "Su pedido", "mi cuenta".
fn is_of_one(found: &[Word]) -> bool {
    found.windows(2).any(|pair| {
        say::POSSESSIVES.contains(&pair[0].folded.as_str())
            && say::OF_ONE.contains(&pair[1].folded.as_str())
    })
}

fn is_too_short(said: &[Word]) -> bool {
    let weighty = said.iter().filter(|word| !say::FILLERS.contains(&word.folded.as_str())).count();
    weighty < 2 && !said.iter().any(Word::has_digit)
}

fn stands_alone(asked: &[Word]) -> bool {
    let first = asked.first().map(|word| word.folded.as_str());
    let continues = first.is_some_and(|first| say::CONTINUING.contains(&first))
        || has(asked, say::POINTING)
        || asked.last().is_some_and(|last| say::POINTING_ALONE.contains(&last.folded.as_str()));
    let says_something = |word: &&Word| {
        let word = word.folded.as_str();
        !say::FILLERS.contains(&word) && !say::VAGUE.contains(&word)
    };
    !continues && asked.iter().any(|word| says_something(&word))
}

fn changes(found: &[Word]) -> bool {
    has(found, say::CHANGING)
}

fn has_money(text: &str) -> bool {
    text.contains(['$', '€', '£', '%']) || text.contains("S/")
}

#[cfg(test)]
mod tests;
