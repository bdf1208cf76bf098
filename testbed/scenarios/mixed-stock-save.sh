#!/bin/bash
# Our restore helper takes what Xen's own save helper sends.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

source_helper=$stock_helper
start_guest pvh quiet 128
expect_migration pvh --debug
