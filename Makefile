# omen: one Makefile, no recursion. `make help` says what there is; it works in parallel by itself.
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
MAKEFLAGS += --no-builtin-rules -j$(shell nproc)

# ---- what has to be installed: Debian's packages, and by what each is known to be there ----------

PACKAGES := g++:g++ libpcre2-dev:pcre2.h libsimdjson-dev:simdjson.h libxxhash-dev:xxhash.h \
            zlib1g-dev:zlib.h libzstd-dev:zstd.h libzmq3-dev:zmq.h \
            librdkafka-dev:librdkafka/rdkafka.h libmicrohttpd-dev:microhttpd.h \
            libsystemd-dev:systemd/sd-daemon.h \
            libcmocka-dev:cmocka.h
FUZZ_PACKAGES := clang-14:clang++-14 libclang-rt-14-dev:

.PHONY: deps
deps: ## install the Debian packages that are missing
	$(Q)tools/deps $(PACKAGES) $(if $(filter fuzz,$(MAKECMDGOALS)),$(FUZZ_PACKAGES))

# These goals start with it, so that they work on a fresh machine.
DEPS := $(if $(filter deps test demo examples conformance bench fuzz,$(MAKECMDGOALS)),deps)

# ---- folders of the build: as asked for; sanitized for `make test`; by clang for `make fuzz` -----

comma := ,
B := build/$(MODE)$(if $(SAN),-$(subst $(comma),-,$(SAN)))
S := build/$(MODE)-address-undefined
N := build/$(MODE)-thread
F := build/fuzz
FOLDERS := $(sort $(B) $(S) $(N) $(F))
Q := $(if $(V),,@)

# ---- flags ---------------------------------------------------------------------------------------

WARN   := -Wall -Wextra -Werror -Wshadow -Wvla -Wpointer-arith -Wundef -Wformat=2
CWARN  := -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
OPT_release := -O2 -g
OPT_debug   := -O0 -g3 -DOMEN_DEBUG=1
OPT    := $(OPT_$(MODE))
SANF    = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer \
              $(BLIND))
# What gcc warns about wrongly when it sees code with a sanitizer's checks in it.
BLIND  := -Wno-array-bounds -Wno-stringop-overflow -Wno-maybe-uninitialized
CPPFLAGS := -I. -D_GNU_SOURCE -MMD -MP
CFLAGS    = -std=gnu11 $(OPT) $(WARN) $(CWARN) $(SANF)
CXXFLAGS  = -std=c++17 $(OPT) $(WARN) -fno-exceptions -fno-rtti $(SANF)
LDFLAGS   = $(SANF)
LIBS     := -lsimdjson -lpcre2-8 -lxxhash -lz -lzstd -lzmq -lrdkafka -lmicrohttpd -lsystemd \
            -lstdc++ -lm -pthread

$(S)/%: override SAN := address,undefined
$(N)/%: override SAN := thread
$(F)/%: override SAN := fuzzer-no-link,address,undefined
$(F)/%: override CC  := clang-14
$(F)/%: override CXX := clang++-14
$(F)/%: override WARN := -w

# ---- layers: one static archive each; linked from the top down, so an upward call does not link --

LAYERS := base grammar engine rules connectors

# Objects of source files, archives of layers: $(1) is the folder of the build.
object  = $(patsubst %,$(1)/%.o,$(2))
sources = $(wildcard $(1)/*.c $(1)/*/*.c $(1)/*.cc)
archive = $(patsubst %,$(1)/lib%.a,$(2))
archives = $(call archive,$(1),connectors rules engine grammar base)

define compile_rules
$(1)/%.c.o: %.c | $(DEPS)
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) -c -o $$@ $$<

$(1)/%.cc.o: %.cc | $(DEPS)
	@mkdir -p $$(@D)
	$$(Q)$$(CXX) $$(CPPFLAGS) $$(CXXFLAGS) -c -o $$@ $$<

$(1)/omen: $(call object,$(1),$(call sources,cli)) $(call archives,$(1))
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(LIBS)
endef
$(foreach f,$(FOLDERS),$(eval $(call compile_rules,$(f))))

define layer_rule
$(1)/lib$(2).a: $(call object,$(1),$(call sources,$(2)))
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach f,$(FOLDERS),$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(f),$(l)))))

.PHONY: all
all: $(B)/omen ## build the omen command

# ---- unit tests: tests/unit/<layer>/test_*.c, programs, linked with their layer and below ---

below_base       := base
below_grammar    := grammar base
below_engine     := engine base
below_rules      := rules grammar engine base
below_connectors := connectors engine base
below_whole      := connectors rules engine grammar base

# What programs share: tests/*.c where everything is linked, other files of the folder in any case.
shared_sources = $(filter-out %/run.c,$(foreach s,$(wildcard tests/$(1)/*.c),\
                   $(if $(filter test_% fuzz_%,$(notdir $(s))),,$(s))))
shared_whole  := $(wildcard tests/*.c)

UNIT_SRC := $(wildcard tests/unit/*/test_*.c)
unit_programs = $(patsubst %.c,$(1)/%,$(UNIT_SRC))

