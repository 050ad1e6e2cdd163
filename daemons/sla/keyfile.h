/** The file with the secrets of measurements. */
#ifndef VISAVIS_DAEMONS_SLA_KEYFILE_H
#define VISAVIS_DAEMONS_SLA_KEYFILE_H

#include "lib/sla/auth.h"

/** Read it; refuse it when others may. What is wrong is logged. @return 0 or errno */
int keyfile_read(struct sla_keys *k, const char *path);

#endif
