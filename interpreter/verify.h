// The two halves of Model::open. Both leave in *where the place of what they refuse.
#pragma once

#include <cstdint>

#include "interpreter/flatbuffer.h"
#include "interpreter/status.h"

namespace arenite {

// Every table, vector and string that the runtime reads lies inside the file and is aligned, so that flatbuffer.h may
// read without checks. base is a multiple of 4, size in bytes and below 2^31. On failure where->detail is a byte
// offset.
Status check_structure(const uint8_t* base, uint32_t size, Error* where);

// Indices, shapes, constants' lengths and quantization of all subgraphs (docs in schema/README.md). On failure
// where->detail is a tensor index where there is one.
Status check_content(flat::Table model, Error* where);

}  // namespace arenite
