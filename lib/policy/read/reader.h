/**
 * Readers of configurations, one file a dialect.
 *
 * To add one: a `const struct policy_reader policy_reader_X` in a file of
 * cisco/, linux/, pf/ or other/, its name in that folder's
 * meson.build and its row in that folder's rows.inc.
 */
#ifndef VISAVIS_LIB_POLICY_READ_READER_H
#define VISAVIS_LIB_POLICY_READ_READER_H

#include <stddef.h>

#include "lib/base/diag.h"
#include "lib/policy/read/config.h"

enum {
	READER_NO = 0,
	READER_MAYBE = 20,	/**< words of it, that others have too */
	READER_LIKELY = 60,
	READER_SURE = 100,	/**< its own header */
	READER_DETECT_LEN = 65536,	/**< bytes that detect() is shown */
};

struct policy_reader {
	const char *name;	/**< as --from takes it: "ios" */
	const char *suffix;	/**< of files of its kind: "ios" */
	const char *title;
	/** How surely is this text of the dialect: READER_NO .. READER_SURE */
	int (*detect)(const char *text, size_t len);
	/**
	 * Read the whole text.
	 * @param c   empty, file is set; filled; borrows `text`
	 * @param dl  what makes the text useless, as errors (binary, no list
	 *            in it is none of them)
	 * @return 0; EBADMSG when dl got an error; ENOMEM; EOVERFLOW
	 */
	int (*read)(struct config *c, const char *text, size_t len,
		    struct diag_list *dl);
};

/** Ends with NULL. */
extern const struct policy_reader *const policy_readers[];

const struct policy_reader *policy_reader_find(const char *name);
/** The surest one, or NULL: none is */
const struct policy_reader *policy_reader_detect(const char *text, size_t len);

/** Read with the named reader, or with the one detected (name NULL). Binary
 *  and empty files are refused here, with an entry in dl that says what to do.
 *  @return as read(); ENOENT: no such reader, or none fits */
int policy_read(struct config *c, const char *name, const char *file,
		const char *text, size_t len, struct diag_list *dl);

#endif
