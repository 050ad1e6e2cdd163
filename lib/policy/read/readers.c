#include <errno.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/reader.h"

#define READER(name) extern const struct policy_reader policy_reader_##name;
#include "lib/policy/read/cisco/rows.inc"
#include "lib/policy/read/linux/rows.inc"
#include "lib/policy/read/other/rows.inc"
#include "lib/policy/read/pf/rows.inc"
#undef READER

const struct policy_reader *const policy_readers[] = {
#define READER(name) &policy_reader_##name,
#include "lib/policy/read/cisco/rows.inc"
#include "lib/policy/read/linux/rows.inc"
#include "lib/policy/read/other/rows.inc"
#include "lib/policy/read/pf/rows.inc"
#undef READER
	NULL,
};


const struct policy_reader *policy_reader_find(const char *name)
{
	for (size_t i = 0; policy_readers[i]; i++)
		if (!strcmp(policy_readers[i]->name, name))
			return policy_readers[i];

	return NULL;
}


const struct policy_reader *policy_reader_detect(const char *text, size_t len)
{
	const struct policy_reader *best = NULL;
	int sure = READER_NO;

	if (len > READER_DETECT_LEN)
		len = READER_DETECT_LEN;
	for (size_t i = 0; policy_readers[i]; i++) {
		int v = policy_readers[i]->detect(text, len);

		if (v > sure) {
			sure = v;
			best = policy_readers[i];
		}
	}

	return best;
}


/** Where the reader had to stop, when it says nothing of that itself */
static int blame_line(struct diag_list *dl, const struct config *c, const char *file, int err)
{
	struct diag_pos pos = { .file = file, .line = c->lines ? c->lines : 1 };

	if (err == ENOMEM && !dl->errors)
		diag_error(dl, pos, "the memory for a configuration ends here; keep what lies "
			   "before, or give the lists of one device at a time");
	else if (err == EOVERFLOW && !dl->errors)
		diag_error(dl, pos, "more than %d rules, or %d lists; give the lists of one device "
			   "at a time", CONFIG_RULES_MAX, CONFIG_LISTS_MAX);

	return err;
}


static bool is_json(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", text[i]))
		i++;
	return i < len && text[i] == '{';
}


/** No line that is too long goes by unsaid, whatever the reader made of it. */
static int note_long_lines(struct config *c, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	unsigned line = 1;
	int err = 0;

	while (!err && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct config_text raw = { p, (size_t)((nl ? nl : end) - p) };
		bool said = raw.n <= LINES_LEN_MAX;

		for (size_t i = 0; !said && i < c->nunknown; i++)
			said = c->unknown[i].line == line;
		if (!said)
			err = config_unknown(c, line, raw, "the line is longer than %d bytes",
					     LINES_LEN_MAX);
		p = nl ? nl + 1 : end;
		line++;
	}

	return err;
}


int policy_read(struct config *c, const char *name, const char *file,
		const char *text, size_t len, struct diag_list *dl)
{
	struct diag_pos pos = { .file = file, .line = 1 };
	const struct policy_reader *r;
	int err;

	c->file = file;
	if (lines_binary(text, len)) {
		diag_error(dl, pos, "is no text; give the configuration as the "
			   "device shows it");
		return EBADMSG;
	}
	r = name ? policy_reader_find(name) : policy_reader_detect(text, len);
	if (!r) {
		if (name)
			diag_error(dl, pos, "no dialect \"%s\"", name);
		else
			diag_error(dl, pos, "the dialect cannot be told; name it with --from");
		return ENOENT;
	}

	c->dialect = r->name;
	err = r->read(c, text, len, dl);
	if (!err && !is_json(text, len))
		err = note_long_lines(c, text, len);
	return blame_line(dl, c, file, err);
}
