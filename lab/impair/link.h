/**
 * One end of the forwarder: an interface's frames as they are, with the
 * kernel's own times of their arrival and departure. Linux.
 */
#ifndef VISAVIS_LAB_IMPAIR_LINK_H
#define VISAVIS_LAB_IMPAIR_LINK_H

#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINK_FRAME_MAX = 65536 + 18,
	LINK_HEAD = sizeof(struct virtio_net_hdr),	/**< before each frame */
};

struct link {
	const char *name;
	int fd;			/**< for epoll; -1: not open */
	uint32_t key;		/**< of the next frame sent */
	uint64_t missed;	/**< frames that the kernel had no room for */
};

/** A frame that came. What the kernel has yet to do to it (a checksum, the
 *  cutting of a large one) is in the LINK_HEAD bytes before it. */
struct link_frame {
	uint8_t *p;		/**< head, then frame; in the caller's buffer */
	size_t len;		/**< of both */
	int64_t rx_ns;		/**< CLOCK_REALTIME, by the kernel; 0: none */
};

/** Called for each frame that left. */
typedef void link_sent_h(uint32_t key, int64_t tx_ns, void *arg);

/**
 * Take an interface: up, in promiscuous mode while open, with offloads off
 * and without IPv6 of its own. The kernel hears its frames too, but an
 * interface without addresses answers nothing.
 * @return 0 or errno (ENODEV: no such interface)
 */
int link_open(struct link *l, const char *name);
void link_close(struct link *l);

/** @param buf  LINK_HEAD + LINK_FRAME_MAX bytes
 *  @return 0, EAGAIN: nothing there, or errno */
int link_recv(struct link *l, struct link_frame *f, uint8_t *buf);

/** @param p     head and frame as they came
 *  @param key   set: under what its departure will be told
 *  @return 0 or errno; then no departure is told, of earlier ones neither */
int link_send(struct link *l, const uint8_t *p, size_t len, uint32_t *key);

/** Tell of the departures that the kernel has noted since the last call. */
void link_sent(struct link *l, link_sent_h *sent_h, void *arg);

/** Add up what the kernel had no room for. */
void link_count_missed(struct link *l);

#endif
