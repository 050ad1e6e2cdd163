/**
 * Sources: where the pictures and the sound that we send come from.
 *
 * All is opened and warmed up in source_open(), before the process gives up
 * its rights; a call only starts to ask for frames.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SOURCE_H
#define VISAVIS_DAEMONS_MEDIA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemons/media/coding/clip.h"
#include "daemons/media/coding/format.h"
#include "daemons/media/picture/picture.h"
#include "daemons/media/session/session.h"

struct source;

struct media_source_ops {
	const char *name;	/**< what stands before the colon */
	enum media_kind kind;
	/** @param arg  what stands after the colon, or ""
	 *  @param why  filled on failure: one line for a person */
	int (*open)(struct source **sp, const char *arg, const char *host, char *why, size_t size);
	void (*close)(struct source *s);
	/** Video, not coded: fill p, of s->format's size, as captured at
	 *  `us`. May block for one frame time. @return 0, EAGAIN, EIO */
	int (*picture)(struct source *s, struct picture *p, uint64_t us);
	/** Audio, not coded: 20 ms, one channel, 48 kHz, beginning at `us`.
	 *  May block until they are there. @return 0, EAGAIN, EIO */
	int (*pcm)(struct source *s, int16_t *pcm, uint64_t us);
	/** Another size, within the source's own. NULL: only its own. */
	int (*resize)(struct source *s, unsigned w, unsigned h);
	bool live;		/**< pcm() waits by itself for a device */
};

/** What every source begins with. */
struct source {
	const struct media_source_ops *ops;
	struct format format;		/**< video; bitrate is not used */
	struct clip *clip;		/**< file: sent as it is; else NULL */
	char path[256];			/**< file: its name, for messages */
	bool open_failed;		/**< a slate stands in for it */
};

extern const struct media_source_ops source_pattern_video, source_pattern_audio;
extern const struct media_source_ops source_file_video, source_file_audio;
extern const struct media_source_ops source_camera, source_alsa;
extern const struct media_source_ops source_slate;

/**
 * Open "pattern:1280x720@30", "file:/a.mp4", "none", ...
 *
 * @param sp   NULL for "none"
 * @param why  not empty when something is wrong. For video a slate that says
 *             so then stands in, and 0 is returned all the same
 * @return 0; EINVAL: no such source
 */
int source_open(struct source **sp, enum media_kind kind, const char *spec, const char *host, char *why, size_t size);
void source_close(struct source *s);

#endif
