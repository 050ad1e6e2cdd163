#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/proof/inns.h"


struct inns_job {
	int nsfd;
	int (*fn)(void *arg);
	void *arg;
	int err;
};


static void *inns_thread(void *arg)
{
	struct inns_job *job = arg;

	if (job->nsfd >= 0 && setns(job->nsfd, CLONE_NEWNET))
		job->err = errno;
	else
		job->err = job->fn(job->arg);

	return NULL;
}


int inns_call(int nsfd, int (*fn)(void *arg), void *arg)
{
	struct inns_job job = {.nsfd = nsfd, .fn = fn, .arg = arg};
	pthread_t th;
	int err;

	err = pthread_create(&th, NULL, inns_thread, &job);
	if (err)
		return err;

	(void)pthread_join(th, NULL);
	return job.err;
}


struct inns_nft_job {
	const char *cmds;
	bool json;
	struct sbuf *out;
};


static int nft_run(void *arg)
{
	struct inns_nft_job *job = arg;
	struct nft_ctx *ctx = nft_ctx_new(NFT_CTX_DEFAULT);
	int err = 0;

	if (!ctx)
		return ENOMEM;

	(void)nft_ctx_buffer_output(ctx);
	(void)nft_ctx_buffer_error(ctx);
	if (job->json)
		nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_JSON);

	if (nft_run_cmd_from_buffer(ctx, job->cmds))
		err = EINVAL;

	if (job->out)
		sbuf_puts(job->out, err ? nft_ctx_get_error_buffer(ctx)
				    : nft_ctx_get_output_buffer(ctx));

	nft_ctx_free(ctx);
	if (!err && job->out)
		err = job->out->err;
	return err;
}


int inns_nft(int nsfd, const char *cmds, bool json, struct sbuf *out)
{
	struct inns_nft_job job = {.cmds = cmds, .json = json, .out = out};

	return inns_call(nsfd, nft_run, &job);
}


static int conntrack_flush(void *arg)
{
	struct {
		struct nlmsghdr nlh;
		struct nfgenmsg nfg;
	} req = {
		.nlh.nlmsg_len = sizeof(req),
		.nlh.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 |
				  IPCTNL_MSG_CT_DELETE,
		.nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr e;
		char pad[64];
	} ans;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int err = 0;
	ssize_t n;

	(void)arg;
	if (fd < 0)
		return errno;

	if (send(fd, &req, sizeof(req), 0) < 0) {
		err = errno;
		goto out;
	}

	n = recv(fd, &ans, sizeof(ans), 0);
	if (n < 0)
		err = errno;
	else if (ans.nlh.nlmsg_type == NLMSG_ERROR)
		err = -ans.e.error;

 out:
	(void)close(fd);
	return err;
}


int inns_conntrack_flush(int nsfd)
{
	return inns_call(nsfd, conntrack_flush, NULL);
}
