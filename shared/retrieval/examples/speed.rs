//! Fills an index with invented passages and prints how fast it is and how much memory it takes.
//! Run it in release: `cargo run --release -p retrieval --example speed -- 100000`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::cast_possible_truncation, reason = "invented numbers are small")]

use std::time::Instant;

use retrieval::{Calibration, Entry, Index, Thesaurus};

fn main() {
    let count: usize = std::env::args().nth(1).map_or(100_000, |count| count.parse().unwrap());
    let mut random = 1_u64;
    let mut below = move |limit: f64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((random >> 33) as f64 / f64::from(1_u32 << 31) * limit) as usize
    };
    // Words by Zipf's law, among them the ones that customers use.
    let syllables =
        ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo"];
    let mut words: Vec<String> =
        "de la el envio pago tienda para garantia producto con precio en horas \\
        entrega factura cambio tarjeta pedido los las plan internet servicio"
            .split_whitespace()
            .map(str::to_owned)
            .collect();
    for _ in 0..60_000 {
        let length = 2 + below(3.0);
        words.push((0..length).map(|_| syllables[below(14.0)]).collect());
    }
    let mut sentence = |length: usize| -> String {
        let rank = |u: usize| ((words.len() as f64).powf(u as f64 / 1e6)) as usize - 1;
        let words: Vec<&str> =
            (0..length).map(|_| words[rank(below(1e6)).min(words.len() - 1)].as_str()).collect();
        words.join(" ")
    };
    let passages: Vec<String> = (0..count)
        .map(|_| format!("{}. {}. {}.", sentence(20), sentence(25), sentence(15)))
        .collect();
    let questions: Vec<String> = (0..500).map(|_| sentence(9)).collect();

    let before = resident();
    let start = Instant::now();
    let mut index = Index::new(Thesaurus::shipped());
    for (at, text) in passages.iter().enumerate() {
        index.insert(Entry { id: at.to_string(), text: text.clone(), ..Entry::default() });
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "inserted {count} passages of 60 words in {seconds:.1} s: {:.0}/s",
        count as f64 / seconds
    );
    println!(
        "memory: {:.0} MB, {:.0} bytes a passage",
        (resident() - before) / 1e6,
        (resident() - before) / count as f64
    );
    let conservative = Calibration::conservative();
    for name in ["search", "judge"] {
        let mut times: Vec<f64> = questions
            .iter()
            .map(|question| {
                let start = Instant::now();
                match name {
                    "search" => drop(index.search(question, 3)),
                    _ => drop(index.judge(question, &conservative)),
                }
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!(
            "{name}: median {:.1} ms, 95th percentile {:.1} ms, worst {:.1} ms",
            times[250], times[475], times[499]
        );
    }
    let start = Instant::now();
    for at in 0..1_000 {
        index.remove(&(at * 7).to_string());
    }
    println!("removed 1,000 in {:.2} s", start.elapsed().as_secs_f64());
}

/// What the process holds, in bytes.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}
