/**
 * The receiving half of a stream: a thread that decodes, presents at the
 * right time and measures what came of it.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_PLAYER_H
#define VISAVIS_DAEMONS_MEDIA_PLAYER_H

#include <stdatomic.h>
#include <stdio.h>

#include "daemons/media/coding/decoder.h"
#include "daemons/media/dist.h"
#include "daemons/media/ends/shots.h"
#include "daemons/media/ends/sink.h"
#include "daemons/media/lipsync.h"
#include "daemons/media/picture/timecode.h"
#include "daemons/media/picture/tone.h"
#include "daemons/media/queue.h"
#include "daemons/media/worker.h"

/** What statistics need; read under mu. */
struct player_stats {
	uint64_t frames;	/**< decoded */
	uint64_t errors;	/**< access units that could not be decoded */
	unsigned width;
	unsigned height;
	double fps;		/**< over the last second or so */
	struct dist code;	/**< delay by time code, us */
	struct dist rtcp;	/**< delay by sender reports, us */
};

struct player {
	struct worker w;
	pthread_mutex_t mu;
	struct player_stats stats;
	enum media_kind kind;
	unsigned id;
	struct session_stream *st;	/**< borrowed; set before frames come */
	struct queue *q;
	struct lipsync *sync;		/**< borrowed */
	struct shots *shots;		/**< borrowed; NULL: none */
	struct shots_clock shot;
	struct sink *sink;		/**< borrowed; NULL: none */
	FILE *frames;			/**< borrowed; NULL: no hashes */
	struct h264dec *vdec;		/**< borrowed */
	struct audiodec *adec;		/**< owned */
	struct tone_detector tone;
	char call_id[128];
	atomic_bool resync;		/**< wait for a key frame */
	bool first_done;
	bool code_seen;
	uint64_t fps_from_us;
	uint64_t fps_frames;
	struct media_frame cur;		/**< being decoded; its data is ours */
};

int player_start(struct player *p);
void player_stop(struct player *p);

/** From the session's thread. */
void player_frame(struct player *p, const struct media_frame *f);

/** Copy of the numbers. */
void player_stats(struct player *p, struct player_stats *s);

/** The loops. */
void player_run_video(struct player *p);
void player_run_audio(struct player *p);

/** The first picture or sound is there: say so once. */
void player_first(struct player *p, const char *what);
/** Wait until a frame's time to be presented, within reason. */
void player_wait(struct player *p, uint64_t playout_us);

#endif
