//! A channel that never sends a status.

use relevo::installation::{Installation, Plan};
use runtime::lifecycle::Ended;
use sandbox::Statuses;

use crate::{BUSINESS, all_settled};

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_closes_by_the_channels_own_answer_without_any_status() {
    let mut plan = Plan { business: BUSINESS.to_owned(), ..Plan::default() };
    plan.sandbox.statuses = Statuses::off();
    let installation = Installation::start(plan).await.unwrap();
    installation.sandbox.customer("51991000001", "Ana").says("hola").await;
    let counts = all_settled(&installation.app.ports().records, 1).await;
    assert_eq!(counts.outcomes, [("answered".to_owned(), 1)]);
    assert_eq!(installation.stop().await, Ended::Cleanly);
}
