//! The control over HTTP.

mod customers;
mod desk;
mod observe;
mod platform;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::world::World;

type Shared = State<Arc<World>>;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/control/messages", post(customers::write))
        .route("/control/taps", post(customers::tap))
        .route("/control/voice", post(customers::speak))
        .route("/control/files", post(customers::send_file))
        .route("/control/moves", post(customers::change))
        .route("/control/echoes", post(customers::echo))
        .route("/control/info", get(observe::info))
        .route("/control/transcript", get(observe::transcript))
        .route("/control/media/{id}", get(observe::media))
        .route("/control/journal", get(observe::journal))
        .route("/control/rates", get(observe::rates))
        .route("/control/desk/rates", get(observe::notion_rates))
        .route("/control/sends", get(observe::sends))
        .route("/control/received", get(observe::received))
        .route("/control/events", get(observe::events))
        .route("/control/fields", post(platform::post_field))
        .route("/control/history", post(platform::send_history))
        .route("/control/templates", get(platform::templates).post(platform::review_template))
        .route(
            "/control/faults",
            get(platform::faults).post(platform::add_fault).delete(platform::clear_faults),
        )
        .route(
            "/control/script",
            get(platform::rules).post(platform::add_rule).delete(platform::clear_rules),
        )
        .route("/control/window", post(platform::advance_window))
        .route("/control/webhook", post(platform::set_webhook))
        .route("/control/desk", get(desk::board).post(desk::act))
        .route("/control/desk/tickets", get(desk::tickets).post(desk::open))
        .route("/control/desk/tickets/{id}", get(desk::ticket))
        .route("/control/desk/properties", post(desk::change_schema))
        .route("/control/desk/clock", post(desk::advance_clock))
        .route("/control/desk/webhooks", post(desk::set_webhooks))
        .route("/control/reset", post(platform::reset))
}

fn wrong(problem: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response()
}
