#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/siteload.h"
#include "lib/yaml/tree.h"


static int complain(struct diag_list *dl, struct arena *a, const char *path, int err)
{
	const char *file = arena_strdup(a, path);

	diag_error(dl, ((struct diag_pos){ file, 0, 0 }), "cannot read: %s%s", strerror(err),
		   err == EFBIG ? " (4 MB at most)" : "");
	return err;
}


static int read_all(int fd, char *buf, size_t *len)
{
	*len = 0;
	for (;;) {
		ssize_t n = read(fd, buf + *len, YAML_TEXT_MAX + 1 - *len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return 0;
		*len += (size_t)n;
		if (*len > YAML_TEXT_MAX)
			return EFBIG;
	}
}


static int open_text(const char *path, int *fd)
{
	struct stat st;

	if (!strcmp(path, "-")) {
		*fd = STDIN_FILENO;
		return 0;
	}
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (*fd < 0)
		return errno;
	if (!fstat(*fd, &st) && S_ISDIR(st.st_mode)) {
		(void)close(*fd);
		return EISDIR;
	}
	return 0;
}


int siteload_text(char **text, size_t *len, struct arena *a, const char *path,
		  struct diag_list *dl)
{
	int fd, err;

	err = open_text(path, &fd);
	if (err)
		return complain(dl, a, path, err);

	*text = arena_alloc(a, YAML_TEXT_MAX + 1);
	err = *text ? read_all(fd, *text, len) : ENOMEM;
	if (fd != STDIN_FILENO)
		(void)close(fd);
	return err ? complain(dl, a, path, err) : 0;
}


int siteload_path(char *buf, size_t size, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	int dir = slash && path[0] != '/' ? (int)(slash - file) + 1 : 0;
	int n = snprintf(buf, size, "%.*s%s", dir, file, path);

	return n < 0 || (size_t)n >= size ? ENAMETOOLONG : 0;
}


static int siteload_matrix(struct flow_matrix *m, struct arena *a, const char *path,
		    struct diag_list *dl)
{
	char *text;
	size_t len;
	int err = siteload_text(&text, &len, a, path, dl);

	return err ? err : flow_matrix_parse(m, a, text, len, path, dl);
}


static int matrices_read(struct site *s, struct arena *a, const char *path,
			 struct diag_list *dl)
{
	int err = 0;

	for (size_t i = 0; i < s->nmatrix_files; i++) {
		char file[4096];
		int e = siteload_path(file, sizeof(file), path, s->matrix_files[i]);

		if (!e)
			e = siteload_matrix(&s->matrices[s->nmatrices], a, file, dl);
		if (!e)
			s->nmatrices++;
		else if (!err)
			err = e;
	}
	return err;
}


int siteload_read(struct site *s, struct arena *a, const char *path,
		  struct diag_list *dl)
{
	char *text;
	size_t len;
	int err, e;

	memset(s, 0, sizeof(*s));
	err = siteload_text(&text, &len, a, path, dl);
	if (err)
		return err;
	err = site_parse(s, a, text, len, path, dl);
	if (err && err != EBADMSG)
		return err;

	/* With a broken matrix its roles are unknown: no blame for using them. */
	if (s->nmatrix_files) {
		e = matrices_read(s, a, path, dl);
		if (!e)
			e = site_check(s, dl);
		err = err ? err : e;
	}
	diag_sort(dl);
	return err;
}


void siteload_print(FILE *f, const struct diag_list *dl)
{
	for (size_t i = 0; i < dl->n; i++) {
		const struct diag *d = &dl->v[i];

		(void)fprintf(f, "%s:", d->pos.file ? d->pos.file : "?");
		if (d->pos.line)
			(void)fprintf(f, "%u:", d->pos.line);
		if (d->pos.line && d->pos.col)
			(void)fprintf(f, "%u:", d->pos.col);
		(void)fprintf(f, " %s%s\n", d->level == DIAG_WARNING ? "warning: " : "", d->msg);
	}
	if (dl->dropped)
		(void)fprintf(f, "and %zu more\n", dl->dropped);
}
