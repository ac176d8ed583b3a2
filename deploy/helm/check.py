#!/usr/bin/env python3
"""Checks the chart as `helm lint --strict`, `helm template` and `kubeconform -strict` would.

usage: check.py [VALUES.yaml]        (needs the packages of Tests/cluster/requirements.txt)

Helm's own code lints and renders (helm-python-sdk holds Helm as a library); every manifest is then validated against
the JSON schemas of Kubernetes, no unknown field allowed. A ServiceMonitor is no part of Kubernetes and has no schema
there. Prints the manifests. Exit code 1, with the reasons, if anything is wrong.
"""
import sys
from pathlib import Path

import helm_python
import kubernetes_validate
import yaml

CHART = Path(__file__).parent / "embed-server"
# The oldest version that the chart supports, and the newest one that there are schemas for.
VERSIONS = ("1.30", kubernetes_validate.latest_version())
WARNING = 2


class ChartError(Exception):
    """What is wrong with the chart, or with the values."""


def render(values=None, name="demo"):
    """All manifests of the chart with these values, checked."""
    try:
        report = helm_python.lint(CHART, values, strict=True)
        problems = [f"{m['path']}: {m['error']}" for m in report["messages"] if m["severity"] >= WARNING]
        if problems or report["errors"]:
            raise ChartError("\n".join(problems or report["errors"]))
        with helm_python.Chart.load(CHART) as chart:
            chart.validate_schema(values or {})
            files = chart.render(values or {}, name=name, namespace="default")
    except helm_python.HelmError as error:
        raise ChartError(str(error)) from error
    manifests = [
        document
        for path, text in sorted(files.items())
        if path.endswith(".yaml")
        for document in yaml.safe_load_all(text)
        if document
    ]
    for manifest in manifests:
        validate(manifest)
    return manifests


def validate(manifest):
    """Raises unless Kubernetes, old and new, knows every field."""
    if manifest["kind"] == "ServiceMonitor":
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(manifest, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            place = ".".join(str(part) for part in error.path)
            raise ChartError(f"{manifest['kind']} for {version}: {place}: {error.message}") from error


def main():
    values = yaml.safe_load(Path(sys.argv[1]).read_text()) if len(sys.argv) > 1 else {}
    try:
        manifests = render(values)
    except ChartError as error:
        sys.exit(f"error: {error}")
    yaml.safe_dump_all(manifests, sys.stdout, sort_keys=False)


if __name__ == "__main__":
    main()
