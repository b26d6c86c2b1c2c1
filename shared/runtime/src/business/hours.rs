//! When a business's people are there: a function of the business's table and the time.
//!
//! A span belongs to the day on which it begins, so that one across midnight ends on the next day
//! even if that is a holiday. Times that a change of the clocks skips or repeats are read as
//! [`jiff`] reads them: forwards, and the first time.

mod read;
mod words;

use std::collections::BTreeMap;

use domain::{Language, Timestamp};
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};

pub(super) use read::Table;

/// Whoever has not opened after so many days never does.
const LOOK_AHEAD_DAYS: i64 = 400;

/// A business's week, and the days that differ from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hours {
    zone: TimeZone,
    /// From Monday on.
    week: [Vec<Span>; 7],
    /// In place of the week; a day without spans is a holiday.
    special: BTreeMap<Date, Vec<Span>>,
}

/// In minutes since midnight; what ends before it begins ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: u16,
    to: u16,
}

/// Whether somebody is there, and when next.
#[derive(Debug, Clone, PartialEq)]
enum Presence {
    Open,
    Opens(Zoned),
    /// On no day within sight.
    Never,
}

impl Hours {
    /// Whether somebody is there now.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.presence(&self.local(now)), Presence::Open)
    }

    /// When a person will be there, as it stands in a sentence: `en breve`, `mañana a las 9:00`.
    /// None if nobody ever is (test `the_words_say_when_somebody_is_there`).
    pub fn when(&self, now: Timestamp, language: Language) -> Option<String> {
        let now = self.local(now);
        match self.presence(&now) {
            Presence::Open => Some(words::soon(language).to_owned()),
            Presence::Opens(at) => Some(words::moment(&at, &now, language)),
            Presence::Never => None,
        }
    }

    /// What is in force and what comes next, for an operator, a line each.
    pub fn show(&self, now: Timestamp) -> Vec<String> {
        let now = self.local(now);
        let zone = self.zone.iana_name().unwrap_or("an unnamed time zone");
        let mut lines = vec![format!("hours in {zone}: {}", read::show_week(&self.week))];
        let ahead = self.special.range(now.date()..);
        let days: Vec<String> =
            ahead.map(|(date, spans)| format!("{date} {}", read::show(spans))).collect();
        if !days.is_empty() {
            lines.push(format!("holidays: {}", days.join(", ")));
        }
        lines.push(match self.presence(&now) {
            Presence::Open => "open now".to_owned(),
            Presence::Opens(at) => {
                format!("closed now, opens {}", at.strftime("%A %Y-%m-%d %H:%M"))
            }
            Presence::Never => "closed, and never opens".to_owned(),
        });
        lines
    }

    fn local(&self, now: Timestamp) -> Zoned {
        let moment = jiff::Timestamp::from_millisecond(now.as_millis());
        moment.unwrap_or_default().to_zoned(self.zone.clone())
    }

    fn presence(&self, now: &Zoned) -> Presence {
        let mut opens: Option<Zoned> = None;
        // What began yesterday may not have ended.
        for offset in -1..=LOOK_AHEAD_DAYS {
            let Ok(day) = now.date().checked_add(offset.days()) else { break };
            for span in self.spans(day) {
                let Some((from, to)) = span.on(day, &self.zone) else { continue };
                if from <= *now && *now < to {
                    return Presence::Open;
                }
                // One that a change of the clocks has left nothing of is none.
                if from > *now && from < to && opens.as_ref().is_none_or(|first| from < *first) {
                    opens = Some(from);
                }
            }
            if let Some(opens) = opens {
                return Presence::Opens(opens);
            }
        }
        Presence::Never
    }

    fn spans(&self, day: Date) -> &[Span] {
        let of_week = &self.week[index(day.weekday())];
        self.special.get(&day).unwrap_or(of_week)
    }
}

