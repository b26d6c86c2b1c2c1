//! A moment in words that stand in a sentence.

use domain::Language;
use jiff::Zoned;

type Names<const N: usize> = [&'static str; N];

/// Nearer than this, the name of the day says which one it is.
const DAYS_OF_A_WEEK: i32 = 7;

const DAYS: [(Language, Names<7>); 3] = [
    (Language::Es, ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"]),
    (Language::En, ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]),
    (
        Language::Pt,
        [
            "segunda-feira",
            "terça-feira",
            "quarta-feira",
            "quinta-feira",
            "sexta-feira",
            "sábado",
            "domingo",
        ],
    ),
];

#[rustfmt::skip]
const MONTHS: [(Language, Names<12>); 3] = [
    (Language::Es, [
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ]),
    (Language::En, [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]),
    (Language::Pt, [
        "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
        "outubro", "novembro", "dezembro",
    ]),
];

/// Somebody is there.
pub(super) fn soon(language: Language) -> &'static str {
    match language {
        Language::Es => "en breve",
        Language::En => "shortly",
        Language::Pt => "em breve",
    }
}

/// `hoy a las 15:00`, `mañana a las 9:00`, `el lunes 30 a las 9:00`; with the month when it is a
/// week away or more.
pub(super) fn moment(at: &Zoned, now: &Zoned, language: Language) -> String {
    format!("{} {}", day(at, now, language), hour(at, language))
}

fn day(at: &Zoned, now: &Zoned, language: Language) -> String {
    let days_away = at.date().since(now.date()).map_or(i32::MAX, |span| span.get_days());
    match (days_away, language) {
        (0, Language::Es) => return "hoy".to_owned(),
        (0, Language::En) => return "today".to_owned(),
        (0, Language::Pt) => return "hoje".to_owned(),
        (1, Language::Es) => return "mañana".to_owned(),
        (1, Language::En) => return "tomorrow".to_owned(),
        (1, Language::Pt) => return "amanhã".to_owned(),
        _ => {}
    }
    let weekday = super::index(at.weekday());
    let month = usize::try_from(at.month() - 1).unwrap_or_default();
    let (name, month, day) = (of(&DAYS, language)[weekday], of(&MONTHS, language)[month], at.day());
    let is_near = days_away < DAYS_OF_A_WEEK;
    match language {
        Language::Es if is_near => format!("el {name} {day}"),
        Language::Es => format!("el {name} {day} de {month}"),
        Language::En if is_near => format!("on {name} {day}"),
        Language::En => format!("on {name}, {month} {day}"),
        Language::Pt => {
            // Saturday and Sunday are masculine.
            let on = if weekday < 5 { "na" } else { "no" };
            if is_near {
                format!("{on} {name}, dia {day},")
            } else {
                format!("{on} {name}, {day} de {month},")
            }
        }
    }
}

fn hour(at: &Zoned, language: Language) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    match language {
        Language::Es if hour == 1 => format!("a la 1:{minute:02}"),
        Language::Es => format!("a las {hour}:{minute:02}"),
        Language::Pt if hour == 1 => format!("à 1:{minute:02}"),
        Language::Pt => format!("às {hour}:{minute:02}"),
        Language::En => {
            let half = if hour < 12 { "am" } else { "pm" };
            let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
            format!("at {hour}:{minute:02} {half}")
        }
    }
}

fn of<const N: usize>(
    names: &'static [(Language, Names<N>); 3],
    language: Language,
) -> &'static Names<N> {
    let found = names.iter().find(|(of, _)| *of == language);
    found.map_or(&names[0].1, |(_, names)| names)
}
