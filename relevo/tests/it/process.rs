//! Real processes: `relevo serve` beside a sandbox.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use relevo::installation::{self, LanguageModel, Plan, free_address};
use sandbox::Sandbox;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::{BUSINESS, until};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_relevo");
const START_LIMIT: Duration = Duration::from_secs(30);

/// What the processes of one installation share.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) environment: BTreeMap<String, String>,
    /// Where webhooks go.
    pub(crate) webhook: String,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn set(environment: BTreeMap<String, String>, model: LanguageModel) -> Self {
        let business = BUSINESS.to_owned();
        Self::of(Plan { business, environment, model, ..Plan::default() }).await
    }

    pub(crate) async fn of(plan: Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(plan.sandbox.clone()).await.unwrap();
        // This writes the business, and fails here and in words where something is wrong.
        installation::settings(&plan, folder.path(), &sandbox).unwrap();
        let mut environment = installation::environment(&plan, folder.path(), &sandbox);
        let listen = free_address();
        environment.insert("RELEVO_LISTEN".to_owned(), listen.to_string());
        environment.insert("RELEVO_LOG".to_owned(), "warn".to_owned());
        let webhook = format!("http://{listen}/webhooks/whatsapp");
        sandbox.set_webhook_url(&webhook).unwrap();
        Self { sandbox, environment, webhook, folder }
    }

    /// The same with a desk in the sandbox's Notion.
    pub(crate) async fn with_desk(plan: Plan) -> Self {
        let mut stage = Self::of(plan).await;
        let notion = installation::notion(&stage.sandbox).await.unwrap();
        stage.environment.extend(notion);
        stage.sandbox.desk().calls(&stage.webhook.replace("whatsapp", "notion")).unwrap();
        stage
    }

    /// Runs a command with more in its environment; gives its code and all that it says.
    pub(crate) async fn run_with(
        &self,
        more: &BTreeMap<String, String>,
        arguments: &[&str],
    ) -> (Option<i32>, String) {
        let mut command = command(Path::new(BINARY), &self.environment);
        command.envs(more).args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let both = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&both).into_owned())
    }

    /// The folder of the embedded file.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts `relevo serve` with these roles, or with all when none is named.
    pub(crate) fn serve(&self, roles: &str) -> Process {
        self.serve_by(Path::new(BINARY), roles, &self.environment["RELEVO_LISTEN"])
    }

    /// The same of another version, which takes webhooks elsewhere.
    pub(crate) fn serve_by(&self, program: &Path, roles: &str, listen: &str) -> Process {
        let admin = free_address();
        let mut environment = self.environment.clone();
        environment.insert("RELEVO_ADMIN_LISTEN".to_owned(), admin.to_string());
        environment.insert("RELEVO_LISTEN".to_owned(), listen.to_owned());
        let log = self.folder.path().join(format!("{}.log", admin.port()));
        let roles = roles.to_owned();
        let program = program.to_owned();
        let child = spawn(&program, &roles, &environment, &log);
        Process { program, roles, environment, admin, log, child }
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = command(Path::new(BINARY), &self.environment);
        command.args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }
}

/// A `relevo serve`, killed when it is dropped.
pub(crate) struct Process {
    program: PathBuf,
    roles: String,
    environment: BTreeMap<String, String>,
    admin: SocketAddr,
    log: PathBuf,
    child: Child,
}

impl Process {
    /// `kill -9`
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As it was started before.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.program, &self.roles, &self.environment, &self.log);
    }

    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    pub(crate) async fn ready(&self) {
        let url = format!("http://{}/readyz", self.admin);
        until(&format!("relevo serve {} is ready", self.roles), START_LIMIT, async || {
            reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// What its admin listener answers: the status and the text.
    pub(crate) async fn asks(&self, path: &str) -> reqwest::Result<(u16, String)> {
        let answer = reqwest::get(format!("http://{}{path}", self.admin)).await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Runs a command with the environment of this process.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = command(Path::new(BINARY), &self.environment);
        command.args(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        while !self.has_ended() {
            assert!(Instant::now() < deadline, "relevo serve {} does not end", self.roles);
            sleep(Duration::from_millis(20)).await;
        }
        self.child.wait().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
        if std::thread::panicking() {
            eprintln!("--- the log of relevo serve {}\n{}", self.roles, self.log());
        }
    }
}

fn spawn(program: &Path, roles: &str, environment: &BTreeMap<String, String>, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    let mut command = command(program, environment);
    command.arg("serve");
    if !roles.is_empty() {
        command.args(["--only", roles]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

fn command(program: &Path, environment: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(program);
    // Nothing of the machine's own settings.
    command.env_clear().envs(environment);
    command
}
