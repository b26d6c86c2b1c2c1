"""Looks at what kustomize composes: is each resource what its schema says, and do they fit together?

Usage: manifests.py SECRET FILE...    the Secret that an operator fills in, and each overlay's resources
       manifests.py --rules FILE...   prints the queries of dashboards and of overlays as rules, for promtool

kubectl and a cluster would say the first; nobody says the second until a pod waits for ever for a
ConfigMap that has another name.
"""

import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

# The oldest that has everything used here (a pause before the stop), and the newest there is.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]
# What `relevo serve` takes to end: to finish what is in hand, and what does not let go.
FINISHING_SECONDS = 25 + 4
# Made by operators or by hand.
OUTSIDE_SECRETS = {"relevo", "relevo-tls", "relevo-rabbitmq-default-user"}
# What is embedded where it is not set, and then is each process's own.
SHARED = {
    "Deployment": {"RELEVO_BROKER_URL", "RELEVO_STATE_URL", "RELEVO_DATABASE_URL"},
    "Job": {"RELEVO_DATABASE_URL"},
}
STORES = {5432, 5671, 5672, 6379}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def main(arguments):
    if arguments[:1] == ["--rules"]:
        return print_rules(arguments[1:])
    schemas = yaml.safe_load(pathlib.Path(__file__).with_name("crds.yaml").read_text())
    [secret], *overlays = [resources_of(path) for path in arguments]
    problems = [*shapes([secret], schemas)]
    for path, resources in zip(arguments[1:], overlays):
        found = [*shapes(resources, schemas), *fits(Overlay(resources, secret))]
        problems += [f"{pathlib.Path(path).stem}: {problem}" for problem in found]
    print("\n".join(problems) or f"{len(overlays)} overlays are right", file=sys.stderr)
    return 1 if problems else 0


def resources_of(path):
    return [doc for doc in yaml.safe_load_all(pathlib.Path(path).read_text()) if doc]


def name(resource):
    return f"{resource['kind']}/{resource['metadata']['name']}"


def shapes(resources, schemas):
    """What does not have the shape that its schema says."""
    for resource in resources:
        key = f"{resource['apiVersion']}/{resource['kind']}"
        try:
            if key in schemas:
                jsonschema.validate(resource, schemas[key])
            else:
                for version in VERSIONS:
                    kubernetes_validate.validate(resource, version, strict=True)
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{name(resource)}: {error.message}"
        except jsonschema.ValidationError as error:
            path = ".".join(str(part) for part in error.absolute_path)
            yield f"{name(resource)}: {path}: {error.message}"


class Overlay:
    def __init__(self, resources, secret):
        self.secret = secret
        self.all = {name(resource): resource for resource in resources}
        self.repeated = len(resources) - len(self.all)

    def of(self, *kinds):
        return [resource for resource in self.all.values() if resource["kind"] in kinds]

    def has(self, kind, named):
        return f"{kind}/{named}" in self.all


def fits(overlay):
    """What does not fit together."""
    if overlay.repeated:
        yield f"{overlay.repeated} resources are there twice"
    for resource in overlay.all.values():
        if resource["kind"] != "Namespace" and resource["metadata"].get("namespace") != "relevo":
            yield f"{name(resource)}: is not in the namespace relevo"
    pods = [*overlay.of("Deployment", "Job")]
    for owner in pods:
        yield from (f"{name(owner)}: {problem}" for problem in of_pod(overlay, owner))
    for deployment in overlay.of("Deployment"):
        yield from (f"{name(deployment)}: {problem}" for problem in of_role(overlay, deployment))
    labels = [labels_of(owner) for owner in pods]
    # The operator gives the pods of a cluster its name.
    labels += [
        {"app.kubernetes.io/name": cluster["metadata"]["name"]}
        for cluster in overlay.of("RabbitmqCluster")
    ]
    for policy in overlay.of("NetworkPolicy"):
        for selector in selectors(policy["spec"]):
            if not any(selects(selector, pod) for pod in labels):
                yield f"{name(policy)}: selects no pod with {selector}"
        for rule in policy["spec"].get("egress", []):
            if "to" not in rule and STORES & ports_of(rule):
                yield f"{name(policy)}: leads to {sorted(ports_of(rule))} of anybody"
    for deployment in overlay.of("Deployment"):
        reached = set().union(*(ports_of(rule) for rule in ways_out(overlay, labels_of(deployment))))
        role = labels_of(deployment)["app.kubernetes.io/component"]
        wanted = {5672} if role == "ingress" else {5672, 6379, 5432}
        if reached & STORES != wanted:
            yield f"{name(deployment)}: may reach {sorted(reached & STORES)}, and should {sorted(wanted)}"
    yield from of_ways_in(overlay)
    for scaled in overlay.of("ScaledObject"):
        if not overlay.has("Deployment", scaled["spec"]["scaleTargetRef"]["name"]):
            yield f"{name(scaled)}: scales nothing that is there"
        if scaled["spec"]["minReplicaCount"] >= scaled["spec"]["maxReplicaCount"]:
            yield f"{name(scaled)}: can't scale"
        for trigger in scaled["spec"]["triggers"]:
            reference = trigger.get("authenticationRef", {}).get("name")
            if reference and not overlay.has("TriggerAuthentication", reference):
                yield f"{name(scaled)}: has no TriggerAuthentication/{reference}"


def labels_of(owner):
    return owner["spec"]["template"]["metadata"]["labels"]


