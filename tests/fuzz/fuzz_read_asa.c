#define READER "asa"
#include "tests/fuzz/read_config.h"
