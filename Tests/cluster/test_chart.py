"""The Helm chart: it renders, Kubernetes knows every field, and the server knows what the chart tells it."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest

import check
from embed_server import MODEL, ROOT, Server, binary, environment

KEYS = [
    {"name": "search", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},  # of "test"
    {"name": "prometheus", "key": "p", "scopes": ["metrics"]},
]
MONITOR = {"enabled": True, "keySecret": {"name": "prometheus-key"}, "tlsConfig": {"serverName": "embed"}}
PULL = {
    "models": {"pull": [{"model": "jina-embeddings-v5-text-nano", "acceptLicense": True, "revision": "main"}]},
    "hub": {"endpoint": "http://127.0.0.1:9", "tokenSecret": {"name": "hub"}},
}
COMBINATIONS = {
    "defaults": {},
    "keys": {"auth": {"keys": KEYS}},
    "tls": {"tls": {"enabled": True, "certificate": "C", "key": "K"}},
    "secrets of one's own": {"auth": {"existingSecret": "k"}, "tls": {"enabled": True, "existingSecret": "t"}},
    "claims": {
        "models": {"existingClaim": "models"},
        "batches": {"existingClaim": "batches"},
        "autoscaling": {"enabled": False},
        "replicaCount": 1,
    },
    "pull": PULL,
    "cpu": {"autoscaling": {"metric": "cpu"}},
    "monitor": {"serviceMonitor": MONITOR, "auth": {"keys": KEYS}, "tls": {"enabled": True, "existingSecret": "t"}},
    "without": {
        "autoscaling": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
        "networkPolicy": {"enabled": False},
    },
    "placement": {
        "imagePullSecrets": [{"name": "registry"}],
        "podLabels": {"team": "search"},
        "podAnnotations": {"note": "x"},
        "nodeSelector": {"pool": "cpu"},
        "tolerations": [{"key": "cpu", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {"nodeAffinity": {}},
        "service": {"type": "LoadBalancer", "annotations": {"a": "b"}},
        "networkPolicy": {"from": []},
    },
}


def one(manifests, kind):
    (found,) = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found


def kinds(values):
    return {manifest["kind"] for manifest in check.render(values)}


def pod(manifests):
    return one(manifests, "Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize("values", COMBINATIONS.values(), ids=COMBINATIONS)
def test_renders_valid_manifests(values):
    manifests = check.render(values)
    names = {volume["name"] for volume in pod(manifests)["volumes"]}
    for container in pod(manifests)["containers"] + pod(manifests).get("initContainers", []):
        assert {mount["name"] for mount in container["volumeMounts"]} <= names
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] and context["capabilities"] == {"drop": ["ALL"]}


def test_makes_what_is_asked_for():
    always = {"ConfigMap", "Deployment", "Service", "ServiceAccount"}
    assert kinds({}) == always | {"HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget"}
    assert kinds(COMBINATIONS["without"]) == always
    assert {"Secret", "ServiceMonitor"} <= kinds(COMBINATIONS["monitor"])
    monitor = one(check.render(COMBINATIONS["monitor"]), "ServiceMonitor")["spec"]["endpoints"][0]
    assert monitor == {
        "port": "http",
        "path": "/metrics",
        "interval": "15s",
        "authorization": {"credentials": {"name": "prometheus-key", "key": "key"}},
        "scheme": "https",
        "tlsConfig": {"serverName": "embed"},
    }
    assert one(check.render(), "NetworkPolicy")["spec"]["egress"] == []
    ports = [port["port"] for rule in one(check.render(PULL), "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]]
    assert ports == [53, 53, 443]


def test_a_new_configuration_makes_new_pods_and_nothing_else_does():
    def annotations(values):
        return one(check.render(values), "Deployment")["spec"]["template"]["metadata"]["annotations"]

    assert annotations({"config": {"cache": {"bytes": 0}}}) != annotations({}) == annotations({"replicaCount": 5})
    # The server reads changed keys by itself.
    assert annotations({"auth": {"keys": KEYS}}) == annotations({"auth": {"keys": KEYS[:1]}})


def test_pods_stop_within_their_grace_period():
    values = {"preStopSeconds": 5, "shutdownTimeoutSeconds": 120}
    assert pod(check.render(values))["terminationGracePeriodSeconds"] > 125


@pytest.mark.parametrize(
    "values, reason",
    [
        ({"replicaCount": "two"}, "replicaCount"),
        ({"replicas": 2}, "replicas"),
        ({"autoscaling": {"metric": "gpu"}}, "metric"),
        ({"config": {"server": {"port": 9000}}}, "port"),
        ({"config": {"auth": {"apiKeys": ["secret"]}}}, "auth"),
        ({"auth": {"keys": [{"name": "a"}]}}, "keys"),
        ({"tls": {"enabled": True}}, "tls.existingSecret"),
        ({"models": PULL["models"]}, "hub.endpoint"),
        ({"batches": {"existingClaim": "b"}}, "batches belong to one server"),
        ({"serviceMonitor": {"enabled": True}, "auth": {"keys": KEYS}}, "keySecret"),
    ],
)
def test_refuses_values_that_mean_nothing(values, reason):
    with pytest.raises(check.ChartError, match=reason):
        check.render(values)


def test_notices_fields_that_kubernetes_does_not_know():
    manifest = one(check.render(), "Deployment")
    manifest["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(check.ChartError, match="livenesProbe"):
        check.validate(manifest)


def certificate(folder):
    """A self-signed certificate and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )
    return (folder / "certificate.pem").read_text(), (folder / "key.pem").read_text()


