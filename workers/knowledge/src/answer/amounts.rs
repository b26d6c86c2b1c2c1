//! Numbers, in figures and in words, and what they count.

use std::collections::BTreeSet;

use crate::check::folded;

/// In Spanish, English and Portuguese. One is an article too.
const BELOW_HUNDRED: &[(u64, &[&str])] = &[
    (2, &["dos", "two", "dois", "duas"]),
    (3, &["tres", "three"]),
    (4, &["cuatro", "four", "quatro"]),
    (5, &["cinco", "five"]),
    (6, &["seis", "six"]),
    (7, &["siete", "seven", "sete"]),
    (8, &["ocho", "eight", "oito"]),
    (9, &["nueve", "nine", "nove"]),
    (10, &["diez", "ten", "dez"]),
    (11, &["once", "eleven", "onze"]),
    (12, &["doce", "twelve", "doze"]),
    (13, &["trece", "thirteen", "treze"]),
    (14, &["catorce", "fourteen", "catorze", "quatorze"]),
    (15, &["quince", "fifteen", "quinze"]),
    (16, &["dieciseis", "sixteen", "dezesseis", "dezasseis"]),
    (17, &["diecisiete", "seventeen", "dezessete", "dezassete"]),
    (18, &["dieciocho", "eighteen", "dezoito"]),
    (19, &["diecinueve", "nineteen", "dezenove", "dezanove"]),
    (20, &["veinte", "twenty", "vinte"]),
    (21, &["veintiuno", "veintiun", "veintiuna"]),
    (22, &["veintidos"]),
    (23, &["veintitres"]),
    (24, &["veinticuatro"]),
    (25, &["veinticinco"]),
    (26, &["veintiseis"]),
    (27, &["veintisiete"]),
    (28, &["veintiocho"]),
    (29, &["veintinueve"]),
    (30, &["treinta", "thirty", "trinta"]),
    (40, &["cuarenta", "forty", "quarenta"]),
    (50, &["cincuenta", "fifty", "cinquenta"]),
    (60, &["sesenta", "sixty", "sessenta"]),
    (70, &["setenta", "seventy"]),
    (80, &["ochenta", "eighty", "oitenta"]),
    (90, &["noventa", "ninety"]),
];
const HUNDREDS: &[(u64, &[&str])] = &[
    (100, &["cien", "ciento", "cem", "cento", "hundred"]),
    (200, &["doscientos", "doscientas", "duzentos", "duzentas"]),
    (300, &["trescientos", "trescientas", "trezentos", "trezentas"]),
    (400, &["cuatrocientos", "cuatrocientas", "quatrocentos", "quatrocentas"]),
    (500, &["quinientos", "quinientas", "quinhentos", "quinhentas"]),
    (600, &["seiscientos", "seiscientas", "seiscentos", "seiscentas"]),
    (700, &["setecientos", "setecientas", "setecentos", "setecentas"]),
    (800, &["ochocientos", "ochocientas", "oitocentos", "oitocentas"]),
    (900, &["novecientos", "novecientas", "novecentos", "novecentas"]),
];
const THOUSAND: &[&str] = &["mil", "thousand"];
/// Before a unit, or within a number, and an article elsewhere.
const ONE: &[&str] = &["un", "uno", "una", "one", "um", "uma"];
const AND: &[&str] = &["y", "e", "and"];
const HALF: &[&str] = &["media", "medio", "half", "meia", "meio"];

/// They count, and nobody says here how much: they stand for themselves.
const COUNTING: &[&str] = &[
    "docena",
    "docenas",
    "dozen",
    "dozens",
    "duzia",
    "duzias",
    "decena",
    "decenas",
    "dezena",
    "dezenas",
    "centenar",
    "centenares",
    "quincena",
    "quinzena",
    "fortnight",
    "millar",
    "millares",
    "miles",
    "hundreds",
    "thousands",
    "billion",
    "doble",
    "triple",
    "twice",
];
/// How other numbers in words begin and end.
const COUNTING_BEGIN: &[&str] = &["dieci", "veinti", "treintai", "cuarentai"];
const COUNTING_END: &[&str] =
    &["cientos", "cientas", "centos", "centas", "illon", "illones", "illion", "ilhao", "ilhoes"];

