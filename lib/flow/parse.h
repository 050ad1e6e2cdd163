/**
 * Pieces of the matrix format that the site file uses too.
 */
#ifndef VISAVIS_LIB_FLOW_PARSE_H
#define VISAVIS_LIB_FLOW_PARSE_H

#include "lib/flow/flow.h"
#include "lib/yaml/tree.h"

enum {
	FLOW_ROWS_MAX = 4096,		/**< rows of one matrix */
	FLOW_ROLES_MAX = 32,		/**< roles of one end */
	FLOW_PORTS_MAX = 64,		/**< ports and ranges of one end */
	FLOW_NAME_MAX = 63,		/**< bytes of a name */
};

/**
 * A name: letters, digits, "-", "_", "."; first a letter or digit. Names end
 * in rules, comments and paths, so they hold nothing that means something
 * there. Reports others.
 * @return the name, or NULL
 */
const char *flow_name_read(struct yaml_reader *r, const struct yaml_node *n,
			   const char *what);

/** One name or a list of names. @return false when something was reported */
bool flow_names_read(struct yaml_reader *r, const struct yaml_node *n,
		     const char *what, size_t max,
		     const char ***v, size_t *nv);

/** Text of one line for people: no control characters. @return or NULL */
const char *flow_line_read(struct yaml_reader *r, const struct yaml_node *n,
			   const char *what);

/** Ports: a number, "lo-hi", "ephemeral", "any", { port, tls, when }, or a
 *  list of these. @return false when something was reported */
bool flow_ports_read(struct yaml_reader *r, const struct yaml_node *n,
		     struct flow_port **v, size_t *nv);

#endif
