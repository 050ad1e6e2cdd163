#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lab/impair/link.h"

enum { BUFFER = 8 << 20, VLAN_LEN = 4, MACS_LEN = 12 };


static int option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? errno : 0;
}


/* Large frames are cut before they leave, so that each is a packet. Drivers
 * without an offload say so; there is nothing to switch off then. */
static void offloads_off(int fd, const char *name)
{
	static const uint32_t commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value ev = {.cmd = commands[i], .data = 0};
		struct ifreq ifr = {.ifr_data = (char *)&ev};

		(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
		(void)ioctl(fd, SIOCETHTOOL, &ifr);
	}
}


static void ipv6_off(const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "1", 1);
	(void)close(fd);
}


static int interface_up(int fd, const char *name)
{
	struct ifreq ifr = {.ifr_flags = 0};

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return errno;
	ifr.ifr_flags |= IFF_UP;

	return ioctl(fd, SIOCSIFFLAGS, &ifr) ? errno : 0;
}


static int stamps(struct link *l, bool keys)
{
	unsigned flags = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
			 SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;

	l->key = 0;

	return option(l->fd, SOL_SOCKET, SO_TIMESTAMPING,
		      (int)(flags | (keys ? SOF_TIMESTAMPING_OPT_ID : 0)));
}


static int link_bind(struct link *l, int ifindex)
{
	struct sockaddr_ll sll = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				  .sll_ifindex = ifindex};
	struct packet_mreq mr = {.mr_ifindex = ifindex, .mr_type = PACKET_MR_PROMISC};
	int err = option(l->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);

	if (!err)
		err = option(l->fd, SOL_PACKET, PACKET_VNET_HDR, 1);
	if (!err)
		err = option(l->fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (!err)
		err = stamps(l, true);
	if (!err && option(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER))
		err = option(l->fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
	if (!err && option(l->fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER))
		err = option(l->fd, SOL_SOCKET, SO_SNDBUF, BUFFER);
	if (!err && bind(l->fd, (struct sockaddr *)&sll, sizeof(sll)))
		err = errno;
	if (!err && setsockopt(l->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mr, sizeof(mr)))
		err = errno;

	return err;
}


int link_open(struct link *l, const char *name)
{
	unsigned ifindex = if_nametoindex(name);
	int err;

	*l = (struct link){.name = name, .fd = -1};
	if (!ifindex)
		return ENODEV;
	/* without a protocol nothing is heard before bind(2) says where */
	l->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return errno;
	ipv6_off(name);
	offloads_off(l->fd, name);
	err = interface_up(l->fd, name);
	if (!err)
		err = link_bind(l, (int)ifindex);
	if (err)
		link_close(l);

	return err;
}


void link_close(struct link *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}


static int64_t stamp_ns(const struct cmsghdr *c)
{
	struct scm_timestamping ts;

	memcpy(&ts, CMSG_DATA(c), sizeof(ts));

	return ts.ts[0].tv_sec * 1000000000LL + ts.ts[0].tv_nsec;
}


/* The kernel takes a VLAN tag out of the frame; it belongs there. */
static void tag_back(struct link_frame *f, const struct tpacket_auxdata *aux)
{
	uint8_t *at = f->p + LINK_HEAD + MACS_LEN;
	struct virtio_net_hdr h;
	uint16_t type = aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;

	if (f->len < LINK_HEAD + MACS_LEN)
		return;
	memmove(at + VLAN_LEN, at, f->len - LINK_HEAD - MACS_LEN);
	at[0] = (uint8_t)(type >> 8);
	at[1] = (uint8_t)type;
	at[2] = (uint8_t)(aux->tp_vlan_tci >> 8);
	at[3] = (uint8_t)aux->tp_vlan_tci;
	f->len += VLAN_LEN;
	memcpy(&h, f->p, sizeof(h));
	if (h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		h.csum_start = (uint16_t)(h.csum_start + VLAN_LEN);
	if (h.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		h.hdr_len = (uint16_t)(h.hdr_len + VLAN_LEN);
	memcpy(f->p, &h, sizeof(h));
}


int link_recv(struct link *l, struct link_frame *f, uint8_t *buf)
{
	char control[256] __attribute__((aligned(8)));
	struct iovec iov = {buf, LINK_HEAD + LINK_FRAME_MAX - VLAN_LEN};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			     .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(l->fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return errno;
	if (n < LINK_HEAD)
		return EBADMSG;
	*f = (struct link_frame){.p = buf, .len = (size_t)n};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
			f->rx_ns = stamp_ns(c);
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			tag_back(f, &aux);
	}

	return 0;
}


int link_send(struct link *l, const uint8_t *p, size_t len, uint32_t *key)
{
	ssize_t n = send(l->fd, p, len, MSG_DONTWAIT);
	int err = n < 0 ? errno : (size_t)n != len ? EMSGSIZE : 0;

	/* Whether the kernel counted it is not known: begin to count anew. */
	if (err) {
		(void)stamps(l, false);
		(void)stamps(l, true);
		return err;
	}
	*key = l->key++;

	return 0;
}


void link_sent(struct link *l, link_sent_h *sent_h, void *arg)
{
	for (;;) {
		char control[256] __attribute__((aligned(8)));
		struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
		struct sock_extended_err ee = {.ee_origin = SO_EE_ORIGIN_NONE};
		int64_t t = 0;

		if (recvmsg(l->fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
				t = stamp_ns(c);
			if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_TX_TIMESTAMP)
				memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		}
		if (t && ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
			sent_h(ee.ee_data, t, arg);
	}
}


void link_count_missed(struct link *l)
{
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	if (!getsockopt(l->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		l->missed += st.tp_drops;
}
