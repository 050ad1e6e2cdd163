#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/proof/nflog.h"

enum { RCVBUF = 4 << 20 };

/** A configuration message with one attribute of up to 8 bytes. */
struct nflog_config {
	struct nlmsghdr nlh;
	struct nfgenmsg nfg;
	struct nlattr nla;
	uint8_t value[8];
};


static int config_send(int fd, uint16_t group, uint16_t type, const void *v,
		       size_t n)
{
	struct nflog_config c = {0};
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
		uint8_t pad[128];
	} ans;

	c.nlh.nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
	c.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	c.nfg.nfgen_family = AF_UNSPEC;
	c.nfg.res_id = htons(group);
	c.nla.nla_type = type;
	c.nla.nla_len = (uint16_t)(NLA_HDRLEN + n);
	memcpy(c.value, v, n);
	c.nlh.nlmsg_len = (uint32_t)(NLMSG_LENGTH(sizeof(c.nfg)) +
				     NLA_ALIGN(NLA_HDRLEN + n));

	if (send(fd, &c, c.nlh.nlmsg_len, 0) < 0)
		return errno;
	if (recv(fd, &ans, sizeof(ans), 0) < 0)
		return errno;

	return ans.nlh.nlmsg_type == NLMSG_ERROR ? -ans.e.error : 0;
}


int nflog_open(int *fdp, uint16_t group, uint16_t snap)
{
	struct nfulnl_msg_config_cmd bind_cmd = {.command = NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {
		.copy_range = htonl(snap), .copy_mode = NFULNL_COPY_PACKET,
	};
	uint32_t timeout = htonl(1);	/* in 10 ms: hand over at once */
	int size = RCVBUF, err;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	if (fd < 0)
		return errno;

	/* the first needs a privilege that a user namespace does not give */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));

	err = config_send(fd, group, NFULA_CFG_CMD, &bind_cmd, sizeof(bind_cmd));
	if (!err)
		err = config_send(fd, group, NFULA_CFG_MODE, &mode, sizeof(mode));
	if (!err)
		err = config_send(fd, group, NFULA_CFG_TIMEOUT, &timeout,
				  sizeof(timeout));
	if (err) {
		(void)close(fd);
		return err;
	}

	*fdp = fd;
	return 0;
}


static void packet_attr(struct nflog_packet *pkt, uint16_t type,
			const uint8_t *v, size_t n)
{
	uint64_t ts[2];
	uint32_t index;

	switch (type) {

	case NFULA_PAYLOAD:
		pkt->p = v;
		pkt->len = n;
		break;

	case NFULA_IFINDEX_INDEV:
		if (n >= sizeof(index)) {
			memcpy(&index, v, sizeof(index));
			pkt->indev = (int)ntohl(index);
		}
		break;

	case NFULA_TIMESTAMP:
		if (n >= sizeof(ts)) {
			memcpy(ts, v, sizeof(ts));
			pkt->t_ns = be64toh(ts[0]) * 1000000000ULL +
				    be64toh(ts[1]) * 1000ULL;
		}
		break;

	default:
		break;
	}
}


static int packet_read(const uint8_t *p, size_t len,
		       void (*h)(const struct nflog_packet *, void *),
		       void *arg)
{
	struct nflog_packet pkt = {0};

	while (len >= NLA_HDRLEN) {
		struct nlattr nla;
		size_t step;

		memcpy(&nla, p, sizeof(nla));
		if (nla.nla_len < NLA_HDRLEN || nla.nla_len > len)
			return EBADMSG;

		packet_attr(&pkt, nla.nla_type & NLA_TYPE_MASK, p + NLA_HDRLEN,
			    nla.nla_len - (size_t)NLA_HDRLEN);
		step = NLA_ALIGN((size_t)nla.nla_len);
		if (step > len)
			step = len;
		p += step;
		len -= step;
	}

	if (pkt.p)
		h(&pkt, arg);
	return 0;
}


int nflog_read(const uint8_t *p, size_t len,
	       void (*h)(const struct nflog_packet *, void *), void *arg)
{
	const size_t head = NLMSG_LENGTH(sizeof(struct nfgenmsg));

	while (len >= NLMSG_HDRLEN) {
		struct nlmsghdr nlh;
		size_t step;

		memcpy(&nlh, p, sizeof(nlh));
		if (nlh.nlmsg_len < NLMSG_HDRLEN || nlh.nlmsg_len > len)
			return EBADMSG;

		if (nlh.nlmsg_type == (NFNL_SUBSYS_ULOG << 8 |
				       NFULNL_MSG_PACKET)) {
			if (nlh.nlmsg_len < head)
				return EBADMSG;
			if (packet_read(p + head, nlh.nlmsg_len - head, h, arg))
				return EBADMSG;
		}

		step = NLMSG_ALIGN((size_t)nlh.nlmsg_len);
		if (step > len)
			step = len;
		p += step;
		len -= step;
	}

	return 0;
}
