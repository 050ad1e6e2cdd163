/**
 * The proof: watch a lab live, try its firewalls, and write the report.
 *
 *   prove_alloc     when the site is known
 *   prove_watch     namespaces and policy are up, no program runs yet
 *   prove_watched   programs are stopped, namespaces are still up
 *   prove_tight     as above; only when asked for, it takes some seconds
 *   prove_report    writes out/<site>/report.json and report.html
 *   prove_free      at any time; stops what runs
 */
#ifndef VISAVIS_LAB_PROVE_H
#define VISAVIS_LAB_PROVE_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "lab/lab.h"

struct prove;

/** The lab is borrowed. @return 0 or ENOMEM */
int prove_alloc(struct prove **pp, struct lab *lab);
void prove_free(struct prove *p);

/** Start a capture in every firewall. @return 0 or errno; what was wrong is
 *  said through lab_say() */
int prove_watch(struct prove *p);

/** Stop the captures and read the firewalls' counters. @return 0 or errno */
int prove_watched(struct prove *p);

/** Every port of every pair of hosts; progress through lab_progress().
 *  Findings are in the report. @return 0 or errno: it could not be tried */
int prove_tight(struct prove *p);

/** Join logs, counters, captures and sweep; write both files; print the
 *  summary to `f` (may be NULL). Steps and phases are taken as they are now.
 *  @return 0, or errno of writing */
int prove_report(struct prove *p, FILE *f);

/** After prove_report(): is all as it should be? Carried is judged for the
 *  rows that programs of this lab logged; sufficient always; tight when it
 *  was tried. */
bool prove_ok(const struct prove *p);

/**
 * One report of several lives of a site (security on, security off): a row
 * is carried when each of its ports was, in one life or another.
 * @param out    folder for report.json and report.html
 * @param files  report.json of each life, best below `out` (their pictures
 *               are read again); the first gives pictures and call
 * @param ok     set: nothing is wrong in any
 * @return 0, or errno of reading or writing
 */
int prove_combine(const char *out, const char *const *files, size_t n,
		  FILE *f, bool *ok);

/**
 * `visavis lab prove`: let the loaded site live twice, with its security and
 * without (or the other way round), each tried for tightness, and join the
 * reports in the site's output folder.
 * @return exit code
 */
int prove_lives(struct lab *lab);

#endif
