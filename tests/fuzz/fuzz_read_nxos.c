#define READER "nxos"
#include "tests/fuzz/read_config.h"
