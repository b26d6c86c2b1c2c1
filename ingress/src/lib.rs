//! HTTP in, messages out: verify, translate, publish, answer. Decides nothing.
//!
//! A webhook is answered with 200 only after the broker has confirmed everything in it; while the
//! broker is away it is answered with 503, so that the channel delivers it again (tests
//! `through_rabbitmq_a_webhook_is_confirmed_and_without_it_refused`,
//! `while_the_broker_is_away_the_channel_is_asked_to_come_again`). What is signed and JSON is never
//! an error of ours (test `any_json_is_acknowledged`).

mod whatsapp;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use broker::Broker;
use runtime::{Businesses, Clock};

/// Meta sends up to 3 MB.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// The routes that channels call. `broker` has every queue of the system declared.
#[expect(clippy::needless_pass_by_value, reason = "each role takes its ports like this")]
pub fn router(broker: Broker, businesses: Businesses, clock: Clock) -> Router {
    let whatsapp = whatsapp::Endpoint::new(broker, &businesses, clock);
    Router::new()
        .route("/webhooks/whatsapp", get(whatsapp::verify).post(whatsapp::receive))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(whatsapp)
}