/// What is counted; words of a group mean the same.
const UNITS: &[&[&str]] = &[
    &["minuto", "minutos", "minute", "minutes", "min"],
    &["hora", "horas", "hour", "hours", "h", "hr", "hrs"],
    &["dia", "dias", "day", "days"],
    &["semana", "semanas", "week", "weeks"],
    &["mes", "meses", "month", "months"],
    &["ano", "anos", "year", "years"],
    &["sol", "soles"],
    &["peso", "pesos"],
    &["euro", "euros", "€"],
    &["dolar", "dolares", "dollar", "dollars", "usd"],
    &["real", "reais"],
    &["$"],
    &["£"],
    &["%", "porciento", "percent"],
    &["km", "kilometro", "kilometros", "kilometer", "kilometers"],
    &["m", "metro", "metros", "meter", "meters"],
    &["cm", "centimetro", "centimetros"],
    &["mm", "milimetro", "milimetros"],
    &["kg", "kilo", "kilos", "kilogramos"],
    &["g", "gr", "gramos", "grams", "gramas"],
    &["l", "litro", "litros", "liter", "liters"],
    &["cuota", "cuotas", "parcela", "parcelas", "installments"],
    &["am", "manana", "manha", "morning"],
    &["pm", "tarde", "noche", "noite", "afternoon", "evening", "night"],
];
/// Between an hour and its part of the day.
const LINKING: &[&str] = &["de", "la", "da", "in", "the", "at"];
const PARTS_OF_DAY: &[&str] = &["am", "pm"];

/// A number, and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount {
    pub(super) figure: String,
    pub(super) unit: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Figure(String),
    /// Also a sign of money or of a share.
    Word(String),
    /// Nothing that goes on after it belongs to what was before.
    Break,
}

/// All numbers of a text.
pub(super) fn amounts(text: &str) -> BTreeSet<Amount> {
    let tokens = tokens(text);
    let mut amounts = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let Some((figure, length)) = number_at(&tokens[at..]) else {
            at += 1;
            continue;
        };
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let sign = before.and_then(|token| match token {
            Token::Word(word) if is_sign(word) => unit(word),
            _ => None,
        });
        at += length;
        amounts.insert(Amount { figure, unit: unit_at(&tokens[at..]).or(sign) });
    }
    amounts
}

fn is_sign(word: &str) -> bool {
    ["$", "€", "£", "sol", "usd"].contains(&word)
}

fn unit(word: &str) -> Option<&'static str> {
    UNITS.iter().find(|group| group.contains(&word)).map(|group| group[0])
}

/// What the tokens after a number say that it counts.
fn unit_at(tokens: &[Token]) -> Option<&'static str> {
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let first = word(0)?;
    if ["a", "p"].contains(&first) && word(1) == Some("m") {
        return Some(if first == "a" { "am" } else { "pm" });
    }
    if ["por", "per"].contains(&first) && ["ciento", "cento", "cent"].contains(&word(1)?) {
        return Some("%");
    }
    let linking = (0..3).take_while(|at| word(*at).is_some_and(|w| LINKING.contains(&w))).count();
    let found = unit(word(linking)?)?;
    (linking == 0 || PARTS_OF_DAY.contains(&found)).then_some(found)
}

/// The number that begins here, and of how many tokens it is.
fn number_at(tokens: &[Token]) -> Option<(String, usize)> {
    let first = match tokens.first()? {
        Token::Figure(figure) => return Some((figure.clone(), 1)),
        Token::Word(word) => word.as_str(),
        Token::Break => return None,
    };
    let next = match tokens.get(1) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let counts = next.is_some_and(|next| unit(next).is_some() || COUNTING.contains(&next));
    if HALF.contains(&first) && counts {
        return Some(("½".to_owned(), 1));
    }
    if let Some((number, length)) = in_words(tokens) {
        return Some((number.to_string(), length));
    }
    if ONE.contains(&first) && next.is_some_and(|next| unit(next).is_some()) {
        return Some(("1".to_owned(), 1));
    }
    let is_counting = COUNTING.contains(&first)
        || COUNTING_BEGIN.iter().any(|begin| first.starts_with(begin))
        || COUNTING_END.iter().any(|end| first.ends_with(end));
    is_counting.then(|| (first.to_owned(), 1))
}

