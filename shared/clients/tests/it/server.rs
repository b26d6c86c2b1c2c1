//! A server that plays a script and remembers what it was sent.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::Instant;

/// What the server does with one request. When the script is over, the last reply is repeated.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer(u16, Vec<(&'static str, &'static str)>, String),
    Silence,
    /// A body that does not end and has no length.
    Endless,
    /// A body that ends before the length it said.
    Cut,
}

pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) user_agent: Option<String>,
    /// Null if it is no JSON.
    pub(crate) body: Value,
    /// As far as it is text.
    pub(crate) text: String,
    pub(crate) at: Instant,
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    script: Arc<Mutex<VecDeque<Reply>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

pub(crate) fn json(status: u16, body: &Value) -> Reply {
    text(status, &body.to_string())
}

pub(crate) fn text(status: u16, body: &str) -> Reply {
    Reply::Answer(status, Vec::new(), body.to_owned())
}

impl Server {
    pub(crate) async fn playing(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
            requests: Arc::default(),
        };
        let app = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    /// For a script that has to know the server's address.
    pub(crate) fn play(&self, script: impl IntoIterator<Item = Reply>) {
        *self.script.lock().unwrap() = script.into_iter().collect();
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// The only request since the last look.
    pub(crate) fn request(&self) -> Request {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }
}

async fn answer(
    State(server): State<Server>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    server.requests.lock().unwrap().push(Request {
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        user_agent: header("user-agent"),
        body: serde_json::from_slice(&body).unwrap_or_default(),
        text: String::from_utf8_lossy(&body).into_owned(),
        at: Instant::now(),
    });
    let reply = {
        let mut script = server.script.lock().unwrap();
        if script.len() > 1 { script.pop_front() } else { script.front().cloned() }
    };
    match reply.unwrap() {
        Reply::Answer(status, headers, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Reply::Silence => std::future::pending().await,
        Reply::Endless => {
            Body::from_stream(stream::repeat(Ok::<_, Infallible>("more"))).into_response()
        }
        Reply::Cut => {
            let start = stream::iter([Ok("only the start"), Err(io::Error::other("cut"))]);
            ([("content-length", "1000")], Body::from_stream(start)).into_response()
        }
    }
}

/// The address of a server that reads each request and hangs up without a word.
pub(crate) async fn hanging_up() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 16_384]).await;
        }
    });
    format!("http://{address}")
}

/// An address where nobody listens, nor will while this lives.
pub(crate) struct Nowhere {
    pub(crate) url: String,
    _bound: TcpSocket,
}

pub(crate) fn nowhere() -> Nowhere {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Nowhere { url: format!("http://{}", socket.local_addr().unwrap()), _bound: socket }
}