def selects(selector, labels):
    for expression in selector.get("matchExpressions", []):
        is_in = labels.get(expression["key"]) in expression["values"]
        if is_in != {"In": True, "NotIn": False}[expression["operator"]]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def ways_out(overlay, labels):
    policies = [one["spec"] for one in overlay.of("NetworkPolicy") if selects(one["spec"]["podSelector"], labels)]
    return [rule for spec in policies for rule in spec.get("egress", [])]


def ports_of(rule):
    return {port["port"] for port in rule["ports"]}


def selectors(spec):
    """The pods of this namespace that a policy speaks of."""
    yield spec["podSelector"]
    for rule in spec.get("ingress", []) + spec.get("egress", []):
        for peer in rule.get("from", []) + rule.get("to", []):
            if "podSelector" in peer and "namespaceSelector" not in peer:
                yield peer["podSelector"]


def of_pod(overlay, owner):
    pod = owner["spec"]["template"]["spec"]
    if pod.get("automountServiceAccountToken") is not False:
        yield "has a token for Kubernetes' API that it does not need"
    if not overlay.has("ServiceAccount", pod.get("serviceAccountName")):
        yield f"has no ServiceAccount/{pod.get('serviceAccountName')}"
    secure = pod.get("securityContext", {})
    if not secure.get("runAsNonRoot") or secure.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "may run as root or without seccomp"
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    for volume in volumes.values():
        if "configMap" in volume and not overlay.has("ConfigMap", volume["configMap"]["name"]):
            yield f"mounts ConfigMap/{volume['configMap']['name']}, which is not there"
    if not any("configMap" in volume for volume in volumes.values()):
        yield "has no business"
    for container in pod["containers"]:
        secure = container.get("securityContext", {})
        if not secure.get("readOnlyRootFilesystem") or secure.get("allowPrivilegeEscalation") is not False:
            yield "may write its root or gain privileges"
        if secure.get("capabilities", {}).get("drop") != ["ALL"]:
            yield "keeps capabilities"
        resources = container.get("resources", {})
        if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
            yield "does not say what it needs"
        tag = container["image"].rpartition(":")[2]
        if "/" in tag or tag in ("", "latest", container["image"]):
            yield f"runs {container['image']}, which is another one tomorrow"
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        if mounts != set(volumes):
            yield f"mounts {sorted(mounts ^ set(volumes))} only half"
        yield from of_environment(overlay, container)
        for variable in SHARED[owner["kind"]] - {one["name"] for one in container.get("env", [])}:
            yield f"may run without {variable}"


def of_environment(overlay, container):
    for source in container.get("envFrom", []):
        for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            wanted = source.get(key, {}).get("name")
            known = overlay.has(kind, wanted) or kind == "Secret" and wanted in OUTSIDE_SECRETS
            if wanted and not known:
                yield f"reads {kind}/{wanted}, which is not there"
    for variable in container.get("env", []):
        reference = variable.get("valueFrom", {}).get("secretKeyRef", {})
        secret = reference.get("name")
        if secret and secret not in OUTSIDE_SECRETS:
            yield f"reads Secret/{secret}, which nobody makes"
        is_example = secret == overlay.secret["metadata"]["name"]
        if is_example and reference["key"] not in overlay.secret["stringData"]:
            yield f"reads {reference['key']} of Secret/{secret}, which the example does not have"
        if reference.get("optional"):
            yield f"starts without {variable['name']}"


def of_role(overlay, deployment):
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    if not selects(spec["selector"], labels_of(deployment)):
        yield "does not select its own pods"
    budgets = [
        budget
        for budget in overlay.of("PodDisruptionBudget")
        if selects(budget["spec"]["selector"], labels_of(deployment))
    ]
    if len(budgets) != 1:
        yield f"has {len(budgets)} PodDisruptionBudgets"
    if any(budget["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow" for budget in budgets):
        yield "holds up the drain of a node while it is not ready"
    if not pod.get("topologySpreadConstraints"):
        yield "may lie on one node"
    for container in pod["containers"]:
        ports = {port["name"] for port in container["ports"]}
        for probe in PROBES:
            if container.get(probe, {}).get("httpGet", {}).get("port") not in ports:
                yield f"has no {probe}, or one of a port that it does not have"
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pod.get("terminationGracePeriodSeconds", 30) < before + FINISHING_SECONDS + 5:
            yield "is killed before it has finished"


def of_ways_in(overlay):
    for service in overlay.of("Service"):
        behind = [
            deployment
            for deployment in overlay.of("Deployment")
            if selects({"matchLabels": service["spec"]["selector"]}, labels_of(deployment))
        ]
        ports = {
            port["name"]
            for deployment in behind
            for container in deployment["spec"]["template"]["spec"]["containers"]
            for port in container["ports"]
        }
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                yield f"{name(service)}: leads nowhere"
    for ingress in overlay.of("Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = overlay.all.get(f"Service/{path['backend']['service']['name']}")
                ports = {port["name"] for port in service["spec"]["ports"]} if service else set()
                if path["backend"]["service"]["port"]["name"] not in ports:
                    yield f"{name(ingress)}: leads nowhere"


def print_rules(paths):
    """Each query as a recording rule, with Grafana's variables filled in."""
    rules = []
    for path in paths:
        if path.endswith(".yaml"):
            rules += [
                {"record": f"trigger:{scaled['metadata']['name'].replace('-', '_')}", "expr": trigger["metadata"]["query"]}
                for scaled in resources_of(path)
                if scaled["kind"] == "ScaledObject"
                for trigger in scaled["spec"]["triggers"]
                if trigger["type"] == "prometheus"
            ]
            continue
        dashboard = json.loads(pathlib.Path(path).read_text())
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                query = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "1h")
                rules.append({"record": f"panel:{panel['id']}:{target['refId']}", "expr": query})
    yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
