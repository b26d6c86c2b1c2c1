//! A TCP proxy that cuts, freezes and refuses connections.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Pass,
    Freeze,
    Refuse,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    mode: watch::Sender<Mode>,
}

impl Proxy {
    /// Passes connections on to `target`, a `host:port`.
    pub(crate) async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mode, modes) = watch::channel(Mode::Pass);
        let target: SocketAddr = target.parse().unwrap();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *modes.borrow() != Mode::Refuse {
                    tokio::spawn(pass(client, target, modes.clone()));
                }
            }
        });
        Self { port, mode }
    }

    /// Breaks every connection; new ones pass.
    pub(crate) fn cut(&self) {
        self.refuse();
        self.pass();
    }

    /// Breaks every connection and takes no new one.
    pub(crate) fn refuse(&self) {
        self.mode.send_replace(Mode::Refuse);
    }

    /// Keeps connections open, and passes nothing.
    pub(crate) fn freeze(&self) {
        self.mode.send_replace(Mode::Freeze);
    }

    pub(crate) fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }
}

async fn pass(client: TcpStream, target: SocketAddr, modes: watch::Receiver<Mode>) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Whichever ends takes the other with it.
    tokio::select! {
        () = pump(from_client, to_server, modes.clone()) => {}
        () = pump(from_server, to_client, modes.clone()) => {}
        () = cut(modes) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut modes: watch::Receiver<Mode>) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        if modes.wait_for(|mode| *mode != Mode::Freeze).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}

/// A cut may be over before we are asked, so any change but freezing and thawing counts.
async fn cut(mut modes: watch::Receiver<Mode>) {
    let mut before = *modes.borrow_and_update();
    while modes.changed().await.is_ok() {
        let now = *modes.borrow_and_update();
        if now == Mode::Refuse || (before == Mode::Pass && now == Mode::Pass) {
            return;
        }
        before = now;
    }
}
