//! What the figures were measured on.

use std::fs;

use anyhow::Context as _;
use broker::Broker;

use super::Servers;

/// Lines of a name and what it is.
pub(super) type Machine = Vec<(&'static str, String)>;

pub(super) async fn describe(servers: &Servers) -> anyhow::Result<Machine> {
    let processors = std::thread::available_parallelism()?;
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = field("/proc/meminfo", "MemTotal").context("read how much memory there is")?;
    let kibibytes: f64 = memory.trim_end_matches("kB").trim().parse()?;
    let load = fs::read_to_string("/proc/loadavg")?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let profile = if cfg!(debug_assertions) { "development: not for figures" } else { "release" };
    Ok(vec![
        ("Relevo", format!("{}, built for {profile}", env!("CARGO_PKG_VERSION"))),
        ("Processors", format!("{processors} of {model}")),
        ("Memory", format!("{:.0} GB", kibibytes * 1024.0 / 1e9)),
        ("Kernel", kernel.trim().to_owned()),
        ("Load of others before", load.split(' ').next().unwrap_or_default().to_owned()),
        ("RabbitMQ", rabbitmq(&servers.amqp).await?),
        ("Redis", redis(&servers.redis).await?),
    ])
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

async fn rabbitmq(url: &str) -> anyhow::Result<String> {
    let product = Broker::product(url).await?;
    Ok(product.context("RabbitMQ is asked over TLS")?.version)
}

async fn redis(url: &str) -> anyhow::Result<String> {
    let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("server").query_async(&mut redis).await?;
    let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.context("find the version in what Redis says")?.trim().to_owned())
}
