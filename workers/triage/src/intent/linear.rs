//! Multinomial logistic regression over hashed features, trained by stochastic gradient descent.

use super::features::BUCKETS;

const EPOCHS: usize = 5;
const RATE: f32 = 1.0;

/// One row of numbers for each feature, one number for each class.
#[derive(Clone)]
pub(super) struct Linear {
    classes: usize,
    weights: Vec<f32>,
}

pub(super) struct Example {
    /// Which classes it may be of: one, where that is known.
    pub(super) classes: Vec<usize>,
    pub(super) features: Vec<usize>,
}

impl Linear {
    /// The same examples in the same order make the same weights.
    pub(super) fn train(classes: usize, examples: &[Example]) -> Self {
        let mut linear = Self { classes, weights: vec![0.0; BUCKETS * classes] };
        linear.descend(examples);
        linear
    }

    /// The probability of each class.
    pub(super) fn chances(&self, features: &[usize]) -> Vec<f32> {
        let mut chances = vec![0.0; self.classes];
        self.judge(features, &mut chances);
        chances
    }

    fn judge(&self, features: &[usize], chances: &mut [f32]) {
        chances.fill(0.0);
        for feature in features {
            add(chances, self.row(*feature), 1.0);
        }
        let scale = scale(features);
        let highest = chances.iter().fold(f32::MIN, |highest, score| highest.max(*score));
        for chance in &mut *chances {
            *chance = ((*chance - highest) * scale).exp();
        }
        let sum: f32 = chances.iter().sum();
        for chance in chances {
            *chance /= sum;
        }
    }

    /// AdaGrad by feature: what has often been changed is changed less.
    fn descend(&mut self, examples: &[Example]) {
        let mut squares = vec![0.0_f32; BUCKETS];
        let mut random = 1;
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut gradient = vec![0.0; self.classes];
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for index in &order {
                let Example { classes, features } = &examples[*index];
                self.judge(features, &mut gradient);
                // Of several classes each is as right as it is likely.
                let sum: f32 = classes.iter().map(|class| gradient[*class]).sum();
                for class in classes {
                    gradient[*class] -= gradient[*class] / sum.max(f32::MIN_POSITIVE);
                }
                let scale = scale(features);
                let square =
                    gradient.iter().map(|slope| slope * slope).sum::<f32>() * scale * scale;
                for feature in features {
                    let sum = &mut squares[*feature];
                    *sum += square;
                    let rate = RATE * scale / (sum.sqrt() + 1e-6);
                    let start = feature * self.classes;
                    let row = &mut self.weights[start..start + self.classes];
                    add(row, &gradient, -rate);
                }
            }
        }
    }

    fn row(&self, feature: usize) -> &[f32] {
        let start = feature * self.classes;
        &self.weights[start..start + self.classes]
    }
}

fn add(sum: &mut [f32], row: &[f32], factor: f32) {
    for (sum, number) in sum.iter_mut().zip(row) {
        *sum += number * factor;
    }
}

/// Long messages have more features, and are not surer for it.
fn scale(features: &[usize]) -> f32 {
    let count = u16::try_from(features.len()).unwrap_or(u16::MAX);
    1.0 / f32::from(count.max(1)).sqrt()
}

/// Puts the examples into another order, always the same one.
fn shuffle(order: &mut [usize], random: &mut u32) {
    for last in (1..order.len()).rev() {
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        order.swap(last, (*random >> 8) as usize % (last + 1));
    }
}
