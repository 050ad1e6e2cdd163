/**
 * Checks of a text's bytes before it is read as YAML.
 */
#ifndef VISAVIS_LIB_YAML_TEXT_H
#define VISAVIS_LIB_YAML_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/diag.h"

/**
 * Report what no YAML text may hold: bytes that are not UTF-8 (RFC 3629),
 * NUL and other control characters, tabs that indent. One entry a line.
 * Columns count characters.
 * @return true when the text is clean
 */
bool yaml_text_check(const char *text, size_t len, const char *file,
		     struct diag_list *dl);

#endif
