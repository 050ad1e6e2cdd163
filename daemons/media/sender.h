/**
 * The sending half of a stream: a thread that asks the source for frames at
 * their time, encodes them unless they are coded already, and hands them to
 * the session.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_SENDER_H
#define VISAVIS_DAEMONS_MEDIA_SENDER_H

#include <stdatomic.h>

#include "daemons/media/coding/encoder.h"
#include "daemons/media/ends/shots.h"
#include "daemons/media/ends/source.h"
#include "daemons/media/worker.h"

/** Where a clip stands: picture and sound of one file share it, so that both
 *  jump together when a key frame is asked for. */
struct timeline {
	pthread_mutex_t mu;
	uint64_t origin_us;	/**< when the clip's time 0 was (or would be) */
};

void timeline_init(struct timeline *t);
void timeline_start(struct timeline *t, uint64_t now_us);
uint64_t timeline_origin(struct timeline *t);
void timeline_jump(struct timeline *t, int64_t forward_us);

struct sender {
	struct worker w;
	enum media_kind kind;
	unsigned id;
	struct source *src;		/**< borrowed */
	struct timeline *tl;		/**< borrowed */
	struct session_stream *st;	/**< borrowed; set before the start */
	struct h264enc *venc;		/**< borrowed */
	struct audioenc *aenc;		/**< owned */
	struct picture *pic;		/**< owned */
	struct shots *shots;		/**< borrowed; NULL: none */
	struct shots_clock shot;
	struct format format;		/**< of what is encoded */
	bool packets;			/**< clip's coded frames as they are */
	char call_id[128];
	atomic_bool want_key;
	uint64_t key_sent_us;
	bool failed;			/**< said so already */
};

int sender_start(struct sender *s);
void sender_stop(struct sender *s);
/** From any thread: the next picture is to be a key picture. */
void sender_keyframe(struct sender *s);

/** The loops, one file each. */
void sender_run_clip_video(struct sender *s);
void sender_run_clip_audio(struct sender *s);

/** Hand a frame to the session. */
void sender_push(struct sender *s, const uint8_t *data, size_t len, uint64_t capture_us, bool key);
/** Tell once per trouble, not once per frame. */
void sender_trouble(struct sender *s, const char *why);

#endif
