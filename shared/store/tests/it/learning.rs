//! The suite of what businesses learn, on PostgreSQL and SQLite.
// long: one suite, run on both databases; split, the two could not be compared.

use store::Records;
use store::records::{
    Basis, Candidate, CandidateChange, CandidateState, Changed, Forgotten, KnowledgeCalibration,
    KnowledgeDraft, KnowledgeSource, LEARNED, Sign, SignKind, Subject, Use, UseKind, UseOutcome,
    learned_entry,
};
use uuid::Uuid;

use crate::records::migrated;
use crate::servers::{Pair, fresh};

on_both_databases! { migrated =>
    a_candidate_that_comes_twice_is_one,
    what_is_approved_is_an_entry_until_it_is_taken_back,
    of_two_who_decide_at_once_one_decides_again,
    another_way_to_ask_is_a_phrasing_of_its_entry,
    a_learned_entry_is_put_aside_with_all_its_ways,
    what_takes_the_place_of_another_puts_it_aside,
    what_expires_or_lost_its_documents_is_found,
    a_change_is_untold_until_it_was_told,
    uses_and_signs_that_come_twice_are_one,
    who_has_seen_more_is_believed,
    outcomes_are_counted_by_conversation_and_weighed_once,
    labels_are_of_first_hits,
    an_erased_conversation_leaves_only_what_customers_are_told,
    nothing_is_learned_of_an_erased_conversation,
    a_merged_conversation_takes_what_it_learned_along,
    a_calibration_counts_until_the_next,
    what_is_old_is_forgotten,
}

const SHOP: &str = "tienda";

fn candidate(question: &str, answer: &str) -> Candidate {
    Candidate {
        id: fresh(),
        business: SHOP.to_owned(),
        conversation: Some(fresh()),
        ticket: "t1".to_owned(),
        question: question.to_owned(),
        answer: answer.to_owned(),
        language: "es".to_owned(),
        state: CandidateState::Proposed,
        why: None,
        revision: 1,
        entry: None,
        helped: 0,
        created_ms: 5,
        changed_ms: 5,
        reviewed_ms: None,
        expires_ms: None,
    }
}

fn change(of: &Candidate, state: CandidateState) -> CandidateChange {
    CandidateChange {
        id: of.id,
        business: of.business.clone(),
        revision: of.revision,
        knowledge: None,
        state,
        why: None,
        question: of.question.clone(),
        answer: of.answer.clone(),
        entry: of.entry,
        expires_ms: None,
        reviewed_ms: None,
        basis: None,
        instead_of: None,
        apart: Vec::new(),
        at_ms: 9,
    }
}

/// Proposes it and publishes it as an entry of its own.
async fn publish(records: &Records, one: &Candidate) -> Candidate {
    let one = records.propose(one).await.unwrap().unwrap();
    let entry = Some(learned_entry(&one.business, one.id));
    let published = CandidateChange { entry, ..change(&one, CandidateState::Published) };
    assert_eq!(records.change_candidate(published).await.unwrap(), Changed::Done);
    again(records, &one).await
}

async fn again(records: &Records, one: &Candidate) -> Candidate {
    records.candidate(one.id).await.unwrap().unwrap()
}

async fn version(records: &Records) -> i64 {
    records.knowledge_versions().await.unwrap().get(SHOP).copied().unwrap_or_default()
}

async fn a_candidate_that_comes_twice_is_one(Pair { one, other }: Pair) {
    let first = candidate("¿Yape\0?", "Sí, Yape");
    let stored = one.propose(&first).await.unwrap().unwrap();
    assert_eq!(stored, Candidate { question: "¿Yape\u{fffd}?".to_owned(), ..first.clone() });
    let other_words = Candidate { answer: "No".to_owned(), ..first.clone() };
    assert_eq!(other.propose(&other_words).await.unwrap().as_ref(), Some(&stored));
    assert_eq!(one.candidates(SHOP).await.unwrap(), [stored]);
    assert_eq!(one.candidates("otra").await.unwrap(), []);
    assert_eq!(version(&one).await, 0);
}