def mount(manifests, folder):
    """Lays config map and secrets where the pod would have them, below `folder`; returns the container."""
    (container,) = pod(manifests)["containers"]
    paths = {mount["name"]: folder / mount["mountPath"].lstrip("/") for mount in container["volumeMounts"]}
    for volume in pod(manifests)["volumes"]:
        kind, name = ("ConfigMap", volume.get("configMap", {}).get("name"))
        if "secret" in volume:
            kind, name = "Secret", volume["secret"]["secretName"]
        files = next((m for m in manifests if m["kind"] == kind and m["metadata"]["name"] == name), {})
        paths[volume["name"]].mkdir(parents=True, exist_ok=True)
        for file, text in files.get("data", files.get("stringData", {})).items():
            (paths[volume["name"]] / file).write_text(text.replace('"/', f'"{folder}/'))
    return container


def test_the_server_serves_what_the_chart_configures(tmp_path):
    pem, key = certificate(tmp_path)
    manifests = check.render(
        {
            "auth": {"keys": KEYS},
            "tls": {"enabled": True, "certificate": pem, "key": key},
            "config": {"models": [{"id": MODEL, "aliases": ["a"]}], "server": {"maximumBodyBytes": 33554432}},
        }
    )
    container = mount(manifests, tmp_path)
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert set(variables) == {"EMBED_CONFIG", "EMBED_HOME"} and container["args"] == ["serve"]
    config = tmp_path / variables["EMBED_CONFIG"].lstrip("/")
    assert json.loads(config.read_text())["server"]["port"] == container["ports"][0]["containerPort"] == 8080
    server = Server("--config", str(config), "--host", "127.0.0.1")
    try:
        assert "unknown" not in server.log()
        unchecked = ssl._create_unverified_context()
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            get = container[probe]["httpGet"]
            url = f"{get['scheme'].lower()}://127.0.0.1:{server.port}{get['path']}"
            assert urllib.request.urlopen(url, context=unchecked).status == 200
        url = f"https://127.0.0.1:{server.port}/metrics"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(url, context=unchecked)
        asked = urllib.request.Request(url, headers={"Authorization": "Bearer p"})
        metrics = urllib.request.urlopen(asked, context=unchecked).read().decode()
    finally:
        server.kill()
    # What the rule of prometheus-adapter turns into the metric that the autoscaler wants.
    rule = check.yaml.safe_load((ROOT / "deploy/helm/prometheus-adapter-values.yaml").read_text())["rules"]["custom"][0]
    assert 'embed_predicted_wait_seconds{class="interactive"}' in metrics
    assert rule["seriesQuery"].startswith('embed_predicted_wait_seconds{class="interactive",')
    wanted = one(manifests, "HorizontalPodAutoscaler")["spec"]["metrics"][0]["pods"]["metric"]["name"]
    assert wanted == rule["name"]["as"]


def test_the_init_container_calls_a_command_that_there_is(tmp_path):
    (container,) = pod(check.render(PULL))["initContainers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    settings = environment() | {"EMBED_HOME": str(tmp_path), "HF_ENDPOINT": variables["HF_ENDPOINT"]}
    done = subprocess.run([binary(), *container["args"]], env=settings, capture_output=True, text=True, timeout=60)
    # Nobody listens there: it fails, but not for its arguments (EX_USAGE).
    assert done.returncode not in (0, 64) and "127.0.0.1:9" in done.stderr
