//! What the environment and `business.toml` may say.

use std::collections::BTreeMap;
use std::path::Path;

use runtime::Settings;
use runtime::settings::{Problem, VARIABLES};

/// Folders of businesses, each with its `business.toml`, and the secrets of the first.
struct Installation {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Installation {
    fn with(businesses: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, toml) in businesses {
            let folder = dir.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("business.toml"), toml).unwrap();
        }
        let mut own = Self { dir, environment: BTreeMap::new() };
        let dir = own.dir.path().to_str().unwrap().to_owned();
        for (name, value) in [
            ("RELEVO_BUSINESS_DIR", dir.as_str()),
            ("WHATSAPP_ACCESS_TOKEN", "t"),
            ("WHATSAPP_APP_SECRET", "s"),
            ("WHATSAPP_VERIFY_TOKEN", "v"),
            ("WHATSAPP_PHONE_NUMBER_ID", "1"),
        ] {
            own.set(name, value);
        }
        own
    }

    fn shop() -> Self {
        Self::with(&[("shop", "name = 'Shop'")])
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    fn read(&self) -> Result<Settings, Vec<Problem>> {
        Settings::read(&|name| self.environment.get(name).cloned())
    }

    /// What is wrong, without the folder in which it is.
    fn problems(&self) -> Vec<String> {
        let dir = self.dir.path().to_str().unwrap();
        let problems = self.read().unwrap_err();
        problems.iter().map(|problem| problem.to_string().replace(dir, "business")).collect()
    }
}

#[test]
fn env_example_is_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.env.example");
    let example = std::fs::read_to_string(path).unwrap();
    let shown: Vec<&str> = example
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .filter(|line| line.split_once('=').is_some_and(|(name, _)| is_a_name(name)))
        .collect();
    let wanted: Vec<String> = VARIABLES
        .iter()
        .map(|variable| format!("{}={}", variable.name, variable.default.unwrap_or_default()))
        .collect();
    assert_eq!(shown, wanted);
}

fn is_a_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

#[test]
fn every_wrong_value_is_named_with_what_would_be_right() {
    let mut shop = Installation::shop();
    for (name, value) in [
        ("RELEVO_LISTEN", "nowhere"),
        ("RELEVO_STATE_URL", "memcached://cache"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
    ] {
        shop.set(name, value);
    }
    assert_eq!(
        shop.problems(),
        [
            r#"RELEVO_LISTEN: "nowhere" is no address; write one such as 127.0.0.1:8080"#,
            r#"RELEVO_STATE_URL: "memcached://cache" is not one of embedded, redis://…, rediss://…"#,
            concat!(
                r#"OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" is no address; "#,
                "write one such as https://example.com"
            ),
        ]
    );
}

#[test]
fn the_two_listeners_need_two_addresses() {
    let mut shop = Installation::shop();
    shop.set("RELEVO_ADMIN_LISTEN", "127.0.0.1:8080");
    assert_eq!(
        shop.problems(),
        ["RELEVO_ADMIN_LISTEN: is the address of RELEVO_LISTEN; write another"]
    );
    shop.set("RELEVO_LISTEN", "127.0.0.1:0");
    shop.set("RELEVO_ADMIN_LISTEN", "127.0.0.1:0");
    shop.read().unwrap();
}

#[test]
fn a_password_is_not_shown_when_its_address_is_wrong() {
    for address in ["amqp:/user:geheim@host", "user:geheim@host", "http://user:geheim@host"] {
        let mut shop = Installation::shop();
        shop.set("RELEVO_BROKER_URL", address);
        let problems = shop.problems();
        assert!(problems[0].contains("host") && !problems[0].contains("geheim"), "{problems:?}");
    }
}

#[test]
fn an_unknown_key_of_a_business_is_named_with_the_known_ones() {
    let problems = Installation::with(&[("shop", "name = 'Shop'\ntnoe = 'warm'")]).problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("business/shop/business.toml: "), "{problems:?}");
    assert!(problems[0].contains("unknown field `tnoe`, expected one of"), "{problems:?}");
}

#[test]
fn a_missing_secret_is_asked_for_by_its_name() {
    let mut shop = Installation::shop();
    shop.set("WHATSAPP_APP_SECRET", " ");
    assert_eq!(
        shop.problems(),
        ["WHATSAPP_APP_SECRET: is not set; set it to the secret that signs webhooks"]
    );
    let own = "name = 'Shop'\n[whatsapp]\naccess_token_env = 'SHOP_TOKEN'";
    let problems = Installation::with(&[("shop", own)]).problems();
    assert_eq!(problems, ["SHOP_TOKEN: is not set; set it to the token that sends messages"]);
}

#[test]
fn two_businesses_may_not_share_a_number() {
    let toml = "name = 'Shop'\n[whatsapp]\nphone_number_ids = ['100']";
    let problems = Installation::with(&[("one", toml), ("two", toml)]).problems();
    assert_eq!(problems, ["business.toml of two: the phone number id 100 belongs to one already"]);
}

#[test]
fn limits_that_can_not_hold_are_refused() {
    for (limits, advice) in [
        ("pause_ms = 9000", "limits.gather_at_most_ms is smaller than limits.pause_ms"),
        ("overdue_seconds = 5", "limits.overdue_seconds must be longer than a turn gathers"),
        ("overdue_seconds = 900000", "limits.overdue_seconds may be at most 86400"),
    ] {
        let toml = format!("name = 'Shop'\n[limits]\n{limits}");
        let problems = Installation::with(&[("shop", &toml)]).problems();
        assert_eq!(problems, [format!("business/shop/business.toml: {advice}")]);
    }
}

