//! A RabbitMQ of the test's own, which can be stopped, killed and started again.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";
const CONTROL: &str = "/usr/lib/rabbitmq/bin/rabbitmqctl";

pub(crate) struct Server {
    pub(crate) port: u16,
    distribution: u16,
    epmd: u16,
    dir: TempDir,
    process: Option<Child>,
    /// Erlang's port mapper. Started here, because one that a node starts outlives it.
    mapper: Child,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [port, distribution, epmd] = free_ports();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("plugins"), "[].").unwrap();
        let config = format!("listeners.tcp.1 = 127.0.0.1:{port}\n");
        std::fs::write(path("rabbitmq.conf"), config).unwrap();
        let mapper = Command::new("epmd")
            .args(["-address", "127.0.0.1", "-port", &epmd.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rabbitmq-server is not installed");
        let mut server = Self { port, distribution, epmd, dir, process: None, mapper };
        server.start_again().await;
        server
    }

    pub(crate) async fn start_again(&mut self) {
        self.spawn();
        self.accepts().await;
    }

    pub(crate) fn spawn(&mut self) {
        let mut command = self.command(PROGRAM);
        // A group of its own, so that all of it can be killed.
        command.process_group(0);
        self.process = Some(command.spawn().expect("rabbitmq-server is not installed"));
    }

    pub(crate) async fn accepts(&self) {
        let address = ("127.0.0.1", self.port);
        let wait = async {
            while TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), wait)
            .await
            .expect("rabbitmq-server did not start");
    }

    /// The orderly way.
    pub(crate) async fn stop(&mut self) {
        let mut stop = self.command(CONTROL);
        stop.arg("stop");
        let stopped = tokio::task::spawn_blocking(move || stop.status());
        assert!(stopped.await.unwrap().unwrap().success());
        self.process.take().unwrap().wait().unwrap();
    }

    pub(crate) async fn control(&self, arguments: &[&str]) {
        let mut control = self.command(CONTROL);
        control.args(arguments);
        let done = tokio::task::spawn_blocking(move || control.status());
        assert!(done.await.unwrap().unwrap().success(), "{arguments:?}");
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let group = format!("-{}", process.id());
            let kill = Command::new("kill").args(["-9", "--", &group]).status();
            assert!(kill.unwrap().success());
            process.wait().unwrap();
            // Ours is a script; the broker below it takes a moment longer to go.
            let address = ("127.0.0.1", self.port);
            while std::net::TcpStream::connect(address).is_ok() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    fn command(&self, program: &str) -> Command {
        let dir = self.dir.path();
        let path = |name: &str| Path::join(dir, name);
        let mut command = Command::new(program);
        command
            .env("HOME", dir)
            .env("RABBITMQ_NODENAME", format!("test{}@localhost", self.port))
            .env("RABBITMQ_NODE_PORT", self.port.to_string())
            .env("RABBITMQ_DIST_PORT", self.distribution.to_string())
            .env("RABBITMQ_MNESIA_BASE", path("data"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("ERL_EPMD_PORT", self.epmd.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        // An error means that it is gone already.
        let _ = self.mapper.kill();
        let _ = self.mapper.wait();
    }
}

fn free_ports() -> [u16; 3] {
    let listeners = [0; 3].map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
