#define READER "nftables"
#include "tests/fuzz/read_config.h"
