/* The report as files, and what is said when they cannot be written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/report/report.h"
#include "lab/report/report_int.h"

enum { PATH_LEN = 1024, WHY = PATH_LEN + 128 };


/** Write through a file beside it, so that a reader never sees half. */
static int file_write(const char *dir, const char *name, const char *text)
{
	char path[PATH_LEN], tmp[PATH_LEN + 16];
	FILE *f;
	int err = 0;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		return ENAMETOOLONG;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	f = fopen(tmp, "we");
	if (!f)
		return errno;

	if (fputs(text, f) < 0)
		err = errno;
	if (fclose(f) && !err)
		err = errno;
	if (!err && rename(tmp, path))
		err = errno;
	if (err)
		(void)unlink(tmp);

	return err;
}


static int page_write(json_t *report, const char *dir)
{
	struct sbuf sb = {0};
	int err = report_page(&sb, report, dir);

	if (!err)
		err = file_write(dir, "report.html", sbuf_str(&sb));
	sbuf_reset(&sb);
	return err;
}


static int json_write(json_t *report, const char *dir)
{
	char *text = json_dumps(report, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	int err = text ? file_write(dir, "report.json", text) : ENOMEM;

	free(text);
	return err;
}


/** What cannot be shown is not passed, and an older report is not this one */
static void not_written(json_t *report, const char *dir, int err)
{
	static const char *const files[] = {"report.html", "report.json"};
	char text[WHY], path[PATH_LEN];

	(void)snprintf(text, sizeof(text), "The report cannot be written to "
		       "%.800s: %s%s", dir, strerror(err), err == ENOSPC
		       ? "; make room there, or name another folder with --out"
		       : "");
	json_object_set_new(report, "verdict", json_pack("{s:b, s:o}", "ok", 0,
			    "text", report_string(text)));

	for (size_t i = 0; i < 2; i++)
		if (snprintf(path, sizeof(path), "%s/%s", dir, files[i]) <
		    (int)sizeof(path))
			(void)unlink(path);
}


int report_write(json_t *report, const char *dir, FILE *f)
{
	char page[PATH_LEN];
	int err = page_write(report, dir);

	if (!err)
		err = json_write(report, dir);
	if (err)
		not_written(report, dir, err);

	(void)snprintf(page, sizeof(page), "%s/report.html", dir);
	if (f)
		report_text(f, report, err ? NULL : page);

	return err;
}
