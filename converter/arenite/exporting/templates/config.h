// Made by `arenite export`, which makes it again. The first include of every kernel file: how the kernels are compiled.
#pragma once

// Types that the models have no use for.
$off
// 1: small and plain microkernels; on a host always, where the fast ones would need compiler flags for each file.
#if $compact
#define ARENITE_COMPACT 1
#endif

// Floating point is never contracted into fused operations: a float kernel gives the same bits on every core.
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("no-fast-math", "fp-contract=off")
#endif
