/**
 * Messages of the parent, taken apart (docs/media-ipc.md). The parser trusts
 * nothing: a message is a foreign byte string.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_IPC_H
#define VISAVIS_DAEMONS_MEDIA_IPC_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemons/media/session/session.h"

enum { IPC_MESSAGE_MAX = 65536, IPC_STREAMS_MAX = 8, IPC_FDS_MAX = 2 * IPC_STREAMS_MAX };

struct ipc_init {
	char host[64];
	char out_dir[256];
	char video_source[256];
	char audio_source[256];
	char video_sink[64];
	char audio_sink[256];
	unsigned video_bitrate;
	bool log_frames;
};

struct ipc_stream {
	struct session_stream_config cfg;	/**< its strings point below; no
						  descriptors */
	char codec[16];
	char cname[128];
	char fmtp_tx[512];
	char fmtp_rx[512];
	char suite_tx[40];
	char suite_rx[40];
	unsigned channels;
};

struct ipc_start {
	char call_id[128];
	struct ipc_stream v[IPC_STREAMS_MAX];
	size_t n;
};

/** @param why  filled on error: what is wrong with which field
 *  @return 0, EBADMSG, EOVERFLOW */
int ipc_parse_init(struct ipc_init *m, const json_t *o, char *why, size_t size);
int ipc_parse_start(struct ipc_start *m, const json_t *o, char *why, size_t size);

/** "192.0.2.1:5004", "[2001:db8::1]:5004". @return 0 or EBADMSG */
int ipc_parse_addr(struct sockaddr_storage *ss, const char *s);

#endif
