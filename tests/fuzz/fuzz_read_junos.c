#define READER "junos"
#include "tests/fuzz/read_config.h"
