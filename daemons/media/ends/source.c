#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/media/ends/source.h"

static const struct media_source_ops *const table[] = {
	&source_pattern_video, &source_pattern_audio, &source_file_video, &source_file_audio, &source_camera,
	&source_alsa,
};


static const struct media_source_ops *find(enum media_kind kind, const char *spec, size_t len)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i]->kind == kind && strlen(table[i]->name) == len && !strncmp(table[i]->name, spec, len))
			return table[i];
	return NULL;
}


int source_open(struct source **sp, enum media_kind kind, const char *spec, const char *host, char *why, size_t size)
{
	const char *arg = spec + strcspn(spec, ":");
	const struct media_source_ops *ops = find(kind, spec, (size_t)(arg - spec));
	int err;

	*sp = NULL;
	why[0] = '\0';
	if (!strcmp(spec, "none"))
		return 0;
	if (!ops) {
		(void)snprintf(why, size, "%s: no such %s source: use %s", spec, kind == MEDIA_VIDEO ? "video" : "audio",
			       kind == MEDIA_VIDEO ? "pattern[:WxH@FPS], file:PATH, camera:/dev/videoN or none"
						   : "pattern, file:PATH, alsa:DEVICE or none");
		return EINVAL;
	}
	err = ops->open(sp, *arg ? arg + 1 : arg, host, why, size);
	if (!err)
		return 0;
	if (!why[0])
		(void)snprintf(why, size, "%s: %s", spec, strerror(err));
	if (err == EINVAL)
		return EINVAL;
	if (kind == MEDIA_VIDEO && !source_slate.open(sp, "", host, why, size))
		(*sp)->open_failed = true;
	return 0;
}


void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}
