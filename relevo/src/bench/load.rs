//! Load over HTTP, as cheap as it can be made: requests that were prepared, connections that are
//! kept, answers of which only the status is read.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// A connection that is kept for one request after another.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// The status of the answer, once it has arrived whole.
    pub(super) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the connection was closed");
            if let Some(status) = status_of_whole(&self.buffer) {
                return Ok(status);
            }
        }
    }
}

/// What an address says.
pub(super) async fn get(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut connection = Connection::open(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    let status = connection.ask(request.as_bytes()).await?;
    ensure!(status == 200, "{path} was answered with {status}");
    let answer = String::from_utf8(connection.buffer)?;
    Ok(answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

fn status_of_whole(answer: &[u8]) -> Option<u16> {
    let answer = std::str::from_utf8(answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = length.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    (body.len() >= length).then_some(status)
}

/// Sends every request once over so many connections, each as soon as the one before is answered;
/// all must be answered with 200. Gives the time that it took.
pub(super) async fn closed(
    address: SocketAddr,
    requests: &[Bytes],
    connections: usize,
) -> anyhow::Result<Duration> {
    let opened = try_join_all((0..connections).map(|_| Connection::open(address))).await?;
    let next = AtomicUsize::new(0);
    let began = Instant::now();
    try_join_all(opened.into_iter().map(async |mut connection| {
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            let status = connection.ask(request).await?;
            ensure!(status == 200, "a webhook was answered with {status}");
        }
        anyhow::Ok(())
    }))
    .await
    .context("send webhooks")?;
    Ok(began.elapsed())
}

/// What an open loop saw.
pub(super) struct Open {
    /// From when a request was due to its answer, in milliseconds, sorted.
    pub(super) waits_ms: Vec<f64>,
    /// How many answers were not 200.
    pub(super) refused: usize,
}

/// Sends the requests at this rate, whatever the answers do: one that has to wait for its
/// connection has been waiting since it was due.
pub(super) async fn open(
    address: SocketAddr,
    requests: &[Bytes],
    per_second: f64,
    connections: usize,
) -> anyhow::Result<Open> {
    let opened = try_join_all((0..connections).map(|_| Connection::open(address))).await?;
    let began = Instant::now() + Duration::from_millis(50);
    let answers =
        try_join_all(opened.into_iter().enumerate().map(async |(first, mut connection)| {
            let mut answers = Vec::new();
            for (index, request) in requests.iter().enumerate().skip(first).step_by(connections) {
                let due = began + Duration::from_secs_f64(index as f64 / per_second);
                sleep_until(due).await;
                let status = connection.ask(request).await?;
                answers.push((status, due.elapsed().as_secs_f64() * 1e3));
            }
            anyhow::Ok(answers)
        }))
        .await
        .context("send webhooks at a steady rate")?;
    let answers = answers.concat();
    let mut waits_ms: Vec<f64> = answers.iter().map(|(_, wait)| *wait).collect();
    waits_ms.sort_by(f64::total_cmp);
    Ok(Open { waits_ms, refused: answers.iter().filter(|(status, _)| *status != 200).count() })
}
