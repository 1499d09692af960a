// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks. stack_trace_save_user() is not for modules; what it does is a walk over the
 * frames that programs compiled with frame pointers have. One that was compiled without
 * gives the innermost address, and perhaps some that mean nothing; they are numbers for
 * people to read, and nothing here depends on them.
 */
#include <linux/compat.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>

#include "kern/compat.h"
#include "stack.h"

/**
 * struct frame - what a frame pointer points to
 * @next: the frame pointer of who called
 * @address: where the call returns to
 */
struct frame {
	unsigned long next;
	unsigned long address;
};

/**
 * mheap_stack_take - the stack of the program that called
 * @address: filled, the innermost first
 * @room: at most so many
 *
 * What is not in memory ends it: nothing is waited for. So it may be called in a
 * section.
 *
 * Context: Of a process.
 * Return: How many addresses were filled in; 0 for a thread of the kernel and for a
 * program of 32 bits.
 */
u32 mheap_stack_take(u64 *address, u32 room)
{
	struct pt_regs *regs = current_pt_regs();
	unsigned long pointer;
	struct frame frame;
	u32 depth = 0;

	if (!current->mm || !user_mode(regs) || in_compat_syscall())
		return 0;
	address[depth++] = instruction_pointer(regs);
	pointer = mheap_frame_pointer(regs);
	pagefault_disable();
	while (depth < room && pointer % sizeof(pointer) == 0 &&
	       access_ok((void __user *)pointer, sizeof(frame)) &&
	       !__copy_from_user_inatomic(&frame, (void __user *)pointer, sizeof(frame))) {
		if (!frame.address || frame.next <= pointer)
			break;
		address[depth++] = frame.address;
		pointer = frame.next;
	}
	pagefault_enable();
	return depth;
}
