/* The part of QEMU's TCG plugin interface, version 1, that the counter uses.
 * Distributions ship QEMU without its header, so the functions are declared
 * here, in our own words; QEMU resolves them when it loads the plugin and
 * refuses a plugin whose qemu_plugin_version it does not support. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_tb;   /* a translation block: straight-line guest code, entered
                            only at its first instruction */
struct qemu_plugin_insn; /* one guest instruction of a block that is being
                            translated */
struct qemu_info_t;      /* facts about the emulator; not looked at */

typedef uint64_t qemu_plugin_id_t;
typedef void (*qemu_plugin_block_translated)(qemu_plugin_id_t id, struct qemu_plugin_tb* block);
typedef void (*qemu_plugin_block_entered)(unsigned int cpu, void* data);
typedef void (*qemu_plugin_at_exit)(qemu_plugin_id_t id, void* data);

enum { kPluginApiVersion = 1 };
enum qemu_plugin_cb_flags { kPluginNoRegisters = 0 };
enum qemu_plugin_op { kPluginAddU64 = 0 };

/* Calls `cb` whenever a block has been translated; only there may the two
 * functions below be used on it. */
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_block_translated cb);
/* Calls `cb` each time the block is entered, before the additions of the next
 * function. */
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* block, qemu_plugin_block_entered cb,
                                          enum qemu_plugin_cb_flags flags, void* data);
/* Adds `amount` to the uint64_t at `target` each time the block is entered;
 * generated code, no call. */
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, enum qemu_plugin_op op, void* target,
                                              uint64_t amount);
/* Calls `cb` when the emulator ends. */
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, qemu_plugin_at_exit cb, void* data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* instruction);
