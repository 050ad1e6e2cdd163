/**
 * YAML files that people write, as a tree with the place of every node.
 *
 * One document, no anchors, aliases or tags: a file means what it shows,
 * and a small file cannot unfold into a large one. The tree lives in an
 * arena; a mistake is one entry in a list and the reader goes on.
 */
#ifndef VISAVIS_LIB_YAML_TREE_H
#define VISAVIS_LIB_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"

/** What a file may hold at most. */
enum {
	YAML_TEXT_MAX = 4 << 20,	/**< bytes */
	YAML_NODES_MAX = 200000,
	YAML_DEPTH_MAX = 16,
	YAML_SCALAR_MAX = 4096,		/**< bytes of one value */
};

enum yaml_kind {
	YAML_NULL = 0,	/**< empty, "~" or "null", not quoted */
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP,
};

struct yaml_node {
	enum yaml_kind kind;
	struct diag_pos pos;
	const char *s;			/**< YAML_SCALAR: text; else "" */
	struct yaml_node **v;		/**< items; values of a map */
	struct yaml_node **k;		/**< keys of a map, all YAML_SCALAR */
	size_t n;
};

/** Who reads: where things go. The sticky `err` is set to ENOMEM when the
 *  arena is exhausted; check it at the end. */
struct yaml_reader {
	struct arena *a;
	struct diag_list *dl;
	const char *file;		/**< for messages */
	int err;
	bool partial;			/**< the text broke off at a mistake in its
					  YAML: what is missing is no mistake */
};

/**
 * Read a text into a tree. The reader's fields must be set.
 *
 * Mistakes are reported and reading goes on where that makes sense. After a
 * mistake in the YAML itself r->partial is set and the tree holds the entries
 * that were complete before it.
 *
 * @param root  the document's node, or NULL when there is none
 * @return 0, or ENOMEM
 */
int yaml_read(struct yaml_node **root, struct yaml_reader *r,
	      const char *text, size_t len);

/** The value of a key, or NULL. n may be NULL or any kind. */
const struct yaml_node *yaml_get(const struct yaml_node *n, const char *key);

/** As yaml_get, with the key's own node. */
const struct yaml_node *yaml_get_key(const struct yaml_node *n, const char *key);

/**
 * Report keys of a map that are not in `known` (ends with NULL), with the
 * nearest known one, and report n itself when it is no map.
 * @param what  "a host": what the map describes
 * @return true when n is a map
 */
bool yaml_check_map(struct yaml_reader *r, const struct yaml_node *n,
		    const char *what, const char *const known[]);

/** A value's text. NULL when n is NULL; reports lists, maps and empty
 *  values and gives NULL. */
const char *yaml_str(struct yaml_reader *r, const struct yaml_node *n,
		     const char *what);

/** A whole number within [min, max]; reports others. @return success */
bool yaml_uint(struct yaml_reader *r, const struct yaml_node *n,
	       const char *what, unsigned min, unsigned max, unsigned *v);

/** on, off, true, false, yes, no; reports others. @return success */
bool yaml_bool(struct yaml_reader *r, const struct yaml_node *n,
	       const char *what, bool *v);

/**
 * One value or a list of values: how many, and the i-th. Takes NULL (none).
 * Items may be of any kind; read them with yaml_str() and its likes.
 */
size_t yaml_items(const struct yaml_node *n);
const struct yaml_node *yaml_item(const struct yaml_node *n, size_t i);

/** The nearest of `known` (ends with NULL) to a mistyped word, or NULL when
 *  none is near. */
const char *yaml_nearest(const char *word, const char *const known[]);

#endif
