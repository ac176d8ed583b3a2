#!/usr/bin/env python3
"""Draws docs/plots from what was measured: `compare.py --json` files and `embed-server bench --json` outputs.

usage: plot.py OUT_FOLDER NAME COMPARE.json BENCH.json [NAME COMPARE.json BENCH.json ...]
"""
import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.hashsalt": "0"})
import matplotlib.pyplot as plot  # noqa: E402

WORKLOADS = [("query_ms", "12-token query, ms"), ("passage_tokens_per_s", "300-token passages, tokens/s"),
             ("mixed_tokens_per_s", "8 to 512 tokens, tokens/s")]


def peers(models, path):
    """Bars of every engine, a row for each model, a column for each workload."""
    figure, rows = plot.subplots(len(models), 3, figsize=(9, 1.9 * len(models)), squeeze=False, layout="constrained")
    for row, (name, compared, _) in zip(rows, models):
        results = compared["results"][::-1]
        for axes, (field, title) in zip(row, WORKLOADS):
            colours = ["#c0392b" if result["engine"] == "embed-server" else "#8899aa" for result in results]
            bars = axes.barh([result["engine"] for result in results], [result[field] for result in results], color=colours)
            axes.bar_label(bars, fmt="%.0f", padding=2)
            axes.margins(x=0.15)
            axes.set_title(f"{name}: {title}", fontsize=9)
            if axes is not row[0]:
                axes.set_yticklabels([])
    figure.savefig(path, metadata={"Date": None})


def linear(models, path):
    """Share of the FMA peak by rows of the product."""
    figure, axes = plot.subplots(figsize=(5, 2.6), layout="constrained")
    for name, _, bench in models:
        shares = bench["linear_share_of_peak"]
        axes.plot([int(rows) for rows in shares], [100 * share for share in shares.values()], marker="o", label=name)
    axes.set(xscale="log", xlabel="rows", ylabel="% of FMA peak", ylim=(0, 100), title="Linear layers")
    axes.legend()
    figure.savefig(path, metadata={"Date": None})


def growth(models, path):
    """Share of the FMA peak by the length of one input, and by the number of inputs."""
    figure, pair = plot.subplots(1, 2, figsize=(8, 2.6), sharey=True, layout="constrained")
    for axes, field, size, label in ((pair[0], "lengths", "tokens", "tokens of one input"),
                                     (pair[1], "counts", "inputs", "inputs of 12 tokens")):
        for name, _, bench in models:
            peak = bench["fma_peak_gflops"]
            axes.plot([step[size] for step in bench[field]], [100 * step["gflops"] / peak for step in bench[field]],
                      marker="o", label=name)
        axes.set(xscale="log", xlabel=label, ylabel="% of FMA peak", ylim=(0, 100))
        axes.legend()
    figure.savefig(path, metadata={"Date": None})


def main():
    folder, arguments = sys.argv[1], sys.argv[2:]
    models = [(arguments[i], json.load(open(arguments[i + 1])), json.load(open(arguments[i + 2])))
              for i in range(0, len(arguments), 3)]
    peers(models, f"{folder}/peers.svg")
    linear(models, f"{folder}/linear.svg")
    growth(models, f"{folder}/growth.svg")


main()