async fn what_is_approved_is_an_entry_until_it_is_taken_back(Pair { one, other }: Pair) {
    let published = publish(&one, &candidate("¿Aceptan Yape?", "Sí, aceptamos Yape")).await;
    let entry = published.entry.unwrap();
    let entries = other.entries(SHOP).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].id, entries[0].source.as_str()), (entry, LEARNED));
    assert_eq!(entries[0].text, "Sí, aceptamos Yape");
    assert_eq!(other.sources(SHOP).await.unwrap()[0].entries, 1);
    assert_eq!(other.phrasings(SHOP).await.unwrap()[&entry], ["¿Aceptan Yape?"]);
    let raised = version(&one).await;
    assert!(raised > 0);

    let edited = CandidateChange {
        answer: "Yape y Plin".to_owned(),
        ..change(&published, CandidateState::Published)
    };
    one.change_candidate(edited).await.unwrap();
    let after = other.entries(SHOP).await.unwrap();
    assert_eq!((after[0].id, after[0].text.as_str()), (entry, "Yape y Plin"));
    assert_ne!(after[0].hash, entries[0].hash);

    let published = again(&one, &published).await;
    one.change_candidate(change(&published, CandidateState::Discarded)).await.unwrap();
    assert_eq!(other.entries(SHOP).await.unwrap(), []);
    assert_eq!(other.sources(SHOP).await.unwrap(), []);
    assert!(other.phrasings(SHOP).await.unwrap().is_empty());
    assert!(version(&one).await > raised);
    assert_eq!(again(&other, &published).await.revision, 4);
}

async fn of_two_who_decide_at_once_one_decides_again(Pair { one, other }: Pair) {
    let stored = one.propose(&candidate("¿Yape?", "Sí, Yape")).await.unwrap().unwrap();
    let publish = CandidateChange {
        entry: Some(learned_entry(SHOP, stored.id)),
        ..change(&stored, CandidateState::Published)
    };
    let discard = change(&stored, CandidateState::Discarded);
    let (first, second) =
        tokio::join!(one.change_candidate(publish.clone()), other.change_candidate(discard));
    let both = [first.unwrap(), second.unwrap()];
    assert_eq!(both.iter().filter(|changed| **changed == Changed::Done).count(), 1);
    let now = again(&one, &stored).await;
    assert_eq!(now.revision, 2);
    let is_told = now.state == CandidateState::Published;
    assert_eq!(one.entries(SHOP).await.unwrap().len(), usize::from(is_told));

    // So does who has decided from older knowledge.
    let late = CandidateChange { revision: 2, knowledge: Some(version(&one).await - 1), ..publish };
    assert_eq!(one.change_candidate(late).await.unwrap(), Changed::Stale);
    let theirs =
        CandidateChange { business: "otra".to_owned(), revision: 2, ..change(&now, now.state) };
    assert_eq!(one.change_candidate(theirs).await.unwrap(), Changed::Stale);
}

fn source(name: &str, hash: &str) -> KnowledgeSource {
    KnowledgeSource {
        business: SHOP.to_owned(),
        name: name.to_owned(),
        kind: "markdown".to_owned(),
        hash: hash.to_owned(),
        imported_ms: 7,
    }
}

async fn import(records: &Records, hash: &str, text: &str) -> Uuid {
    let draft = KnowledgeDraft {
        key: "yape".to_owned(),
        title: None,
        question: Some("¿Yape?".to_owned()),
        text: text.to_owned(),
    };
    records.replace_source(source("faq.md", hash), &[draft]).await.unwrap();
    records.entries(SHOP).await.unwrap().iter().find(|one| one.source == "faq.md").unwrap().id
}

