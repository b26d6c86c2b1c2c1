//! What was seen, for people.

use std::fmt::{self, Write as _};

use runtime::Process;
use runtime::process::SILENT_AFTER;

use super::{AlertSeen, BrokerSeen, DepthSeen, RecordsSeen, Seen, StateSeen};

/// It keeps no state, so it can't say here how it is.
const UNSEEN: &str =
    "  a process that only takes webhooks is not listed: ask it with `relevo probe`";
/// So many open alerts are shown.
const ALERTS: usize = 8;

impl Seen {
    pub(super) fn screen(&self) -> String {
        let mut text = String::new();
        // Writing to a string can't fail.
        let _ = self.write(&mut text);
        text.trim_end().to_owned()
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        for part in ["broker", "state", "records"] {
            match (self.away.get(part), &self.old) {
                (Some(cause), _) => writeln!(text, "{part:<8} AWAY: {cause}")?,
                (None, Some(cause)) if part == "records" => {
                    writeln!(text, "{part:<8} OLD: {cause}")?;
                }
                (None, _) => writeln!(text, "{part:<8} connected")?,
            }
        }
        if let Some(records) = &self.records {
            records.customers(text)?;
        }
        if let Some(state) = &self.state {
            state.write(text)?;
        }
        if let Some(broker) = &self.broker {
            broker.write(text)?;
        }
        self.records.as_ref().map_or(Ok(()), |records| records.open_alerts(text))
    }
}

impl RecordsSeen {
    fn customers(&self, text: &mut String) -> fmt::Result {
        let waits = self.oldest_waits_ms.map_or_else(String::new, |ms| {
            format!(", the oldest for {}", duration(u64::try_from(ms).unwrap_or(0)))
        });
        let Self { messages, without_outcome, .. } = self;
        writeln!(
            text,
            "{messages} messages of customers, {without_outcome} without an outcome{waits}"
        )
    }

    fn open_alerts(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\n{} alerts are open", self.alerts.len())?;
        for alert in self.alerts.iter().take(ALERTS) {
            let AlertSeen { severity, business, kind, subject, .. } = alert;
            writeln!(text, "  {severity:<8} {business}: {kind} {subject}")?;
        }
        if self.alerts.len() > ALERTS {
            writeln!(text, "  and more: relevo alerts")?;
        }
        Ok(())
    }
}

impl StateSeen {
    fn write(&self, text: &mut String) -> fmt::Result {
        if !self.paused.is_empty() {
            let paused = self.paused.join(", ");
            writeln!(text, "PAUSED: {paused} (`relevo resume` goes on)")?;
        }
        if self.processes.is_empty() {
            let seconds = SILENT_AFTER.as_secs();
            writeln!(text, "\nNO PROCESS has said anything in the last {seconds} s")?;
            return writeln!(text, "{UNSEEN}");
        }
        writeln!(text, "\n{:<32} {:<9} lag of each worker", "process", "version")?;
        for process in &self.processes {
            let Process { host, version, roles, lag_ms, open_breakers } = process;
            let lags: Vec<String> = lag_ms
                .iter()
                .map(|(worker, ms)| format!("{worker} {}.{} s", ms / 1000, ms % 1000 / 100))
                .collect();
            writeln!(text, "{host:<32} {version:<9} {}", lags.join(", "))?;
            writeln!(text, "  {}", roles.join(", "))?;
            if !open_breakers.is_empty() {
                let open = open_breakers.join(", ");
                writeln!(text, "  BREAKERS OPEN, the model is failing: {open}")?;
            }
        }
        writeln!(text, "{UNSEEN}")
    }
}

impl BrokerSeen {
    fn write(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\n{:<22} {:>9} {:>6}", "queue", "waiting", "dead")?;
        for queue in &self.queues {
            let name = queue.name;
            match &queue.depth {
                None => writeln!(text, "{name:<22} {:>9}", "absent")?,
                Some(DepthSeen { ready, dead }) => {
                    let mark = if *dead > 0 { "  ← relevo dead list" } else { "" };
                    writeln!(text, "{name:<22} {ready:>9} {dead:>6}{mark}")?;
                }
            }
        }
        Ok(())
    }
}

fn duration(ms: u64) -> String {
    match ms / 1000 {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
