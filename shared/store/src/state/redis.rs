//! State in Redis: one hash per conversation, its effects beside it under the same hash tag, so
//! that one script writes both, on a cluster too.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ErrorKind, FromRedisValue, Script, ServerErrorKind, Value};
use uuid::Uuid;

use super::link::Link;
use super::{
    CONVERSATION_TTL, Commit, Committed, EFFECTS_TTL, EffectsKey, Error, Loaded, Volatile,
};

const LOAD: &str = include_str!("load.lua");
const COMMIT: &str = include_str!("commit.lua");
const FORGET: &str = include_str!("forget.lua");
const GATE: &str = include_str!("gate/gate.lua");
const PROCESS: &str = include_str!("process.lua");

/// State in Redis. A cheap handle.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    link: Link,
    load: Script,
    commit: Script,
    forget: Script,
    gate: Script,
    process: Script,
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

impl Redis {
    pub(super) async fn connect(url: &str, volatile: Volatile) -> Result<Self, Error> {
        let link = Link::new(url)?;
        let inner = Inner {
            link,
            load: Script::new(LOAD),
            commit: Script::new(COMMIT),
            forget: Script::new(FORGET),
            gate: Script::new(GATE),
            process: Script::new(PROCESS),
        };
        let redis = Self(Arc::new(inner));
        match volatile {
            Volatile::Refuse => redis.refuse_volatile().await?,
            Volatile::Accept => redis.ping().await?,
        }
        Ok(redis)
    }

    pub(super) async fn load(
        &self,
        conversation: Uuid,
        effects_of: Option<EffectsKey<'_>>,
    ) -> Result<Loaded, Error> {
        const OPERATION: &str = "load a conversation";
        let mut keys = vec![conversation_key(conversation)];
        keys.extend(effects_of.map(|key| effects_key(conversation, key)));
        let answer = self.run(OPERATION, &self.0.load, LOAD, &keys, &[]).await?;
        let (version, document, effects): (Option<u64>, _, _) = read(OPERATION, answer)?;
        Ok(Loaded { version: version.unwrap_or(0), document, effects })
    }

    pub(super) async fn commit(
        &self,
        commit: Commit<'_>,
        life: Duration,
    ) -> Result<Committed, Error> {
        const OPERATION: &str = "commit a conversation";
        let mut keys = vec![conversation_key(commit.conversation), alias_key(commit.conversation)];
        keys.extend(commit.effects.map(|(key, _)| effects_key(commit.conversation, key)));
        let expected = commit.document.map_or_else(String::new, |_| commit.expected.to_string());
        let arguments = [
            &expected,
            commit.document.unwrap_or_default(),
            &life.as_millis().to_string(),
            commit.effects.map(|(_, effects)| effects).unwrap_or_default(),
            &EFFECTS_TTL.as_millis().to_string(),
        ];
        let answer = self.run(OPERATION, &self.0.commit, COMMIT, &keys, &arguments).await?;
        let (word, detail): (String, String) = read(OPERATION, answer)?;
        match (word.as_str(), detail.parse()) {
            ("stored", Ok(version)) => Ok(Committed::Stored { version }),
            ("conflict", _) => Ok(Committed::Conflict),
            ("decided", _) => Ok(Committed::AlreadyDecided(detail)),
            _ => Err(Error::Foreign { operation: OPERATION }),
        }
    }

    pub(super) async fn put_alias(&self, of: Uuid, conversation: Uuid) -> Result<(), Error> {
        let mut set = redis::cmd("SET");
        set.arg(alias_key(of)).arg(conversation.to_string());
        set.arg("PX").arg(CONVERSATION_TTL.as_millis().to_string());
        self.0.link.query("put an alias", &set).await.map(drop)
    }

    pub(super) async fn alias(&self, of: Uuid) -> Result<Option<Uuid>, Error> {
        const OPERATION: &str = "look up an alias";
        let mut get = redis::cmd("GETEX");
        get.arg(alias_key(of)).arg("PX").arg(CONVERSATION_TTL.as_millis().to_string());
        let found: Option<String> = read(OPERATION, self.0.link.query(OPERATION, &get).await?)?;
        found.map(|id| id.parse().map_err(|_| Error::Foreign { operation: OPERATION })).transpose()
    }

    /// Looks at every key of the node once, some at a time: the effects of a conversation are in no
    /// list, which each message would have to pay for.
    pub(super) async fn forget(&self, conversation: Uuid) -> Result<bool, Error> {
        const OPERATION: &str = "forget a conversation";
        let key = conversation_key(conversation);
        let keys = [key.clone(), alias_key(conversation)];
        let (mut cursor, mut forgotten) = ("0".to_owned(), 0);
        loop {
            let arguments = [cursor.as_str(), &format!("{key}:*")];
            let answer = self.run(OPERATION, &self.0.forget, FORGET, &keys, &arguments).await?;
            let (next, count): (String, u64) = read(OPERATION, answer)?;
            forgotten += count;
            if next == "0" {
                return Ok(forgotten > 0);
            }
            cursor = next;
        }
    }

    pub(super) async fn forget_alias(&self, of: Uuid) -> Result<bool, Error> {
        const OPERATION: &str = "forget an alias";
        let mut delete = redis::cmd("DEL");
        delete.arg(alias_key(of));
        let count: u64 = read(OPERATION, self.0.link.query(OPERATION, &delete).await?)?;
        Ok(count > 0)
    }

