#!/usr/bin/env python3
"""Requests a second of GET /livez beside nginx's static `return 200`: alternating rounds of wrk -t1 -c32 -d5, medians.

usage: livez.py BINARY [ROUNDS]            needs wrk; nginx is left out where it is not installed
"""
import re
import shutil
import subprocess
import sys
import tempfile

from harness import cpu_seconds, free_port, median, process, server

NGINX = """daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; keepalive_requests 100000000; default_type application/json;
server {{ listen 127.0.0.1:{port}; location / {{ return 200 '{{"status":"ok"}}'; }} }} }}
"""


def load(port, pid):
    """Requests a second, and microseconds of the server's CPU time for each."""
    before = cpu_seconds(pid)
    url = f"http://127.0.0.1:{port}/livez"
    output = subprocess.run(["wrk", "-t1", "-c32", "-d5", url], capture_output=True, text=True, check=True).stdout
    requests = int(re.search(r"(\d+) requests in", output)[1])
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])
    return rate, (cpu_seconds(pid) - before) / requests * 1e6


def main():
    if not shutil.which("wrk"):
        raise SystemExit("livez.py needs wrk: apt-get install wrk")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    ours, port = server(sys.argv[1])
    results = {"embed-server": [], "nginx": []}
    with ours as running, tempfile.TemporaryDirectory() as folder:
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        nginx_port = free_port()
        if nginx:
            with open(f"{folder}/nginx.conf", "w") as file:
                file.write(NGINX.format(folder=folder, port=nginx_port))
        for _ in range(rounds):
            results["embed-server"].append(load(port, running.pid))
            if nginx:
                with process([nginx, "-c", f"{folder}/nginx.conf"], nginx_port, "/livez") as peer:
                    results["nginx"].append(load(nginx_port, peer.pid))
    for name, figures in results.items():
        if figures:
            rate, cpu = median([f[0] for f in figures]), median([f[1] for f in figures])
            print(f"GET /livez  {name:13} {rate:9.0f} requests/s   {cpu:6.1f} us CPU each")
    if results["nginx"]:
        ratio = median([f[0] for f in results["embed-server"]]) / median([f[0] for f in results["nginx"]])
        print(f"GET /livez  ratio to nginx {ratio:.2f}")


main()
