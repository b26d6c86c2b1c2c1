//! What is known of vectors: how many there are, and what they are worth.

use runtime::Settings;
use store::Records;

/// Lines for the operator; none where nothing is searched by vectors.
pub(super) async fn tell(
    settings: &Settings,
    records: &Records,
    business: &str,
) -> anyhow::Result<()> {
    let Some(model) = settings.model.as_ref() else { return Ok(()) };
    if let Some(store) = &model.vector_store {
        println!("searched in the vector store {store} too; relevo knowledge push fills it");
        return Ok(());
    }
    let Some(name) = &model.embedding_model else { return Ok(()) };
    let vectors = records.count_vectors(business, name).await?;
    println!("{vectors:>7}  vectors of {name}");
    for one in records.dense_weights(Some(name)).await? {
        println!(
            "         {}: weight {} ({} of {} questions found, {} by words alone)",
            one.language, one.weight, one.with_weight, one.probes, one.by_words
        );
    }
    Ok(())
}
