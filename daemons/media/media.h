/**
 * The process as a whole: what init opened and what a call uses.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_MEDIA_H
#define VISAVIS_DAEMONS_MEDIA_MEDIA_H

#include <stdio.h>

#include "daemons/media/coding/decoder.h"
#include "daemons/media/coding/encoder.h"
#include "daemons/media/ends/shots.h"
#include "daemons/media/ends/sink.h"
#include "daemons/media/ends/source.h"
#include "daemons/media/ipc.h"
#include "daemons/media/sandbox.h"
#include "daemons/media/sender.h"

struct call;

struct media {
	struct ipc_init cfg;
	bool ready;
	int dirfd;			/**< pictures go here; -1: nowhere */
	char dir[300];
	FILE *frames;			/**< frames.tsv, or NULL */
	struct source *vsrc;		/**< NULL: none */
	struct source *asrc;
	char vsrc_why[512];		/**< what is wrong with it, or "" */
	char asrc_why[512];
	struct sink *vsink;
	struct sink *asink;
	struct timeline tl;
	struct h264enc *venc;		/**< warm, when no call has it */
	struct h264dec *vdec;
	struct picture *pic;		/**< the encoder's input, of its size */
	struct shots *shots;
	struct call *call;
	enum sandbox_mode sandbox;
};

/** Serve the parent on descriptor fd until it says quit or goes away.
 *  @return exit status */
int media_serve(int fd, enum sandbox_mode sandbox);

/** Open what init asks for. @param why  filled on failure */
int media_open(struct media *m, char *why, size_t size);
void media_close(struct media *m);

/** The answer to init: what we can send and take. */
json_t *media_capabilities(const struct media *m);

#endif