    /// Does one thing at one gate.
    pub(super) async fn gate(
        &self,
        operation: &'static str,
        gate: &str,
        act: &str,
        numbers: &[String],
    ) -> Result<Value, Error> {
        let mut arguments = vec![act];
        arguments.extend(numbers.iter().map(String::as_str));
        self.run(operation, &self.0.gate, GATE, &[gate_key(gate)], &arguments).await
    }

    /// Notes what a process says.
    pub(super) async fn note(
        &self,
        operation: &'static str,
        keys: &[String],
        arguments: &[&str],
    ) -> Result<Value, Error> {
        self.run(operation, &self.0.process, PROCESS, keys, arguments).await
    }

    pub(super) async fn query(
        &self,
        operation: &'static str,
        command: &Cmd,
    ) -> Result<Value, Error> {
        self.0.link.query(operation, command).await
    }

    pub(super) async fn ping(&self) -> Result<(), Error> {
        self.0.link.query("ping", &redis::cmd("PING")).await.map(drop)
    }

    /// Runs a script by its hash, and sends its text only to a server that does not have it. Not
    /// `redis::ScriptInvocation`: on a cluster that loads the script on every node, and fails
    /// when one of them is down.
    async fn run(
        &self,
        operation: &'static str,
        script: &Script,
        text: &'static str,
        keys: &[String],
        arguments: &[&str],
    ) -> Result<Value, Error> {
        let eval = |name: &str, script: &str| -> Cmd {
            let mut command = redis::cmd(name);
            command.arg(script).arg(keys.len()).arg(keys).arg(arguments);
            command
        };
        let answer = self.0.link.query(operation, &eval("EVALSHA", script.get_hash())).await;
        match answer {
            Err(Error::Redis { source, .. })
                if source.kind() == ErrorKind::Server(ServerErrorKind::NoScript) =>
            {
                self.0.link.query(operation, &eval("EVAL", text)).await
            }
            answer => answer,
        }
    }

    /// Reads `INFO` and not `CONFIG`, which managed servers forbid.
    async fn refuse_volatile(&self) -> Result<(), Error> {
        const OPERATION: &str = "ask how it keeps its data";
        let answer = self.0.link.query(OPERATION, &redis::cmd("INFO")).await?;
        let nodes: Vec<String> = match answer {
            // A cluster answers with a map from each node to what it says.
            Value::Map(_) => {
                read::<HashMap<String, String>>(OPERATION, answer)?.into_values().collect()
            }
            answer => vec![read(OPERATION, answer)?],
        };
        let mut reasons: Vec<String> = nodes.iter().flat_map(|info| dangers(info)).collect();
        reasons.sort_unstable();
        reasons.dedup();
        if reasons.is_empty() {
            return Ok(());
        }
        Err(Error::Volatile { reasons: reasons.join("; ") })
    }
}

/// Why a server that says this of itself may lose what it has acknowledged.
fn dangers(info: &str) -> Vec<String> {
    let field = |name: &str| {
        info.lines().find_map(|line| line.trim_end().strip_prefix(name)?.strip_prefix(':'))
    };
    let mut dangers = Vec::new();
    if field("aof_enabled") != Some("1") {
        dangers.push("it keeps no append-only file (set `appendonly yes`)".to_owned());
    }
    let policy = field("maxmemory_policy").unwrap_or("unknown");
    if policy != "noeviction" && field("maxmemory") != Some("0") {
        dangers.push(format!(
            "it evicts keys when it is full (maxmemory-policy is {policy}, \
             set `maxmemory-policy noeviction`)"
        ));
    }
    dangers
}

pub(super) fn read<T: FromRedisValue>(operation: &'static str, value: Value) -> Result<T, Error> {
    redis::from_redis_value(value).map_err(|_| Error::Foreign { operation })
}

fn conversation_key(conversation: Uuid) -> String {
    format!("relevo:{{{conversation}}}")
}

fn effects_key(conversation: Uuid, EffectsKey { worker, message }: EffectsKey<'_>) -> String {
    format!("relevo:{{{conversation}}}:{worker}:{message}")
}

fn alias_key(of: Uuid) -> String {
    format!("relevo:{{{of}}}:alias")
}

fn gate_key(gate: &str) -> String {
    format!("relevo:gate:{{{gate}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_keeps_everything_is_without_danger() {
        for (info, count) in [
            ("aof_enabled:1\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n", 0),
            ("aof_enabled:1\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n", 0),
            ("aof_enabled:0\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n", 1),
            ("aof_enabled:1\r\nmaxmemory:1000\r\nmaxmemory_policy:volatile-ttl\r\n", 1),
            ("maxmemory_human:0B\r\n", 2),
        ] {
            assert_eq!(dangers(info).len(), count, "{info}");
        }
    }

    #[test]
    fn the_effects_share_the_hash_tag_of_their_conversation() {
        let conversation = Uuid::from_u128(7);
        let tag = format!("relevo:{{{conversation}}}");
        let key = EffectsKey { worker: "triage", message: Uuid::from_u128(8) };
        assert_eq!(conversation_key(conversation), tag);
        assert!(effects_key(conversation, key).starts_with(&tag));
    }
}
