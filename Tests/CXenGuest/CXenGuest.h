#define __XEN_TOOLS__ 1
#include <xenctrl.h>
#include <xenguest.h>
