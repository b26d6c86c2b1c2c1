//! What is written beside the code about running it: image, compose, Kubernetes. Whoever adds a
//! role, a queue or a setting is told here where else it belongs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::ValueEnum as _;
use relevo::Role;
use runtime::Settings;
use runtime::metrics;
use runtime::settings::{FilePlace, VARIABLES};
use runtime::topology::LANES;
use store::records::Connections;

const OVERLAYS: &[&str] = &["small", "production"];
/// What says where a process lives, which in a container is elsewhere than on a developer's machine.
const PLACES: &[&str] = &[
    "RELEVO_LISTEN",
    "RELEVO_ADMIN_LISTEN",
    "RELEVO_DATA_DIR",
    "RELEVO_BUSINESS_DIR",
    "RELEVO_LOG_FORMAT",
];

/// A file of the project.
pub(crate) fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The lines `NAME=value`.
pub(crate) fn settings_in(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What stands behind `key:` in each line that begins so.
fn values<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let lines = text.lines().map(|line| line.trim_start().trim_start_matches("- "));
    let values = lines.filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    values.map(|value| value.trim().trim_matches('"')).collect()
}

fn roles() -> BTreeSet<String> {
    let name = |role: &Role| role.to_possible_value().unwrap().get_name().to_owned();
    Role::ALL.iter().map(name).collect()
}

/// The roles that a text starts.
fn started(text: &str) -> BTreeSet<String> {
    let commands = text.split("[serve, --only, ").skip(1);
    commands.map(|rest| rest.split(']').next().unwrap().to_owned()).collect()
}

