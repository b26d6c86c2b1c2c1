//! What of the model is to be seen at `/metrics` without asking it anything.

use std::time::Duration;

use clients::model::Model;
use runtime::settings::ModelSettings;
use runtime::{Lifecycle, metrics};

/// An open breaker rests as long before it lets a call through.
const EVERY: Duration = Duration::from_secs(15);

/// Shows what its tokens cost, as far as somebody has said so.
pub(crate) fn show_prices(settings: &ModelSettings) {
    let ModelSettings { prompt_price, completion_price, .. } = settings;
    for (direction, price) in [("prompt", prompt_price), ("completion", completion_price)] {
        if let Some(per_million) = price {
            metrics::token_priced(direction, per_million / 1e6);
        }
    }
}

/// Looks at its breakers now and then until the process stops.
pub(crate) async fn watch_breakers(model: Model, lifecycle: Lifecycle) {
    loop {
        for (task, is_left_alone) in model.left_alone() {
            metrics::model_breaker(task, is_left_alone);
        }
        tokio::select! {
            () = lifecycle.stopping() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
