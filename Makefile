# SPDX-License-Identifier: GPL-2.0-only
#
# What people type. Kbuild says what the module is made of.

KDIR  ?= /lib/modules/$(shell uname -r)/build
BUILD ?= $(CURDIR)/build
PREFIX ?= /usr/local

RELEASE      = $(shell cat $(KDIR)/include/config/kernel.release)
DEVELOPMENT  = $(INSTALL_MOD_PATH)/lib/modules/$(RELEASE)/mheap-dev

export BUILD PREFIX

.PHONY: all module userspace install uninstall modules_install run test torture bench \
	check vm clean help

all: userspace module

help:
	@echo 'Verbs:'
	@echo '  make              mheap.ko for KDIR, the library and the command'
	@echo '  make run          the main job in a virtual machine: Debian'"'"'s packages in a heap'
	@echo '  make test         all tests, natively and in virtual machines'
	@echo '  make torture      the long form of the tests that do everything at once: hours'
	@echo '  make bench        the bars, measured beside CPython, Boehm and the bare kernel'
	@echo '  make check        static checks: style, sparse, W=1, layers, man pages'
	@echo '  make module       mheap.ko alone'
	@echo '  make userspace    library, command and examples alone, in $$BUILD'
	@echo '  make install      library, command, Python package and man pages, below $$PREFIX'
	@echo '  make modules_install  the module, for the kernel of KDIR, and what other'
	@echo '                    modules need to use it (as root)'
	@echo '  make clean        what was built here; kernels stay in ~/.cache/mheap'
	@echo
	@echo 'Variables:'
	@echo '  KDIR    $(KDIR)'
	@echo '  BUILD   $(BUILD)'
	@echo '  PREFIX  $(PREFIX)'
	@echo
	@echo 'tests/vm/run --help tells how to run any command beside the module.'

module:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers at $(KDIR)."; \
		echo "Install linux-headers-$$(uname -r), or say KDIR=."; \
		echo "For a virtual machine: tests/vm/module stock"; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

# With what other modules are built with, see Documentation/kernel-interface.rst.
modules_install: module
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	install -D -m 644 include/linux/mheap_kernel.h $(DEVELOPMENT)/include/linux/mheap_kernel.h
	install -m 644 Module.symvers $(DEVELOPMENT)/Module.symvers

userspace:
	@scripts/deps build
	$(MAKE) -C userspace BUILD=$(BUILD)

install uninstall:
	$(MAKE) -C userspace BUILD=$(BUILD) $@

run:
	@scripts/deps build vm
	@scripts/main-job

test:
	@tests/run

torture:
	@scripts/deps build vm
	@tests/torture/run

bench:
	@scripts/deps build vm bench
	@tests/bench/run

check:
	@scripts/deps build vm check
	@tests/check/run

clean:
	@if test -e $(KDIR)/Makefile; then $(MAKE) -C $(KDIR) M=$(CURDIR) clean; fi
	rm -rf $(BUILD)
