//! The results for people and for machines.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::figure::{Figure, Limit, Section, Table};
use super::machine::Machine;

const HEAD: &str = "\
# Benchmarks

Written by `scripts/bench --write docs/benchmarks.md`. Ratios are taken within a round, so that what \
slows a machine down slows both sides down. PASS and SHORT go by the median of the rounds.
";
/// From here on a written file is people's own.
const OWN: &str = "\n## Reading these figures\n";

pub(super) fn markdown(machine: &Machine, sections: &[Section]) -> String {
    let mut text = String::from(HEAD);
    text.push('\n');
    for (name, value) in machine {
        let _ = writeln!(text, "- {name}: {value}");
    }
    for section in sections {
        let _ = writeln!(text, "\n## {}\n\n{}\n", section.title, section.method);
        if !section.figures.is_empty() {
            text.push_str("| | median | min–max | limit | |\n|---|--:|--:|--:|---|\n");
        }
        for figure in &section.figures {
            text.push_str(&row(figure));
        }
        if let Some(table) = &section.table {
            text.push_str(&side_by_side(table, !section.figures.is_empty()));
        }
    }
    text
}

fn side_by_side(table: &Table, is_after_another: bool) -> String {
    let mut text = String::from(if is_after_another { "\n" } else { "" });
    let _ = writeln!(text, "| | {} |", table.columns.join(" | "));
    let _ = writeln!(text, "|---|{}", "--:|".repeat(table.columns.len()));
    for (name, values) in &table.rows {
        let values: Vec<String> = values.iter().copied().map(number).collect();
        let _ = writeln!(text, "| {name} | {} |", values.join(" | "));
    }
    text
}

fn row(figure: &Figure) -> String {
    let Figure { name, value, unit, limit } = figure;
    let spread = if value.max > value.min {
        format!("{}–{}", number(value.min), number(value.max))
    } else {
        String::new()
    };
    let limit = match limit {
        Some(Limit::AtMost(limit)) => format!("at most {}", short(*limit)),
        Some(Limit::AtLeast(limit)) => format!("at least {}", short(*limit)),
        None => String::new(),
    };
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let verdict = verdict(figure).unwrap_or_default();
    format!("| {name} | {}{unit} | {spread} | {limit} | {verdict} |\n", number(value.median))
}

fn verdict(figure: &Figure) -> Option<&'static str> {
    figure.is_met().map(|met| if met { "PASS" } else { "SHORT" })
}

/// Three digits say enough.
fn number(value: f64) -> String {
    match value.abs() {
        size if size.is_nan() => "–".to_owned(),
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn short(limit: f64) -> String {
    limit.to_string()
}

pub(super) fn json(machine: &Machine, sections: &[Section]) -> Value {
    let machine: serde_json::Map<String, Value> =
        machine.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let sections: Vec<Value> = sections
        .iter()
        .map(|section| {
            let figures: Vec<Value> = section.figures.iter().map(figure).collect();
            let table = section
                .table
                .as_ref()
                .map(|Table { columns, rows }| json!({ "columns": columns, "rows": rows }));
            json!({
                "title": section.title,
                "method": section.method,
                "figures": figures,
                "table": table,
            })
        })
        .collect();
    json!({ "machine": machine, "sections": sections })
}

fn figure(figure: &Figure) -> Value {
    let Figure { name, value, unit, limit } = figure;
    let (at_most, at_least) = match limit {
        Some(Limit::AtMost(limit)) => (Some(limit), None),
        Some(Limit::AtLeast(limit)) => (None, Some(limit)),
        None => (None, None),
    };
    json!({
        "name": name,
        "unit": unit,
        "median": value.median,
        "min": value.min,
        "max": value.max,
        "at_most": at_most,
        "at_least": at_least,
        "verdict": verdict(figure),
    })
}

/// Writes the results and leaves what people say about them.
pub(super) fn write(path: &Path, machine: &Machine, sections: &[Section]) -> std::io::Result<()> {
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let own = before.find(OWN).map_or("", |place| &before[place..]);
    std::fs::write(path, markdown(machine, sections) + own)
}
