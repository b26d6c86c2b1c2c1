//! The suite of the state, on Redis and embedded.

use std::future::Future;
use std::time::Duration;

use redis::AsyncTypedCommands;
use store::State;
use store::state::{
    CONVERSATION_TTL, Commit, Committed, EFFECTS_TTL, EffectsKey, Loaded, Volatile,
};
use uuid::Uuid;

use crate::servers::{fresh, redis_url, until};

macro_rules! suite {
    ($($test:ident),* $(,)?) => {
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::on_redis(super::$test).await;
            })*
        }
        mod on_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::on_file(super::$test).await;
            })*
        }
    };
}

suite![
    a_conversation_that_was_never_stored_has_version_zero,
    what_was_committed_is_loaded_again,
    whoever_loses_a_race_stores_nothing,
    a_message_is_decided_once_by_each_worker,
    effects_alone_leave_the_version_as_it_is,
    writers_that_race_count_exactly,
    a_message_delivered_twice_at_once_is_decided_once,
    an_alias_names_the_conversation_it_was_last_put_for,
    what_is_an_alias_is_no_conversation_of_its_own,
    what_is_paused_stays_so_until_resumed,
    what_a_process_says_is_kept_for_a_while,
    what_is_forgotten_begins_anew,
    a_conversation_is_kept_as_long_as_its_last_write_said,
    it_answers_a_ping,
];

async fn on_redis<F: Future<Output = ()>>(test: impl FnOnce(State) -> F) {
    test(State::redis(&redis_url(), Volatile::Refuse).await.unwrap()).await;
}

async fn on_file<F: Future<Output = ()>>(test: impl FnOnce(State) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let file = embedded::File::open(folder.path()).await.unwrap();
    test(State::embedded(file).await.unwrap()).await;
}

fn by(worker: &str, message: Uuid) -> EffectsKey<'_> {
    EffectsKey { worker, message }
}

fn document(conversation: Uuid, expected: u64, document: &str) -> Commit<'_> {
    Commit { conversation, expected, document: Some(document), effects: None }
}

async fn a_conversation_that_was_never_stored_has_version_zero(state: State) {
    let loaded = state.load(fresh(), Some(by("triage", fresh()))).await.unwrap();
    assert_eq!(loaded, Loaded::default());
}

async fn what_was_committed_is_loaded_again(state: State) {
    let long = "ñ".repeat(200_000);
    let texts =
        ["{\"text\":\"¿Cuánto cuesta? 👩‍👩‍👧 \\u0000\"}", "a \0 b\r\n'\"\\$1 KEYS[1]", "", &long];
    for text in texts {
        let (conversation, message) = (fresh(), fresh());
        let effects = Some((by("triage", message), text));
        let commit = Commit { conversation, expected: 0, document: Some(text), effects };
        assert_eq!(state.commit(commit).await.unwrap(), Committed::Stored { version: 1 });

        let loaded = state.load(conversation, Some(by("triage", message))).await.unwrap();
        let all = Loaded { version: 1, document: Some(text.into()), effects: Some(text.into()) };
        assert_eq!(loaded, all);
        assert_eq!(state.load(conversation, None).await.unwrap().effects, None);
        assert!(!text.contains('ñ') || !format!("{loaded:?} {commit:?}").contains('ñ'));
    }
}

async fn whoever_loses_a_race_stores_nothing(state: State) {
    let (conversation, message) = (fresh(), fresh());
    state.commit(document(conversation, 0, "first")).await.unwrap();
    for stale in [0, 2, u64::MAX] {
        let effects = Some((by("triage", message), "effects"));
        let late = Commit { effects, ..document(conversation, stale, "late") };
        assert_eq!(state.commit(late).await.unwrap(), Committed::Conflict);
    }
    let loaded = state.load(conversation, Some(by("triage", message))).await.unwrap();
    assert_eq!(loaded, Loaded { version: 1, document: Some("first".into()), effects: None });
}

