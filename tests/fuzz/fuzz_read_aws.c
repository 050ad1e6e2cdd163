#define READER "aws"
#include "tests/fuzz/read_config.h"
