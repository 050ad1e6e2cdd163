#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/sla/keyfile.h"
#include "io/log.h"


static void mistakes_log(const struct diag_list *dl)
{
	for (size_t i = 0; i < dl->n; i++)
		log_error("%s:%u:%u: %s", dl->v[i].pos.file, dl->v[i].pos.line, dl->v[i].pos.col, dl->v[i].msg);
}


int keyfile_read(struct sla_keys *k, const char *path)
{
	char text[SLA_KEYS_TEXT + 1];
	struct diag_list dl = {0};
	struct stat st;
	ssize_t n;
	/* a pipe must not keep us until somebody writes */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = fd < 0 ? errno : 0;

	n = err ? 0 : read(fd, text, sizeof(text));
	if (n < 0 || (!err && fstat(fd, &st)))
		err = errno;
	if (fd >= 0)
		(void)close(fd);
	if (err) {
		log_error("%s: %s", path, strerror(err));
	}
	else if (!S_ISREG(st.st_mode)) {
		log_error("%s is no file", path);
		err = EINVAL;
	}
	else if (st.st_mode & 077) {
		log_error("%s holds secrets and others may read it: chmod 600 it", path);
		err = EPERM;
	}
	else if ((size_t)n > SLA_KEYS_TEXT) {
		log_error("%s: longer than %d bytes", path, SLA_KEYS_TEXT);
		err = EFBIG;
	}
	else {
		err = sla_keys_parse(k, text, (size_t)n, path, &dl);
		mistakes_log(&dl);
	}
	diag_reset(&dl);
	explicit_bzero(text, sizeof(text));
	return err;
}
