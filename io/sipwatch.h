/**
 * What libre's SIP stack throws away without a word: messages that cannot
 * be decoded. They are logged, and over UDP requests among them are answered
 * with 400. Over TCP and TLS libre closes the connection. Datagrams are
 * taken up to the largest size that there is.
 *
 * libre has no hook there, so its functions udp_listen() and
 * sip_msg_decode() are defined here and call libre's own, as the guard does
 * with bind(2). Each datagram is decoded once. One stack a process, one
 * thread.
 */
#ifndef VISAVIS_IO_SIPWATCH_H
#define VISAVIS_IO_SIPWATCH_H

/** Watch the sockets that are opened from now on, until sipwatch_end(). */
void sipwatch_begin(void);
void sipwatch_end(void);

#endif
