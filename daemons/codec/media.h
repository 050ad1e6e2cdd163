/**
 * The media process: started before it is needed, started again when it
 * dies, spoken to as docs/media-ipc.md says.
 */
#ifndef VISAVIS_DAEMONS_CODEC_MEDIA_H
#define VISAVIS_DAEMONS_CODEC_MEDIA_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/sdp/negotiate.h"

struct media;

struct media_config {
	const char *path;	/**< visavis-media; looked up in PATH without a slash */
	const char *log;	/**< file for its events, or NULL */
	const char *host;
	json_t *init;		/**< the "init" message; the caller keeps it */
};

struct media_handlers {
	/** The process is ready, for the first time or again. */
	void (*ready_h)(const json_t *ready, void *arg);
	/** The process died, by itself or not able to start. */
	void (*died_h)(const char *how, void *arg);
	/** Something happened in it: "event" of docs/media-ipc.md. */
	void (*event_h)(const json_t *event, void *arg);
	void *arg;
};

/** Answer of the media process; NULL when it died first. */
typedef void(media_answer_h)(const json_t *answer, void *arg);

/** Start the process; mem_deref() ends it. */
int media_alloc(struct media **mp, const struct media_config *cfg,
		const struct media_handlers *h);

bool media_is_ready(const struct media *m);

/**
 * Send a message; descriptors travel with it and stay ours.
 *
 * @param msg  stolen
 * @param h    called once with the answer, or NULL
 * @return 0, ENOTCONN, ENOBUFS (too many unanswered), EMSGSIZE
 */
int media_send(struct media *m, json_t *msg, const int *fds, size_t nfds,
	       media_answer_h *h, void *arg);

/** Forget handlers with that argument. */
void media_forget(struct media *m, const void *arg);

/**
 * Read what the process can from "ready" into caps, payload types given.
 * @param audio  the sound codecs to take, best first: "opus,G722"
 * @return 0, or EBADMSG: nothing usable
 */
int media_caps(struct neg_caps *caps, const json_t *ready, const char *audio);

/** Streams as "start" and "update" carry them. NULL: out of memory. */
json_t *media_streams_json(const struct neg_result *res, const char *cname,
			   const uint32_t ssrc[3], uint32_t video_bitrate,
			   uint32_t audio_bitrate);

#endif
