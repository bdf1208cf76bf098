#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The interface is that of the tools in dom0. */
#define __XEN_TOOLS__ 1
#include <xenctrl.h>
#include <xenguest.h>

#include "CXenShim.h"

struct xenshim {
    /* First, so that the logger's address is the shim's. */
    xentoollog_logger logger;
    struct xenshim_callbacks callbacks;
    xc_interface *xch;
};

/* libxl's message numbers: _libxl_save_msgs_helper.c, generated. */
enum {
    MESSAGE_SUSPEND = 3,
    MESSAGE_POSTCOPY = 4,
    MESSAGE_CHECKPOINT = 5,
    MESSAGE_WAIT_CHECKPOINT = 6,
    MESSAGE_SWITCH_QEMU_LOGDIRTY = 7,
    MESSAGE_STATIC_DATA_DONE = 8,
    MESSAGE_RESTORE_RESULTS = 9,
};

#define IF_ASKED_FOR(mask, number, function) \
    (((mask) & (1u << (number))) ? (function) : NULL)

static void log_message(xentoollog_logger *logger, xentoollog_level level,
                        int error_number, const char *source,
                        const char *format, va_list arguments)
{
    struct xenshim *shim = (struct xenshim *)logger;
    int saved_errno = errno;
    char *text = NULL;

    if (vasprintf(&text, format, arguments) >= 0) {
        shim->callbacks.log(shim->callbacks.context, level, error_number,
                            source, text);
        free(text);
    }
    errno = saved_errno;
}

static void report_progress(xentoollog_logger *logger, const char *source,
                            const char *doing_what, int percent,
                            unsigned long done, unsigned long total)
{
    struct xenshim *shim = (struct xenshim *)logger;
    int saved_errno = errno;

    (void)percent;
    shim->callbacks.progress(shim->callbacks.context, source, doing_what, done,
                             total);
    errno = saved_errno;
}

static void destroy_logger(xentoollog_logger *logger)
{
    (void)logger;
}

static int call_precopy(struct precopy_stats stats, void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.precopy(shim->callbacks.context, stats.iteration,
                                   stats.dirty_count);
}

static int call_suspend(void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.suspend(shim->callbacks.context);
}

static int call_postcopy(void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.postcopy(shim->callbacks.context);
}

static int call_checkpoint(void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.checkpoint(shim->callbacks.context);
}

static int call_wait_checkpoint(void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.wait_checkpoint(shim->callbacks.context);
}

static int call_switch_qemu_logdirty(uint32_t domid, unsigned int enable,
                                     void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.switch_qemu_logdirty(shim->callbacks.context, domid,
                                                enable);
}

static int call_static_data_done(unsigned int missing, void *data)
{
    struct xenshim *shim = data;
    return shim->callbacks.static_data_done(shim->callbacks.context, missing);
}

static void call_restore_results(xen_pfn_t store_gfn, xen_pfn_t console_gfn,
                                 void *data)
{
    struct xenshim *shim = data;
    shim->callbacks.restore_results(shim->callbacks.context, store_gfn,
                                    console_gfn);
}

struct xenshim *xenshim_open(const struct xenshim_callbacks *callbacks)
{
    struct xenshim *shim = calloc(1, sizeof(*shim));

    if (!shim)
        return NULL;
    shim->logger = (xentoollog_logger){
        .vmessage = log_message,
        .progress = report_progress,
        .destroy = destroy_logger,
    };
    shim->callbacks = *callbacks;
    shim->xch = xc_interface_open(&shim->logger, &shim->logger, 0);
    if (!shim->xch) {
        int saved_errno = errno;
        free(shim);
        errno = saved_errno;
        return NULL;
    }
    return shim;
}

void xenshim_close(struct xenshim *shim)
{
    xc_interface_close(shim->xch);
    free(shim);
}

int xenshim_describe_domain(struct xenshim *shim, uint32_t domid,
                            struct xenshim_domain *domain)
{
    xc_dominfo_t info;
    int count = xc_domain_getinfo(shim->xch, domid, 1, &info);

    if (count < 0)
        return -1;
    /* Without that domain, Xen answers with the next one. */
    if (count != 1 || info.domid != domid) {
        errno = ESRCH;
        return -1;
    }
    domain->page_count = info.nr_pages;
    memcpy(domain->uuid, info.handle, sizeof(domain->uuid));
    return 0;
}

int64_t xenshim_count_dirty_pages(struct xenshim *shim, uint32_t domid)
{
    xc_shadow_op_stats_t stats = { 0 };

    if (xc_logdirty_control(shim->xch, domid, XEN_DOMCTL_SHADOW_OP_PEEK, NULL, 0,
                            0, &stats) < 0)
        return -1;
    return stats.dirty_count;
}

int xenshim_save_domain(struct xenshim *shim, int stream_fd, int back_fd,
                        uint32_t domid, uint32_t flags,
                        uint32_t callback_mask, uint32_t stream_type,
                        int asks_precopy)
{
    struct save_callbacks callbacks = {
        .precopy_policy = asks_precopy ? call_precopy : NULL,
        .suspend = IF_ASKED_FOR(callback_mask, MESSAGE_SUSPEND, call_suspend),
        .postcopy =
            IF_ASKED_FOR(callback_mask, MESSAGE_POSTCOPY, call_postcopy),
        .checkpoint =
            IF_ASKED_FOR(callback_mask, MESSAGE_CHECKPOINT, call_checkpoint),
        .wait_checkpoint = IF_ASKED_FOR(
            callback_mask, MESSAGE_WAIT_CHECKPOINT, call_wait_checkpoint),
        .switch_qemu_logdirty =
            IF_ASKED_FOR(callback_mask, MESSAGE_SWITCH_QEMU_LOGDIRTY,
                         call_switch_qemu_logdirty),
        .data = shim,
    };

    return xc_domain_save(shim->xch, stream_fd, domid, flags, &callbacks,
                          (xc_stream_type_t)stream_type, back_fd);
}

int xenshim_restore_domain(struct xenshim *shim, int stream_fd, int back_fd,
                           uint32_t domid,
                           const struct xenshim_restore_ports *ports,
                           uint32_t callback_mask, uint32_t stream_type,
                           uint64_t *store_gfn, uint64_t *console_gfn)
{
    struct restore_callbacks callbacks = {
        .suspend = IF_ASKED_FOR(callback_mask, MESSAGE_SUSPEND, call_suspend),
        .postcopy =
            IF_ASKED_FOR(callback_mask, MESSAGE_POSTCOPY, call_postcopy),
        .checkpoint =
            IF_ASKED_FOR(callback_mask, MESSAGE_CHECKPOINT, call_checkpoint),
        .wait_checkpoint = IF_ASKED_FOR(
            callback_mask, MESSAGE_WAIT_CHECKPOINT, call_wait_checkpoint),
        .static_data_done = IF_ASKED_FOR(
            callback_mask, MESSAGE_STATIC_DATA_DONE, call_static_data_done),
        .restore_results = IF_ASKED_FOR(
            callback_mask, MESSAGE_RESTORE_RESULTS, call_restore_results),
        .data = shim,
    };
    unsigned long store_frame = 0, console_frame = 0;
    int result = xc_domain_restore(
        shim->xch, stream_fd, domid, ports->store_evtchn, &store_frame,
        ports->store_domid, ports->console_evtchn, &console_frame,
        ports->console_domid, (xc_stream_type_t)stream_type, &callbacks,
        back_fd);

    *store_gfn = store_frame;
    *console_gfn = console_frame;
    return result;
}