#[test]
fn hours_and_times_to_keep_that_can_not_hold_are_refused_all_at_once() {
    let toml = "name = 'Shop'\n[hours]\ntime_zone = 'Lima'\nmonday = ['9']\n\
                [retention]\nmessages_days = 1\nmedia_days = 0";
    let problems = Installation::with(&[("shop", toml)]).problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    for (problem, begins) in problems.iter().zip(["hours.time_zone", "hours.monday"]) {
        assert!(problem.starts_with(&format!("business/shop/business.toml: {begins}: ")));
    }
    assert!(problems[2].ends_with("retention.messages_days must be 8 to 365000"), "{problems:?}");

    let toml = "name = 'Shop'\n[hours]\ntime_zone = 'America/Lima'\nmonday = ['09:00-13:00']\n\
                [retention]\nmessages_days = 30";
    let settings = Installation::with(&[("shop", toml)]).read().unwrap();
    let shop = settings.businesses.iter().next().unwrap();
    assert!(shop.hours.is_some());
    assert_eq!(shop.retention.messages.unwrap().as_secs(), 30 * 24 * 60 * 60);
    assert_eq!(shop.retention.media, None);
}

/// What is wrong with a shop whose channel is described so.
fn problems_of_the_channel(name: &str, whatsapp: &str) -> Vec<String> {
    let toml = format!("name = {name}\n[whatsapp]\n{whatsapp}");
    match Installation::with(&[("shop", &toml)]).read() {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.advice).collect(),
    }
}

#[test]
fn a_number_that_the_app_uses_too_is_no_faster_than_whatsapp_lets_it_be() {
    let of = |whatsapp: &str| problems_of_the_channel("'Shop'", whatsapp);
    let too_fast = "whatsapp.messages_per_second must be 1 to 20, because of whatsapp.coexistence";
    assert_eq!(of("coexistence = true\nmessages_per_second = 80"), [too_fast]);
    assert_eq!(of("messages_per_second = 0"), ["whatsapp.messages_per_second must be 1 to 1000"]);
    for right in ["coexistence = true\nmessages_per_second = 20", "messages_per_second = 1000"] {
        assert_eq!(of(right), [""; 0], "{right}");
    }
}

#[test]
fn a_number_that_the_app_uses_too_should_tell_what_the_app_says_by_itself() {
    for (whatsapp, warns) in [
        ("coexistence = true", true),
        ("coexistence = true\nautomatic_texts = ['¡Hola!']", false),
        ("", false),
    ] {
        let toml = format!("name = 'Shop'\n[whatsapp]\n{whatsapp}");
        let settings = Installation::with(&[("shop", &toml)]).read().unwrap();
        let business = settings.businesses.iter().next().unwrap();
        assert_eq!(business.whatsapp.warning().is_some(), warns, "{whatsapp}");
    }
}

#[test]
fn a_template_that_whatsapp_would_refuse_is_a_problem() {
    let of = |language: &str, body: &str| {
        problems_of_the_channel(
            "'Shop'",
            &format!(
                "[[whatsapp.templates]]\npurpose = 'reopen'\nname = 'vuelve'\n\
                 language = '{language}'\nbody = '{body}'"
            ),
        )
    };
    for language in ["es", "fil", "pt_BR"] {
        assert_eq!(of(language, "Hola, somos {{1}}"), [""; 0], "{language}");
    }
    for language in ["", "ES", "spanish", "pt-BR", "pt_br", "pt_", "_BR"] {
        let problems = of(language, "Hola");
        assert_eq!(problems, ["the language of template vuelve is a code such as es or pt_BR"]);
    }
    for body in ["{{2}}", "{{1}} {{3}}", "{{nombre}}", "{{ 1 }}", "{{}}", "{{1"] {
        let problems = of("es", &format!("Hola {body}"));
        let advice = "template vuelve may have {{1}}, the business's name, only";
        assert_eq!(problems, [advice], "{body}");
    }
    let of_name = problems_of_the_channel(r#""The\nShop""#, "");
    assert_eq!(of_name, ["name must be one line"]);
}

#[test]
fn an_installation_without_a_business_is_told_how_to_get_one() {
    let problems = Installation::with(&[]).problems();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].contains("make a folder in it with a business.toml"), "{problems:?}");
}

#[test]
fn what_a_business_learns_is_published_and_kept_as_it_says() {
    let of = |learning: &str| {
        let toml = format!("name = 'Shop'\n{learning}");
        let settings = Installation::with(&[("shop", &toml)]).read();
        settings.map(|settings| settings.businesses.iter().next().unwrap().learning.clone())
    };
    let default = of("").unwrap();
    assert!(!default.publishes_by_itself(), "somebody looks at it");
    assert_eq!((default.days(true), default.days(false)), (Some(30), None));
    let own = of("[learning]\npublish = 'automatic'\nkeep_days = 7\nkeep_other_days = 90").unwrap();
    assert!(own.publishes_by_itself());
    assert_eq!((own.days(true), own.days(false)), (Some(7), Some(90)));
    for wrong in ["keep_days = 0", "keep_other_days = 0", "publish = 'never'"] {
        assert!(of(&format!("[learning]\n{wrong}")).is_err(), "{wrong}");
    }
}
