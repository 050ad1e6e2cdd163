#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/proof/ring.h"

enum { RING_BLOCK = 1 << 16 };


static int ring_setup(struct ring *r)
{
	struct tpacket_req req = {
		.tp_block_size = RING_BLOCK,
		.tp_frame_size = (unsigned)r->frame_size,
		.tp_frame_nr = r->nframes,
	};
	size_t size = r->frame_size * r->nframes;
	int version = TPACKET_V2;

	req.tp_block_nr = (unsigned)(size / RING_BLOCK);
	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		return errno;

	r->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return errno;
	}

	return 0;
}


int ring_open(struct ring *r, int ifindex, uint16_t ethertype, bool l2,
	      size_t frame_size, unsigned nframes)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ethertype),
		.sll_ifindex = ifindex,
	};
	int err;

	memset(r, 0, sizeof(*r));
	r->frame_size = frame_size;
	r->nframes = nframes;

	/* protocol 0: nothing arrives before the ring is in place */
	r->fd = socket(AF_PACKET, (l2 ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC |
		       SOCK_NONBLOCK, 0);
	if (r->fd < 0)
		return errno;

	err = ring_setup(r);
	if (!err && bind(r->fd, (struct sockaddr *)&ll, sizeof(ll)))
		err = errno;
	if (err)
		ring_close(r);

	return err;
}


void ring_close(struct ring *r)
{
	if (r->map)
		(void)munmap(r->map, r->frame_size * r->nframes);
	if (r->fd >= 0)
		(void)close(r->fd);
	r->map = NULL;
	r->fd = -1;
}


static struct tpacket2_hdr *ring_head(struct ring *r)
{
	return (struct tpacket2_hdr *)(void *)
		(r->map + r->frame_size * r->next);
}


bool ring_peek(struct ring *r, struct ring_frame *f)
{
	struct tpacket2_hdr *h = ring_head(r);
	const struct sockaddr_ll *ll;

	if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
	      TP_STATUS_USER))
		return false;

	ll = (const void *)((const uint8_t *)h +
			    TPACKET_ALIGN(sizeof(struct tpacket2_hdr)));
	/* without an Ethernet header tp_mac equals tp_net */
	f->p = (const uint8_t *)h + h->tp_mac;
	f->len = h->tp_snaplen;
	f->wire_len = h->tp_len;
	f->t_ns = (uint64_t)h->tp_sec * 1000000000ULL + h->tp_nsec;
	f->vlan = h->tp_status & TP_STATUS_VLAN_VALID ? h->tp_vlan_tci : 0;
	f->outgoing = ll->sll_pkttype == PACKET_OUTGOING;
	f->ifindex = ll->sll_ifindex;
	return true;
}


void ring_release(struct ring *r)
{
	__atomic_store_n(&ring_head(r)->tp_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	r->next = (r->next + 1) % r->nframes;
}


unsigned ring_lost(struct ring *r)
{
	struct tpacket_stats st = {0};
	socklen_t len = sizeof(st);

	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		return 0;

	return st.tp_drops;
}
