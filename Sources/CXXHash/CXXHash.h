/* The functions that choose the processor's widest instructions at run time. */
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
