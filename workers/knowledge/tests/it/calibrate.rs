//! How sure an answer must be.

use domain::BusinessId;
use knowledge::Base;
use knowledge::calibrate::{Labelled, learn, store};
use retrieval::Band;
use runtime::Business;

use crate::stand::{OTHER, SHOP, Stand};

const FAQ: &str = "\
# ¿Cuál es el horario de atención?
Abrimos de lunes a sábado de 9:00 a 20:00.

# ¿Cuánto cuesta el envío a domicilio?
El envío cuesta 10 soles.
";
const ASKED: &str = "me dicen el horario de atención de la tienda";

#[tokio::test(flavor = "multi_thread")]
async fn a_calibration_is_learned_from_outcomes_and_labels() {
    let mut stand = Stand::prepare().await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.imports(OTHER, "faq.md", FAQ).await;
    stand.work();
    let records = stand.ports.records.clone();
    let business = Business { id: BusinessId::new(SHOP), ..Business::example("Shop") };
    let base = Base::of(&business);
    base.renew(&records).await.unwrap();
    let judgement = base.judge(ASKED, None);
    assert_eq!(judgement.band, Band::Offer, "nothing was learned yet: {judgement:?}");
    let right = judgement.hits[0].id.parse().unwrap();

    let label = |count: usize, entry| vec![(ASKED.to_owned(), entry); count];
    let few: Vec<Labelled> = label(51, Some(right));
    let calibrated = learn(&records, &base, &few, 0.95).await.unwrap();
    assert_eq!((calibrated.cut, calibrated.needed, calibrated.labels), (None, 52, 51));
    let wrong: Vec<Labelled> = [label(60, Some(right)), label(20, None)].concat();
    assert_eq!(learn(&records, &base, &wrong, 0.95).await.unwrap().cut, None);

    let enough = label(60, Some(right));
    let calibrated = learn(&records, &base, &enough, 0.95).await.unwrap();
    assert_eq!(calibrated.cut, Some(judgement.confidence));
    assert_eq!((calibrated.right, calibrated.answered), (60, Some(1.0)));
    store(&records, SHOP, &calibrated, 0.95, 1).await.unwrap();
    let answered = |body: &domain::Body| matches!(body, domain::Body::ReplyReady(reply) if reply.text.contains("lunes a sábado"));
    let took = stand.asks_until(ASKED, answered).await;
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
    assert!(!answered(&stand.asks(OTHER, ASKED).await), "the other one has labels of its own");
    let labels = records.confidences(SHOP).await.unwrap();
    assert!(!labels.is_empty(), "what was asked is remembered");

    let nothing = knowledge::calibrate::Calibrated { cut: None, ..calibrated };
    store(&records, SHOP, &nothing, 0.95, 2).await.unwrap();
    stand.asks_until(ASKED, |body| !answered(body)).await;
    stand.stop().await;
}
