/** Inside a call; see call.h. */
#ifndef VISAVIS_DAEMONS_MEDIA_CALL_PRIV_H
#define VISAVIS_DAEMONS_MEDIA_CALL_PRIV_H

#include "daemons/media/call.h"
#include "daemons/media/player.h"
#include "daemons/media/sender.h"

struct stream {
	struct call *call;
	struct ipc_stream cfg;
	struct session_stream *st;
	struct sender sender;
	struct player player;
	bool sends;			/**< there is something to send */
	struct source *own_source;	/**< made for this call: transcode, slate */
};

struct call {
	struct media *m;
	char id[128];
	struct session *session;
	struct lipsync sync;
	struct stream v[IPC_STREAMS_MAX];
	size_t n;
};

/** Choose what is sent and how; nothing runs yet. */
int call_sender_open(struct stream *s);
void call_sender_close(struct stream *s);

#endif
