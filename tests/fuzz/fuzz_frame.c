#include <stddef.h>
#include <stdint.h>

#include "lab/proof/frame.h"
#include "lab/proof/nflog.h"
#include "lab/proof/probe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void packet_h(const struct nflog_packet *pkt, void *arg)
{
	struct frame f;

	(void)arg;
	frame_read_ip(&f, pkt->p, pkt->len);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buf[200];
	struct frame f;
	struct probe p;

	frame_read(&f, data, size);
	(void)frame_str(&f, buf, sizeof(buf));
	frame_read_ip(&f, data, size);
	(void)frame_str(&f, buf, sizeof(buf));
	(void)probe_read(&p, data, size);
	(void)nflog_read(data, size, packet_h, NULL);
	return 0;
}
