/*
 * The only code that sees xenctrl.h and xenguest.h: fixed-width types, plain
 * callbacks, no logic and no policy.  Written for Xen 4.17.
 */
#ifndef CXENSHIM_H
#define CXENSHIM_H

#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/*
 * What libxenguest calls while it saves or restores.  log and progress are
 * always needed; the others are passed on only if their bit is set in the
 * callback mask that libxl gave (bit N: libxl's message number N).
 */
struct xenshim_callbacks {
    void *context;
    void (*log)(void *context, int level, int error_number,
                const char *source, const char *text);
    void (*progress)(void *context, const char *source, const char *doing_what,
                     unsigned long done, unsigned long total);
    /*
     * Before a round of pre-copy with the number of pages to send, after it
     * with -1; round counts those that were sent.  Returns one of
     * enum xenshim_precopy.
     */
    int (*precopy)(void *context, unsigned int round, long dirty_count);
    int (*suspend)(void *context);
    int (*postcopy)(void *context);
    int (*checkpoint)(void *context);
    int (*wait_checkpoint)(void *context);
    int (*switch_qemu_logdirty)(void *context, uint32_t domid,
                                unsigned int enable);
    int (*static_data_done)(void *context, unsigned int missing);
    void (*restore_results)(void *context, uint64_t store_gfn,
                            uint64_t console_gfn);
};

/* What follows a round: XGS_POLICY_*. */
enum xenshim_precopy {
    XENSHIM_PRECOPY_ABORT = -1,
    XENSHIM_PRECOPY_CONTINUE = 0,
    XENSHIM_PRECOPY_STOP = 1,
};

/* An open libxenctrl interface and its logger. */
struct xenshim;

/*
 * Opens libxenctrl; the callbacks are copied.  Returns NULL and sets errno if
 * that fails: not root, or not running on Xen.
 */
struct xenshim *xenshim_open(const struct xenshim_callbacks *callbacks);

void xenshim_close(struct xenshim *shim);

/* What Xen knows of a domain. */
struct xenshim_domain {
    int64_t page_count;
    uint8_t uuid[16];
};

/* Describes a domain; returns 0, or -1 and errno. */
int xenshim_describe_domain(struct xenshim *shim, uint32_t domid,
                            struct xenshim_domain *domain);

/*
 * How many pages of a domain in log-dirty mode are dirty, or -1 and errno; they
 * stay dirty.
 */
int64_t xenshim_count_dirty_pages(struct xenshim *shim, uint32_t domid);

/*
 * What xenstore holds at a path, for free(); or NULL and errno, if it is not
 * there or there is no xenstore.
 */
char *xenshim_read_xenstore(const char *path);

/*
 * xc_domain_save(): 0, or its failure with errno set.  Without asks_precopy,
 * libxenguest decides by its own rule how many rounds there are.
 */
int xenshim_save_domain(struct xenshim *shim, int stream_fd, int back_fd,
                        uint32_t domid, uint32_t flags,
                        uint32_t callback_mask, uint32_t stream_type,
                        int asks_precopy);

/* The guest's end of xenstore and console, for libxl. */
struct xenshim_restore_ports {
    uint32_t store_evtchn, store_domid;
    uint32_t console_evtchn, console_domid;
};

/* xc_domain_restore(): 0 and the two frame numbers, or its failure and errno. */
int xenshim_restore_domain(struct xenshim *shim, int stream_fd, int back_fd,
                           uint32_t domid,
                           const struct xenshim_restore_ports *ports,
                           uint32_t callback_mask, uint32_t stream_type,
                           uint64_t *store_gfn, uint64_t *console_gfn);

/*
 * Moves the bytes of a stream that stays in this process.  read fills all of
 * data, or returns zero at the end of the stream.  write takes all pieces, or
 * returns an error number.
 */
struct xenshim_stream {
    void *context;
    int (*read)(void *context, void *data, size_t size);
    int (*write)(void *context, const struct iovec *pieces, int count);
};

/*
 * Returns the descriptor under which libxenguest reads and writes this stream,
 * which is copied; or -1 and errno, ENOSYS if libxenguest would not find this
 * program's functions.  There is one such stream at most.
 */
int xenshim_open_stream(const struct xenshim_stream *of_caller);

/* How many bytes libxenguest has written to descriptors, not to our stream. */
uint64_t xenshim_count_written_bytes(void);

/*
 * Maps size bytes of shared memory twice, back to back: any size of them lie
 * in one piece.  size is a multiple of the page size.  Returns NULL and sets
 * errno if there is no memory.
 */
void *xenshim_map_ring(size_t size);

void xenshim_unmap_ring(void *start, size_t size);

/*
 * From now on SIGTERM posts wake, and makes writes to stream_fd fail, so that
 * libxenguest runs its error path; -1 stands for no descriptor.  Returns 0, or
 * -1 and errno.
 */
int xenshim_cancel_on_sigterm(int stream_fd, sem_t *wake);

/* Waits until semaphore is posted, but no longer than that; a signal may end the
 * wait early.  Swift does not see sem_clockwait(), and changes of the time of
 * day must not make it longer. */
void xenshim_wait(sem_t *semaphore, uint32_t milliseconds);

/*
 * Starts a process that takes a domain out of log-dirty mode should this one
 * die.  Must be called before any thread is started.  Returns what
 * xenshim_dismiss_guard() wants, or -1 and errno.
 */
int xenshim_start_guard(uint32_t domid);

/* Ends the guard: libxenguest has left the domain in order. */
void xenshim_dismiss_guard(int guard_fd);

/*
 * Lets this process end at once, however much memory it has: a child that nobody
 * waits for gives the memory back afterwards.  Returns the child, or -1 and
 * errno, and then the end takes its time.
 */
int xenshim_leave_memory_to_child(void);

/* Whether SIGTERM came since xenshim_cancel_on_sigterm(). */
int xenshim_was_cancelled(void);

#endif
