//! The phone to type on.

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
        .route("/words.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("words.js"))))
}