define unit_rule
$(1)/tests/unit/$(2)/%: $(1)/tests/unit/$(2)/%.c.o \
    $(call object,$(1),$(call shared_sources,unit/$(2)) $(shared_$(2))) \
    $(call archive,$(1),$(below_$(2)))
	$$(Q)$$(CC) $$(LDFLAGS) -o $$@ $$^ -lcmocka $$(LIBS)
endef
$(foreach f,$(sort $(B) $(S) $(N)),$(foreach l,$(LAYERS) whole,$(eval $(call unit_rule,$(f),$(l)))))

LAYER ?= *
ONE_LAYER := $(filter-out *,$(LAYER))
.PHONY: unit
unit: ## unit tests; LAYER=base for one layer
unit: $(filter $(B)/tests/unit/$(ONE_LAYER)$(if $(ONE_LAYER),/)%,$(call unit_programs,$(B)))
	$(Q)set -e; for t in $^; do $$t; done

# ---- runners: tests/<part>/run.c, linked with everything; bench/*.c; generators stand alone ------

RUNNERS := $(wildcard tests/*/run.c)
BENCHES := $(filter-out bench/generate.c,$(wildcard bench/*.c))
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
GENERATORS := $(wildcard examples/*/generate.c bench/generate.c)

define program_rule # $(1) folder, $(2) source, $(3) more sources, $(4) more flags
$(patsubst %.c,$(1)/%,$(2)): $(call object,$(1),$(2) $(3)) $(call archives,$(1))
	$$(Q)$$(CC) $$(LDFLAGS) $(4) -o $$@ $$^ $$(LIBS)
endef
$(foreach f,$(sort $(B) $(S)),$(foreach s,$(RUNNERS),$(eval $(call program_rule,$(f),$(s),\
    $(shared_whole) $(call shared_sources,$(notdir $(patsubst %/,%,$(dir $(s)))))))))
$(foreach s,$(BENCHES),$(eval $(call program_rule,$(B),$(s))))
$(foreach s,$(FUZZERS),$(eval $(call program_rule,$(F),$(s),$(call shared_sources,fuzz),\
    -fsanitize=fuzzer)))

$(patsubst %.c,$(B)/%,$(GENERATORS)): $(B)/%: $(B)/%.c.o
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lm

# ---- conformance: what a pattern matches, by answers that another engine gave --------------------

