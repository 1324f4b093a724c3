/* QEMU plugin: counts retired guest instructions exactly, and says how many had
 * retired at each entry of given addresses.
 *
 *   -plugin counter.so,out=FILE[,mark=ADDRESS]...[,profile=on]
 *
 * Writes to FILE, one line each, numbers decimal:
 *   mark ADDRESS COUNT         on each entry of a marked address; COUNT
 * excludes the instruction there block ADDRESS LENGTH HITS  with profile=on, at
 * the end: entries of each block between the first marked address and the
 * second one (several such spans add up)
 *
 * Exact because a block is entered only at its start (a marked function is
 * always the start of one) and runs to its end, faults aside; QEMU leaves a
 * block early for an interrupt only before the counting code. An instruction
 * that an IT block skips counts as one, as it does on the real core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin_api.h"

#define EXPORT __attribute__((visibility("default")))

enum { kMaxMarks = 256 };

struct block {
  struct block* next;
  uint64_t address;
  uint64_t length; /* instructions */
  uint64_t entered;
  uint64_t entered_at_start; /* of the current span */
  uint64_t hits;             /* inside spans */
};

static FILE* out;
static uint64_t count;
static uint64_t marks[kMaxMarks];
static size_t mark_count;
static int profiling;
static int inside_span;
static struct block* blocks;

EXPORT int qemu_plugin_version = kPluginApiVersion;

static void start_span(void) {
  for (struct block* b = blocks; b; b = b->next) b->entered_at_start = b->entered;
  inside_span = 1;
}

static void end_span(void) {
  if (!inside_span) return;
  for (struct block* b = blocks; b; b = b->next) b->hits += b->entered - b->entered_at_start;
  inside_span = 0;
}

static void on_mark(unsigned int cpu, void* data) {
  const uint64_t* mark = data;
  (void)cpu;
  fprintf(out, "mark %llu %llu\n", (unsigned long long)*mark, (unsigned long long)count);
  if (profiling && mark == &marks[0]) start_span();
  if (profiling && mark == &marks[1]) end_span();
}

static void profile_block(struct qemu_plugin_tb* tb, uint64_t address, uint64_t length) {
  struct block* b = calloc(1, sizeof *b);
  if (!b) abort();
  b->address = address;
  b->length = length;
  b->next = blocks;
  blocks = b;
  qemu_plugin_register_vcpu_tb_exec_inline(tb, kPluginAddU64, &b->entered, 1);
}

static void on_translated(qemu_plugin_id_t id, struct qemu_plugin_tb* tb) {
  const uint64_t address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
  const uint64_t length = qemu_plugin_tb_n_insns(tb);
  (void)id;
  for (size_t i = 0; i < mark_count; ++i)
    if (marks[i] == address) qemu_plugin_register_vcpu_tb_exec_cb(tb, on_mark, kPluginNoRegisters, &marks[i]);
  if (profiling) profile_block(tb, address, length);
  qemu_plugin_register_vcpu_tb_exec_inline(tb, kPluginAddU64, &count, length);
}

static void on_exit(qemu_plugin_id_t id, void* data) {
  (void)id;
  (void)data;
  for (struct block* b = blocks; b; b = b->next)
    if (b->hits)
      fprintf(out, "block %llu %llu %llu\n", (unsigned long long)b->address, (unsigned long long)b->length,
              (unsigned long long)b->hits);
  fclose(out);
}

static int parse_argument(const char* argument) {
  if (strncmp(argument, "out=", 4) == 0) return (out = fopen(argument + 4, "w")) != NULL;
  if (strcmp(argument, "profile=on") == 0) return profiling = 1;
  if (strncmp(argument, "mark=", 5) == 0 && mark_count < kMaxMarks) {
    marks[mark_count++] = strtoull(argument + 5, NULL, 0);
    return 1;
  }
  return 0;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t* info, int argc, char** argv) {
  (void)info;
  for (int i = 0; i < argc; ++i) {
    if (!parse_argument(argv[i])) {
      fprintf(stderr, "counter plugin: bad argument '%s'\n", argv[i]);
      return 1;
    }
  }
  if (!out) {
    fprintf(stderr, "counter plugin: out=FILE is missing\n");
    return 1;
  }
  qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
  qemu_plugin_register_atexit_cb(id, on_exit, NULL);
  return 0;
}
