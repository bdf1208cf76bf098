#!/bin/bash
# A pv guest goes to a file and comes back.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

start_guest pv quiet
expect_save_and_restore pv
