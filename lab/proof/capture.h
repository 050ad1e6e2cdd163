/**
 * Watch the firewalls of a lab: every packet on every interface into one
 * pcapng file per firewall, each packet explained by a need or not, and the
 * packets that the firewall reports as dropped (NFLOG).
 *
 * One thread per firewall, living in its namespace.
 */
#ifndef VISAVIS_LAB_CAPTURE_H
#define VISAVIS_LAB_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "lab/proof/explain.h"
#include "lib/policy/model/need.h"

enum { CAPTURE_DROPS_MAX = 1000, CAPTURE_FLOWS_MAX = 65536,
       CAPTURE_NFLOG_GROUP = 5, CAPTURE_SNAP = 128 };

struct capture_config {
	const char *firewall;		/**< name, for the file and messages */
	int nsfd;			/**< its namespace; -1: this one */
	const char *dir;		/**< DIR/FIREWALL.pcapng; NULL: no file */
	const struct need_list *needs;	/**< borrowed for the capture's life */
	uint64_t bytes_max;		/**< of the file; 0: 1 GB */
};

/** Packets dropped by one rule with one summary. */
struct capture_drop {
	uint64_t t_ns;		/**< first */
	uint64_t packets;
	char in[32];		/**< interface */
	char summary[EXPLAIN_SUMMARY];
};

struct capture;

/** Start; when this returns 0 every later packet is seen.
 *  @return 0 or errno */
int capture_start(struct capture **cp, const struct capture_config *cfg);

/** Read what is still in the rings, write the file's end, stop the thread.
 *  The results below stay until capture_free(). @return 0, or the errno of
 *  writing the file */
int capture_stop(struct capture *c);
void capture_free(struct capture *c);

const struct explain *capture_explain(const struct capture *c);
const struct capture_drop *capture_drops(const struct capture *c, size_t *n);
uint64_t capture_dropped(const struct capture *c);  /**< by the firewall */
uint64_t capture_missed(const struct capture *c);   /**< by the capture */
const char *capture_file(const struct capture *c);  /**< NULL: none */

#endif
