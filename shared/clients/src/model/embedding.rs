//! Texts as vectors.

use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::Guard;
use super::{Error, Model, Unusable};

/// In one request. Endpoints take 2,048 texts and 300,000 tokens; less is done again when a
/// request fails, and a small machine answers in time.
const TEXTS: usize = 64;
/// Of all texts of a request. A token is a letter at worst.
const LETTERS: usize = 100_000;
/// Of one text: below 8,192 tokens in any language that is written with letters.
const LETTERS_OF_ONE: usize = 8_000;

impl Model {
    /// Whether there is a model that makes vectors, and which.
    pub fn embedding_model(&self) -> Option<&str> {
        self.embedding_model.as_deref()
    }

    /// The vector of a question, for which somebody waits: at most
    /// [`Options::timeout`](super::Options::timeout), never more than 2.5 seconds, and with a
    /// breaker of its own.
    pub async fn embed(&self, text: &str) -> Result<Vec<f32>, Error> {
        let mut vectors = self.vectors(&self.embedding, &[text]).await?;
        Ok(vectors.pop().expect("there are as many vectors as texts"))
    }

    /// The vectors of texts, in their order, for which nobody waits: at most
    /// [`Options::media_timeout`](super::Options::media_timeout) for each request. What fails here
    /// keeps no question from its vector, and the other way round (test
    /// `bulk_that_fails_keeps_no_question_from_its_vector`). All of them have one length.
    pub async fn embed_all(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        for batch in batches(texts) {
            vectors.extend(self.vectors(&self.indexing, batch).await?);
        }
        match all_alike(&vectors) {
            true => Ok(vectors),
            false => Err(Unusable::NoVectors.into()),
        }
    }

    async fn vectors(&self, guard: &Guard, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let Some(model) = &self.embedding_model else {
            return Err(Error::Rejected { status: 404, code: None });
        };
        let input: Vec<&str> = texts.iter().map(|text| cut(text)).collect();
        let request = json!({ "model": model, "input": input, "encoding_format": "float" });
        guard
            .run(async {
                let answer: Value = self
                    .client
                    .embeddings()
                    .create_byot(&request)
                    .await
                    .map_err(Error::from_client)?;
                parse(answer, texts.len())
            })
            .await
    }
}

/// As many texts as one request takes, again and again.
fn batches<'a, 'b>(texts: &'a [&'b str]) -> impl Iterator<Item = &'a [&'b str]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut letters = 0;
        let fits = |text: &&&str| {
            letters += cut(text).len();
            letters <= LETTERS
        };
        let count = rest.iter().take(TEXTS).take_while(fits).count();
        let (batch, after) = rest.split_at_checked(count)?;
        rest = after;
        (!batch.is_empty()).then_some(batch)
    })
}

/// What an endpoint takes of it; endpoints refuse an empty text.
fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(LETTERS_OF_ONE);
    if text.trim().is_empty() { "-" } else { &text[..end] }
}

/// Endpoints may answer in any order: `index` says which text a vector is of.
fn parse(answer: Value, expected: usize) -> Result<Vec<Vec<f32>>, Error> {
    let body: Body = serde_json::from_value(answer).map_err(|_| Unusable::NoVectors)?;
    let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); expected];
    for (place, one) in body.data.into_iter().enumerate() {
        let slot = vectors.get_mut(one.index.unwrap_or(place)).ok_or(Unusable::NoVectors)?;
        if !slot.is_empty() || !is_usable(&one.embedding) {
            return Err(Unusable::NoVectors.into());
        }
        *slot = one.embedding;
    }
    // One that is missing is empty, and so unlike the others.
    if vectors.iter().any(Vec::is_empty) || !all_alike(&vectors) {
        return Err(Unusable::NoVectors.into());
    }
    Ok(vectors)
}

/// A vector of zeros is near to nothing.
fn is_usable(vector: &[f32]) -> bool {
    vector.iter().all(|number| number.is_finite()) && vector.iter().any(|number| *number != 0.0)
}

fn all_alike(vectors: &[Vec<f32>]) -> bool {
    vectors.windows(2).all(|pair| pair[0].len() == pair[1].len())
}

#[derive(Deserialize)]
struct Body {
    data: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that fails here has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_request_takes_no_more_than_endpoints_take() {
        let (short, long) = ("a".repeat(10), "á".repeat(9_000));
        let texts: Vec<&str> = std::iter::repeat_n(&*short, 130).chain([&*long; 30]).collect();
        let sizes: Vec<usize> = batches(&texts).map(<[&str]>::len).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 160);
        assert_eq!(sizes[..2], [64, 64]);
        assert!(sizes[2..].iter().all(|size| *size <= 14), "{sizes:?}");
        assert_eq!(cut(&long).len(), LETTERS_OF_ONE);
        assert_eq!(cut(" \n"), "-");
        assert_eq!(batches(&[]).count(), 0);
    }

    #[test]
    fn vectors_stand_in_the_order_of_their_texts_or_are_none() {
        let one =
            |index: Option<usize>, vector: &[f32]| json!({ "index": index, "embedding": vector });
        let read = |data: Vec<Value>| parse(json!({ "data": data }), 2).ok();
        let (a, b) = (vec![1.0, 0.5], vec![0.25, 2.0]);
        let both = Some(vec![a.clone(), b.clone()]);
        assert_eq!(read(vec![one(Some(1), &b), one(Some(0), &a)]), both);
        assert_eq!(read(vec![one(None, &a), one(None, &b)]), both);
        let wrong = [
            vec![one(Some(0), &a)],
            vec![one(Some(0), &a), one(Some(0), &b)],
            vec![one(Some(0), &a), one(Some(2), &b)],
            vec![one(Some(0), &a), one(Some(1), &[1.0])],
            vec![one(Some(0), &a), one(Some(1), &[])],
            vec![one(Some(0), &a), one(Some(1), &[0.0, 0.0])],
            vec![one(Some(0), &a), json!({ "index": 1, "embedding": [1e39, 0.0] })],
            vec![one(Some(0), &a), json!({ "index": 1, "embedding": "AAAA" })],
        ];
        for (at, data) in wrong.into_iter().enumerate() {
            assert_eq!(read(data), None, "{at}");
        }
        assert!(parse(json!({ "error": "none" }), 0).is_err());
    }
}
