#!/usr/bin/env python3
"""A thousand hostile connections against everybody else: what honest clients notice of an attack.

usage: attack.py BINARY [--seconds 60] [--tls] [--cold] [--json FILE]
       attack.py BINARY --only NAME[,NAME...]          one fault each, 10 to 30 s; NAME may be `all`

Starts the server with the default model and one key on a loopback port. For ten seconds, then for --seconds under attack,
then for ten seconds more, it asks /livez on a new connection every 100 ms, sends a query of 12 tokens three times a second on
one connection with a key, and notes memory, descriptors and CPU time of the server. `machine CPU` is that of all that runs: what
server and attackers do not explain are neighbours, who make latencies longer. The attack comes from 20 addresses:

    200  PipelinedHeads     GET /v1/models with a head of 20 kB, again and again, no answer is taken
    100  SlowBody           20 MB declared, four octets a second, no key
     60  UnreadAnswer       2,048 short texts as floats with the key, no answer is taken
    100  StoppedHandshake   a TLS ClientHello, or its beginning where the server speaks plain HTTP
    270  Idle               nothing
    270  KeptAlive          one small request, then nothing

Who is closed by the server is back half a second later. The texts of UnreadAnswer are the same each time, so that vectors come
from the cache and what is measured is the attack on the edge; with --cold they are new each time, and computing them is the larger
part of the load. Queries are always new. Latencies are of what succeeded; failures are counted beside them.

Needs the default model (scripts/fetch-default-model), and openssl for --tls. Python standard library only.
"""
import argparse
import json
import math
import time

import faults
from clients import Attack
from probes import Liveness, Queries, summary
from target import Target, Watch, raise_descriptor_limit

QUIET = 10  # seconds before and after the attack


def plan(cold):
    return [
        ("PipelinedHeads", 200, {}),
        ("SlowBody", 100, {}),
        ("UnreadAnswer", 60, {"cold": cold}),
        ("StoppedHandshake", 100, {}),
        ("Idle", 270, {}),
        ("KeptAlive", 270, {}),
    ]


def measure(binary, seconds, tls, cold):
    with Target(binary, tls) as target:
        watch = Watch(target)
        start = watch.notes[0][1:3]
        idle = time.monotonic() + 1
        attack, after = idle + QUIET, idle + QUIET + seconds
        herd = Attack(target, plan(cold), attack, after)
        time.sleep(max(0, idle - time.monotonic()))
        probes = {"livez": Liveness(target), "query": Queries(target)}
        time.sleep(max(0, after + QUIET - time.monotonic()))
        for probe in probes.values():
            probe.stop()
        attackers = herd.result()
        end = target.resident(), target.descriptors()
        watch.stop()
        alive = target.alive()
        code, stopped = target.stop()
    phases = {"idle": (idle, attack), "attack": (attack, after), "after": (after, after + QUIET)}
    return {
        "seconds": seconds, "tls": tls, "cold": cold,
        **{name: {phase: summary(probe.trials, *span) for phase, span in phases.items()} for name, probe in probes.items()},
        "cpuSeconds": {phase: watch.at(stop, 3) - watch.at(begin, 3) for phase, (begin, stop) in phases.items()},
        "machineCpuSeconds": {phase: watch.at(stop, 4) - watch.at(begin, 4) for phase, (begin, stop) in phases.items()},
        "residentMB": {"start": start[0], "peak": watch.peak(1), "end": end[0]},
        "descriptors": {"start": start[1], "peak": watch.peak(2), "end": end[1]},
        "reconnects": probes["query"].reconnects,
        "survived": alive, "killed": watch.killed, "exitCode": code, "stopSeconds": stopped,
        "attackers": attackers,
    }


def show(found):
    number = lambda value: "-" if math.isnan(value) else f"{value:.1f}"
    print(f"{'':24}{'idle':>12}{'attack':>12}{'after':>12}")
    for name in ("livez", "query"):
        phases = found[name].values()
        for key in ("p50", "p99", "max"):
            print(f"{f'{name} {key}, ms':24}" + "".join(f"{number(phase[key]):>12}" for phase in phases))
        rates = [f"{phase['failed']} of {phase['count']}" for phase in phases]
        print(f"{f'{name} failed':24}" + "".join(f"{rate:>12}" for rate in rates))
        for phase, figures in found[name].items():
            for why, count in sorted(figures["failures"].items()):
                print(f"    {phase}: {count} {why}")
    for name, key in (("server CPU, s", "cpuSeconds"), ("machine CPU, s", "machineCpuSeconds")):
        print(f"{name:24}" + "".join(f"{value:12.1f}" for value in found[key].values()))
    print(f"\n{'':24}{'start':>12}{'peak':>12}{'end':>12}")
    print(f"{'resident, MB':24}" + "".join(f"{value:12.0f}" for value in found["residentMB"].values()))
    print(f"{'descriptors':24}" + "".join(f"{value:12}" for value in found["descriptors"].values()))
    print(f"query connections opened again: {found['reconnects']}")
    if attackers := found["attackers"]:
        print(f"\n{'attackers':20}{'clients':>8}{'opened':>8}{'closed':>8}{'refused':>8}{'at end':>8}  answers")
        for kind, tally in attackers["kinds"].items():
            answers = ", ".join(f"{count} x {status}" for status, count in sorted(tally.items()) if status.isdigit())
            columns = (tally.get(key, 0) for key in ("clients", "opened", "closed", "refused", "openAtEnd"))
            print(f"{kind:20}" + "".join(f"{value:8}" for value in columns) + f"  {answers}")
        refused = sum(tally.get("refused", 0) for tally in attackers["kinds"].values())
        print(f"connections refused: {refused}; CPU time of the attackers: {attackers['cpuSeconds']:.1f} s")
    if found["killed"]:
        print("the server was killed by this tool: it had outgrown what the machine can spare")
    elif not found["survived"]:
        print(f"the server DIED: exit code {found['exitCode']}")
    else:
        print(f"SIGTERM: exit code {found['exitCode']} after {found['stopSeconds']:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("binary")
    parser.add_argument("--seconds", type=int, default=60, choices=range(5, 601), metavar="5...600", help="of attack (60)")
    parser.add_argument("--tls", action="store_true", help="server, probes and attackers speak TLS")
    parser.add_argument("--cold", action="store_true", help="attackers' texts are new each time, and have to be computed")
    parser.add_argument("--json", metavar="FILE", help="writes all figures")
    parser.add_argument("--only", metavar="NAME", help="single faults: " + ", ".join(faults.SCENARIOS))
    options = parser.parse_args()
    raise_descriptor_limit()
    if options.only:
        names = list(faults.SCENARIOS) if options.only == "all" else options.only.split(",")
        if unknown := [name for name in names if name not in faults.SCENARIOS]:
            parser.error(f"--only: {', '.join(unknown)}: expected some of {', '.join(faults.SCENARIOS)}")
        found = {}
        for name in names:
            found[name] = faults.SCENARIOS[name](options.binary)
            print(f"{name}: {found[name]}", flush=True)
    else:
        found = measure(options.binary, options.seconds, options.tls, options.cold)
        show(found)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(found, file, indent=2)


if __name__ == "__main__":
    main()
