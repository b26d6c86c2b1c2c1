//! The report for people.

use std::fmt::Write as _;

use super::report::Report;

pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    if !report.businesses.is_empty() {
        text += "business            questions  right first          among three  \
                 answered, sure enough     learned, with typos\n";
    }
    for business in &report.businesses {
        let (faq, handoff, learned) = (&business.faq, &business.handoff, &business.learned);
        let realised = handoff.realised.map_or("none".to_owned(), |realised| {
            format!("{} of {}, {} right", handoff.answered, handoff.n, percent(realised))
        });
        let _ = writeln!(
            text,
            "{:<18} {:>10}  {} ({}–{})  {:>11}  {realised:<24}  {}, {} right",
            business.name,
            faq.n,
            percent(faq.r1),
            percent(faq.r1_ci[0]),
            percent(faq.r1_ci[1]),
            percent(faq.r3),
            percent(learned.recall),
            percent(learned.precision),
        );
    }
    for business in &report.businesses {
        if let Some(one) = &business.meaning {
            let share = |right: usize| percent(right as f32 / one.probes.max(1) as f32);
            let _ = writeln!(
                text,
                "{:<18} {:>10}  by words {}, by vectors {}, by both {} with weight {}",
                business.name,
                one.probes,
                share(one.by_words),
                share(one.by_vectors),
                share(one.with_weight),
                one.weight
            );
        }
    }
    for (noise, passages) in &report.passages {
        let _ = writeln!(
            text,
            "passages, {:<8} {:>10}  {} ({}–{})",
            noise.as_str(),
            passages.n,
            percent(passages.r1),
            percent(passages.r1_ci[0]),
            percent(passages.r1_ci[1]),
        );
    }
    for half in &report.withheld {
        let _ = writeln!(
            text,
            "half withheld      {:>10}  answered {} right, {} of what has an answer; {} promised",
            half.n,
            half.realised.map_or("none".to_owned(), percent),
            percent(half.answered_right),
            percent(half.promised),
        );
    }
    if let Some(pairs) = &report.pairs {
        let reused = percent(pairs.wrongly_reused);
        let _ = writeln!(text, "dangerous pairs    {:>10}  {reused} reused wrongly", pairs.n);
    }
    if let Some(intents) = &report.intents {
        let recall = intents.human_recall.map_or("-".to_owned(), percent);
        let f1 = percent(intents.macro_f1);
        let _ = writeln!(
            text,
            "intents            {:>10}  macro F1 {f1}, {recall} of the wishes for a person seen",
            intents.n
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn percent(share: f32) -> String {
    format!("{:.1} %", share * 100.0)
}
