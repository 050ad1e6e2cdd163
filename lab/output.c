#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/ctl.h"
#include "io/program.h"
#include "lab/output.h"

#define MARKER ".visavis-lab"

/* What the programs take, less what the lab puts behind it. */
enum { OUT_MAX = 160 };


int output_mkdir(const char *path)
{
	char buf[PATH_MAX];
	size_t len = strlen(path);

	if (len >= sizeof(buf))
		return ENAMETOOLONG;
	memcpy(buf, path, len + 1);
	for (char *p = buf + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return errno;
		*p = '/';
	}

	return mkdir(buf, 0755) && errno != EEXIST ? errno : 0;
}


int output_write(const char *path, unsigned mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	size_t len = strlen(text);
	int err = 0;

	if (fd < 0)
		return errno;
	for (size_t at = 0; !err && at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0 && errno != EINTR)
			err = errno;
		if (n > 0)
			at += (size_t)n;
	}
	if (close(fd) && !err)
		err = errno;

	return err;
}


/* Our programs lie beside us when installed, in folders of their own in a
 * build tree. */
static const char *bin_folders(struct lab *lab)
{
	static const char *const build[] = {"daemons/codec", "daemons/media",
					    "daemons/callcontrol", "daemons/sla", "lab"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dirs;
	char *p;

	if (n <= 0)
		return "";
	self[n] = '\0';
	p = strrchr(self, '/');
	if (p)
		*p = '\0';
	dirs = lab_str(lab, "%s", self);
	p = strstr(self, "/tools/visavis");
	for (size_t i = 0; p && !p[strlen("/tools/visavis")] && i < sizeof(build) / sizeof(build[0]); i++)
		dirs = lab_str(lab, "%s:%.*s/%s", dirs, (int)(p - self), self, build[i]);

	return dirs;
}


static const char *absolute(struct lab *lab, const char *path)
{
	char cwd[PATH_MAX];

	if (*path == '/' || !getcwd(cwd, sizeof(cwd)))
		return lab_str(lab, "%s", path);

	return lab_str(lab, "%s/%s", cwd, path);
}


int output_name(struct lab *lab)
{
	struct lab_paths *p = &lab->path;

	p->out = absolute(lab, lab->opt.out ? lab->opt.out
			  : lab_str(lab, "out/%s", lab->site.name));
	p->site = absolute(lab, lab->opt.site_path);
	p->state = lab_str(lab, "%s/state", p->out);
	p->log = lab_str(lab, "%s/log", p->out);
	p->run = lab_str(lab, "%s/run", p->out);
	p->media = lab_str(lab, "%s/media", p->out);
	p->pictures = lab_str(lab, "%s/pictures", p->out);
	p->capture = lab_str(lab, "%s/capture", p->out);
	p->paths = lab_str(lab, "%s/paths", p->out);
	p->site_in = lab_str(lab, "%s/site.yaml", p->media);
	p->ca = lab_str(lab, "%s/" STATE_CA, p->state);
	p->run_in = CTL_RUN;
	p->bin = bin_folders(lab);
	if (strchr(p->out, '"') || strchr(p->out, '\n') || strlen(p->out) > OUT_MAX) {
		(void)fprintf(stderr, "visavis lab: %s: give a plainer name with --out, of at most %d bytes\n",
			      p->out, OUT_MAX);
		return EINVAL;
	}

	return *p->bin ? 0 : ENOMEM;
}


static int wipe_h(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path) && errno != ENOENT ? errno : 0;
}


static int wipe(const char *dir)
{
	int err = nftw(dir, wipe_h, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	if (err < 0)
		err = errno == ENOENT ? 0 : errno;

	return err ? err : output_mkdir(dir);
}


/* Only a folder that we made is cleared. */
static int take_marked(struct lab *lab)
{
	const char *marker = lab_str(lab, "%s/" MARKER, lab->path.out);

	if (!access(marker, F_OK))
		return 0;
	if (rmdir(lab->path.out)) {
		if (errno != ENOTEMPTY && errno != EEXIST)
			return errno;
		(void)fprintf(stderr, "visavis lab: %s holds other files; give an empty or new "
			      "folder with --out\n", lab->path.out);
		return ENOTEMPTY;
	}
	if (mkdir(lab->path.out, 0755))
		return errno;

	return output_write(marker, 0644, "made by visavis lab; cleared at the next run\n");
}


static int clear(struct lab *lab)
{
	const char *const dirs[] = {lab->path.state, lab->path.log, lab->path.run,
				    lab->path.pictures, lab->path.capture, lab->path.paths};
	const char *const files[] = {"report.html", "report.json"};
	int err = output_mkdir(lab->path.media);

	for (size_t i = 0; !err && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		err = wipe(dirs[i]);
	for (size_t i = 0; i < 2; i++)
		(void)unlink(lab_str(lab, "%s/%s", lab->path.out, files[i]));

	return err;
}


int output_take(struct lab *lab, int *lock)
{
	int err = output_mkdir(lab->path.out);

	*lock = -1;
	if (!err)
		err = take_marked(lab);
	if (err == ENOTEMPTY)
		return err;
	if (!err) {
		*lock = open(lab_str(lab, "%s/" MARKER, lab->path.out), O_RDONLY | O_CLOEXEC);
		err = *lock < 0 ? errno : 0;
	}
	if (!err && flock(*lock, LOCK_EX | LOCK_NB)) {
		(void)fprintf(stderr, "visavis lab: site %s is already up in %s; "
			      "\"visavis lab down %s\" ends it\n", lab->site.name, lab->path.out,
			      lab->opt.site_path);
		return EBUSY;
	}
	if (!err)
		err = clear(lab);
	if (err)
		(void)fprintf(stderr, "visavis lab: cannot write to %s: %s; remove it, or give "
			      "another folder with --out\n", lab->path.out, strerror(err));

	return err;
}


void output_leave(struct lab *lab)
{
	(void)wipe(lab->path.run);
}
