#define READER "pf"
#include "tests/fuzz/read_config.h"
