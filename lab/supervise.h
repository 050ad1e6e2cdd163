/**
 * Bringing a site up, letting it live, taking it down.
 */
#ifndef VISAVIS_LAB_SUPERVISE_H
#define VISAVIS_LAB_SUPERVISE_H

#include "lab/lab.h"

/** What the supervisor does with a site; all run in its process. */
struct lab_life {
	/** Namespaces and policy are up, no program runs yet; may be NULL.
	 *  @return 0, or errno: the site goes down again */
	int (*before_h)(struct lab *lab, void *arg);
	/** The site is up. @return exit code */
	int (*main_h)(struct lab *lab, void *arg);
	/** In any case, before the site goes down; may be NULL */
	void (*after_h)(struct lab *lab, void *arg);
	void *arg;
};

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
int lab_supervise(struct lab *lab, const struct lab_life *life);

/** The life of `visavis lab up`: until told to end. */
extern const struct lab_life life_up;

/** The life of `visavis lab run`: a meeting, and the report. */
extern const struct lab_life life_run;

#endif
