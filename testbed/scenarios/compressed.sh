#!/bin/bash
# With CLOUDNET_COMPRESSION, what the page classes leave is compressed; --debug makes Xen compare every page.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

source_environment=CLOUDNET_COMPRESSION=1
start_guest pvh busy 128 32
expect_migration pvh --debug
expect_log_dirty_off