async fn another_way_to_ask_is_a_phrasing_of_its_entry(Pair { one, .. }: Pair) {
    let entry = import(&one, "1", "Sí, Yape").await;
    let before = one.entries(SHOP).await.unwrap();
    let stored = one.propose(&candidate("¿Puedo yapear?", "Sí, Yape")).await.unwrap().unwrap();
    let joined =
        CandidateChange { entry: Some(entry), ..change(&stored, CandidateState::Published) };
    one.change_candidate(joined).await.unwrap();
    assert_eq!(one.entries(SHOP).await.unwrap(), before, "a document is never changed");
    assert_eq!(one.phrasings(SHOP).await.unwrap()[&entry], ["¿Puedo yapear?"]);
    assert_eq!(one.put_aside(SHOP, entry, "falla", 10).await.unwrap(), 1);
    assert_eq!(one.entries(SHOP).await.unwrap(), before);
    assert!(one.phrasings(SHOP).await.unwrap().is_empty());
}

async fn a_learned_entry_is_put_aside_with_all_its_ways(Pair { one, .. }: Pair) {
    let founder = publish(&one, &candidate("¿Yape?", "Sí, Yape")).await;
    let entry = founder.entry.unwrap();
    let way = one.propose(&candidate("¿Puedo yapear?", "Sí, Yape")).await.unwrap().unwrap();
    let joined = CandidateChange { entry: Some(entry), ..change(&way, CandidateState::Published) };
    one.change_candidate(joined).await.unwrap();
    assert_eq!(one.phrasings(SHOP).await.unwrap()[&entry].len(), 2);
    assert_eq!(one.candidates_of(SHOP, entry).await.unwrap().len(), 2);

    // The founder alone does not take the entry along.
    let founder = again(&one, &founder).await;
    one.change_candidate(change(&founder, CandidateState::SetAside)).await.unwrap();
    let kept = one.entries(SHOP).await.unwrap();
    assert_eq!((kept[0].id, kept[0].question.as_deref()), (entry, Some("¿Puedo yapear?")));
    assert_eq!(one.put_aside("otra", entry, "no", 10).await.unwrap(), 0);
    let before = version(&one).await;
    assert_eq!(one.put_aside(SHOP, entry, "falla", 10).await.unwrap(), 1);
    assert_eq!(one.entries(SHOP).await.unwrap(), []);
    assert_eq!(version(&one).await, before + 1);
    assert_eq!(again(&one, &way).await.why.as_deref(), Some("falla"));
    assert_eq!(one.put_aside(SHOP, entry, "falla", 10).await.unwrap(), 0);
}

async fn what_takes_the_place_of_another_puts_it_aside(Pair { one, .. }: Pair) {
    let old = publish(&one, &candidate("¿Yape?", "No")).await;
    let new = one.propose(&candidate("¿Yape?", "Sí, Yape")).await.unwrap().unwrap();
    let replaces = CandidateChange {
        entry: Some(learned_entry(SHOP, new.id)),
        instead_of: Some((old.entry.unwrap(), "reemplazada".to_owned())),
        ..change(&new, CandidateState::Published)
    };
    one.change_candidate(replaces).await.unwrap();
    let entries = one.entries(SHOP).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].text, "Sí, Yape");
    let old = again(&one, &old).await;
    assert_eq!((old.state, old.why.as_deref()), (CandidateState::SetAside, Some("reemplazada")));
}

async fn what_expires_or_lost_its_documents_is_found(Pair { one, .. }: Pair) {
    import(&one, "1", "Sí, Yape").await;
    let basis =
        Basis { source: "faq.md".to_owned(), hash: "1".to_owned(), passages: "p".to_owned() };
    let stored = one.propose(&candidate("¿Plin?", "Sí, Plin")).await.unwrap().unwrap();
    let published = CandidateChange {
        entry: Some(learned_entry(SHOP, stored.id)),
        expires_ms: Some(100),
        basis: Some(vec![basis.clone()]),
        ..change(&stored, CandidateState::Published)
    };
    one.change_candidate(published).await.unwrap();
    assert_eq!(one.expired_candidates(99).await.unwrap(), []);
    assert_eq!(one.expired_candidates(100).await.unwrap().len(), 1);
    assert_eq!(one.outdated_candidates(SHOP).await.unwrap(), []);
    assert_eq!(one.basis_of(stored.id).await.unwrap(), std::slice::from_ref(&basis));

    import(&one, "2", "Ya no").await;
    assert_eq!(one.outdated_candidates(SHOP).await.unwrap().len(), 1);
    assert_eq!(one.outdated_candidates("otra").await.unwrap(), []);
    one.renew_basis(stored.id, &[Basis { hash: "2".to_owned(), ..basis }]).await.unwrap();
    assert_eq!(one.outdated_candidates(SHOP).await.unwrap(), []);
    one.remove_source(SHOP, "faq.md").await.unwrap();
    assert_eq!(one.outdated_candidates(SHOP).await.unwrap().len(), 1);
}