async fn a_message_is_decided_once_by_each_worker(state: State) {
    let (conversation, message) = (fresh(), fresh());
    let decide = |worker, message, expected, text| Commit {
        conversation,
        expected,
        document: Some(text),
        effects: Some((by(worker, message), text)),
    };
    state.commit(decide("triage", message, 0, "first")).await.unwrap();
    // Whatever the version: what was decided wins over a lost race.
    for expected in [0, 1] {
        let again = state.commit(decide("triage", message, expected, "second")).await.unwrap();
        assert_eq!(again, Committed::AlreadyDecided("first".into()));
    }
    assert_eq!(state.load(conversation, None).await.unwrap().version, 1);

    let other = state.commit(decide("outbound", message, 1, "third")).await.unwrap();
    assert_eq!(other, Committed::Stored { version: 2 });
    let next = state.commit(decide("triage", fresh(), 2, "fourth")).await.unwrap();
    assert_eq!(next, Committed::Stored { version: 3 });
}

async fn effects_alone_leave_the_version_as_it_is(state: State) {
    let (conversation, message) = (fresh(), fresh());
    let effects = |text| Commit {
        conversation,
        expected: 99,
        document: None,
        effects: Some((by("knowledge", message), text)),
    };
    let stored = state.commit(effects("first")).await.unwrap();
    assert_eq!(stored, Committed::Stored { version: 0 });
    let again = state.commit(effects("second")).await.unwrap();
    assert_eq!(again, Committed::AlreadyDecided("first".into()));
    let loaded = state.load(conversation, Some(by("knowledge", message))).await.unwrap();
    assert_eq!(loaded, Loaded { version: 0, document: None, effects: Some("first".into()) });
}

async fn writers_that_race_count_exactly(state: State) {
    const EACH: u32 = 500;
    let conversation = fresh();
    let writer = |state: State| async move {
        let mut lost = 0;
        for _ in 0..EACH {
            loop {
                let Loaded { version, document: text, .. } =
                    state.load(conversation, None).await.unwrap();
                let count: u32 = text.map_or(0, |text| text.parse().unwrap());
                let next = (count + 1).to_string();
                match state.commit(document(conversation, version, &next)).await.unwrap() {
                    Committed::Stored { version } => {
                        assert_eq!(version, u64::from(count) + 1);
                        break;
                    }
                    Committed::Conflict => lost += 1,
                    Committed::AlreadyDecided(_) => panic!("there were no effects"),
                }
            }
        }
        lost
    };
    let one = tokio::spawn(writer(state.clone()));
    let other = tokio::spawn(writer(state.clone()));
    let lost: u32 = one.await.unwrap() + other.await.unwrap();
    assert!(lost > 0, "they never raced");
    let loaded = state.load(conversation, None).await.unwrap();
    assert_eq!(loaded.version, u64::from(2 * EACH));
    assert_eq!(loaded.document, Some((2 * EACH).to_string()));
}

async fn a_message_delivered_twice_at_once_is_decided_once(state: State) {
    for _ in 0..100 {
        let (conversation, message) = (fresh(), fresh());
        let decide = |state: State, text: &'static str| async move {
            let effects = Some((by("triage", message), text));
            state.commit(Commit { effects, ..document(conversation, 0, text) }).await.unwrap()
        };
        let one = tokio::spawn(decide(state.clone(), "one"));
        let other = tokio::spawn(decide(state.clone(), "other"));
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        let stored = Committed::Stored { version: 1 };
        let winner = if one == stored { "one" } else { "other" };
        let loser = if one == stored { other } else { one };
        assert_eq!(loser, Committed::AlreadyDecided(winner.into()));
        let loaded = state.load(conversation, Some(by("triage", message))).await.unwrap();
        assert_eq!(loaded.document.as_deref(), Some(winner));
        assert_eq!(loaded.effects.as_deref(), Some(winner));
    }
}

async fn an_alias_names_the_conversation_it_was_last_put_for(state: State) {
    let of = fresh();
    assert_eq!(state.alias(of).await.unwrap(), None);
    let (first, second) = (fresh(), fresh());
    for conversation in [first, second] {
        state.put_alias(of, conversation).await.unwrap();
        assert_eq!(state.alias(of).await.unwrap(), Some(conversation));
    }
}

