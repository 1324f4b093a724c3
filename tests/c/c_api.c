/* The C API at its edges, on the models of tests/python/c_models.py. On the host and as firmware. */
#include <stdio.h>
#include <string.h>

#include "c_api/arenite.h"

extern const uint8_t model_data[], model_data_end[];     /* int8: fully connected, relu, softmax */
extern const uint8_t summing_data[], summing_data_end[]; /* float32 [1, 4]: the sum of twice the inputs so far */
extern const uint8_t rounds_data[], rounds_data_end[];   /* float32: goes round as often as its first input says */
extern const arenite_resolver model_resolver, no_softmax, summing_resolver, rounds_resolver;

#define PART 1024
#define ALIGNED __attribute__((aligned(16)))
static arenite_interpreter interpreter;
static uint8_t arena[4096] ALIGNED, own[2][PART] ALIGNED, shared[PART] ALIGNED;
static int failures = 0;

#define CHECK(condition)                                     \
  do {                                                       \
    if (!(condition)) {                                      \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                            \
    }                                                        \
  } while (0)

static size_t model_size(void) { return (size_t)(model_data_end - model_data); }

static void check_nothing_is_open(void) {
  int done = 1;
  arenite_error error;
  const arenite_tensor none = arenite_input(&interpreter, 0);
  CHECK(arenite_invoke(&interpreter, &error) == ARENITE_NotReady && error.status == ARENITE_NotReady);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_NotReady);
  CHECK(arenite_arena_used(&interpreter) == 0);
  CHECK(arenite_input_count(&interpreter) == 0 && arenite_output_count(&interpreter) == 0);
  CHECK(arenite_tensor_count(&interpreter) == 0 && arenite_operator_count(&interpreter) == 0);
  CHECK(arenite_any_tensor(&interpreter, 0).data == NULL && arenite_arena_parts(&interpreter).persistent == 0);
  CHECK(arenite_next_operator(&interpreter) == 0);
  CHECK(none.data == NULL && none.bytes == 0);
  CHECK(arenite_invoke_step(&interpreter, 1, &done, NULL) == ARENITE_NotReady && !done);
  arenite_reset_variables(&interpreter);
  arenite_restart_steps(&interpreter);
  arenite_set_iteration_limit(&interpreter, 1);
}

static void check_refusals(void) {
  arenite_error error;
  CHECK(arenite_open(&interpreter, model_data, 40, &model_resolver, arena, sizeof arena, &error));
  check_nothing_is_open();
  CHECK(arenite_open(&interpreter, model_data, model_size(), &no_softmax, arena, sizeof arena, &error) ==
        ARENITE_UnsupportedOp);
  CHECK(error.node == 2 && error.detail == 25); /* softmax is BuiltinOperator 25 */
  check_nothing_is_open();
  CHECK(arenite_open(&interpreter, model_data, model_size(), &model_resolver, arena, 16, &error) ==
        ARENITE_ArenaTooSmall);
  CHECK(arenite_open(&interpreter, model_data, model_size(), &model_resolver, arena, error.detail, NULL) == ARENITE_Ok);
  CHECK(arenite_arena_used(&interpreter) == error.detail);
}

static arenite_status open_model(arenite_interpreter* opened, arenite_region* regions, uint32_t count,
                                 arenite_error* error) {
  return arenite_open_in(opened, model_data, model_size(), &model_resolver, regions, count, error);
}

static void check_facts(void) {
  const arenite_arena_use use = arenite_arena_parts(&interpreter);
  const arenite_tensor input = arenite_input(&interpreter, 0);
  uint32_t constants = 0, i;
  CHECK(use.tensors + use.scratch + use.planning + use.persistent == arenite_arena_used(&interpreter));
  CHECK(use.tensors > 0 && use.persistent > 0);
  CHECK(arenite_operator_count(&interpreter) == 3 && arenite_tensor_count(&interpreter) == 6);
  CHECK(input.name_length == 1 && input.name[0] == 'x');
  for (i = 0; i < 6; ++i) {
    const arenite_tensor tensor = arenite_any_tensor(&interpreter, i);
    const uint8_t* const data = tensor.data;
    CHECK(data != NULL && tensor.name_length > 0 && tensor.rank > 0);
    constants += data >= model_data && data < model_data_end;
  }
  CHECK(constants == 2 && arenite_any_tensor(&interpreter, 6).data == NULL);
}

static void check_tensors(void) {
  const arenite_tensor input = arenite_input(&interpreter, 0), output = arenite_output(&interpreter, 0);
  CHECK(arenite_input_count(&interpreter) == 1 && arenite_output_count(&interpreter) == 1);
  CHECK(input.type == ARENITE_INT8 && input.rank == 2 && input.dims[0] == 1 && input.dims[1] == 4);
  CHECK(input.bytes == 4 && input.scale == 0.5f && input.zero_point == -3);
  CHECK(output.bytes == 3 && output.scale == 1.0f / 256 && output.zero_point == -128);
  CHECK(arenite_input(&interpreter, 1).data == NULL && arenite_output(&interpreter, 1).data == NULL);
  memset(input.data, 1, input.bytes);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
}

static void check_steps(void) {
  const arenite_tensor input = arenite_input(&interpreter, 0), output = arenite_output(&interpreter, 0);
  int8_t whole[3];
  int done = 0, steps = 0;
  memset(input.data, 7, input.bytes);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
  memcpy(whole, output.data, sizeof whole);
  memset(input.data, 7, input.bytes);
  for (; !done && steps < 9; ++steps) CHECK(arenite_invoke_step(&interpreter, 1, &done, NULL) == ARENITE_Ok);
  CHECK(done && steps == 3 && memcmp(whole, output.data, sizeof whole) == 0);
  memset(input.data, 7, input.bytes);
  CHECK(arenite_invoke_step(&interpreter, 99, &done, NULL) == ARENITE_Ok && done);
  CHECK(memcmp(whole, output.data, sizeof whole) == 0);
}

