//! Metrics, dashboard, alerts and the runbook say the same as the code.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use runtime::metrics::NAMES;

use crate::deployment::read;
use crate::process::BINARY;

const ALERTS: &str = "docs/prometheus/alerts.yaml";
const TESTS: &str = "docs/prometheus/alerts.test.yaml";
const DASHBOARD: &str = "docs/grafana/relevo.json";

/// A metric's type and its labels.
type Shape = (String, BTreeSet<String>);

/// As the code records them: `counter!(NAME, "label" => …)`.
fn recorded() -> BTreeMap<String, Shape> {
    let source = read("shared/runtime/src/metrics.rs");
    let names: BTreeMap<&str, &str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("const ")?.split_once(": &str = "))
        .map(|(constant, name)| (constant, name.trim_end_matches(';').trim_matches('"')))
        .collect();
    let mut shapes = BTreeMap::new();
    for kind in ["counter", "gauge", "histogram"] {
        for (at, opening) in source.match_indices(&format!("{kind}!(")) {
            if source[..at].ends_with('_') {
                // It only describes.
                continue;
            }
            let statement = source[at + opening.len()..].split(';').next().unwrap();
            let constant = statement.split([',', ')']).next().unwrap().trim();
            let labels = statement.split(" => ").collect::<Vec<_>>();
            let labels = labels[..labels.len() - 1].iter();
            let labels = labels.map(|text| text.rsplit('"').nth(1).unwrap().to_owned()).collect();
            shapes.insert(names[constant].to_owned(), (kind.to_owned(), labels));
        }
    }
    shapes
}

/// As the page has them.
fn documented() -> BTreeMap<String, Shape> {
    let page = read("docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `relevo_"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let labels = cells[4].split(", ").filter(|label| *label != "none");
        let labels = labels.map(|label| label.trim_matches('`').to_owned()).collect();
        (cells[1].trim_matches('`').to_owned(), (cells[2].to_owned(), labels))
    })
    .collect()
}

/// Every word of the text that begins so.
fn words(text: &str, beginning: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let words = text.split(|c: char| !is_part(c));
    words.filter(|word| word.starts_with(beginning)).map(str::to_owned).collect()
}

fn series(text: &str) -> BTreeSet<String> {
    let whole = |name: &String| {
        let ends = ["_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    words(text, "relevo_").iter().map(whole).collect()
}

fn alerts() -> Vec<String> {
    let text = read(ALERTS);
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    names.map(str::to_owned).collect()
}

#[test]
fn the_page_of_metrics_has_every_metric_with_its_type_and_labels() {
    let recorded = recorded();
    let names: BTreeSet<&str> = recorded.keys().map(String::as_str).collect();
    assert_eq!(names, NAMES.iter().copied().collect(), "this test reads the code wrongly");
    assert_eq!(documented(), recorded);
}

#[test]
fn dashboard_and_alerts_ask_for_series_that_exist() {
    let known: BTreeSet<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    for path in [ALERTS, TESTS, DASHBOARD] {
        let unknown: Vec<String> = series(&read(path)).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{path}: {unknown:?}");
    }
    assert_eq!(series(&read(DASHBOARD)), known, "the dashboard shows every metric");
    let text = read(ALERTS);
    let recorded: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- record: "))
        .map(str::to_owned)
        .collect();
    assert_eq!(words(&text, "relevo:"), recorded, "what is recorded is what is used");
}

#[test]
fn every_alert_is_explained_and_has_a_section_and_a_test() {
    let (text, runbook, tests) = (read(ALERTS), read("docs/runbook.md"), read(TESTS));
    let alerts = alerts();
    assert!(alerts.len() > 10);
    for alert in &alerts {
        let rule = text.split(&format!("- alert: {alert}\n")).nth(1).unwrap();
        let rule = rule.split("- alert: ").next().unwrap();
        for part in ["labels: {severity: ", "summary: ", "description: "] {
            assert!(rule.contains(part), "{alert} has no {part}");
        }
        let address = format!("runbook_url: docs/runbook.md#{}\n", alert.to_lowercase());
        assert!(rule.contains(&address), "{alert} does not lead to {address}");
        assert!(runbook.contains(&format!("\n## {alert}\n")), "the runbook has no {alert}");
        let fires = format!(r#"ALERTS{{alertname="{alert}", alertstate="firing", "#);
        assert!(tests.contains(&fires), "no test makes {alert} fire");
        let quiet = format!("{alert}\", alertstate=\"firing\"}}\n");
        assert!(tests.contains(&quiet), "no test keeps {alert} quiet");
    }
    for heading in runbook.lines().filter_map(|line| line.strip_prefix("## Relevo")) {
        assert!(alerts.contains(&format!("Relevo{heading}")), "there is no alert Relevo{heading}");
    }
}

#[test]
fn the_links_within_the_runbook_lead_somewhere() {
    let runbook = read("docs/runbook.md");
    let headings: BTreeSet<String> = runbook
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    let links: Vec<&str> =
        runbook.split("](#").skip(1).map(|rest| rest.split(')').next().unwrap()).collect();
    assert!(links.len() > 10);
    for link in links {
        assert!(headings.contains(link), "#{link}");
    }
}

#[test]
fn the_commands_that_the_pages_name_exist() {
    let help = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let commands: BTreeSet<&str> = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    for page in ["docs/runbook.md", "docs/deploy.md", "docs/metrics.md"] {
        let text = read(page);
        for rest in text.split("`relevo ").skip(1).chain(text.split("-- relevo ").skip(1)) {
            let name = rest.split(|c: char| !c.is_ascii_lowercase()).next().unwrap();
            assert!(commands.contains(name), "{page} names relevo {name}");
        }
    }
}
