//! Writes and reads of uses, signs and outcomes.

use uuid::Uuid;

use super::super::erase::is_erased;
use super::super::{Error, Records, read, storable, transact, write};
use super::{Facts, OPERATION, Sign, SignKind, Unweighed, Use, UseKind, UseOutcome};

type UseRow = (Uuid, String, Uuid, i64, Uuid, String, i32, Option<f64>, String, i64);
type SignRow = (Uuid, String, Uuid, Option<i64>, String, Option<String>, Option<String>, i64);

impl Records {
    /// Records uses once each, and none of what was erased. Whether one of them was new (test
    /// `uses_and_signs_that_come_twice_are_one`).
    pub async fn record_uses(&self, uses: &[Use]) -> Result<bool, Error> {
        let uses = uses.to_vec();
        transact!(self, "record what was used in", db => {
            let mut is_new = false;
            for one in uses {
                if is_erased!(db, one.conversation, one.at_ms) {
                    continue;
                }
                let done = sqlx::query(
                    "INSERT INTO knowledge_use (id, business, conversation, turn, entry, kind,
                         place, confidence, question, at_ms)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                     ON CONFLICT (id) DO NOTHING",
                )
                .bind(one.id)
                .bind(storable(&one.business))
                .bind(one.conversation)
                .bind(one.turn)
                .bind(one.entry)
                .bind(one.kind.name())
                .bind(one.place)
                .bind(one.confidence)
                .bind(storable(&one.question))
                .bind(one.at_ms)
                .execute(&mut *db)
                .await?;
                is_new |= done.rows_affected() > 0;
            }
            Ok(is_new)
        })
    }

    /// Records a sign once.
    pub async fn record_sign(&self, sign: &Sign) -> Result<(), Error> {
        let sign = sign.clone();
        transact!(self, "record a sign in", db => {
            if is_erased!(db, sign.conversation, sign.at_ms) {
                return Ok(());
            }
            sqlx::query(
                "INSERT INTO knowledge_sign (id, business, conversation, turn, kind, question,
                     answer, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(sign.id)
            .bind(storable(&sign.business))
            .bind(sign.conversation)
            .bind(sign.turn)
            .bind(sign.kind.name())
            .bind(sign.question.as_deref().map(storable))
            .bind(sign.answer.as_deref().map(storable))
            .bind(sign.at_ms)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// What is known of a conversation between two times, both included, in order.
    pub async fn facts(
        &self,
        conversation: Uuid,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Facts, Error> {
        let uses: Vec<UseRow> = read!(self, "read what was used from", db => {
            sqlx::query_as(
                "SELECT id, business, conversation, turn, entry, kind, place, confidence,
                     question, at_ms
                 FROM knowledge_use
                 WHERE conversation = $1 AND at_ms BETWEEN $2 AND $3 ORDER BY at_ms, place, id",
            )
            .bind(conversation)
            .bind(from_ms)
            .bind(to_ms)
            .fetch_all(db)
            .await
        })?;
        let signs: Vec<SignRow> = read!(self, "read signs from", db => {
            sqlx::query_as(
                "SELECT id, business, conversation, turn, kind, question, answer, at_ms
                 FROM knowledge_sign
                 WHERE conversation = $1 AND at_ms BETWEEN $2 AND $3 ORDER BY at_ms, id",
            )
            .bind(conversation)
            .bind(from_ms)
            .bind(to_ms)
            .fetch_all(db)
            .await
        })?;
        Ok(Facts {
            uses: uses.into_iter().map(used).collect::<Result<_, _>>()?,
            signs: signs.into_iter().map(sign).collect::<Result<_, _>>()?,
        })
    }

    /// Says what came of a use, judged from so many facts. Who has seen fewer is not believed
    /// (test `who_has_seen_more_is_believed`).
    pub async fn judge_use(
        &self,
        id: Uuid,
        outcome: Option<(UseOutcome, &'static str)>,
        facts: i64,
    ) -> Result<(), Error> {
        let (outcome, why) = outcome.unzip();
        write!(self, "note what came of an answer in", db => {
            sqlx::query(
                "UPDATE knowledge_use
                 SET outcome = $2, why = $3, facts = $4,
                     weighed = weighed AND COALESCE(outcome, '') = COALESCE($2, '')
                 WHERE id = $1 AND facts <= $4
                     AND (COALESCE(outcome, '') <> COALESCE($2, '') OR facts < $4)",
            )
            .bind(id)
            .bind(outcome.map(UseOutcome::name))
            .bind(why)
            .bind(facts)
            .execute(db)
            .await
            .map(drop)
        })
    }

    /// Uses with an outcome that was not acted upon, of all businesses.
    pub async fn unweighed_uses(&self, limit: i64) -> Result<Vec<Unweighed>, Error> {
        let rows: Vec<(Uuid, String, Uuid, bool, String)> = read!(self, "read what was used from", db => {
            sqlx::query_as(
                "SELECT id, business, entry, kind <> 'offered' AND place = 0, outcome
                 FROM knowledge_use
                 WHERE outcome IS NOT NULL AND NOT weighed ORDER BY at_ms, id LIMIT $1",
            )
            .bind(limit)
            .fetch_all(db)
            .await
        })?;
        rows.into_iter()
            .map(|(id, business, entry, is_answer, outcome)| {
                let outcome = UseOutcome::named(&outcome)?;
                Ok(Unweighed { id, business, entry, is_answer, outcome })
            })
            .collect()
    }

    /// Says that an outcome was acted upon, unless it has become another meanwhile. Whether nobody
    /// had said so (test `outcomes_are_counted_by_conversation_and_weighed_once`).
    pub async fn weighed(&self, id: Uuid, outcome: UseOutcome) -> Result<bool, Error> {
        write!(self, "note what was acted upon in", db => {
            sqlx::query(
                "UPDATE knowledge_use SET weighed = TRUE
                 WHERE id = $1 AND outcome = $2 AND NOT weighed",
            )
            .bind(id)
            .bind(outcome.name())
            .execute(db)
            .await
            .map(|done| done.rows_affected() > 0)
        })
    }

    /// How many conversations an entry has answered well and how many badly since then. What was
    /// only offered does not count.
    pub async fn outcomes_of(
        &self,
        business: &str,
        entry: Uuid,
        since_ms: i64,
    ) -> Result<(i64, i64), Error> {
        let rows: Vec<(String, i64)> = read!(self, "count outcomes in", db => {
            sqlx::query_as(
                "SELECT outcome, COUNT(DISTINCT conversation) FROM knowledge_use
                 WHERE business = $1 AND entry = $2 AND at_ms >= $3 AND outcome IS NOT NULL
                     AND kind <> 'offered'
                 GROUP BY outcome",
            )
            .bind(business)
            .bind(entry)
            .bind(since_ms)
            .fetch_all(db)
            .await
        })?;
        let of = |outcome: UseOutcome| {
            rows.iter().find(|(name, _)| name == outcome.name()).map_or(0, |(_, count)| *count)
        };
        Ok((of(UseOutcome::Good), of(UseOutcome::Bad)))
    }

    /// The uses of an entry with what came of them, the newest first.
    pub async fn uses_of(
        &self,
        business: &str,
        entry: Uuid,
    ) -> Result<Vec<(Use, Option<UseOutcome>)>, Error> {
        type Row =
            (Uuid, String, Uuid, i64, Uuid, String, i32, Option<f64>, String, i64, Option<String>);
        let rows: Vec<Row> = read!(self, "read what was used from", db => {
            sqlx::query_as(
                "SELECT id, business, conversation, turn, entry, kind, place, confidence,
                     question, at_ms, outcome
                 FROM knowledge_use WHERE business = $1 AND entry = $2 ORDER BY at_ms DESC, id",
            )
            .bind(business)
            .bind(entry)
            .fetch_all(db)
            .await
        })?;
        let one = |row: Row| {
            let (
                id,
                business,
                conversation,
                turn,
                entry,
                kind,
                place,
                confidence,
                question,
                at_ms,
                outcome,
            ) = row;
            let outcome = outcome.as_deref().map(UseOutcome::named).transpose()?;
            let row =
                (id, business, conversation, turn, entry, kind, place, confidence, question, at_ms);
            Ok((used(row)?, outcome))
        };
        rows.into_iter().map(one).collect()
    }

    /// With which confidence the first hit was right or wrong, wherever that is known.
    pub async fn labels(&self, business: &str) -> Result<Vec<(f64, bool)>, Error> {
        let rows: Vec<(f64, String)> = read!(self, "read labels from", db => {
            sqlx::query_as(
                "SELECT confidence, outcome FROM knowledge_use
                 WHERE business = $1 AND place = 0 AND confidence IS NOT NULL
                     AND outcome IS NOT NULL
                 ORDER BY at_ms, id",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        let label = |(confidence, outcome): (f64, String)| {
            Ok((confidence, UseOutcome::named(&outcome)? == UseOutcome::Good))
        };
        rows.into_iter().map(label).collect()
    }

    /// Every confidence that a first hit had, labelled or not.
    pub async fn confidences(&self, business: &str) -> Result<Vec<f64>, Error> {
        let rows: Vec<(f64,)> = read!(self, "read confidences from", db => {
            sqlx::query_as(
                "SELECT confidence FROM knowledge_use
                 WHERE business = $1 AND place = 0 AND confidence IS NOT NULL",
            )
            .bind(business)
            .fetch_all(db)
            .await
        })?;
        Ok(rows.into_iter().map(|(confidence,)| confidence).collect())
    }
}

fn used(row: UseRow) -> Result<Use, Error> {
    let (id, business, conversation, turn, entry, kind, place, confidence, question, at_ms) = row;
    let kind = [UseKind::Answered, UseKind::Offered, UseKind::Tapped]
        .into_iter()
        .find(|known| known.name() == kind)
        .ok_or(Error::Foreign { operation: OPERATION })?;
    Ok(Use { id, business, conversation, turn, entry, kind, place, confidence, question, at_ms })
}

fn sign(row: SignRow) -> Result<Sign, Error> {
    use SignKind as K;
    let (id, business, conversation, turn, kind, question, answer, at_ms) = row;
    let kind = [
        K::Said,
        K::Asked,
        K::Tapped,
        K::Thanked,
        K::Corrected,
        K::WishedPerson,
        K::HandedOff,
        K::PersonAnswered,
    ]
    .into_iter()
    .find(|known| known.name() == kind)
    .ok_or(Error::Foreign { operation: OPERATION })?;
    Ok(Sign { id, business, conversation, turn, kind, question, answer, at_ms })
}
