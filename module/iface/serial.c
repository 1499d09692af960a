// SPDX-License-Identifier: GPL-2.0-only
/*
 * Serial numbers of sessions, given out in a circle.
 */
#include <linux/xarray.h>

#include "core/handle.h"
#include "serial.h"

static DEFINE_XARRAY_ALLOC1(serials);
static u32 next_serial;		/* guarded by the lock of @serials */

/**
 * mheap_serial_get - take a serial number
 * @serial: filled: 1 to MHEAP_HANDLE_SERIAL_MAX
 *
 * Context: May sleep.
 * Return: 0, -ENFILE where all are in use, or -ENOMEM.
 */
int mheap_serial_get(u32 *serial)
{
	int error = xa_alloc_cyclic(&serials, serial, xa_mk_value(0),
				    XA_LIMIT(1, MHEAP_HANDLE_SERIAL_MAX), &next_serial,
				    GFP_KERNEL);

	if (error < 0)
		return error == -EBUSY ? -ENFILE : error;
	return 0;
}

/**
 * mheap_serial_put - give a serial number back
 * @serial: from mheap_serial_get()
 *
 * Context: May sleep.
 */
void mheap_serial_put(u32 serial)
{
	xa_erase(&serials, serial);
}
