#include "CLinux.h"

int firn_linux_version(void) { return 1; }
