/** What a program of this folder gives up once its sockets are open. */
#ifndef VISAVIS_DAEMONS_SLA_RIGHTS_H
#define VISAVIS_DAEMONS_SLA_RIGHTS_H

/** Ask for more of the processor, where one may, then become nobody.
 *  @return 0, or errno, which is logged: the program must not go on */
int rights_drop(void);

#endif
