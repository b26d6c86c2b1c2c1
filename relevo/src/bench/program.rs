//! A child process, and what the kernel says it used.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

/// The kernel's `USER_HZ`, the same on every system that Relevo is built for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Killed when it is dropped.
pub(super) struct Program {
    child: Child,
    command: Command,
    log: PathBuf,
}

/// In MB of 1,000,000 bytes.
pub(super) struct Memory {
    pub(super) now: f64,
    pub(super) peak: f64,
}

impl Program {
    /// Runs on its own; what it says goes to `log`.
    pub(super) fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let output = File::create(log).context("make a log file")?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
        let child = spawn(&mut command)?;
        Ok(Self { child, command, log: log.to_owned() })
    }

    /// By `kill -9`, and without a pause.
    pub(super) fn is_killed_and_starts_again(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&mut self.command)?;
        Ok(())
    }

    /// Fails when it has ended, with the last that it said.
    pub(super) fn still_runs(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            bail!("it ended with {status}: {}", said.lines().last().unwrap_or_default());
        }
        Ok(())
    }

    /// What all its threads have used so far.
    pub(super) fn processor_time(&self) -> anyhow::Result<Duration> {
        Ok(processor_time(&self.read("stat")?))
    }

    /// Resident memory.
    pub(super) fn memory(&self) -> anyhow::Result<Memory> {
        let status = self.read("status")?;
        let megabytes = |name: &str| -> anyhow::Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
            let kibibytes: f64 = kibibytes.context("read how much memory it holds")?.parse()?;
            Ok(kibibytes * 1024.0 / 1e6)
        };
        Ok(Memory { now: megabytes("VmRSS")?, peak: megabytes("VmHWM")? })
    }

    fn read(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("read {path}"))
    }
}

fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    command.spawn().with_context(|| format!("run {}", command.get_program().display()))
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What all threads of this process have used so far.
pub(super) fn own_processor_time() -> anyhow::Result<Duration> {
    Ok(processor_time(&fs::read_to_string("/proc/self/stat")?))
}

fn processor_time(stat: &str) -> Duration {
    // The name in parentheses may hold spaces; user and system time are the 14th and 15th field.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
}

/// What all processes that are called so have used, those included that ended and were waited for.
pub(super) fn processor_time_of_all(command: &str) -> anyhow::Result<Duration> {
    let mut all = Duration::ZERO;
    for process in fs::read_dir("/proc").context("list the processes")? {
        // One that ends meanwhile is gone.
        let Ok(stat) = fs::read_to_string(process?.path().join("stat")) else { continue };
        if stat.contains(&format!("({command})")) {
            all += processor_time(&stat);
        }
    }
    Ok(all)
}

/// Runs to its end and gives what it printed.
pub(super) async fn output(mut command: Command) -> anyhow::Result<String> {
    let output =
        tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output()).await??;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "it ended with {}: {}", output.status, said.trim_end());
    Ok(String::from_utf8(output.stdout)?)
}

/// This binary.
pub(super) fn ourselves() -> anyhow::Result<Command> {
    let path = std::env::current_exe().context("find this program's file")?;
    let mut command = Command::new(path);
    command.env_clear();
    Ok(command)
}
