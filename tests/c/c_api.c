/* The C API at its edges, on the int8 MLP of tests/python/small_models.py. */
#include <stdio.h>
#include <string.h>

#include "c_api/arenite.h"

extern const uint8_t model_data[], model_data_end[];
extern const arenite_resolver model_resolver, no_softmax;

static arenite_interpreter interpreter;
static union {
  uint8_t bytes[4096];
  long double aligned;
} arena;
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
  CHECK(none.data == NULL && none.bytes == 0);
  CHECK(arenite_invoke_step(&interpreter, 1, &done, NULL) == ARENITE_NotReady && !done);
  arenite_reset_variables(&interpreter);
}

static void check_refusals(void) {
  arenite_error error;
  CHECK(arenite_open(&interpreter, model_data, 40, &model_resolver, arena.bytes, sizeof arena, &error));
  check_nothing_is_open();
  CHECK(arenite_open(&interpreter, model_data, model_size(), &no_softmax, arena.bytes, sizeof arena, &error) ==
        ARENITE_UnsupportedOp);
  CHECK(error.node == 2 && error.detail == 25); /* softmax is BuiltinOperator 25 */
  check_nothing_is_open();
  CHECK(arenite_open(&interpreter, model_data, model_size(), &model_resolver, arena.bytes, 16, &error) ==
        ARENITE_ArenaTooSmall);
  CHECK(arenite_open(&interpreter, model_data, model_size(), &model_resolver, arena.bytes, error.detail, NULL) ==
        ARENITE_Ok);
  CHECK(arenite_arena_used(&interpreter) == error.detail);
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

int main(void) {
  check_nothing_is_open();
  check_refusals();
  check_tensors();
  check_steps();
  CHECK(strcmp(arenite_status_text(ARENITE_Ok), "no error") == 0);
  CHECK(arenite_status_remedy(ARENITE_Ok)[0] == '\0' && arenite_status_remedy(ARENITE_BadValue)[0] != '\0');
  printf(failures ? "failed\n" : "passed\n");
  return failures != 0;
}
