/**
 * A recorded clip in memory: coded access units ready to send, and its sound
 * both as recorded and as samples. MP4 (MOV) and Annex B files.
 *
 * The whole file is read when it is opened, so that what happens to it later
 * cannot disturb a call.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_CLIP_H
#define VISAVIS_DAEMONS_MEDIA_CLIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "lib/h264/sps.h"

enum { CLIP_MAX = 512 << 20, CLIP_PACKETS_MAX = 1 << 20 };

struct clip_packet {
	size_t off;
	size_t len;
	int64_t pts_us;		/**< from the clip's start */
	int64_t dts_us;
	bool key;
};

struct clip_track {
	struct clip_packet *v;
	size_t n;
	size_t cap;
};

struct clip {
	uint8_t *data;
	size_t len;
	size_t cap;
	struct clip_track video;	/**< Annex B; parameter sets before IDRs */
	struct clip_track audio;	/**< packets, when audio_opus */
	bool audio_opus;
	int16_t *pcm;			/**< 48 kHz, one channel; or NULL */
	size_t npcm;
	size_t pcm_cap;
	struct h264_sps sps;
	uint8_t sets[512];		/**< SPS and PPS, Annex B */
	size_t sets_len;
	unsigned fps;			/**< rounded */
	int64_t duration_us;
	bool truncated;			/**< less was there than the file says */
	int fd;				/**< kept to notice changes */
	off_t size;
	struct timespec mtime;
};

/**
 * @param path  "/dir/clip.mp4"
 * @param why   what is wrong, when it fails: a line for a person
 * @return 0, ENOENT and others of open(2), EBADMSG (not such a file, or
 *         without an IDR picture), EFBIG, ENOMEM
 */
int clip_open(struct clip **cp, const char *path, char *why, size_t whysize);
void clip_free(struct clip *c);

/** Was the file changed since it was read? */
bool clip_changed(const struct clip *c);

/** Index of the first key picture at or after i; video.n when there is none. */
size_t clip_next_key(const struct clip *c, size_t i);

/** Samples from media time `us` on, looped. */
void clip_pcm(const struct clip *c, int64_t us, int16_t *pcm, size_t n);

#endif
