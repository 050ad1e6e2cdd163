/**
 * Talking to a lab that lives: run/lab.sock in its output folder.
 *
 * One JSON object a line each way. {"cmd":"exec","host":H} is answered with
 * the namespaces of H as descriptors (SCM_RIGHTS) in the order of "ns";
 * {"cmd":"down"} ends the lab; the connection closes when it has ended.
 */
#ifndef VISAVIS_LAB_CONTROL_H
#define VISAVIS_LAB_CONTROL_H

#include "lab/lab.h"

/** Supervisor: listen. @return 0 or errno */
int control_listen(struct lab *lab);

/** `visavis lab down`. @return exit code; mistakes are said on stderr */
int control_down(struct lab *lab);

/** `visavis lab exec`: exits with the program's exit code.
 *  @return 125 when it could not be started */
int control_exec(struct lab *lab, const char *host, char *argv[]);

#endif
