//! A TCP proxy in front of a server that goes away or is not heard.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Pass,
    Mute,
    Refuse,
}

pub(crate) struct Proxy {
    /// The server's address with the proxy's in its place.
    pub(crate) url: String,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    /// Stands in front of the server of a URL.
    pub(crate) async fn before(url: &str) -> Self {
        let target = host_and_port(url);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let url = url.replace(target, &own);
        let target: SocketAddr = target.parse().unwrap();
        let (mode, modes) = watch::channel(Mode::Pass);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *modes.borrow() != Mode::Refuse {
                    tokio::spawn(pass(client, target, modes.clone()));
                }
            }
        });
        Self { url, mode }
    }

    /// Breaks every connection and takes no new one.
    pub(crate) fn refuse(&self) {
        self.mode.send_replace(Mode::Refuse);
    }

    /// The server hears everything, and nobody hears the server.
    pub(crate) fn mute(&self) {
        self.mode.send_replace(Mode::Mute);
    }

    pub(crate) fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }
}

fn host_and_port(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap();
    let authority = rest.split('/').next().unwrap();
    authority.rsplit('@').next().unwrap()
}

async fn pass(client: TcpStream, target: SocketAddr, modes: watch::Receiver<Mode>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut refusing = modes.clone();
    // Whichever ends takes the other with it.
    tokio::select! {
        () = pump(from_client, to_server, None) => {}
        () = pump(from_server, to_client, Some(modes)) => {}
        _ = refusing.wait_for(|mode| *mode == Mode::Refuse) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut modes: Option<watch::Receiver<Mode>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        if let Some(modes) = &mut modes
            && modes.wait_for(|mode| *mode != Mode::Mute).await.is_err()
        {
            return;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
