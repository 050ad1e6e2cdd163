#define READER "panos"
#include "tests/fuzz/read_config.h"
