#include <string.h>

#include "lib/policy/pset/show.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/** Text that was read as a packet prints as a packet that reads the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct show_packet sp, again;
	char text[512], why[SHOW_WHY_LEN];
	struct sbuf sb = {0};

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (show_packet_parse(&sp, text, why))
		return 0;

	show_packet(&sb, &sp.packet);
	if (sp.has_ports && show_packet_parse(&again, sbuf_str(&sb), why))
		__builtin_trap();
	sbuf_reset(&sb);
	return 0;
}
