#!/bin/bash
# Neither helper takes more memory than the page cache and 96 MiB: four threads, and a guest that fills the cache.
# shellcheck source=testbed/scenario-lib.sh
source "$(dirname "$0")/../scenario-lib.sh"

cache_mib=128
mib_max=$((cache_mib + 96))
peaks=/run/helper-memory
source_environment="CLOUDNET_CACHE_MIB=$cache_mib CLOUDNET_COMPRESSION=6 CLOUDNET_THREADS=4"
target_environment="CLOUDNET_THREADS=4"

# The kernel's own record of the most that each process has had, as long as it lives.
watch_memory() {
    dom0 "rm -f $peaks; setsid sh -c 'while sleep 0.1; do
        for helper in cloudnet-save cloudnet-restore; do
            for process in \$(pidof \$helper); do
                awk -v helper=\$helper \"/^VmHWM/ { print helper, \\\$2 }\" /proc/\$process/status 2>/dev/null
            done
        done
    done' >$peaks 2>/dev/null </dev/null & echo \$! >$peaks.pid"
    trap stop_watching EXIT
}

stop_watching() { dom0 "kill -- -\$(cat $peaks.pid) 2>/dev/null || true"; }

# peak_mib HELPER
peak_mib() { dom0 "awk -v helper=$1 '\$1 == helper && \$2 > most { most = \$2 } END { print int((most + 1023) / 1024) }' $peaks"; }

start_guest pvh busy 320 220
watch_memory
expect_migration pvh
for helper in cloudnet-save cloudnet-restore; do
    mib=$(peak_mib $helper)
    report "$helper $mib MiB"
    [ "$mib" -gt "$cache_mib" ] || flunk "$helper was not seen with a full cache: $mib MiB"
    [ "$mib" -le "$mib_max" ] || flunk "$helper took $mib MiB, and $mib_max are allowed"
done
