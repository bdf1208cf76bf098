#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CXenShim.h"

/*
 * A process is not gone before the kernel has taken its memory apart, page by
 * page, and libxl waits for it while the guest is paused.  But memory lives as
 * long as any process uses it: so another one, which nobody waits for, shares
 * it for a moment longer.
 */

/* Two ends of a pipe; the parent's goes with it. */
static int ends[2];

/*
 * The parent goes on meanwhile, in the same memory: the child has a stack of
 * its own, but the parent's errno and locks.
 */
static int outlive_parent(void *unused)
{
    char byte;

    (void)unused;
    /* Nobody may wait for the end of a stream because of this process. */
    syscall(SYS_dup3, ends[0], STDIN_FILENO, 0);
    syscall(SYS_close_range, 1, ~0U, 0);
    syscall(SYS_read, STDIN_FILENO, &byte, 1);
    syscall(SYS_exit_group, 0);
    return 0;
}

int xenshim_leave_memory_to_child(void)
{
    static char stack[16384] __attribute__((aligned(16)));
    sigset_t all, before;
    int child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    child = clone(outlive_parent, stack + sizeof stack, CLONE_VM, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return child;
}
