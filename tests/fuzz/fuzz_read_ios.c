#define READER "ios"
#include "tests/fuzz/read_config.h"
