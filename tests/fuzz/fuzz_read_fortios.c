#define READER "fortios"
#include "tests/fuzz/read_config.h"
