# Two commands do all the set-up on a fresh Debian 12 with Swift, git, python3 and make: `make run` and `make test`.

PACKAGES := libcurl4-openssl-dev libssl-dev zlib1g-dev pkg-config
BINARY := .build/release/embed-server
VENV := .build-test/client-tests

.DEFAULT_GOAL := help
.PHONY: help packages build model run test test-clients test-examples test-cluster test-threads check-docs lint format bench fuzz clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

packages: # Installs what the build links against, if it is missing
	@scripts/install-packages $(PACKAGES)

build: packages ## Build the server (release)
	swift build -c release --product embed-server

model: ## Fetch the small default model into the model store
	@scripts/fetch-default-model

run: build model ## Build, fetch the default model, serve it on http://127.0.0.1:8080
	$(BINARY) serve $(ARGS)

# Tests run on the optimised code that is shipped; without optimisation the kernels would take minutes.
TEST := -c release -Xswiftc -enable-testing --scratch-path .build-test

test: packages model ## Run every test: Swift, then real Python clients against the built server
	@scripts/install-packages libopenblas0-pthread
	swift build --build-tests $(TEST)
	swift test --skip-build $(TEST)
	@scripts/python-environment $(VENV) Tests/clients/requirements.txt
	EMBED_SERVER_BINARY=$(CURDIR)/.build-test/release/embed-server $(VENV)/bin/python -m pytest -q Tests/clients

test-clients: packages model ## Run the clients that `make test` leaves out, and the playground in a browser
	swift build --product embed-server $(TEST)
	Tests/clients/matrix/run .build-test/release/embed-server

test-examples: packages model ## Run the search examples against PostgreSQL, FAISS, Chroma and sqlite-vec
	@scripts/install-packages postgresql
	swift build --product embed-server $(TEST)
	@scripts/python-environment .build-test/examples Examples/search/requirements.txt Tests/clients/examples/requirements.txt
	EMBED_SERVER_BINARY=$(CURDIR)/.build-test/release/embed-server .build-test/examples/bin/python -m pytest -q Tests/clients/examples

test-cluster: packages model ## Test the Helm chart, nginx before two servers, and the jobs on Spark and Ray
	swift build --product embed-server $(TEST)
	Tests/cluster/run .build-test/release/embed-server

# Without optimisation: in optimised code ThreadSanitizer does not see that resuming a continuation orders memory. What it does
# not see of Mutex, Tests/threads/mutex.c shows it. No report is suppressed; one is enough to fail.
TSAN := --sanitize=thread --scratch-path .build-tsan
THREADED := 'HTTPCoreTests\.|InferenceCoreTests\.(Attention|BatchInvariance|ComputePool|Preemption|Scheduler|WeightMemory)Tests/'

test-threads: packages ## Test what has threads of its own, HTTPCore and the compute pool, under ThreadSanitizer
	swift build --build-tests $(TSAN)
	clang -shared -fPIC -O1 -o .build-tsan/mutex.so Tests/threads/mutex.c
	CONNECTION_SCHEDULES=200 LD_PRELOAD=$(CURDIR)/.build-tsan/mutex.so swift test --skip-build $(TSAN) \
		--filter $(THREADED) --skip BufferTests

check-docs: packages model ## Follow the documentation: run its commands, look for what it links to and names
	swift build --product embed-server $(TEST)
	@scripts/python-environment $(VENV) Tests/clients/requirements.txt
	EMBED_SERVER_BINARY=$(CURDIR)/.build-test/release/embed-server $(VENV)/bin/python -m pytest -q Tests/docs

lint: ## Check the format of the sources
	swift format lint --strict --recursive Package.swift Sources Tests Examples

format: ## Format the sources in place
	swift format --in-place --recursive Package.swift Sources Tests Examples

bench: build model ## Measure throughput and latency of the built server beside its peers
	Benchmarks/run

fuzz: packages ## Search for inputs that break the parsers, FUZZ_SECONDS each (60)
	Fuzz/run $(or $(FUZZ_SECONDS),60)

clean: ## Remove what was built
	rm -rf .build .build-test .build-tsan
