//! `[hours]` as it is written.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Hours, Span};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::business) struct Table {
    time_zone: String,
    #[serde(default)]
    monday: Vec<String>,
    #[serde(default)]
    tuesday: Vec<String>,
    #[serde(default)]
    wednesday: Vec<String>,
    #[serde(default)]
    thursday: Vec<String>,
    #[serde(default)]
    friday: Vec<String>,
    #[serde(default)]
    saturday: Vec<String>,
    #[serde(default)]
    sunday: Vec<String>,
    #[serde(default)]
    holidays: Vec<String>,
}

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Table {
    /// The hours, or all that is wrong with them (test `what_is_wrong_is_said_in_words`).
    pub(in crate::business) fn read(&self) -> Result<Hours, Vec<String>> {
        let mut problems = Vec::new();
        let zone = TimeZone::get(&self.time_zone).unwrap_or_else(|_| {
            problems.push(format!(
                "hours.time_zone: {:?} is no time zone; write it like America/Lima",
                self.time_zone
            ));
            TimeZone::UTC
        });
        let days = [
            &self.monday,
            &self.tuesday,
            &self.wednesday,
            &self.thursday,
            &self.friday,
            &self.saturday,
            &self.sunday,
        ];
        let mut week: [Vec<Span>; 7] = Default::default();
        for ((spans, texts), name) in week.iter_mut().zip(days).zip(DAYS) {
            let texts = texts.iter().map(String::as_str);
            *spans = day(texts).unwrap_or_else(|problem| {
                problems.push(format!("hours.{name}: {problem}"));
                Vec::new()
            });
        }
        let special = holidays(&self.holidays).unwrap_or_else(|problem| {
            problems.push(format!("hours.holidays: {problem}"));
            BTreeMap::new()
        });
        if days.iter().all(|day| day.is_empty()) && special.values().all(Vec::is_empty) {
            problems.push("hours: no day is open; leave [hours] out to say no times".to_owned());
        }
        if problems.is_empty() { Ok(Hours { zone, week, special }) } else { Err(problems) }
    }
}

/// `2026-12-25`, `2026-12-31 09:00-13:00`; further hours of the same day after it or in an entry
/// of their own.
fn holidays(entries: &[String]) -> Result<BTreeMap<Date, Vec<Span>>, String> {
    let mut texts: BTreeMap<Date, Vec<&str>> = BTreeMap::new();
    let mut closed = Vec::new();
    for entry in entries {
        let mut parts = entry.split_whitespace();
        let date: Date = parts.next().and_then(|date| date.parse().ok()).ok_or_else(|| {
            format!("{entry:?} does not begin with a date; write it like 2026-12-25")
        })?;
        let mut spans: Vec<&str> = parts.collect();
        if spans.is_empty() {
            closed.push(date);
        }
        texts.entry(date).or_default().append(&mut spans);
    }
    if let Some(date) = closed.iter().find(|date| !texts[date].is_empty()) {
        return Err(format!("{date} is closed and has hours"));
    }
    let read = |(date, spans): (Date, Vec<&str>)| {
        let spans = day(spans.into_iter()).map_err(|problem| format!("{date}: {problem}"))?;
        Ok((date, spans))
    };
    texts.into_iter().map(read).collect()
}

/// The spans of a day, in order.
fn day<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<Span>, String> {
    let mut spans: Vec<Span> = texts.map(span).collect::<Result<_, _>>()?;
    spans.sort_unstable();
    for pair in spans.windows(2) {
        if pair[0].crosses_midnight() || pair[1].from < pair[0].to {
            return Err(format!("{} and {} overlap", show(&pair[..1]), show(&pair[1..])));
        }
    }
    Ok(spans)
}

/// `09:00-13:00`; `22:00-02:00` ends on the next day, and `24:00` is the end of this one.
fn span(text: &str) -> Result<Span, String> {
    let parsed = text.split_once('-').and_then(|(from, to)| {
        let (from, to) = (minutes(from)?, minutes(to)?);
        (from < Span::DAY && from != to).then_some(Span { from, to })
    });
    parsed.ok_or_else(|| format!("{text:?} is no span of time; write it like 09:00-13:00"))
}

fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && digits.contains(&text.len()) { text.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= Span::DAY).then_some(total)
}

/// The days of a week, those that are the same side by side together.
pub(super) fn show_week(week: &[Vec<Span>; 7]) -> String {
    let mut groups: Vec<(Vec<&str>, &Vec<Span>)> = Vec::new();
    for (spans, name) in week.iter().zip(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) {
        match groups.last_mut() {
            Some((names, same)) if *same == spans => names.push(name),
            _ => groups.push((vec![name], spans)),
        }
    }
    let shown = groups.iter().map(|(names, spans)| format!("{} {}", names.join(", "), show(spans)));
    shown.collect::<Vec<_>>().join("; ")
}

pub(super) fn show(spans: &[Span]) -> String {
    if spans.is_empty() {
        return "closed".to_owned();
    }
    let clock = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    let shown = spans.iter().map(|span| format!("{}-{}", clock(span.from), clock(span.to)));
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_words() {
        for (table, expected) in [
            ("monday = [\"9-13\"]", "hours.monday: \"9-13\" is no span of time"),
            ("monday = [\"09:00-09:00\"]", "hours.monday: \"09:00-09:00\" is no span of time"),
            ("monday = [\"24:00-02:00\"]", "hours.monday: \"24:00-02:00\" is no span of time"),
            ("monday = [\"09:60-10:00\"]", "hours.monday: \"09:60-10:00\" is no span of time"),
            ("monday = [\"+9:00-10:00\"]", "hours.monday: \"+9:00-10:00\" is no span of time"),
            (
                "sunday = [\"12:00-14:00\", \"09:00-12:30\"]",
                "hours.sunday: 09:00-12:30 and 12:00-14:00 overlap",
            ),
            (
                "sunday = [\"20:00-02:00\", \"23:00-23:30\"]",
                "hours.sunday: 20:00-02:00 and 23:00-23:30 overlap",
            ),
            (
                "monday = [\"09:00-13:00\"]\nholidays = [\"25.12.2026\"]",
                "hours.holidays: \"25.12.2026\" does not begin with a date",
            ),
            (
                "monday = [\"09:00-13:00\"]\nholidays = [\"2026-12-25\", \"2026-12-25 09:00-10:00\"]",
                "hours.holidays: 2026-12-25 is closed and has hours",
            ),
            (
                "monday = [\"09:00-13:00\"]\nholidays = [\"2026-12-25 9:00\"]",
                "hours.holidays: 2026-12-25: \"9:00\" is no span of time",
            ),
            ("", "hours: no day is open"),
        ] {
            let table: Table = toml::from_str(&format!("time_zone = \"UTC\"\n{table}")).unwrap();
            let problems = table.read().unwrap_err();
            assert!(problems[0].starts_with(expected), "{problems:?}");
        }
        let table: Table = toml::from_str("time_zone = \"Lima\"\nmonday = [\"x\"]").unwrap();
        let problems = table.read().unwrap_err();
        assert!(problems[0].contains("America/Lima"), "{problems:?}");
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn the_hours_of_a_special_day_may_stand_in_one_entry_or_in_several() {
        let of = |entries: &[&str]| {
            holidays(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>()).unwrap()
        };
        let one = of(&["2026-12-31 09:00-13:00 15:00-17:00"]);
        assert_eq!(one, of(&["2026-12-31 15:00-17:00", "2026-12-31 9:00-13:00"]));
        assert_eq!(one.values().next().unwrap().len(), 2);
    }
}
