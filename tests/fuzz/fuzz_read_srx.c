#define READER "srx"
#include "tests/fuzz/read_config.h"
