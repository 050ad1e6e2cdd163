#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/output.h"
#include "lab/service/clips.h"

/* What a made clip is: 1080p30 at 4 Mb/s, in a loop. */
#define CLIP_SIZE "1920x1080"
#define CLIP_FPS "30"
#define CLIP_BITRATE "4000000"
#define CLIP_SECONDS "10"

enum { MAKE_MS = 300000 };


/* The name in "file:NAME" when it is ours to provide, or NULL. */
static const char *clip_name(const struct site_host *h, const char *key)
{
	const char *v = site_host_setting(h, key, "");

	if (strncmp(v, "file:", 5) || v[5] == '/' || !v[5])
		return NULL;

	return v + 5;
}


static bool link_beside(struct lab *lab, const char *name, const char *at)
{
	const char *slash = strrchr(lab->path.site, '/');
	const char *own = lab_str(lab, "%.*s/%s", (int)(slash - lab->path.site), lab->path.site,
				  name);

	if (access(own, R_OK))
		return false;
	(void)unlink(at);

	return !symlink(own, at);
}


/* A clip made with the same parameters in an earlier run. */
static bool cached(struct lab *lab, const char *at, const char *how)
{
	char buf[512] = "";
	FILE *f = fopen(lab_str(lab, "%s.made", at), "re");

	if (!f)
		return false;
	if (!fgets(buf, sizeof(buf), f))
		buf[0] = '\0';
	(void)fclose(f);

	return !strcmp(buf, how) && !access(at, R_OK);
}


static bool made(void *arg)
{
	return lab_child_done(arg, NULL);
}


static int make(struct lab *lab, const char *room, const char *at, const char *how)
{
	const char *part = lab_str(lab, "%s.part.mp4", at);
	const char *const argv[] = {
		"visavis-media", "--make", part, "--name", room, "--size", CLIP_SIZE, "--fps",
		CLIP_FPS, "--bitrate", CLIP_BITRATE, "--seconds", CLIP_SECONDS, NULL};
	struct lab_step *st = lab_step_begin(lab, LAB_START, "%s: makes its clip", room);
	struct lab_child *c = NULL;
	int err = lab_spawn(&c, lab, NULL, "visavis-media", argv);

	if (!err)
		c->expected = true;
	if (!err)
		err = lab_wait(lab, made, c, MAKE_MS, "the clip");
	if (err && c)
		lab_child_stop(lab, c);
	if (err)
		return lab_step_end(lab, st, err, NULL);
	if (!WIFEXITED(c->status) || WEXITSTATUS(c->status))
		return lab_step_end(lab, st, ECHILD, "visavis-media %s%s",
				    lab_child_end_str(lab, c), lab_child_tail(lab, c));
	if (rename(part, at))
		err = errno;
	if (!err)
		err = output_write(lab_str(lab, "%s.made", at), 0644, how);

	return lab_step_end(lab, st, err, err ? NULL : CLIP_SIZE ", " CLIP_SECONDS " s");
}


static int provide(struct lab *lab, const struct lab_node *n, const char *key)
{
	const char *name = clip_name(n->host, key);
	const char *at = name ? lab_str(lab, "%s/%s", lab->path.media, name) : NULL;
	const char *how = lab_str(lab, "%s " CLIP_SIZE "@" CLIP_FPS " " CLIP_BITRATE " "
				  CLIP_SECONDS, n->name);

	if (!name)
		return 0;
	if (strstr(name, "..") || strchr(name, '/')) {
		lab_say(lab, "%s: %s: file:%s: give an absolute path, or a file's name alone",
			n->name, key, name);
		return EINVAL;
	}
	if (link_beside(lab, name, at) || cached(lab, at, how))
		return 0;

	return make(lab, n->name, at, how);
}


int clips_make(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; !err && i < lab->nnodes; i++) {
		const struct lab_node *n = &lab->nodes[i];

		if (!lab_node_has_role(n, "codec"))
			continue;
		err = provide(lab, n, "source-video");
		if (!err)
			err = provide(lab, n, "source-audio");
	}

	return err;
}
