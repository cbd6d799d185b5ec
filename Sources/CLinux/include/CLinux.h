#pragma once
#include <stdint.h>

/// Placeholder until the first shim.
int firn_linux_version(void);