async fn what_is_an_alias_is_no_conversation_of_its_own(state: State) {
    let (of, conversation) = (fresh(), fresh());
    state.put_alias(of, conversation).await.unwrap();
    let begun = state.commit(document(of, 0, "text")).await.unwrap();
    assert_eq!(begun, Committed::Conflict);
    assert_eq!(state.load(of, None).await.unwrap().version, 0);
    // One that was there before goes on.
    state.commit(document(conversation, 0, "one")).await.unwrap();
    state.put_alias(conversation, of).await.unwrap();
    let gone_on = state.commit(document(conversation, 1, "two")).await.unwrap();
    assert_eq!(gone_on, Committed::Stored { version: 2 });
}

async fn what_is_forgotten_begins_anew(state: State) {
    let (conversation, other, message, name) = (fresh(), fresh(), fresh(), fresh());
    for (worker, id) in [("triage", conversation), ("outbound", conversation), ("triage", other)] {
        let effects = Some((by(worker, message), "effects"));
        let commit = Commit { document: None, effects, ..document(id, 0, "") };
        assert!(matches!(state.commit(commit).await.unwrap(), Committed::Stored { .. }));
    }
    for id in [conversation, other] {
        state.commit(document(id, 0, "text")).await.unwrap();
    }
    state.put_alias(name, conversation).await.unwrap();
    state.put_alias(conversation, other).await.unwrap();
    assert!(state.forget(conversation).await.unwrap());
    assert!(!state.forget(conversation).await.unwrap());

    for worker in ["triage", "outbound"] {
        let loaded = state.load(conversation, Some(by(worker, message))).await.unwrap();
        assert_eq!(loaded, Loaded::default());
    }
    let kept = state.load(other, Some(by("triage", message))).await.unwrap();
    assert_eq!((kept.version, kept.effects.is_some()), (1, true));
    assert_eq!(state.alias(conversation).await.unwrap(), Some(other));
    assert_eq!(state.alias(name).await.unwrap(), Some(conversation));
    for of in [name, conversation] {
        assert!(state.forget_alias(of).await.unwrap());
        assert!(!state.forget_alias(of).await.unwrap());
        assert_eq!(state.alias(of).await.unwrap(), None);
    }
    // Whoever still has the old one in hand can't bring it back.
    let stale = state.commit(document(conversation, 1, "old")).await.unwrap();
    assert_eq!(stale, Committed::Conflict);
    let anew = state.commit(document(conversation, 0, "new")).await.unwrap();
    assert_eq!(anew, Committed::Stored { version: 1 });
}

async fn a_conversation_is_kept_as_long_as_its_last_write_said(state: State) {
    let [brief, long] = [fresh(), fresh()];
    let second = Duration::from_secs(1);
    state.commit_for(CONVERSATION_TTL * 4, document(brief, 0, "text")).await.unwrap();
    state.commit_for(second, document(brief, 1, "text")).await.unwrap();
    state.commit_for(CONVERSATION_TTL * 4, document(long, 0, "text")).await.unwrap();
    let gone = async || {
        while state.forget_old().await.unwrap() {}
        state.load(brief, None).await.unwrap() == Loaded::default()
    };
    assert!(!gone().await);
    until("it has had its time", gone).await;
    assert_eq!(state.load(long, None).await.unwrap().version, 1);
}

async fn it_answers_a_ping(state: State) {
    state.ping().await.unwrap();
}

