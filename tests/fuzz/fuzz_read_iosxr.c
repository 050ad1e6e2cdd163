#define READER "iosxr"
#include "tests/fuzz/read_config.h"
