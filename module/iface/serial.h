/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serial numbers of sessions: no two open sessions have the same one, whatever
 * heap they work on, and one that was given back is not reused soon.
 */
#ifndef _MHEAP_IFACE_SERIAL_H
#define _MHEAP_IFACE_SERIAL_H

#include <linux/types.h>

int mheap_serial_get(u32 *serial);
void mheap_serial_put(u32 serial);

#endif /* _MHEAP_IFACE_SERIAL_H */