#[tokio::test]
async fn redis_forgets_effects_and_conversations_in_time() {
    let state = State::redis(&redis_url(), Volatile::Refuse).await.unwrap();
    let (conversation, message) = (fresh(), fresh());
    let effects = Some((by("triage", message), "effects"));
    state.commit(Commit { effects, ..document(conversation, 0, "text") }).await.unwrap();
    state.put_alias(message, conversation).await.unwrap();

    let client = redis::Client::open(redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    for (key, life) in [
        (format!("relevo:{{{conversation}}}"), CONVERSATION_TTL),
        (format!("relevo:{{{conversation}}}:triage:{message}"), EFFECTS_TTL),
        (format!("relevo:{{{message}}}:alias"), CONVERSATION_TTL),
    ] {
        let redis::IntegerReplyOrNoOp::IntegerReply(left) = redis.pttl(&key).await.unwrap() else {
            panic!("{key} is kept for ever");
        };
        let left = Duration::from_millis(left.try_into().unwrap());
        assert!(left <= life && left > life - Duration::from_secs(60), "{key}: {left:?}");
    }
}

#[tokio::test]
async fn redis_keeps_no_id_of_processes_that_are_gone() {
    let state = State::redis(&redis_url(), Volatile::Refuse).await.unwrap();
    let client = redis::Client::open(redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let (gone, stays) = (fresh(), fresh());
    let mut is_kept = async |id: Uuid| {
        let score = redis.zscore("relevo:{process}", id.to_string()).await.unwrap();
        score.is_some()
    };
    state.note_process(gone, "works", Duration::from_millis(50)).await.unwrap();
    assert!(is_kept(gone).await);
    tokio::time::sleep(Duration::from_millis(60)).await;
    // Nobody looks.
    state.note_process(stays, "works", Duration::from_secs(60)).await.unwrap();
    assert!(!is_kept(gone).await);
    assert!(is_kept(stays).await);
}

#[tokio::test]
async fn the_file_forgets_effects_and_conversations_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = embedded::File::open(folder.path()).await.unwrap();
    let state = State::embedded(file.clone()).await.unwrap();
    let (old, recent, message) = (fresh(), fresh(), fresh());
    for conversation in [old, recent] {
        let effects = Some((by("triage", message), "effects"));
        state.commit(Commit { effects, ..document(conversation, 0, "text") }).await.unwrap();
    }
    let age = |sql: &'static str, ttl: Duration| {
        let life: i64 = (ttl.as_millis() + 1000).try_into().unwrap();
        file.write(move |db| Box::pin(sqlx::query(sql).bind(life).bind(old).execute(db)))
    };
    age(
        "UPDATE state_conversation SET written_ms = written_ms - $1 WHERE id = $2",
        CONVERSATION_TTL,
    )
    .await
    .unwrap();
    age("UPDATE state_effects SET stored_ms = stored_ms - $1 WHERE conversation = $2", EFFECTS_TTL)
        .await
        .unwrap();

    let effects = Some((by("triage", fresh()), "effects"));
    state.commit(Commit { effects, ..document(fresh(), 0, "text") }).await.unwrap();
    let forgotten = state.load(old, Some(by("triage", message))).await.unwrap();
    assert_eq!(forgotten, Loaded::default());
    let kept = state.load(recent, Some(by("triage", message))).await.unwrap();
    assert_eq!(kept.version, 1);
    assert!(kept.effects.is_some());
}

async fn what_a_process_says_is_kept_for_a_while(state: State) {
    let (short, long) = (fresh(), fresh());
    let says = async |id: Uuid| {
        let all = state.processes().await.unwrap();
        all.into_iter().filter(|says| says.starts_with(&id.to_string())).collect::<Vec<_>>()
    };
    let note = async |id: Uuid, word: &str, life| {
        state.note_process(id, &format!("{id} {word}"), Duration::from_secs(life)).await.unwrap();
    };
    note(short, "works", 1).await;
    note(long, "works", 60).await;
    note(long, "rests", 60).await;
    assert_eq!(says(long).await, [format!("{long} rests")]);
    until("what is not said again is over", async || says(short).await.is_empty()).await;
    assert_eq!(says(long).await.len(), 1);
}

async fn what_is_paused_stays_so_until_resumed(state: State) {
    // Other tests share the server.
    let name = format!("worker-{}", fresh());
    let is_paused = async || state.paused().await.unwrap().contains(&name);
    assert!(!is_paused().await);
    state.pause(&name).await.unwrap();
    state.pause(&name).await.unwrap();
    assert!(is_paused().await);
    state.resume(&name).await.unwrap();
    state.resume(&name).await.unwrap();
    assert!(!is_paused().await);
}
