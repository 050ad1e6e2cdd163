#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/media/ends/sink.h"

static const struct media_sink_ops *const table[] = { &sink_window, &sink_alsa, &sink_file };


int sink_open(struct sink **sp, enum media_kind kind, const char *spec, const char *title, char *why, size_t size)
{
	size_t len = strcspn(spec, ":");

	*sp = NULL;
	why[0] = '\0';
	if (!strcmp(spec, "none") || (kind == MEDIA_VIDEO && !strcmp(spec, "picture")))
		return 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i]->kind == kind && strlen(table[i]->name) == len && !strncmp(table[i]->name, spec, len))
			return table[i]->open(sp, spec[len] ? spec + len + 1 : "", title, why, size);
	(void)snprintf(why, size, "%s: no such %s sink: use %s", spec, kind == MEDIA_VIDEO ? "video" : "audio",
		       kind == MEDIA_VIDEO ? "window, picture or none" : "alsa:DEVICE, file:PATH or none");
	return EINVAL;
}


void sink_close(struct sink *s)
{
	if (s)
		s->ops->close(s);
}