CASES  ?= $(wildcard tests/conformance/*.cases)

conformance_runner = $(patsubst %.c,$(1)/%,$(filter tests/conformance/%,$(RUNNERS)))

.PHONY: conformance
conformance: $(call conformance_runner,$(B)) ## matching, by the corpus; CASES="files": some of it
	$(Q)$(<:%=% $(CASES))

# ---- twin: the matcher against a slow one that is plainly right, by random patterns --------------

N ?= 100000
SEED ?= 1
twin_runner = $(patsubst %.c,$(1)/%,$(filter tests/twin/%,$(RUNNERS)))

.PHONY: twin
twin: $(call twin_runner,$(B)) ## N=100000 random patterns and streams against the twin; SEED=1
	$(Q)$< $(N) $(SEED)

# ---- the whole, with a real broker ---------------------------------------------------------------

.PHONY: system
system: $(B)/omen ## tests with a Kafka broker and ZeroMQ readers alone
	$(Q)OMEN=$(B)/omen tests/system/run.sh

# ---- reload --------------------------------------------------------------------------------------

.PHONY: reload
reload: $(B)/omen ## 1,000 reloads while events go through: no alert is lost, none comes twice
	$(Q)OMEN=$(B)/omen tests/reload/run.sh

# ---- examples ------------------------------------------------------------------------------------

# Those that have a generator, and all.
GENERATED := $(patsubst examples/%/generate.c,%,$(wildcard examples/*/generate.c))
EXAMPLES  := $(patsubst examples/%/README.md,%,$(wildcard examples/*/README.md))
generators := $(GENERATED:%=$(B)/examples/%/generate)

.PHONY: examples
examples: $(B)/omen $(generators) ## events regenerated, alerts compared at several batch sizes
	$(Q)tools/examples $(B)/omen $(B)/examples

.PHONY: demo
demo: $(B)/omen ## run the examples and show their alerts
	$(Q)tools/demo $(B)/omen

# ---- install: PREFIX= and DESTDIR= as everybody knows them ---------------------------------------

PREFIX  ?= /usr/local
DESTDIR ?=
PAGES   := check test fmt explain why plan replay run completion manual

.PHONY: install
install: $(B)/omen ## the command, man pages, completion, the systemd unit, the rule library
	$(Q)install -Dm755 $(B)/omen $(DESTDIR)$(PREFIX)/bin/omen
	$(Q)install -d $(addprefix $(DESTDIR)$(PREFIX)/,share/man/man1 share/omen/rules \
	    share/bash-completion/completions share/zsh/site-functions lib/systemd/system)
	$(Q)$(B)/omen manual >$(DESTDIR)$(PREFIX)/share/man/man1/omen.1
	$(Q)for c in $(PAGES); do \
	    $(B)/omen manual $$c >$(DESTDIR)$(PREFIX)/share/man/man1/omen-$$c.1 || exit 1; done
	$(Q)$(B)/omen completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/omen
	$(Q)$(B)/omen completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_omen
	$(Q)sed 's|@PREFIX@|$(PREFIX)|' etc/omen.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/omen.service
	$(Q)test -e $(DESTDIR)/etc/omen/omen.conf || \
	    install -Dm644 etc/omen.conf $(DESTDIR)/etc/omen/omen.conf
	$(Q)install -m644 rules/library/*.rules $(DESTDIR)$(PREFIX)/share/omen/rules

# ---- tidy: the shape of the code and the pages ---------------------------------------------------

TIDY := tools/layers tools/sizes tools/banned tools/links tools/mentions tools/format \
        $(patsubst %,'% --check',$(wildcard tools/opcodes-doc))

.PHONY: tidy
tidy: ## lints: layers, sizes, banned calls, links, files named, format
	$(Q)bad=0; for t in $(TIDY); do $$t || bad=1; done; exit $$bad

# ---- test: every part, each with its heading; the last line sums them ----------------------------
#
# A part fails by what it prints, not by stopping make, so that all of them are seen. tools/tally
# runs its command, shows what matters of it, and counts; the counts are in build/test.

T := build/test
SCRIPTS := $(patsubst tests/%/run.sh,%,$(wildcard tests/*/run.sh))
PARTS := tidy unit conformance twin examples $(SCRIPTS) \
         unit-sanitized threads-sanitized conformance-sanitized twin-sanitized \
         examples-sanitized cli-sanitized hostile-sanitized
tally = $(Q)tools/tally $(T)/$(@:test-%=%)

.PHONY: test $(PARTS:%=test-%)
test: $(PARTS:%=test-%) ## everything, also under sanitizers; ends with `N passed, M failed`
	$(Q)tools/tally --sum $(PARTS:%=$(T)/%)

test-tidy: | $(DEPS)
	$(tally) 'tidy' $(TIDY)

test-unit: $(call unit_programs,$(B))
	$(tally) 'unit tests' $^

test-unit-sanitized: $(call unit_programs,$(S))
	$(tally) 'unit tests, under sanitizers' $^

# Where there are several threads.
THREADED := whole/test_workers connectors/test_queue_sink engine/test_reader engine/test_merge
test-threads-sanitized: $(THREADED:%=$(N)/tests/unit/%)
	$(tally) 'threads, under ThreadSanitizer' $^

