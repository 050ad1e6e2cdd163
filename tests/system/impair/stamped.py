"""A UDP socket whose packets carry the kernel's times of arrival and departure, for peers in tests."""
import socket
import struct

SO_TIMESTAMPING, SCM_TIMESTAMPING = 37, 37
TX_SOFTWARE, RX_SOFTWARE, SOFTWARE, OPT_ID, OPT_TSONLY = 1 << 1, 1 << 3, 1 << 4, 1 << 7, 1 << 11
IP_RECVTOS = 13


class Stamped:
    def __init__(self, address, port, dscp=0):
        self.s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING,
                          TX_SOFTWARE | RX_SOFTWARE | SOFTWARE | OPT_ID | OPT_TSONLY)
        self.s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, dscp << 2)
        self.s.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
        self.s.bind((address, port))
        self.s.setblocking(False)
        self.left = {}      # number of sending: when it left, nanoseconds

    def fileno(self):
        return self.s.fileno()

    @staticmethod
    def stamp(control):
        for level, kind, data in control:
            if level == socket.SOL_SOCKET and kind == SCM_TIMESTAMPING:
                sec, nsec = struct.unpack("qq", data[:16])
                return sec * 10**9 + nsec
        return None

    def receive(self):
        """Data, sender, DSCP and time of arrival of all that is there."""
        while True:
            try:
                data, control, _, sender = self.s.recvmsg(2048, 512)
            except BlockingIOError:
                return
            tos = [d[0] for lv, kind, d in control if lv == socket.IPPROTO_IP and kind == socket.IP_TOS]
            yield data, sender, tos[0] >> 2 if tos else None, self.stamp(control)

    def departures(self):
        """Read when packets left."""
        while True:
            try:
                _, control, _, _ = self.s.recvmsg(1, 512, socket.MSG_ERRQUEUE)
            except BlockingIOError:
                return
            for level, kind, data in control:
                if level == socket.IPPROTO_IP and kind == 11:       # IP_RECVERR
                    self.left[struct.unpack("IBBBBII", data[:16])[6]] = self.stamp(control)
