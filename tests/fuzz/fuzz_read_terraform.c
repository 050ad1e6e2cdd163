#define READER "aws-tf"
#include "tests/fuzz/read_config.h"
