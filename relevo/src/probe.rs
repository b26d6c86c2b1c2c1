//! `relevo probe`: asks a process how it is, for containers that hold nothing else to ask with.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::http::Uri;
use clap::Args;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longer than `/readyz` may take.
const PATIENCE: Duration = Duration::from_secs(4);
const ANSWER_LIMIT: u64 = 64 * 1024;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Ask whether it lives (/healthz) instead of whether it can work (/readyz)
    #[arg(long)]
    alive: bool,
    /// Ask this instead of the address of RELEVO_ADMIN_LISTEN
    #[arg(conflicts_with = "alive", value_name = "URL")]
    pub(crate) url: Option<Uri>,
}

impl Options {
    /// Where the process with this admin address is asked.
    pub(crate) fn of(&self, admin: SocketAddr) -> Uri {
        let path = if self.alive { "/healthz" } else { "/readyz" };
        let address = SocketAddr::new(reachable(admin.ip()), admin.port());
        format!("http://{address}{path}").parse().expect("an address and a path are a URL")
    }
}

/// Exits with 0 when the answer is a success, with 1 when it is not or when there is none.
pub(crate) fn run(url: &Uri) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async {
        tokio::time::timeout(PATIENCE, ask(url)).await.context("no answer in time")?
    });
    let answer = answer.with_context(|| format!("ask {url}"))?;
    let Some((status, body)) = read(&answer) else { bail!("{url} did not answer in HTTP") };
    println!("{status} {}", body.trim_end());
    Ok(if (200..300).contains(&status) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A process that listens on every address is asked on its own machine.
fn reachable(listens: IpAddr) -> IpAddr {
    match listens {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        own => own,
    }
}

async fn ask(url: &Uri) -> anyhow::Result<String> {
    let (Some("http"), Some(host)) = (url.scheme_str(), url.host()) else {
        bail!("it is no address such as http://127.0.0.1:8081/readyz");
    };
    let port = url.port_u16().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut stream = TcpStream::connect((bare, port)).await.context("connect")?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    // 1.0: the answer comes in one piece, and its end is the end of the connection.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("ask")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_LIMIT).read_to_end(&mut answer).await.context("read the answer")?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The status and the body of an answer in HTTP.
fn read(answer: &str) -> Option<(u16, &str)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let mut line = head.lines().next()?.split(' ');
    line.next()?.starts_with("HTTP/1.").then_some(())?;
    Some((line.next()?.parse().ok()?, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_a_status_and_a_body() {
        for (answer, expected) in [
            ("HTTP/1.0 200 OK\r\nX: y\r\n\r\nok", Some((200, "ok"))),
            ("HTTP/1.1 503 Service Unavailable\r\n\r\n", Some((503, ""))),
            ("SSH-2.0-OpenSSH\r\n\r\n", None),
            ("HTTP/1.1 fine\r\n\r\n", None),
            ("", None),
        ] {
            assert_eq!(read(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn a_process_that_listens_everywhere_is_asked_on_its_own_machine() {
        for (admin, alive, expected) in [
            ("0.0.0.0:8081", false, "http://127.0.0.1:8081/readyz"),
            ("[::]:8081", true, "http://[::1]:8081/healthz"),
            ("10.0.0.7:9000", false, "http://10.0.0.7:9000/readyz"),
        ] {
            let options = Options { alive, url: None };
            assert_eq!(options.of(admin.parse().unwrap()).to_string(), expected);
        }
    }
}
