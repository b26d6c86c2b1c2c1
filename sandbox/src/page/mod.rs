//! The phone to type on, and the specialists' desk.

use std::sync::Arc;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use axum::routing::get;

use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    Router::new()
        .route("/", get(async || Html(include_str!("phone.html"))))
        .route("/phone.css", get(async || ([(CONTENT_TYPE, CSS)], include_str!("phone.css"))))
        .route("/phone.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("phone.js"))))
        .route("/bubble.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("bubble.js"))))
        .route("/photo.jpg", get(async || ([(CONTENT_TYPE, "image/jpeg")], crate::sample::photo())))
        .route("/desk", get(async || Html(include_str!("desk.html"))))
        .route("/desk.css", get(async || ([(CONTENT_TYPE, CSS)], include_str!("desk.css"))))
        .route("/desk.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("desk.js"))))
        .route("/ticket.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("ticket.js"))))
        .route("/rich.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("rich.js"))))
        .route("/both", get(async || Html(include_str!("both.html"))))
        .route("/words.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("words.js"))))
}
