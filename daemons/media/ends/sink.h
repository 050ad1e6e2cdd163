/**
 * Sinks: where decoded pictures and sound go.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SINK_H
#define VISAVIS_DAEMONS_MEDIA_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "daemons/media/picture/picture.h"
#include "daemons/media/session/session.h"

struct sink;

struct media_sink_ops {
	const char *name;
	enum media_kind kind;
	int (*open)(struct sink **sp, const char *arg, const char *title, char *why, size_t size);
	void (*close)(struct sink *s);
	/** Show one picture now. */
	int (*show)(struct sink *s, const struct picture *p);
	/** Play samples of one channel; may block while the device is full.
	 *  @param delay_us  out: from now to the first sample's sound */
	int (*play)(struct sink *s, const int16_t *pcm, size_t n, unsigned rate, unsigned *delay_us);
};

struct sink {
	const struct media_sink_ops *ops;
};

extern const struct media_sink_ops sink_window, sink_alsa, sink_file;

/**
 * "window", "alsa:DEVICE", "file:PATH" (WAV, at most 1 GB); "none" and "picture" need no sink and give NULL.
 * @return 0; EINVAL no such sink; others: why is filled
 */
int sink_open(struct sink **sp, enum media_kind kind, const char *spec, const char *title, char *why, size_t size);
void sink_close(struct sink *s);

#endif