test-conformance: $(call conformance_runner,$(B))
	$(tally) 'conformance' $(<:%='% $(CASES)')

test-conformance-sanitized: $(call conformance_runner,$(S))
	$(tally) 'conformance, under sanitizers' $(<:%='% $(CASES)')

test-twin: $(call twin_runner,$(B))
	$(tally) 'twin' '$< 2000'

test-twin-sanitized: $(call twin_runner,$(S))
	$(tally) 'twin, under sanitizers' '$< 2000 100001'

# tests/<part>/run.sh; the command, and what the part has as a program, are built.
$(SCRIPTS:%=test-%): test-%: $(B)/omen $(RUNNERS:%.c=$(B)/%)
	$(tally) 'tests/$*' 'OMEN=$(B)/omen tests/$*/run.sh'

test-cli-sanitized: $(S)/omen
	$(tally) 'tests/cli, under sanitizers' \
	    $(patsubst %,'OMEN=$(S)/omen %',$(wildcard tests/cli/run.sh))

test-hostile-sanitized: $(S)/omen $(S)/tests/hostile/run
	$(tally) 'tests/hostile, under sanitizers' 'OMEN=$(S)/omen tests/hostile/run.sh'

test-examples: $(B)/omen $(generators)
	$(tally) 'examples' 'tools/examples $(B)/omen $(B)/examples'

test-examples-sanitized: $(S)/omen $(generators)
	$(tally) 'examples, under sanitizers' 'tools/examples $(S)/omen $(B)/examples'

# ---- fuzz: each tests/fuzz/fuzz_*.c for a minute; what it finds stays in build/fuzz --------------

FUZZ_SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,fuzz-%,$(FUZZERS))

.PHONY: fuzz $(FUZZ)
fuzz: $(FUZZ) ## random input for each parser, FUZZ_SECONDS=60 each

# Rule files to start from, for the targets that read rules.
$(F)/seeds: $(wildcard examples/*/*.rules tests/data/*.rules)
	@mkdir -p $@
	$(Q)cp $^ $@

fuzz-lexer fuzz-parser fuzz-compiler: $(F)/seeds

$(FUZZ): fuzz-%: $(F)/tests/fuzz/fuzz_%
	@mkdir -p $(F)/corpus/$*
	$(Q)if $< -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
	    -artifact_prefix=$(F)/found-$*- $(F)/corpus/$* \
	    $(wildcard tests/fuzz/corpus/$*) $(filter $(F)/seeds,$^) \
	    >$(F)/$*.log 2>&1; \
	then sed -n 's/^stat::number_of_executed_units: */$@: nothing found, inputs: /p' \
	    $(F)/$*.log; \
	else tail -n 60 $(F)/$*.log; echo "$@: the input is in $(F)/found-$*-…"; exit 1; fi

.PHONY: survivors
survivors: $(B)/omen ## changes to library rules that no test of theirs sees
	$(Q)OMEN=$(B)/omen tools/survivors -b

# ---- bench ---------------------------------------------------------------------------------------

BENCH_EVENTS ?= 5000000
STREAMS := build/bench/tel-$(BENCH_EVENTS).ndjson build/bench/pay-$(BENCH_EVENTS).ndjson

.PHONY: bench bench-data
bench: $(patsubst %.c,$(B)/%,$(BENCHES)) $(B)/bench/generate ## build the benchmark programs

bench-data: $(STREAMS) ## build/bench/tel.ndjson and pay.ndjson, BENCH_EVENTS=5000000 each
	$(Q)for s in tel pay; do ln -sf $$s-$(BENCH_EVENTS).ndjson build/bench/$$s.ndjson; done

build/bench/tel-%.ndjson: $(B)/bench/generate
	@mkdir -p $(@D)
	$(Q)$< telemetry -n $* >$@

build/bench/pay-%.ndjson: $(B)/bench/generate
	@mkdir -p $(@D)
	$(Q)$< payments -n $* >$@

# --------------------------------------------------------------------------------------------------

.PHONY: clean
clean: ## remove everything built
	rm -rf build

.PHONY: help
help: ## this page
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PRECIOUS: $(FOLDERS:%=%/%.c.o) $(FOLDERS:%=%/%.cc.o)
-include $(shell find $(FOLDERS) -name '*.d' 2>/dev/null)
