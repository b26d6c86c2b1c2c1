use retrieval::{Calibration, Label};

fn labels(right: usize, wrong: usize, confidence: f32) -> Vec<Label> {
    let right = std::iter::repeat_n(Label { confidence, right: true }, right);
    right.chain(std::iter::repeat_n(Label { confidence, right: false }, wrong)).collect()
}

#[test]
fn a_promise_of_95_percent_needs_52_right_answers_in_a_row() {
    assert_eq!(Calibration::learn(&labels(51, 0, 0.9), 0.95).cut, None);
    assert_eq!(Calibration::learn(&labels(52, 0, 0.9), 0.95).cut, Some(0.9));
}

#[test]
fn the_cut_is_the_lowest_that_keeps_the_promise() {
    let mut all = labels(100, 0, 0.9);
    all.extend(labels(50, 0, 0.7));
    all.extend(labels(20, 30, 0.5));
    let calibration = Calibration::learn(&all, 0.95);
    assert_eq!(calibration.cut, Some(0.7));
    assert_eq!(calibration.labels, 200);
}

#[test]
fn labels_of_one_confidence_stand_or_fall_together() {
    assert_eq!(Calibration::learn(&labels(60, 60, 0.9), 0.95).cut, None);
}

#[test]
fn a_calibration_is_kept_as_json() {
    let calibration = Calibration::learn(&labels(60, 0, 0.9), 0.95);
    let json = serde_json::to_string(&calibration).unwrap();
    assert_eq!(serde_json::from_str::<Calibration>(&json).unwrap(), calibration);
}