static void check_restart(void) {
  int done = 1;
  CHECK(arenite_next_operator(&interpreter) == 0);
  CHECK(arenite_invoke_step(&interpreter, 2, &done, NULL) == ARENITE_Ok && !done);
  CHECK(arenite_next_operator(&interpreter) == 2);
  arenite_restart_steps(&interpreter);
  CHECK(arenite_next_operator(&interpreter) == 0);
}

/* Operators as they begin and end: 0 ( 0 ) 1 ( 1 ) 2 ( 2 ). */
struct log {
  uint32_t nodes[8];
  int count;
};

static void note(void* context, uint32_t node) {
  struct log* const log = context;
  if (log->count < 8) log->nodes[log->count++] = node;
}

static void check_observer(void) {
  struct log log = {{0}, 0};
  const arenite_observer observer = {note, note, &log};
  int i;
  CHECK(arenite_invoke_observed(&interpreter, &observer, NULL) == ARENITE_Ok);
  CHECK(log.count == 6);
  for (i = 0; i < 6; ++i) CHECK(log.nodes[i] == (uint32_t)i / 2);
}

static void check_regions(void) {
  arenite_error error;
  int8_t whole[3];
  arenite_region regions[5] = {{own[0], 64, 7}, {own[1], 16, 7}, {shared, PART, 7}, {0}, {0}};
  memset(arenite_input(&interpreter, 0).data, 7, 4);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
  memcpy(whole, arenite_output(&interpreter, 0).data, sizeof whole);
  CHECK(open_model(&interpreter, regions, 0, &error) == ARENITE_LimitExceeded && error.status == ARENITE_LimitExceeded);
  check_nothing_is_open();
  CHECK(open_model(&interpreter, regions, 5, NULL) == ARENITE_LimitExceeded);
  CHECK(open_model(&interpreter, regions, 2, &error) == ARENITE_ArenaTooSmall && regions[0].used == 0);
  check_nothing_is_open();
  CHECK(open_model(&interpreter, regions, 3, NULL) == ARENITE_Ok);
  CHECK(regions[0].used == arenite_arena_used(&interpreter) && regions[0].used <= 64);
  CHECK(regions[1].used == 16 && regions[2].used > 0 && regions[2].used <= PART);
  memset(arenite_input(&interpreter, 0).data, 7, 4);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
  CHECK(memcmp(whole, arenite_output(&interpreter, 0).data, sizeof whole) == 0);
  regions[0].size = sizeof own[0];
  CHECK(open_model(&interpreter, regions, 1, NULL) == ARENITE_Ok && arenite_arena_used(&interpreter) <= PART);
  regions[2].data = shared + 4;
  CHECK(open_model(&interpreter, regions, 3, NULL) == ARENITE_Misaligned);
}

static float sum_with(arenite_interpreter* summing, float value) {
  const arenite_tensor input = arenite_input(summing, 0);
  memcpy(input.data, &value, sizeof value);
  CHECK(arenite_invoke(summing, NULL) == ARENITE_Ok);
  memcpy(&value, arenite_output(summing, 0).data, sizeof value);
  return value;
}

/* Both models fill all of the shared region with noise before they run; sums live in the second one's own. */
static void check_sharing(void) {
  static arenite_interpreter summing;
  arenite_region first[2] = {{own[0], 48, 0}, {shared, PART, 0}};
  arenite_region second[2] = {{own[1], 128, 0}, {shared, PART, 0}};
  const size_t size = (size_t)(summing_data_end - summing_data);
  int run;
  CHECK(open_model(&interpreter, first, 2, NULL) == ARENITE_Ok);
  CHECK(arenite_open_in(&summing, summing_data, size, &summing_resolver, second, 2, NULL) == ARENITE_Ok);
  CHECK(first[1].used > 0 && second[1].used > 0);
  for (run = 1; run < 5; ++run) {
    memset(shared, 0x7E, sizeof shared);
    CHECK(sum_with(&summing, 3) == 6.0f * (float)run);
    memset(shared, 0x11, sizeof shared);
    memset(arenite_input(&interpreter, 0).data, run, 4);
    CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
  }
  arenite_reset_variables(&summing);
  CHECK(sum_with(&summing, 0.5f) == 1.0f);
}

static void check_iteration_limit(void) {
  const float rounds = 5;
  arenite_error error;
  const size_t size = (size_t)(rounds_data_end - rounds_data);
  CHECK(arenite_open(&interpreter, rounds_data, size, &rounds_resolver, arena, sizeof arena, NULL) == ARENITE_Ok);
  memcpy(arenite_input(&interpreter, 0).data, &rounds, sizeof rounds);
  CHECK(arenite_invoke(&interpreter, NULL) == ARENITE_Ok);
  memcpy(arenite_input(&interpreter, 0).data, &rounds, sizeof rounds);
  arenite_set_iteration_limit(&interpreter, 4);
  CHECK(arenite_invoke(&interpreter, &error) == ARENITE_TooManyIterations && error.node == 0);
}

int main(void) {
  check_nothing_is_open();
  check_refusals();
  check_facts();
  check_tensors();
  check_steps();
  check_restart();
  check_observer();
  check_regions();
  check_sharing();
  check_iteration_limit();
  CHECK(strcmp(arenite_status_text(ARENITE_Ok), "no error") == 0);
  CHECK(arenite_status_remedy(ARENITE_Ok)[0] == '\0' && arenite_status_remedy(ARENITE_BadValue)[0] != '\0');
  printf(failures ? "failed\n" : "passed\n");
  return failures != 0;
}
