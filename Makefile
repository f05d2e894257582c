# omen: one Makefile, no recursion. `make help` says what there is.
#
#   MODE=debug|release          default release; debug adds -O0 -g3 and internal checks
#   SAN=address|undefined|thread|address,undefined   build under sanitizers (own folder in build/)
#   V=1                         show commands

MODE ?= release
SAN  ?=
CC   ?= gcc
CXX  ?= g++
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# ---- folders of the build -------------------------------------------------------------------------------------

comma := ,
B := build/$(MODE)$(if $(SAN),-$(subst $(comma),-,$(SAN)))
Q := $(if $(V),,@)

# ---- flags ----------------------------------------------------------------------------------------------------

WARN   := -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wundef -Wformat=2
CWARN  := -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
OPT_release := -O2 -g
OPT_debug   := -O0 -g3 -DOMEN_DEBUG=1
OPT    := $(OPT_$(MODE))
SANF   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS := -I. -D_GNU_SOURCE -MMD -MP
CFLAGS   := -std=gnu11 $(OPT) $(WARN) $(CWARN) $(SANF)
CXXFLAGS := -std=c++17 $(OPT) $(WARN) -fno-exceptions -fno-rtti $(SANF)
LDFLAGS  := $(SANF)
LIBS     := -lsimdjson -lpcre2-8 -lxxhash -lz -lzstd -lstdc++ -lm -pthread

# ---- layers: one static archive each; linked from the top down, so an upward call does not link ----------------

LAYERS := base grammar engine rules connectors
obj     = $(patsubst %,$(B)/%.o,$(wildcard $(1)/*.c $(1)/*/*.c $(1)/*.cc))
archive = $(patsubst %,$(B)/lib%.a,$(1))

define layer_rule
$(B)/lib$(1).a: $(call obj,$(1))
	@mkdir -p $$(@D)
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

ARCHIVES := $(call archive,connectors rules engine grammar base)

$(B)/%.c.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c -o $@ $<

$(B)/omen: $(call obj,cli) $(ARCHIVES)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: all
all: $(B)/omen ## build the omen command

# ---- unit tests: tests/unit/<layer>/test_*.c, each a program, linked with its layer and those below ------------

below_base       := base
below_grammar    := grammar base
below_engine     := engine base
below_rules      := rules grammar engine base
below_connectors := connectors engine base

UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
UNIT_BIN := $(patsubst %.c,$(B)/%,$(UNIT_SRC))

define unit_rule
$(B)/tests/unit/$(1)/%: $(B)/tests/unit/$(1)/%.c.o $(call archive,$(below_$(1)))
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(LIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call unit_rule,$(l))))

LAYER ?= *
.PHONY: unit
unit: $(filter $(B)/tests/unit/$(subst *,%,$(LAYER))/%,$(UNIT_BIN)) ## unit tests; LAYER=base for one layer
	$(Q)set -e; for t in $^; do $$t; done

.PHONY: clean
clean: ## remove everything built
	rm -rf build

.PHONY: help
help: ## this page
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PRECIOUS: $(B)/%.o
-include $(shell find $(B) -name '*.d' 2>/dev/null)