async fn a_change_is_untold_until_it_was_told(Pair { one, other }: Pair) {
    let stored = one.propose(&candidate("¿Yape?", "Sí, Yape")).await.unwrap().unwrap();
    assert_eq!(one.untold_candidates(10).await.unwrap(), std::slice::from_ref(&stored));
    other.candidate_told(stored.id, 1).await.unwrap();
    assert_eq!(one.untold_candidates(10).await.unwrap(), []);
    one.candidate_helped(stored.id, 2, 11).await.unwrap();
    one.candidate_helped(stored.id, 2, 11).await.unwrap();
    let untold = one.untold_candidates(10).await.unwrap();
    assert_eq!((untold[0].revision, untold[0].helped), (2, 2));
    // What is told late takes nothing back.
    one.candidate_told(stored.id, 2).await.unwrap();
    other.candidate_told(stored.id, 1).await.unwrap();
    assert_eq!(one.untold_candidates(10).await.unwrap(), []);
}

fn told(conversation: Uuid, entry: Uuid, kind: UseKind, at_ms: i64) -> Use {
    Use {
        id: fresh(),
        business: SHOP.to_owned(),
        conversation,
        turn: 1,
        entry,
        kind,
        place: 0,
        confidence: Some(0.75),
        question: "¿Yape\0?".to_owned(),
        at_ms,
    }
}

fn sign(conversation: Uuid, kind: SignKind, at_ms: i64) -> Sign {
    Sign {
        id: fresh(),
        business: SHOP.to_owned(),
        conversation,
        turn: Some(1),
        kind,
        question: None,
        answer: None,
        at_ms,
    }
}

async fn uses_and_signs_that_come_twice_are_one(Pair { one, other }: Pair) {
    let conversation = fresh();
    let used = told(conversation, fresh(), UseKind::Answered, 10);
    let said = sign(conversation, SignKind::Said, 12);
    for (records, is_new) in [(&one, true), (&other, false)] {
        let recorded = records.record_uses(std::slice::from_ref(&used)).await.unwrap();
        assert_eq!(recorded, is_new);
        records.record_sign(&said).await.unwrap();
    }
    one.record_sign(&sign(fresh(), SignKind::Thanked, 12)).await.unwrap();
    let facts = one.facts(conversation, 10, 12).await.unwrap();
    assert_eq!(facts.uses, [Use { question: "¿Yape\u{fffd}?".to_owned(), ..used.clone() }]);
    assert_eq!(facts.signs, [said]);
    let facts = one.facts(conversation, 11, 11).await.unwrap();
    assert!(facts.uses.is_empty() && facts.signs.is_empty());
}

async fn who_has_seen_more_is_believed(Pair { one, other }: Pair) {
    let used = told(fresh(), fresh(), UseKind::Answered, 10);
    one.record_uses(std::slice::from_ref(&used)).await.unwrap();
    let outcome = async || one.uses_of(SHOP, used.entry).await.unwrap()[0].1;
    one.judge_use(used.id, Some((UseOutcome::Good, "thanked")), 3).await.unwrap();
    other.judge_use(used.id, None, 2).await.unwrap();
    assert_eq!(outcome().await, Some(UseOutcome::Good));
    other.judge_use(used.id, Some((UseOutcome::Bad, "corrected")), 4).await.unwrap();
    assert_eq!(outcome().await, Some(UseOutcome::Bad));
    other.judge_use(used.id, None, 5).await.unwrap();
    assert_eq!(outcome().await, None);
}

