//! RabbitMQ, Redis and PostgreSQL of one test's own, because the names of an installation's queues
//! are fixed, and because some tests stop and kill them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

pub(crate) struct Servers {
    folder: TempDir,
}

impl Servers {
    pub(crate) async fn start() -> Self {
        let servers = Self { folder: tempfile::tempdir().unwrap() };
        servers.script("start", &[]).await;
        servers
    }

    /// The environment of an installation on these servers.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let written = std::fs::read_to_string(self.folder.path().join("env")).unwrap();
        let url = |name: &str| {
            let line = format!("export RELEVO_TEST_{name}_URL=");
            written.lines().find_map(|all| all.strip_prefix(&line)).unwrap().to_owned()
        };
        [
            ("RELEVO_BROKER_URL", url("AMQP")),
            ("RELEVO_STATE_URL", url("REDIS")),
            ("RELEVO_DATABASE_URL", url("POSTGRES")),
        ]
        .map(|(name, url)| (name.to_owned(), url))
        .into()
    }

    /// In the orderly way.
    pub(crate) async fn stop(&self, server: &'static str) {
        self.script("stop", &[server]).await;
    }

    /// Again, with what it has kept.
    pub(crate) async fn start_again(&self, server: &'static str) {
        self.script("start", &[server]).await;
    }

    /// With SIGKILL, all of it at once.
    pub(crate) fn kill(&self, server: &str) {
        self.signal(server, "-KILL");
    }

    /// It answers nobody, and keeps every connection.
    pub(crate) fn freeze(&self, server: &str) {
        self.signal(server, "-STOP");
    }

    pub(crate) fn thaw(&self, server: &str) {
        self.signal(server, "-CONT");
    }

    fn signal(&self, server: &str, signal: &str) {
        let pid = std::fs::read_to_string(self.folder.path().join(format!("{server}.pid")));
        let group = format!("-{}", pid.unwrap().trim());
        let sent = Command::new("kill").args([signal, "--", &group]).status().unwrap();
        assert!(sent.success(), "{server} did not run");
    }

    async fn script(&self, verb: &'static str, servers: &[&'static str]) {
        let mut command = script(verb, self.folder.path());
        command.args(servers);
        let ended = tokio::task::spawn_blocking(move || command.status().unwrap()).await.unwrap();
        assert!(ended.success(), "scripts/servers {verb} failed");
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let stopped = script("stop", self.folder.path()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("the servers in {} may still run", self.folder.path().display());
        }
    }
}

fn script(verb: &str, folder: &Path) -> Command {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/servers");
    let mut command = Command::new(script);
    command.arg(verb).arg(folder).stdin(Stdio::null());
    command
}
