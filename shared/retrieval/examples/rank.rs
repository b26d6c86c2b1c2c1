//! Trains how much each sign counts in the ranking of what is asked, and measures it on businesses
//! that it was not trained on: `cargo run --release -p retrieval --example rank -- FOLDER:NAME...`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use retrieval::Thesaurus;
use retrieval::quality;

/// For each question the signs of all entries, and which is right.
type Asked = (Vec<Vec<f32>>, usize);

fn main() {
    let businesses: Vec<(String, Vec<Asked>)> =
        std::env::args().skip(1).map(|place| business(&place)).collect();
    let (mut r1, mut r3, mut count) = (0, 0, 0);
    for (at, (name, own)) in businesses.iter().enumerate() {
        let others = businesses.iter().enumerate().filter(|(other, _)| *other != at);
        let weights = train(&others.flat_map(|(_, (_, asked))| asked).collect::<Vec<_>>());
        let (first, three) = measure(&weights, own);
        println!("{name}: left out, R@1 {:.3} R@3 {:.3}", share(first, own), share(three, own));
        (r1, r3, count) = (r1 + first, r3 + three, count + own.len());
    }
    println!("all, left out: {:.3} {:.3}", r1 as f64 / count as f64, r3 as f64 / count as f64);
    let all: Vec<&Asked> = businesses.iter().flat_map(|(_, asked)| asked).collect();
    let weights = train(&all);
    let (first, three) = all.iter().fold((0, 0), |sum, asked| {
        let (first, three) = measure(&weights, std::slice::from_ref(*asked));
        (sum.0 + first, sum.1 + three)
    });
    println!(
        "trained on all: {:.3} {:.3}",
        first as f64 / count as f64,
        three as f64 / count as f64
    );
    println!("{weights:.3?}");
}

fn business(place: &str) -> (String, Vec<Asked>) {
    let (folder, name) = place.split_once(':').unwrap();
    let text = std::fs::read_to_string(format!("{folder}/{name}-faq.txt")).unwrap();
    let file = quality::parse_faq(&text).unwrap();
    let index = file.index(&Thesaurus::shipped());
    let asked = file.questions.iter().filter_map(|question| {
        let signs = index.signs(&question.text);
        let right = signs.iter().position(|(id, _)| Some(id) == question.right.as_ref())?;
        Some((signs.into_iter().map(|(_, signs)| signs).collect(), right))
    });
    let asked = asked.collect();
    (name.to_owned(), asked)
}

fn score(weights: &[f32], signs: &[f32]) -> f32 {
    weights.iter().zip(signs).map(|(weight, sign)| weight * sign).sum()
}

/// Softmax over the entries of each question.
fn train(asked: &[&Asked]) -> Vec<f32> {
    let count = asked[0].0[0].len();
    let mut weights = vec![1.0_f32; count];
    let mut velocity = vec![0.0_f32; count];
    for _ in 0..400 {
        let mut slopes = vec![0.0_f32; count];
        for (entries, right) in asked {
            let scores: Vec<f32> = entries.iter().map(|signs| score(&weights, signs)).collect();
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            let chances: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
            let sum: f32 = chances.iter().sum();
            for (at, (signs, chance)) in entries.iter().zip(&chances).enumerate() {
                let error = chance / sum - f32::from(u8::from(at == *right));
                slopes.iter_mut().zip(signs).for_each(|(slope, sign)| *slope += error * sign);
            }
        }
        for at in 0..count {
            let slope = slopes[at] / asked.len() as f32 + 0.002 * weights[at];
            velocity[at] = 0.9 * velocity[at] - 0.5 * slope;
            weights[at] += velocity[at];
        }
    }
    weights
}

fn measure(weights: &[f32], asked: &[Asked]) -> (usize, usize) {
    let mut found = (0, 0);
    for (entries, right) in asked {
        let own = score(weights, &entries[*right]);
        let better = entries.iter().enumerate().filter(|(at, signs)| {
            let other = score(weights, signs);
            other > own || (other >= own && at < right)
        });
        let place = better.count();
        found.0 += usize::from(place == 0);
        found.1 += usize::from(place < 3);
    }
    found
}

fn share(count: usize, all: &[Asked]) -> f64 {
    count as f64 / all.len() as f64
}
