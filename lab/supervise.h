/**
 * Bringing a site up, letting it live, taking it down.
 */
#ifndef VISAVIS_LAB_SUPERVISE_H
#define VISAVIS_LAB_SUPERVISE_H

#include "lab/lab.h"

/** What the supervisor does once the site is up. @return exit code */
typedef int lab_life_h(struct lab *lab);

/**
 * Read the site, its matrices and needs; lay out the plan; name the output.
 * Mistakes are printed as file:line:column: message.
 * @param lab  zeroed but for opt
 * @return 0; EBADMSG, ENOENT, ... when something was said
 */
int lab_load(struct lab *lab);

/** Free what lab_load() made. */
void lab_unload(struct lab *lab);

/**
 * Run a whole lab: become its supervisor's parent, bring it up, call life,
 * take it down.
 * @return exit code: 1 when the lab could not even begin. Otherwise the
 *         process exits: with what life returned, 1 when the site did not
 *         come up, 130 when it was interrupted on the way
 */
int lab_supervise(struct lab *lab, lab_life_h *life_h);

/** The life of `visavis lab up`: until told to end. */
int life_up(struct lab *lab);

/** The life of `visavis lab run`: a meeting, and the report. */
int life_run(struct lab *lab);

#endif
