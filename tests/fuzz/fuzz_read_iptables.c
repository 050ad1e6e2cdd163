#define READER "iptables"
#include "tests/fuzz/read_config.h"