async fn outcomes_are_counted_by_conversation_and_weighed_once(Pair { one, .. }: Pair) {
    let (entry, ana) = (fresh(), fresh());
    let uses = [
        told(ana, entry, UseKind::Answered, 10),
        told(ana, entry, UseKind::Tapped, 20),
        told(fresh(), entry, UseKind::Answered, 30),
        told(fresh(), entry, UseKind::Offered, 40),
    ];
    one.record_uses(&uses).await.unwrap();
    for used in &uses {
        one.judge_use(used.id, Some((UseOutcome::Bad, "corrected")), 2).await.unwrap();
    }
    assert_eq!(one.outcomes_of(SHOP, entry, 0).await.unwrap(), (0, 2));
    assert_eq!(one.outcomes_of(SHOP, entry, 25).await.unwrap(), (0, 1));
    assert_eq!(one.outcomes_of("otra", entry, 0).await.unwrap(), (0, 0));
    let unweighed = one.unweighed_uses(10).await.unwrap();
    assert_eq!(unweighed.len(), 4);
    let answers = unweighed.iter().filter(|used| used.is_answer).count();
    assert_eq!(answers, 3, "what was only offered is no answer");
    for used in &unweighed {
        assert!(one.weighed(used.id, used.outcome).await.unwrap());
        assert!(!one.weighed(used.id, used.outcome).await.unwrap(), "once");
    }
    assert_eq!(one.unweighed_uses(10).await.unwrap(), []);
    // The same from more facts is nothing new, another outcome is.
    one.judge_use(uses[0].id, Some((UseOutcome::Bad, "corrected")), 3).await.unwrap();
    assert_eq!(one.unweighed_uses(10).await.unwrap(), []);
    one.judge_use(uses[0].id, Some((UseOutcome::Good, "thanked")), 4).await.unwrap();
    assert_eq!(one.unweighed_uses(10).await.unwrap().len(), 1);
    assert!(!one.weighed(uses[0].id, UseOutcome::Bad).await.unwrap());
    assert_eq!(one.unweighed_uses(10).await.unwrap().len(), 1, "it has become another");
}

async fn labels_are_of_first_hits(Pair { one, .. }: Pair) {
    let first = told(fresh(), fresh(), UseKind::Offered, 10);
    let second = Use { id: fresh(), place: 1, ..first.clone() };
    let tapped = Use { id: fresh(), confidence: None, kind: UseKind::Tapped, ..first.clone() };
    one.record_uses(&[first.clone(), second.clone(), tapped.clone()]).await.unwrap();
    for (used, outcome) in
        [(&first, UseOutcome::Bad), (&second, UseOutcome::Good), (&tapped, UseOutcome::Good)]
    {
        one.judge_use(used.id, Some((outcome, "tapped")), 2).await.unwrap();
    }
    assert_eq!(one.labels(SHOP).await.unwrap(), [(0.75, false)]);
    assert_eq!(one.confidences(SHOP).await.unwrap(), [0.75]);
    assert_eq!(one.labels("otra").await.unwrap(), []);
}

async fn an_erased_conversation_leaves_only_what_customers_are_told(Pair { one, other }: Pair) {
    let ana = fresh();
    let of_ana = |one: Candidate| Candidate { conversation: Some(ana), ..one };
    let published = publish(&one, &of_ana(candidate("¿Yape?", "Sí, Yape"))).await;
    one.propose(&of_ana(candidate("¿Plin?", "Sí, Plin"))).await.unwrap();
    let bens = one.propose(&candidate("¿Visa?", "Sí, Visa")).await.unwrap().unwrap();
    one.record_uses(&[told(ana, fresh(), UseKind::Answered, 10)]).await.unwrap();
    one.record_sign(&sign(ana, SignKind::Said, 12)).await.unwrap();

    assert_eq!(one.learned_from(ana).await.unwrap(), std::slice::from_ref(&published));
    let forgotten = other.forget_learning(ana).await.unwrap();
    assert_eq!(forgotten, Forgotten { candidates: 1, uses: 1, signs: 1 });
    assert_eq!(one.learned_from(ana).await.unwrap(), []);
    let facts = one.facts(ana, 0, 100).await.unwrap();
    assert!(facts.uses.is_empty() && facts.signs.is_empty());
    assert_eq!(one.entries(SHOP).await.unwrap().len(), 1);
    let kept = again(&one, &published).await;
    assert_eq!((kept.conversation, kept.ticket.as_str()), (None, ""));
    assert_eq!(again(&one, &bens).await, bens);
    assert_eq!(one.forget_learning(ana).await.unwrap(), Forgotten::default());
}

