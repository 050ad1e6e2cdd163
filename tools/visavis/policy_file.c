#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/siteload.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

enum { FILE_MAX = 1 << 30 };


/** What cannot be mapped, a pipe, is read into memory. */
static int read_all(struct policy_file *f, int fd)
{
	size_t cap = 0;

	for (;;) {
		ssize_t n;

		if (f->len == cap) {
			char *more;

			if (cap >= FILE_MAX)
				return EFBIG;
			cap = cap ? cap * 2 : 65536;
			more = realloc(f->text, cap);
			if (!more)
				return ENOMEM;
			f->text = more;
		}
		n = read(fd, f->text + f->len, cap - f->len);
		if (n < 0)
			return errno;
		if (!n)
			return 0;
		f->len += (size_t)n;
	}
}


/** Mapped, a file of hundreds of megabytes costs no memory of ours. */
static int map_file(struct policy_file *f, const char *path)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	struct stat st;
	void *p;
	int err = 0;

	if (fd < 0 || fstat(fd, &st))
		return errno;
	if (S_ISDIR(st.st_mode))
		err = EISDIR;
	else if (!S_ISREG(st.st_mode))
		err = read_all(f, fd);
	else if (st.st_size > FILE_MAX)
		err = EFBIG;
	else if (st.st_size) {
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			err = errno;
		} else {
			f->text = p;
			f->len = (size_t)st.st_size;
			f->mapped = true;
		}
	}

	if (fd != STDIN_FILENO)
		(void)close(fd);
	return err;
}


void policy_put_readers(FILE *f)
{
	(void)fprintf(f, "\nDialects:\n");
	for (size_t i = 0; policy_readers[i]; i++)
		(void)fprintf(f, "  %-14s %s\n", policy_readers[i]->name, policy_readers[i]->title);
}


int policy_file_read(struct policy_file *f, const char *path, const char *from)
{
	struct diag_list dl = {0};
	int err = map_file(f, path);

	if (err) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(err));
		return EXIT_USAGE;
	}
	if (!f->len) {
		(void)fprintf(stderr, "%s: is empty; give the configuration as the device "
			      "shows it\n", path);
		return EXIT_USAGE;
	}

	err = policy_read(&f->config, from, path, f->text, f->len, &dl);
	diag_sort(&dl);
	siteload_print(stderr, &dl);
	if (err && !dl.errors)
		(void)fprintf(stderr, "%s: %s\n", path, err == EOVERFLOW ?
			      "has more rules than this program takes" : strerror(err));
	if (!err)
		f->reader = policy_reader_find(f->config.dialect);
	diag_reset(&dl);
	return err ? EXIT_USAGE : EXIT_OK;
}


void policy_file_close(struct policy_file *f)
{
	config_reset(&f->config);
	if (f->mapped)
		(void)munmap(f->text, f->len);
	else
		free(f->text);
	*f = (struct policy_file){0};
}
