# The commands to remember: make check (daily), make test (everything), make demo (the main job).

BUILD_PACKAGES = binutils libsqlite3-dev libtomlplusplus-dev libxen-dev libxxhash-dev libzstd-dev zstd openssl
# The coordinator's page is tested in a browser.
TEST_PACKAGES = chromium
BENCH_PACKAGES = liblz4-dev lz4 time util-linux
RELEASE = .build/release
# Helpers run in a dom0 that has no Swift.
RELEASE_FLAGS = -c release --static-swift-stdlib
SWIFT_FILES = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Benchmarks \
	Benchmarks/Sources Benchmarks/Tests
# Which scenarios of testbed/ run: all but the long ones. make emulated-xen SCENARIOS="twenty flip group"
SCENARIOS = $(filter-out twenty link-cut group,$(shell testbed/testbed list))

.PHONY: helpers check test demo bench bench-test wan wan-xen sync unit-test emulated-xen lint format golden packages coordinator-load

helpers: packages
	swift build $(RELEASE_FLAGS)

# The quick part: build, unit tests, lint.
check: unit-test lint

test: check emulated-xen

demo: helpers
	testbed/demo $(RELEASE)

# Measures over the streams in CLOUDNET_STREAMS and writes docs/performance.*; QUICK=1 only shows.
bench: helpers
	tools/install-packages $(BENCH_PACKAGES)
	Benchmarks/measure $(RELEASE)/cloudnet

# The tests of what make wan runs, which belong to a package of their own.
bench-test: packages
	tools/install-packages $(BENCH_PACKAGES)
	swift test --disable-xctest --package-path Benchmarks

# Migrates simulated guests over emulated links; writes docs/wan-experiment.*; QUICK=1 only shows.
wan: helpers
	swift build $(RELEASE_FLAGS) --product SimulatedXen
	tools/install-packages xen-utils-4.17
	Benchmarks/measure-wan $(RELEASE)

# Moves groups of simulated guests over one link; writes docs/synchronized-arrival.*; QUICK=1 shows.
sync: helpers
	swift build $(RELEASE_FLAGS) --product SimulatedXen
	Benchmarks/measure-sync $(RELEASE)

unit-test: packages
	tools/install-packages $(TEST_PACKAGES)
	swift test --disable-xctest

emulated-xen: helpers
	testbed/testbed install $(RELEASE)
	testbed/testbed run $(SCENARIOS)

# The same moves between two emulated hosts over a slow link, with Xen's helpers and with ours.
wan-xen: helpers
	testbed/wan $(RELEASE)

lint: packages
	swift format lint --strict --parallel -r $(SWIFT_FILES)
	tools/install-packages shellcheck
	shellcheck -x $$(git grep -lE '^#!/bin/(ba)?sh')

format:
	swift format --in-place --parallel -r $(SWIFT_FILES)

# Records the golden streams anew on the emulated host.
golden: packages
	testbed/testbed record

packages:
	@tools/install-packages $(BUILD_PACKAGES)

# How fast a coordinator with 1,000 members decides, and what memory it takes.
coordinator-load: packages
	swift build $(RELEASE_FLAGS) --product cloudnet-coordinator
	swift build $(RELEASE_FLAGS) --product coordinator-load
	$(RELEASE)/coordinator-load