fn is_ours(name: &str) -> bool {
    ["RELEVO_", "WHATSAPP_", "NOTION_", "OPENAI_", "AWS_", "OTEL_"]
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

fn known() -> BTreeSet<String> {
    VARIABLES.iter().map(|variable| variable.name.to_owned()).collect()
}

fn secrets() -> BTreeMap<String, String> {
    let text = read("k8s/secret.example.yaml");
    let (_, data) = text.split_once("stringData:").unwrap();
    let lines = data.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

#[test]
fn every_role_runs_in_compose_and_in_the_cluster_and_is_scaled() {
    assert_eq!(started(&read("compose.yaml")), roles());
    let (base, keda) = (read("k8s/base/kustomization.yaml"), read("k8s/keda/kustomization.yaml"));
    for role in roles() {
        let manifest = read(&format!("k8s/base/{role}.yaml"));
        assert_eq!(started(&manifest), BTreeSet::from([role.clone()]));
        assert!(manifest.contains(&format!("name: relevo-{role}\n")), "{role}");
        let scaling = read(&format!("k8s/keda/{role}.yaml"));
        assert_eq!(values(&scaling, "scaleTargetRef"), [format!("{{name: relevo-{role}}}")]);
        for list in [&base, &keda] {
            assert!(list.contains(&format!("  - {role}.yaml\n")), "{role} is not in {list}");
        }
    }
}

#[test]
fn every_queue_scales_its_own_role() {
    let mut scaled = BTreeSet::new();
    for role in roles() {
        let text = read(&format!("k8s/keda/{role}.yaml"));
        for queue in values(&text, "queueName") {
            assert!(queue.starts_with(&format!("relevo.{role}")), "{queue} is not {role}'s");
            assert!(scaled.insert(queue.to_owned()), "{queue} is there twice");
        }
    }
    let queues: BTreeSet<String> =
        LANES.iter().map(|lane| format!("relevo.{}", lane.queue)).collect();
    assert_eq!(scaled, queues);
}

#[test]
fn every_role_with_queues_is_scaled_by_how_long_its_messages_lie() {
    const LAG: &str = "relevo_lag_seconds";
    assert!(metrics::NAMES.contains(&LAG));
    for lane in LANES {
        let role = lane.queue.split('.').next().unwrap();
        let scaling = read(&format!("k8s/keda/{role}.yaml"));
        let (_, asked) = scaling.split_once(&format!("{LAG}_bucket{{queue=~\"")).expect(role);
        let asked = asked.split('"').next().unwrap().replace("[.]", ".");
        assert!(asked.split('|').any(|queue| queue == role), "{asked}");
        for queue in asked.split('|') {
            assert!(LANES.iter().any(|lane| lane.queue == queue), "{queue}");
            assert_eq!(queue.split('.').next(), Some(role));
        }
    }
}

#[test]
fn the_page_counts_the_connections_to_postgresql_as_they_are() {
    let floor: u32 = values(&read("k8s/keda/scaling.yaml"), "minReplicaCount")[0].parse().unwrap();
    let (mut single, mut ceiling) = (0, 0);
    for role in Role::ALL.iter().filter(|role| **role != Role::Ingress) {
        let most = match role.works_in_the_records() {
            true => Connections::Many.most(),
            false => Connections::Few.most(),
        };
        let name = role.to_possible_value().unwrap().get_name().to_owned();
        let scaling = read(&format!("k8s/keda/{name}.yaml"));
        let processes: u32 = values(&scaling, "maxReplicaCount")[0].parse().unwrap();
        single += most;
        ceiling += processes * most;
    }
    let page = read("docs/deploy.md");
    for together in [single, floor * single, ceiling] {
        let row = format!("| {together} | {} |\n", together + single);
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn every_setting_stands_in_the_cluster_either_openly_or_as_a_secret() {
    let (open, secrets) = (settings_in(&read("k8s/base/relevo.env")), secrets());
    let both: BTreeSet<String> = open.keys().chain(secrets.keys()).cloned().collect();
    assert_eq!(both, known());
    for variable in VARIABLES {
        let (is_open, is_secret) = (open.get(variable.name), secrets.contains_key(variable.name));
        assert!(is_open.is_none() || !is_secret, "{} is there twice", variable.name);
        assert!(is_secret || !variable.secret, "{} is shown to everybody", variable.name);
        let value = is_open.map_or("", String::as_str);
        if !value.is_empty() && !PLACES.contains(&variable.name) {
            assert_eq!(Some(value), variable.default, "{}", variable.name);
        }
    }
}

#[test]
fn with_its_secrets_filled_in_each_overlay_is_right() {
    let businesses = tempfile::tempdir().unwrap();
    let shop = businesses.path().join("my-shop");
    std::fs::create_dir(&shop).unwrap();
    std::fs::write(shop.join("business.toml"), read("k8s/businesses/my-shop.toml")).unwrap();
    assert!(read("k8s/businesses/mount.yaml").contains("/etc/relevo/business/my-shop"));
    for overlay in OVERLAYS {
        let mut environment = settings_in(&read("k8s/base/relevo.env"));
        for (name, value) in settings_in(&read(&format!("k8s/overlays/{overlay}/relevo.env"))) {
            assert!(environment.insert(name.clone(), value).is_some(), "{name}");
        }
        for (name, value) in secrets() {
            let value = if value.is_empty() { "filled-in".to_owned() } else { value };
            environment.insert(name, value);
        }
        let folder = businesses.path().display().to_string();
        environment.insert("RELEVO_BUSINESS_DIR".to_owned(), folder);
        let settings = Settings::read(&|name| environment.get(name).cloned()).unwrap();
        assert!(!settings.uses_embedded(), "{overlay}: what is embedded does not scale");
        assert!(matches!(settings.storage.place, FilePlace::Bucket(_)), "{overlay}");
    }
}

#[test]
fn compose_and_image_set_nothing_that_relevo_does_not_read() {
    let known = known();
    for (path, assigns) in
        [("compose.yaml", ':'), ("Dockerfile", '='), ("sandbox/sandbox.env", '=')]
    {
        let text = read(path);
        let words = text.lines().filter_map(|line| {
            let line = line.trim_start().trim_start_matches("ENV ");
            line.split_once(assigns).map(|(name, _)| name)
        });
        let ours: Vec<&str> = words.filter(|name| is_ours(name)).collect();
        assert!(ours.len() > 3, "{path}: {ours:?}");
        for name in ours {
            assert!(known.contains(name), "{path} sets {name}, which nobody reads");
        }
    }
}

#[test]
fn the_ports_are_the_same_everywhere() {
    let open = settings_in(&read("k8s/base/relevo.env"));
    let port = |name: &str| open[name].rsplit_once(':').unwrap().1.to_owned();
    let (webhooks, admin) = (port("RELEVO_LISTEN"), port("RELEVO_ADMIN_LISTEN"));
    for (name, port) in [("RELEVO_LISTEN", &webhooks), ("RELEVO_ADMIN_LISTEN", &admin)] {
        let default = VARIABLES.iter().find(|variable| variable.name == name).unwrap().default;
        assert_eq!(default.unwrap().rsplit_once(':').unwrap().1, port);
        let everywhere = format!("0.0.0.0:{port}");
        assert_eq!(open[name], everywhere);
        assert!(read("Dockerfile").contains(&format!("{name}={everywhere}")));
        for value in values(&read("compose.yaml"), name) {
            assert_eq!(value, everywhere);
        }
    }
    assert!(read("Dockerfile").contains(&format!("EXPOSE {webhooks} {admin}\n")));
    assert!(read("compose.yaml").contains(&format!(":-127.0.0.1:8080}}:{webhooks}\"]")));
    let ingress = format!("{{name: webhooks, containerPort: {webhooks}}}");
    assert!(read("k8s/base/ingress.yaml").contains(&ingress));
    let role = read("k8s/base/role.yaml");
    assert!(role.contains(&format!("{{name: admin, containerPort: {admin}}}")));
    assert_eq!(values(&role, "prometheus.io/port"), [admin]);
}

#[test]
fn the_image_is_of_this_version_and_this_compiler() {
    let (image, version) = (read("Dockerfile"), env!("CARGO_PKG_VERSION"));
    let toolchain = read("rust-toolchain.toml");
    let compiler = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    assert!(image.contains(&format!("ARG RUST_VERSION={}\n", compiler.trim_matches('"'))));
    assert!(image.contains(&format!("ARG VERSION={version}\n")));
    assert!(read("compose.yaml").contains(&format!("relevo:${{RELEVO_VERSION:-{version}}}\n")));
    assert_eq!(values(&read("k8s/base/kustomization.yaml"), "newTag"), [version]);
}
