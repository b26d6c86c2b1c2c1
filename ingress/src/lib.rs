//! HTTP in, messages out: verify, translate, publish, answer. Decides nothing.
//!
//! A webhook is answered with 200 only after the broker has confirmed everything in it; while the
//! broker is away it is answered with 503, so that the channel delivers it again (tests
//! `through_rabbitmq_a_webhook_is_confirmed_and_without_it_refused`,
//! `while_the_broker_is_away_the_channel_is_asked_to_come_again`). What is signed and JSON is never
//! an error of ours (test `any_json_is_acknowledged`).

mod notion;
mod sending;
mod whatsapp;

use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use broker::Broker;
use runtime::{Businesses, Clock};
use tower_http::timeout::TimeoutLayer;

/// Longer than the broker may take to confirm. A body that has not come by then holds a connection
/// for nothing (test `a_body_that_does_not_come_is_not_waited_for`).
const PATIENCE: Duration = Duration::from_secs(15);
/// Meta sends up to 3 MB.
const BODY_LIMIT: usize = 3 * 1024 * 1024;

/// The routes that channels call. `broker` has every queue of the system declared.
#[expect(clippy::needless_pass_by_value, reason = "each role takes its ports like this")]
pub fn router(broker: Broker, businesses: Businesses, clock: Clock) -> Router {
    let notion = notion::Endpoint::new(broker.clone(), &businesses, clock.clone());
    let notion = Router::new().route(notion::ROUTE, post(notion::receive)).with_state(notion);
    let whatsapp = whatsapp::Endpoint::new(broker, &businesses, clock);
    Router::new()
        .route(whatsapp::ROUTE, get(whatsapp::verify).post(whatsapp::receive))
        .with_state(whatsapp)
        .merge(notion)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
}
