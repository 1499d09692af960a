/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words: small structs copied from the program 64 bits at a time and in line, as
 * copy_from_user() takes longer for its call and its checks than for the copy.
 */
#ifndef _MHEAP_IFACE_WORDS_H
#define _MHEAP_IFACE_WORDS_H

#include <linux/types.h>
#include <linux/uaccess.h>

/**
 * mheap_words_read - copy from the program
 * @to: where to
 * @from: where from
 * @size: a constant, a multiple of 8
 *
 * Context: May sleep.
 * Return: false where @from cannot be read; @to is partly filled then.
 */
static __always_inline bool mheap_words_read(void *to, const void __user *from, size_t size)
{
	const u64 __user *source = from;
	u64 *word = to;
	size_t i;

	if (!user_read_access_begin(from, size))
		return false;
#pragma GCC unroll 8
	for (i = 0; i < size / sizeof(*word); i++)
		unsafe_get_user(word[i], &source[i], fault);
	user_read_access_end();
	return true;
fault:
	user_read_access_end();
	return false;
}

#endif /* _MHEAP_IFACE_WORDS_H */
