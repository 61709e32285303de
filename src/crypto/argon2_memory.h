#pragma once
// The memory that Argon2 fills. Blocks are kept and used again: a hash touches all of its block, so a fresh one
// costs a page fault for every 4 KiB, and malloc would keep one for each thread that ever hashed. Any thread.

#include <cstddef>
#include <cstdint>

namespace kidoban::crypto {

// As argon2_context's callbacks: 0 and a block, or -1. libargon2 wipes a block before it gives it back.
int take_argon2_memory(std::uint8_t** block, std::size_t bytes);
void give_back_argon2_memory(std::uint8_t* block, std::size_t bytes);

// Gives back what was not used since the last call.
void trim_argon2_memory();

}  // namespace kidoban::crypto
