#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xenctrl.h>

#include "CXenShim.h"

/*
 * If the save helper is killed outright, libxenguest's error path cannot run,
 * and the guest would stay in log-dirty mode, slowed down, for as long as it
 * lives.  So a child waits on a pipe: a byte says that all is well, the end
 * without a byte that its parent died.
 */

/* Whoever kills the helper by its name or arguments shall not hit this
 * process, which has inherited both. */
static void rename_process(void)
{
    static const char name[] = "cloudnet-guard";
    char *start = program_invocation_name;
    size_t room = strlen(start) + 1;

    /* The kernel puts the arguments into one block and the environment right
     * behind it. */
    if (environ && environ[0] > start)
        room = environ[0] - start;
    memset(start, 0, room);
    strncpy(start, name, room - 1);
    prctl(PR_SET_NAME, name);
}

static void detach(int pipe_fd)
{
    int null_fd = open("/dev/null", O_RDWR);

    rename_process();
    /* A ^C in xl's terminal reaches its whole process group. */
    setsid();
    signal(SIGTERM, SIG_IGN);
    /* Nobody may wait for the end of the stream or of the messages because of
     * this process. */
    if (dup2(pipe_fd, STDIN_FILENO) < 0 || dup2(null_fd, STDOUT_FILENO) < 0 ||
        dup2(null_fd, STDERR_FILENO) < 0 || close_range(3, ~0U, 0) < 0)
        _exit(1);
}

static void stop_logdirty(uint32_t domid)
{
    xc_interface *xch = xc_interface_open(NULL, NULL, 0);

    if (xch)
        xc_shadow_control(xch, domid, XEN_DOMCTL_SHADOW_OP_OFF, NULL, 0);
}

int xenshim_start_guard(uint32_t domid)
{
    int ends[2];
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    child = fork();
    if (child == 0) {
        char byte;
        ssize_t count;

        detach(ends[0]);
        do
            count = read(STDIN_FILENO, &byte, 1);
        while (count < 0 && errno == EINTR);
        if (count == 0)
            stop_logdirty(domid);
        _exit(0);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return -1;
    }
    return ends[1];
}

void xenshim_dismiss_guard(int guard_fd)
{
    char byte = 0;
    ssize_t ignored = write(guard_fd, &byte, 1);

    (void)ignored;
    close(guard_fd);
}