async fn nothing_is_learned_of_an_erased_conversation(Pair { one, other }: Pair) {
    let late = candidate("¿Yape?", "Sí, Yape");
    let subject = Subject { conversations: vec![late.conversation.unwrap()], ..Subject::default() };
    one.begin_erasure(&subject, late.created_ms, fresh).await.unwrap();
    assert_eq!(other.propose(&late).await.unwrap(), None);
    assert_eq!(one.candidate(late.id).await.unwrap(), None);
    let new = Candidate { created_ms: late.created_ms + 1, ..late };
    assert!(one.propose(&new).await.unwrap().is_some(), "said since");
}

async fn a_merged_conversation_takes_what_it_learned_along(Pair { one, .. }: Pair) {
    let (from, to) = (fresh(), fresh());
    let stored = candidate("¿Yape?", "Sí, Yape");
    one.propose(&Candidate { conversation: Some(from), ..stored.clone() }).await.unwrap();
    one.record_uses(&[told(from, fresh(), UseKind::Answered, 10)]).await.unwrap();
    one.record_sign(&sign(from, SignKind::Said, 12)).await.unwrap();
    one.reassign(from, to).await.unwrap();
    assert_eq!(again(&one, &stored).await.conversation, Some(to));
    let facts = one.facts(to, 0, 100).await.unwrap();
    assert_eq!((facts.uses.len(), facts.signs.len()), (1, 1));
}

async fn a_calibration_counts_until_the_next(Pair { one, other }: Pair) {
    assert_eq!(one.calibrations(SHOP).await.unwrap(), []);
    let first =
        KnowledgeCalibration { number: 0, cut: Some(0.5), promise: 0.95, labels: 60, at_ms: 1 };
    one.calibrate(SHOP, first.clone()).await.unwrap();
    assert_eq!(version(&other).await, 1);
    other.calibrate(SHOP, KnowledgeCalibration { cut: None, ..first.clone() }).await.unwrap();
    let all = one.calibrations(SHOP).await.unwrap();
    assert_eq!(
        all.iter().map(|one| (one.number, one.cut)).collect::<Vec<_>>(),
        [(2, None), (1, Some(0.5))]
    );
    assert_eq!(one.calibrations("otra").await.unwrap(), []);
    assert_eq!(version(&one).await, 2);
}

async fn what_is_old_is_forgotten(Pair { one, .. }: Pair) {
    let conversation = fresh();
    for at_ms in [10, 20] {
        one.record_sign(&sign(conversation, SignKind::Said, at_ms)).await.unwrap();
    }
    let unwanted = Candidate { state: CandidateState::Refused, ..candidate("¿Yape?", "Sí") };
    let unwanted = one.propose(&unwanted).await.unwrap().unwrap();
    let kept = publish(&one, &candidate("¿Plin?", "Sí, Plin")).await;
    one.forget_old_learning(15, 100).await.unwrap();
    assert_eq!(one.facts(conversation, 0, 100).await.unwrap().signs.len(), 1);
    assert!(one.candidate(unwanted.id).await.unwrap().is_some(), "nobody was told yet");
    one.candidate_told(unwanted.id, 1).await.unwrap();
    one.forget_old_learning(15, 100).await.unwrap();
    assert_eq!(one.candidate(unwanted.id).await.unwrap(), None);
    assert_eq!(again(&one, &kept).await, kept);
}