/// "Treinta y cinco", "two hundred and ten", "mil duzentos".
fn in_words(tokens: &[Token]) -> Option<(u64, usize)> {
    let of = |table: &[(u64, &[&str])], word: &str| {
        table.iter().find(|(_, words)| words.contains(&word)).map(|(value, _)| *value)
    };
    let word = |at: usize| match tokens.get(at) {
        Some(Token::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    // Thousands that are complete, and what is below them so far.
    let (mut thousands, mut below, mut at) = (0, 0, 0);
    loop {
        // "And" joins only what can follow.
        let is_joined = at > 0 && word(at).is_some_and(|word| AND.contains(&word));
        let place = at + usize::from(is_joined);
        let Some(next) = word(place) else { break };
        let is_one = ONE.contains(&next);
        let small = of(BELOW_HUNDRED, next).or(is_one.then_some(1));
        if let Some(small) = small {
            let after_tens = (20..100).contains(&(below % 100)) && below % 10 == 0 && small < 10;
            let after_hundreds = below >= 100 && below % 100 == 0;
            let after_thousands = thousands > 0 && below == 0;
            let is_first = at == 0;
            let begins_alone = is_first && is_one;
            // "Un mil", "one hundred".
            let multiplies =
                word(place + 1).is_some_and(|next| THOUSAND.contains(&next) || next == "hundred");
            if begins_alone && !multiplies {
                break;
            }
            if !(is_first || after_tens || after_hundreds || after_thousands) {
                break;
            }
            below += small;
        } else if next == "hundred" && !is_joined && (1..10).contains(&below) {
            below *= 100;
        } else if let Some(hundreds) = of(HUNDREDS, next) {
            if !(at == 0 || (thousands > 0 && below == 0)) {
                break;
            }
            below += hundreds;
        } else if THOUSAND.contains(&next) && !is_joined && thousands == 0 {
            thousands = below.max(1) * 1000;
            below = 0;
        } else {
            break;
        }
        at = place + 1;
    }
    (at > 0).then_some((thousands + below, at))
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    let is_digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    while at < chars.len() {
        let (c, start) = (chars[at], at);
        at += 1;
        if c.is_ascii_digit() {
            while is_digit(at)
                || (chars.get(at).is_some_and(|c| ".,:".contains(*c)) && is_digit(at + 1))
            {
                at += 1;
            }
            tokens.push(Token::Figure(chars[start..at].iter().collect()));
        } else if c.is_numeric() {
            // ½ and the like.
            tokens.push(Token::Figure(c.to_string()));
        } else if c.is_alphabetic() {
            while chars.get(at).is_some_and(|c| {
                c.is_alphabetic() || unicode_normalization::char::is_combining_mark(*c)
            }) {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            let is_soles = (word == "S" || word == "s") && chars.get(at) == Some(&'/');
            if is_soles {
                at += 1 + usize::from(chars.get(at + 1) == Some(&'.'));
            }
            let word = if is_soles { "sol".to_owned() } else { folded(&word) };
            tokens.push(Token::Word(word));
        } else if "$€£%".contains(c) {
            tokens.push(Token::Word(c.to_string()));
        } else if c == '.' && chars.get(at).is_some_and(|c| c.is_alphabetic()) {
            // "p.m."
        } else if !c.is_whitespace() && !"-–'’".contains(c) {
            tokens.push(Token::Break);
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        let said = amounts(text).into_iter();
        let said = said.map(|one| format!("{}{}", one.figure, one.unit.unwrap_or_default()));
        said.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_are_found_in_figures_and_in_words() {
        for (text, expected) in [
            ("De 9:00 a 20:00, S/ 1,299.90.", "1,299.90sol 20:00 9:00"),
            ("tres días y 12 horas.", "12hora 3dia"),
            ("el 555-0142", "0142 555"),
            ("una tienda", ""),
            ("una semana", "1semana"),
            ("dieciséis soles", "16sol"),
            ("treinta y cinco minutos", "35minuto"),
            ("doscientos cincuenta mil pesos", "250000peso"),
            ("mil doscientos soles", "1200sol"),
            ("two hundred and ten dollars", "210dolar"),
            ("one hundred euros", "100euro"),
            ("twenty-five days", "25dia"),
            ("cento e vinte reais", "120real"),
            ("vinte e um dias", "21dia"),
            ("diez y doce", "10 12"),
            ("cinco o seis", "5 6"),
            ("media hora", "½hora"),
            ("una docena", "docena"),
            ("un millón", "millon"),
            ("a las 8 de la noche y 9 a.m.", "8pm 9am"),
            ("10% de $20", "10% 20$"),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
