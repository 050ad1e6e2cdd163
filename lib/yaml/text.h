/**
 * Checks of a text's bytes before it is read as YAML.
 */
#ifndef VISAVIS_LIB_YAML_TEXT_H
#define VISAVIS_LIB_YAML_TEXT_H

#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/diag.h"

/**
 * Report what no YAML text may hold: bytes that are not UTF-8 (RFC 3629),
 * NUL and other control characters, tabs that indent. One entry a line.
 * Columns count characters.
 *
 * @param clean  what to read on with: the text itself, or a copy in `a` with
 *               underscores for such bytes and guessed indentation
 * @return 0, EBADMSG when something was reported, ENOMEM
 */
int yaml_text_check(const char **clean, size_t *clean_len, struct arena *a,
		    const char *text, size_t len, const char *file,
		    struct diag_list *dl);

#endif
