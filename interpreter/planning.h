// What the steps of Interpreter::allocate share, also across the subgraphs that operators call.
#pragma once

#include "interpreter/interpreter.h"

namespace arenite {

constexpr uint16_t kUnborn = 0xFFFF;   // Allocation::first of what nothing has produced yet
constexpr uint16_t kForever = 0xFFFE;  // Allocation::last of what keeps its value between calls of invoke
constexpr uint16_t kAlias = 0xFFFF;    // Allocation::last of what takes no room but shares that of item `first`

// Time is counted in ticks: one for each operator, and for one that calls subgraphs one for each of theirs.
struct Planning {
  Interpreter* root;  // runs subgraph 0; knows what belongs to all subgraphs
  Allocation* items;  // per subgraph that has been met: its stored tensors, then one scratch per operator
  Error* where;
  bool retain;                     // tensors live for ever
  bool again = false;              // the subgraph has been walked before, for another call
  uint16_t time = 0;               // the first tick that is not taken
  uint32_t depth = 0;              // of calls inside calls
  const Callee* callee = nullptr;  // the call that is being walked; null in subgraph 0
  uint32_t walked[8] = {};         // bit i: subgraph i has been walked
};

}  // namespace arenite