fn index(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

impl Span {
    const DAY: u16 = 24 * 60;

    fn crosses_midnight(self) -> bool {
        self.to < self.from
    }

    fn on(self, day: Date, zone: &TimeZone) -> Option<(Zoned, Zoned)> {
        let moment = |day: Date, minutes: u16| {
            let midnight = DateTime::from_parts(day, jiff::civil::Time::midnight());
            let at = midnight.checked_add(i64::from(minutes).minutes()).ok()?;
            at.to_zoned(zone.clone()).ok()
        };
        let last = if self.crosses_midnight() { day.tomorrow().ok()? } else { day };
        Some((moment(day, self.from)?, moment(last, self.to)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a table as it stands in `business.toml`.
    fn hours(table: &str) -> Hours {
        let table: Table = toml::from_str(table).unwrap();
        table.read().unwrap()
    }

    fn at(moment: &str) -> Timestamp {
        let moment: Zoned = moment.parse().unwrap();
        Timestamp::from_millis(moment.timestamp().as_millisecond())
    }

    const SHOP: &str = r#"
        time_zone = "America/Lima"
        monday = ["09:00-13:00", "14:00-18:00"]
        tuesday = ["09:00-18:00"]
        wednesday = ["09:00-18:00"]
        thursday = ["09:00-18:00"]
        friday = ["09:00-18:00"]
        saturday = ["01:00-02:00"]
        holidays = ["2026-12-25", "2026-12-31 09:00-13:00"]
    "#;

    #[test]
    fn the_words_say_when_somebody_is_there() {
        let hours = hours(SHOP);
        for (now, es, en, pt) in [
            ("2026-11-30T09:00", "en breve", "shortly", "em breve"),
            ("2026-11-30T12:59", "en breve", "shortly", "em breve"),
            ("2026-11-30T13:00", "hoy a las 14:00", "today at 2:00 pm", "hoje às 14:00"),
            ("2026-11-30T18:00", "mañana a las 9:00", "tomorrow at 9:00 am", "amanhã às 9:00"),
            ("2026-11-27T18:30", "mañana a la 1:00", "tomorrow at 1:00 am", "amanhã à 1:00"),
            (
                "2026-11-28T08:00",
                "el lunes 30 a las 9:00",
                "on Monday 30 at 9:00 am",
                "na segunda-feira, dia 30, às 9:00",
            ),
            ("2026-11-29T23:59", "mañana a las 9:00", "tomorrow at 9:00 am", "amanhã às 9:00"),
            (
                "2026-12-24T20:00",
                "el sábado 26 a la 1:00",
                "on Saturday 26 at 1:00 am",
                "no sábado, dia 26, à 1:00",
            ),
            ("2026-12-31T12:00", "en breve", "shortly", "em breve"),
            ("2026-12-31T13:00", "mañana a las 9:00", "tomorrow at 9:00 am", "amanhã às 9:00"),
        ] {
            let moment = at(&format!("{now}-05:00[America/Lima]"));
            for (language, words) in [(Language::Es, es), (Language::En, en), (Language::Pt, pt)] {
                assert_eq!(hours.when(moment, language).as_deref(), Some(words), "{now}");
            }
            assert_eq!(hours.is_open(moment), es == "en breve", "{now}");
        }
    }

    #[test]
    fn after_a_week_of_holidays_the_month_is_said_too() {
        let days: Vec<String> = (1..=9).map(|day| format!("\"2027-02-0{day}\"")).collect();
        let hours = hours(&SHOP.replace("\"2026-12-25\"", &days.join(", ")));
        let moment = at("2027-01-31T12:00-05:00[America/Lima]");
        for (language, words) in [
            (Language::Es, "el miércoles 10 de febrero a las 9:00"),
            (Language::En, "on Wednesday, February 10 at 9:00 am"),
            (Language::Pt, "na quarta-feira, 10 de fevereiro, às 9:00"),
        ] {
            assert_eq!(hours.when(moment, language).as_deref(), Some(words));
        }
    }

    #[test]
    fn what_begins_before_midnight_ends_after_it_also_on_a_holiday() {
        let hours = hours(
            r#"
            time_zone = "America/Bogota"
            friday = ["22:00-02:00"]
            saturday = ["22:00-24:00"]
            holidays = ["2026-11-28"]
            "#,
        );
        for (now, expected) in [
            ("2026-11-27T21:59", "hoy a las 22:00"),
            ("2026-11-27T23:59", "en breve"),
            ("2026-11-28T01:59", "en breve"),
            ("2026-11-28T02:00", "el viernes 4 a las 22:00"),
            ("2026-11-28T22:30", "el viernes 4 a las 22:00"),
            ("2026-12-05T23:59", "en breve"),
            ("2026-12-06T00:00", "el viernes 11 a las 22:00"),
        ] {
            let moment = at(&format!("{now}-05:00[America/Bogota]"));
            assert_eq!(hours.when(moment, Language::Es).as_deref(), Some(expected), "{now}");
        }
    }

    #[test]
    fn the_hours_are_those_on_the_wall_when_the_clocks_change() {
        let hours = hours(
            r#"
            time_zone = "Europe/Madrid"
            saturday = ["09:00-10:00"]
            sunday = ["02:15-02:45", "09:00-10:00"]
            "#,
        );
        for (now, expected) in [
            // Spring: from two o'clock on it is three.
            ("2027-03-27T20:00+01:00", "mañana a las 3:15"),
            ("2027-03-28T03:20+02:00", "en breve"),
            ("2027-03-28T08:59+02:00", "hoy a las 9:00"),
            ("2027-03-28T09:00+02:00", "en breve"),
            // Autumn: from three o'clock on it is two once more.
            ("2026-10-25T02:20+02:00", "en breve"),
            ("2026-10-25T02:20+01:00", "hoy a las 9:00"),
            ("2026-10-25T09:59+01:00", "en breve"),
        ] {
            let moment = at(&format!("{now}[Europe/Madrid]"));
            assert_eq!(hours.when(moment, Language::Es).as_deref(), Some(expected), "{now}");
        }
    }

    #[test]
    fn whoever_is_always_there_is_open_at_any_time() {
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let week: String = days.map(|day| format!("{day} = [\"00:00-24:00\"]\n")).concat();
        let hours = hours(&format!("time_zone = \"America/Sao_Paulo\"\n{week}"));
        let first = at("2026-11-27T00:00-03:00[America/Sao_Paulo]").as_millis();
        for quarter in 0..4 * 24 * 7 {
            let moment = Timestamp::from_millis(first + quarter * 15 * 60 * 1000);
            assert!(hours.is_open(moment), "{moment:?}");
        }
    }

    #[test]
    fn whoever_has_only_past_special_days_never_opens() {
        let hours = hours("time_zone = \"UTC\"\nholidays = [\"2020-01-02 09:00-10:00\"]");
        let now = at("2026-11-27T09:30+00:00[UTC]");
        assert_eq!(hours.when(now, Language::Es), None);
        assert!(hours.show(now).iter().any(|line| line.contains("never opens")));
    }

    #[test]
    fn an_operator_sees_what_is_in_force_and_the_next_opening() {
        let shown = hours(SHOP).show(at("2026-11-28T08:00-05:00[America/Lima]"));
        assert_eq!(
            shown,
            [
                "hours in America/Lima: Mon 09:00-13:00 14:00-18:00; Tue, Wed, Thu, Fri \
                 09:00-18:00; Sat 01:00-02:00; Sun closed",
                "holidays: 2026-12-25 closed, 2026-12-31 09:00-13:00",
                "closed now, opens Monday 2026-11-30 09:00",
            ]
        );
    }
}
