#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "CXenShim.h"

/*
 * libxenguest cannot be told to stop, but its error path must run to put the
 * guest back in order.  So the handler replaces the descriptor that it writes
 * to by one that cannot be written, as libxl-save-helper.c does.  Whoever
 * writes a stream that stays in memory looks at the flag.
 */
static int unwritable_fd = -1;
static int cancelled_fd = -1;
static sem_t *cancelled_wake;
static volatile sig_atomic_t cancelled;

static void cancel(int signal_number)
{
    int saved_errno = errno;

    (void)signal_number;
    cancelled = 1;
    if (cancelled_fd >= 0 && dup2(unwritable_fd, cancelled_fd) != cancelled_fd)
        abort();
    sem_post(cancelled_wake);
    errno = saved_errno;
}

int xenshim_cancel_on_sigterm(int stream_fd, sem_t *wake)
{
    /* Without SA_RESTART: a write that waits must come back. */
    struct sigaction action = { .sa_handler = cancel };
    sigset_t terminate;

    unwritable_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (unwritable_fd < 0)
        return -1;
    cancelled_fd = stream_fd;
    cancelled_wake = wake;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGTERM, &action, NULL))
        return -1;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    return sigprocmask(SIG_UNBLOCK, &terminate, NULL);
}

int xenshim_was_cancelled(void)
{
    return cancelled;
}

void xenshim_wait(sem_t *semaphore, uint32_t milliseconds)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += milliseconds / 1000;
    end.tv_nsec += milliseconds % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    sem_clockwait(semaphore, CLOCK_MONOTONIC, &end);
}
