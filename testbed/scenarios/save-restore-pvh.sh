#!/bin/bash
# A pvh guest goes to a file and comes back.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pvh busy
expect_save_and_restore pvh
