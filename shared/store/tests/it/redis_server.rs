//! A redis-server of the test's own, to be killed, frozen and started again.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::Instant;

pub(crate) const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

pub(crate) struct RedisServer {
    pub(crate) port: u16,
    folder: TempDir,
    options: Vec<String>,
    process: Child,
}

impl RedisServer {
    pub(crate) async fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options: Vec<String> = options.iter().map(ToString::to_string).collect();
        let port = free_port();
        let process = launch(port, folder.path(), &options);
        let mut server = Self { port, folder, options, process };
        while !server.listens().await {
            // Somebody else took the port in between.
            server.port = free_port();
            server.process = launch(server.port, server.folder.path(), &server.options);
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// On the same port, with what the last one left on the disk.
    pub(crate) async fn start_again(&mut self) {
        self.process = launch(self.port, self.folder.path(), &self.options);
        assert!(self.listens().await, "redis does not start again");
    }

    /// Stops answering without closing a connection, like a machine that hangs.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id();
        // The shell knows how; a bare machine has no `kill` of its own.
        let kill = format!("kill {signal} {pid}");
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Whether it has come to listen; otherwise it has given up.
    async fn listens(&mut self) -> bool {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "redis does not come to listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It may be dead already, which is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn launch(port: u16, folder: &Path, options: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .arg("--dir")
        .arg(folder)
        .args(options)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is missing: run scripts/test")
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}
