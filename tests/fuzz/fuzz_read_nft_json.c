#define READER "nftables-json"
#include "tests/fuzz/read_config.h"
